"""Which desks may write to the log: their keys and tokens, given at pairing, refused at once when revoked."""

import hmac
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import count
from secrets import token_hex, token_urlsafe
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from core.errors import Refused
from sync.protocol.joining import vouched
from sync.protocol.messages import DeskCard
from sync.protocol.routes import read_authorization
from sync.server.authority_tables import desks
from sync.server.beside import one_at_a_time
from sync.server.database import Database
from sync.server.roll import DeskPass
from sync.server.secrets_kept import agency_key

_SEEN_EVERY_MS = 5_000
_REMEMBERED_MS = 1_000
SERVER_PREFIX = "API"
_KEY_BYTES = 32


class DeskRow(Struct, frozen=True):
    """A desk as the server knows it. Times are UTC ms; `clock_offset_ms` is the desk's clock minus the server's."""

    id: str
    name: str
    prefix: str
    kind: str
    public_key: bytes
    card_signature: bytes
    paired_at: int
    revoked_at: int | None = None
    revoked_by: str = ""
    revoked_why: str = ""
    cloned_at: int | None = None
    succeeded_by: str = ""
    last_seen_at: int = 0
    clock_offset_ms: int = 0
    unsent: int = 0
    version: str = ""
    address: str = ""

    @property
    def card(self) -> DeskCard:
        """What the agency says of this desk to the others."""
        revoked_at = self.revoked_at or 0
        return DeskCard(self.id, self.name, self.prefix, self.public_key, self.card_signature, revoked_at)

    @property
    def desk_pass(self) -> DeskPass:
        return DeskPass(self.id, self.name, self.prefix, self.public_key, self.revoked_at or 0)


class Enrolled(Struct, frozen=True):
    """What a desk needs from now on. The token is told once and kept only as its hash."""

    card: DeskCard
    token: str


class Sighting(Struct, frozen=True):
    """What a desk told of itself when it was last heard; None and "" what it did not say then."""

    at: int
    clock_offset_ms: int | None
    unsent: int | None
    version: str
    address: str

    def over(self, before: "Sighting | None") -> "Sighting":
        """With what was said `before` and not again."""
        if before is None:
            return self
        return Sighting(
            self.at,
            before.clock_offset_ms if self.clock_offset_ms is None else self.clock_offset_ms,
            before.unsent if self.unsent is None else self.unsent,
            self.version or before.version,
            self.address or before.address,
        )


class NotLetIn(Refused):
    """The desk is not let in: 401 for one that is not known, 403 for one that is and may not."""

    def __init__(self, status: int, happened: str, do: str) -> None:
        super().__init__(happened, "Nothing of it was taken.", do)
        self.status = status


_ROW = [desks.c[name] for name in DeskRow.__struct_fields__]


def enrol(
    connection: Connection, name: str, public_key: bytes, now_ms: int, *, kind: str = "desk", prefix: str = ""
) -> Enrolled:
    """Take a desk in under a new id, with `prefix` if nobody has it, else the next free one. Raises Refused."""
    if len(public_key) != _KEY_BYTES:
        raise Refused("The desk's public key is not one of Ed25519.")
    prefix = prefix if prefix.isalnum() and prefix.isascii() and len(prefix) <= 6 else ""
    one_at_a_time(connection, "prefixes")
    taken = {SERVER_PREFIX, *connection.scalars(select(desks.c.prefix))}
    given = prefix.upper() if prefix and prefix.upper() not in taken else next_prefix(taken)
    token = token_urlsafe(32)
    desk = f"{given}-{token_hex(4)}"
    card = vouched(DeskCard(desk, name.strip() or desk, given, public_key), agency_key(connection))
    connection.execute(
        insert(desks).values(
            id=desk,
            name=card.name,
            prefix=given,
            kind=kind,
            public_key=public_key,
            card_signature=card.signature,
            token_hash=_hash(token),
            paired_at=now_ms,
        )
    )
    return Enrolled(card, token)


def next_prefix(taken: Iterable[str]) -> str:
    """A, B, ... Z, AA, AB, ...: the first that nobody has."""
    known = set(taken)
    return next(letters for letters in map(_letters, count(1)) if letters not in known)


def _letters(number: int) -> str:
    text = ""
    while number:
        number, place = divmod(number - 1, 26)
        text = chr(ord("A") + place) + text
    return text


def desk_of(connection: Connection, desk: str) -> DeskRow | None:
    row = connection.execute(select(*_ROW).where(desks.c.id == desk)).one_or_none()
    return None if row is None else DeskRow(*row)


def all_desks(connection: Connection) -> tuple[DeskRow, ...]:
    """In the order of their pairing."""
    rows = connection.execute(select(*_ROW).order_by(desks.c.paired_at, desks.c.id))
    return tuple(DeskRow(*row) for row in rows)


def revoke(connection: Connection, named: str, by: str, why: str, now_ms: int) -> DeskRow:
    """Keep a desk, named by id, prefix or name, out from now on. Raises Refused."""
    desk = find(connection, named)
    if desk.revoked_at is not None:
        raise Refused(f"The desk {desk.id} is revoked already.")
    if desk.kind == "server":
        raise Refused(f"{desk.id} is the server itself.")
    card = vouched(msgspec.structs.replace(desk.card, revoked_at=now_ms), agency_key(connection))
    changed = {"revoked_at": now_ms, "revoked_by": by, "revoked_why": why, "card_signature": card.signature}
    connection.execute(update(desks).where(desks.c.id == desk.id).values(**changed))
    return desk


