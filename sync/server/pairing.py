"""Lets a desk in: codes that are good once, and the addresses at which a desk redeems one.

A code is kept as its hash. Wrong codes make the address that sent them wait longer and longer.
"""

from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from core.errors import Refused, Unavailable
from core.merge.keys import public_key_of
from sync.protocol import pairing_code
from sync.protocol.joining import AUTHORITY, PAIR, PAIR_AGAIN, PairAgain, Paired, PairRequest
from sync.protocol.packing import pack, unpack
from sync.protocol.routes import MEDIA_TYPE
from sync.server import authority, throttle
from sync.server.authority import DeskRow, Enrolled, NotLetIn
from sync.server.authority_tables import desks, pairing_codes
from sync.server.certificates import Authority, certificate_authority
from sync.server.database import Database
from sync.server.secrets_kept import agency_key
from sync.server.throttle import TooManyTries
from sync.server.told import told

CODE_MS = 3600 * 1000
_KEPT_AFTER_MS = 7 * 24 * CODE_MS
_MOST_BYTES = 4096


class Code(Struct, frozen=True):
    """A code as it is passed on, and until when it is good (UTC ms)."""

    text: str
    expires_at: int


def new_code(connection: Connection, by: str, now_ms: int, *, good_ms: int = CODE_MS) -> Code:
    """A code for one desk. Takes some tenths of a second for the slow half."""
    secret = pairing_code.new_secret()
    connection.execute(delete(pairing_codes).where(pairing_codes.c.expires_at < now_ms - _KEPT_AFTER_MS))
    row = {"code_hash": _hash(secret), "made_at": now_ms, "made_by": by, "expires_at": now_ms + good_ms}
    connection.execute(insert(pairing_codes).values(**row))
    check = pairing_code.authority_check(certificate_authority(connection, now_ms).der)
    return Code(pairing_code.written(secret, check), now_ms + good_ms)


def redeem(connection: Connection, asked: PairRequest, now_ms: int) -> Enrolled:
    """Let the desk in and use the code up, both or neither. Raises NotLetIn."""
    code = pairing_codes.c.code_hash == _hash(asked.secret)
    used = connection.execute(
        update(pairing_codes)
        .where(code, pairing_codes.c.used_at.is_(None), pairing_codes.c.expires_at > now_ms)
        .values(used_at=now_ms)
    )
    if not used.rowcount:
        raise _refused_code(connection, asked.secret)
    enrolled = authority.enrol(connection, asked.name, asked.public_key, now_ms, prefix=asked.prefix)
    connection.execute(update(pairing_codes).where(code).values(used_by=enrolled.card.id))
    if asked.version:
        connection.execute(update(desks).where(desks.c.id == enrolled.card.id).values(version=asked.version[:100]))
    return enrolled


def _refused_code(connection: Connection, secret: str) -> NotLetIn:
    row = connection.execute(select(pairing_codes).where(pairing_codes.c.code_hash == _hash(secret))).one_or_none()
    if row is None:
        return NotLetIn(401, "The server does not know this pairing code.", "Check it, or ask for a new one.")
    what = "was used already" if row.used_at is not None else "has expired"
    return NotLetIn(401, f"This pairing code {what}.", "Ask for a new one: foredesk server code.")


def _hash(secret: str) -> bytes:
    """50 bits that are good for an hour and are tried slowly need no slow hash."""
    return sha256(b"pairing code " + secret.encode()).digest()


class Pairing:
    """The pairing addresses of one server process, from `open` on. `agency` is the agency's name."""

    _database: Database
    _now_ms: Callable[[], int]
    _agency: str

    def open(self, database: Database, now_ms: Callable[[], int], agency: str = "") -> None:
        self._database, self._now_ms, self._agency = database, now_ms, agency

    def routes(self) -> list[BaseRoute]:
        return [
            Route(AUTHORITY, self.certificate, methods=["GET"]),
            Route(PAIR, self.pair, methods=["POST"]),
            Route(PAIR_AGAIN, self.pair_again, methods=["POST"]),
        ]

    async def certificate(self, _request: Request) -> Response:
        try:
            kept = await self._authority()
        except Unavailable as trouble:
            return told(trouble, 503)
        return Response(kept.certificate, media_type="application/x-pem-file")

    async def pair(self, request: Request) -> Response:
        key = f"pairing {request.client.host if request.client else ''}"
        try:
            asked = unpack(await _body(request), PairRequest, _MOST_BYTES)
            answer = await self._let_in(key, asked)
        except NotLetIn as trouble:
            await self._count_wrong(key)
            return told(trouble, trouble.status)
        except TooManyTries as trouble:
            return told(trouble, 429, retry_s=trouble.wait_s)
        except Refused as trouble:
            return told(trouble, 400)
        except Unavailable as trouble:
            return told(trouble, 503)
        return Response(pack(answer), media_type=MEDIA_TYPE)

    async def pair_again(self, request: Request) -> Response:
        """A desk whose identity was cloned comes for one of its own, with the token that both copies have."""
        try:
            asked = unpack(await _body(request), PairAgain, _MOST_BYTES)
            answer = await self._renew(request.headers.get("authorization", ""), asked)
        except NotLetIn as trouble:
            return told(trouble, trouble.status)
        except Refused as trouble:
            return told(trouble, 400)
        except Unavailable as trouble:
            return told(trouble, 503)
        return Response(pack(answer), media_type=MEDIA_TYPE)

    async def _let_in(self, key: str, asked: PairRequest) -> Paired:
        now_ms = self._now_ms()

        def step(connection: Connection) -> Paired:
            throttle.check(connection, key, now_ms)
            enrolled = redeem(connection, asked, now_ms)
            throttle.right(connection, key)
            return self._paired(connection, enrolled)

        return await self._database.run(step)

    async def _renew(self, header: str, asked: PairAgain) -> Paired:
        now_ms = self._now_ms()

        def step(connection: Connection) -> Paired:
            desk: DeskRow = authority.admit(connection, header)
            if desk.cloned_at is None:
                raise NotLetIn(409, "Nobody else uses this desk's identity.", "Nothing needs to be done.")
            return self._paired(connection, authority.succeed(connection, desk, asked.public_key, now_ms))

        return await self._database.run(step)

    def _paired(self, connection: Connection, enrolled: Enrolled) -> Paired:
        card = enrolled.card
        return Paired(
            card.id,
            card.prefix,
            enrolled.token,
            certificate_authority(connection, self._now_ms()).certificate,
            public_key_of(agency_key(connection)),
            card,
            self._agency,
        )

    async def _authority(self) -> Authority:
        now_ms = self._now_ms()
        return await self._database.run(lambda connection: certificate_authority(connection, now_ms))

    async def _count_wrong(self, key: str) -> None:
        now_ms = self._now_ms()
        await self._database.run(lambda connection: throttle.wrong(connection, key, now_ms))


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise Refused("That is too long for a pairing.")
    return bytes(content)
