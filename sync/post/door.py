"""The way into a field post: who it is, and who may come in. Mounted beside push and pull on the post's server."""

import hmac
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from core.errors import Refused
from sync.post import passes as p
from sync.post.roll import PostRoll
from sync.protocol.joining import vouched_by
from sync.protocol.messages import DeskCard, Trouble
from sync.protocol.packing import pack, unpack
from sync.protocol.routes import MEDIA_TYPE
from sync.server.services import Services

_MOST_BYTES = 1 << 20
_MOST_TRIES = 20  # wrong codes before the code is no good any more


class Invitation(Struct):
    """A code that lets guests in for as long as the host shows it; "" while it shows none."""

    secret: str = ""
    tries: int = 0


class Door:
    """An extension of the server (sync.server.services.Extension)."""

    def __init__(
        self, shown: p.PostPass, agency: str, roll: PostRoll, sign: Callable[[bytes], bytes], on_guest: "OnGuest"
    ) -> None:
        self._shown, self._agency, self._roll = shown, agency, roll
        self._sign, self._on_guest = sign, on_guest
        self.invitation = Invitation()

    def routes(self) -> Sequence[BaseRoute]:
        return (
            Route(p.POST, self._greet, methods=["GET"]),
            Route(p.ENTER, _answering(self._enter), methods=["POST"]),
            Route(p.JOIN, _answering(self._join), methods=["POST"]),
        )

    async def start(self, services: Services) -> None:
        """Nothing to be done."""

    async def stop(self) -> None:
        """Nothing to be done."""

    async def _greet(self, _: Request) -> Response:
        return Response(pack(p.PostGreeting(self._shown, self._roll.number())), media_type=MEDIA_TYPE)

    async def _enter(self, body: bytes) -> Struct:
        asked = unpack(body, p.Enter, _MOST_BYTES)
        self._roll.use(asked.number)
        self._roll.learn(asked.cards)
        p.check_entry(asked, self._shown.certificate, self._roll.trust)
        self._roll.learn((asked.card,))
        return p.Entered(self._roll.let_in(asked.card.id))

    async def _join(self, body: bytes) -> Struct:
        asked = unpack(body, p.JoinByCode, _MOST_BYTES)
        self._check_code(asked.secret)
        known = self._roll.passes.get(asked.desk)
        if known is not None and known.public_key != asked.public_key:
            raise Refused(f"There is another desk {asked.desk} here already.")
        prefix = asked.prefix if known is not None else self._roll.free_prefix(asked.prefix)
        card = vouched_by(DeskCard(asked.desk, asked.name, prefix, asked.public_key), self._sign)
        self._roll.learn((card,))
        self._on_guest(card)
        token = self._roll.let_in(card.id)
        return p.JoinedByCode(self._agency, self._roll.trust.agency_key, card, self._shown.card, token)

    def _check_code(self, secret: str) -> None:
        invitation = self.invitation
        right = hmac.compare_digest(secret.encode(), invitation.secret.encode())
        if invitation.secret and right and invitation.tries < _MOST_TRIES:
            return
        invitation.tries += 1
        raise Refused("That code is not the one that the field post shows.", do="Read it again from its screen.")


OnGuest = Callable[[DeskCard], None]
Handler = Callable[[bytes], Awaitable[Struct]]


def _answering(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return Response(pack(Trouble("large", "That is too long.")), 413, media_type=MEDIA_TYPE)
        try:
            return Response(pack(await handler(body)), media_type=MEDIA_TYPE)
        except Refused as error:
            return Response(pack(Trouble("refused", error.happened, error.holds, error.do)), 403, media_type=MEDIA_TYPE)

    return endpoint