def find(connection: Connection, named: str) -> DeskRow:
    """The desk with that id or prefix, or the only one with that name. Raises Refused."""
    known = all_desks(connection)
    exact = [desk for desk in known if desk.id == named or desk.prefix == named.upper()]
    found = exact or [desk for desk in known if desk.name.casefold() == named.casefold()]
    if len(found) != 1:
        several = f"Several desks are called {named}." if found else f"There is no desk {named}."
        raise Refused(several, do="foredesk server desks lists them; name one by its id.")
    return found[0]


def mark_cloned(connection: Connection, desk: str, now_ms: int) -> None:
    """Two machines write as this desk: neither may go on until it has an identity of its own."""
    connection.execute(update(desks).where(desks.c.id == desk, desks.c.cloned_at.is_(None)).values(cloned_at=now_ms))


def succeed(connection: Connection, old: DeskRow, public_key: bytes, now_ms: int) -> Enrolled:
    """A new identity for one of the machines that share `old`. Each of them may come for one."""
    new = enrol(connection, old.name, public_key, now_ms)
    connection.execute(update(desks).where(desks.c.id == old.id).values(succeeded_by=new.card.id))
    return new


def admit(connection: Connection, header: str) -> DeskRow:
    """The desk behind an `Authorization` header `Desk <id>:<token>`. Raises NotLetIn."""
    credentials = read_authorization(header)
    if credentials is None:
        raise NotLetIn(401, "The request does not say which desk it is from.", "Pair the desk with foredesk desk join.")
    known = holder(connection, *credentials)
    if known is None:
        raise NotLetIn(401, "The server does not know this desk.", "Pair it with foredesk desk join URL CODE.")
    if known.revoked_at is not None:
        why = f": {known.revoked_why}" if known.revoked_why else ""
        raise NotLetIn(403, f"This desk was revoked{why}.", "Ask the server's administrator for a new pairing code.")
    return known


def holder(connection: Connection, desk: str, token: str) -> DeskRow | None:
    """The desk, revoked or not, if that is its token."""
    row = connection.execute(select(desks.c.token_hash, *_ROW).where(desks.c.id == desk)).one_or_none()
    if row is None or not hmac.compare_digest(row.token_hash, _hash(token)):
        return None
    return DeskRow(*row[1:])


def _hash(token: str) -> bytes:
    """A token has 256 random bits: nothing slower than SHA-256 is needed to keep it from being found."""
    return sha256(token.encode()).digest()


class DatabaseRoll:
    """The desks of one server process (a sync.server.roll.DeskRoll).

    Who comes in is looked up every time, so that a revoked desk is out at once. The keys of desks whose events others
    bring are remembered for a second.
    """

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._passes: dict[str, DeskPass] = {}
        self._read_at = 0
        self._sightings: dict[str, Sighting] = {}
        self._written_at = 0

    async def card(self, desk: str) -> DeskPass | None:
        now_ms = self._now_ms()
        if desk not in self._passes or not 0 <= now_ms - self._read_at < _REMEMBERED_MS:
            rows = await self._database.run(all_desks, write=False)
            self._passes, self._read_at = {row.id: row.desk_pass for row in rows}, now_ms
        return self._passes.get(desk)

    async def enter(self, desk: str, token: str) -> DeskPass | None:
        row = await self._database.run(lambda connection: holder(connection, desk, token), write=False)
        return None if row is None else row.desk_pass

    async def cards(self) -> list[DeskCard]:
        return [row.card for row in await self._database.run(all_desks, write=False)]

    async def mark_cloned(self, desk: str) -> None:
        """Two machines write as this desk: it may pair again without a code."""
        now_ms = self._now_ms()
        await self._database.run(lambda connection: mark_cloned(connection, desk, now_ms))

    async def seen(
        self,
        desk: str,
        *,
        clock_offset_ms: int | None = None,
        unsent: int | None = None,
        version: str = "",
        address: str = "",
    ) -> None:
        """Note that the desk was heard; written for all desks at once, every five seconds at most."""
        now_ms = self._now_ms()
        sighting = Sighting(now_ms, clock_offset_ms, unsent, version, address)
        self._sightings[desk] = sighting.over(self._sightings.get(desk))
        if not 0 <= now_ms - self._written_at < _SEEN_EVERY_MS:
            await self.write_sightings()

    async def write_sightings(self) -> None:
        """Write what waits. The server does it when it stops."""
        waiting, self._sightings = self._sightings, {}
        self._written_at = self._now_ms()
        if waiting:
            await self._database.run(lambda connection: _write(connection, waiting))


def _write(connection: Connection, waiting: dict[str, Sighting]) -> None:
    for desk, sighting in sorted(waiting.items()):  # one order for all replicas, so that they cannot wait on each other
        said: dict[str, Any] = {
            "last_seen_at": sighting.at,
            "clock_offset_ms": sighting.clock_offset_ms,
            "unsent": sighting.unsent,
            "version": sighting.version or None,
            "address": sighting.address or None,
        }
        changed = {name: value for name, value in said.items() if value is not None}
        connection.execute(update(desks).where(desks.c.id == desk).values(**changed))
