"""The addresses of artefacts: desks and people read, administrators publish."""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from core.errors import Refused, Unavailable
from sync.protocol.messages import DeskCard
from sync.protocol.offers import ARTEFACTS, ArtefactEntry, ArtefactsAnswer, Received
from sync.protocol.packing import pack
from sync.protocol.routes import MEDIA_TYPE
from sync.server import authority
from sync.server.accounts import Accounts, NotAllowed, NotSignedIn, Role
from sync.server.artefacts import Artefacts, NoArtefact, Wanted, WrongOffset
from sync.server.authority import NotLetIn
from sync.server.database import Database
from sync.server.throttle import TooManyTries
from sync.server.told import told

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_BEARER = "bearer "


class ArtefactRoutes:
    """The artefacts' addresses of one server process, from `open` on. `epoch` gives the log's epoch now."""

    _database: Database
    _accounts: Accounts
    _artefacts: Artefacts
    _now_ms: Callable[[], int]
    _epoch: Callable[[], str]

    def open(self, database: Database, accounts: Accounts, now_ms: Callable[[], int], epoch: Callable[[], str]) -> None:
        self._database, self._accounts, self._now_ms, self._epoch = database, accounts, now_ms, epoch
        self._artefacts = Artefacts(database, now_ms)

    def routes(self) -> list[BaseRoute]:
        one = ARTEFACTS + "/{sha256}"
        return [
            Route(ARTEFACTS, _told(self._list), methods=["GET"]),
            Route(one, _told(self._get), methods=["GET"]),
            Route(one, _told(self._put), methods=["PUT"]),
        ]

    async def _list(self, request: Request) -> Response:
        await self._reader(request)
        answer = ArtefactsAnswer(self._epoch(), self._now_ms(), await self._artefacts.listed())
        return Response(pack(answer), media_type=MEDIA_TYPE)

    async def _get(self, request: Request) -> Response:
        """All of it, or the piece that Range names; HEAD tells the size."""
        await self._reader(request)
        entry = await self._artefacts.entry(request.path_params["sha256"])
        piece = _piece(request.headers.get("range", ""), entry)
        headers = {"accept-ranges": "bytes", "etag": f'"{entry.sha256}"'}
        if piece is None:
            headers["content-range"] = f"bytes */{entry.size}"
            return Response(status_code=416, headers=headers)
        begin, end = piece
        partial = (begin, end) != (0, entry.size)
        if partial:
            headers["content-range"] = f"bytes {begin}-{end - 1}/{entry.size}"
        headers["content-length"] = str(end - begin)
        status = 206 if partial else 200
        if request.method == "HEAD":
            return Response(None, status, headers, "application/octet-stream")
        content = self._artefacts.content(entry.sha256, begin, end)
        return StreamingResponse(content, status, headers, "application/octet-stream")

    async def _put(self, request: Request) -> Response:
        by = await self._publisher(request)
        query = request.query_params
        try:
            size, offset = int(query.get("size", "")), int(query.get("offset", "0"))
        except ValueError:
            raise Refused("An artefact is sent with its size and offset in bytes.") from None
        wanted = Wanted(request.path_params["sha256"], query.get("kind", ""), query.get("name", ""), size)
        try:
            received = await self._artefacts.take(wanted, by, offset, request.stream())
        except WrongOffset as wrong:
            received = Received(wanted.sha256, size, wrong.received, complete=False)
            return Response(pack(received), 409, media_type=MEDIA_TYPE)
        return Response(pack(received), media_type=MEDIA_TYPE)

    async def _reader(self, request: Request) -> DeskCard | str:
        header = request.headers.get("authorization", "")
        if header.lower().startswith(_BEARER):
            return (await self._accounts.who(header[len(_BEARER) :])).account
        return (await self._database.run(lambda connection: authority.admit(connection, header), write=False)).card

    async def _publisher(self, request: Request) -> str:
        header = request.headers.get("authorization", "")
        if not header.lower().startswith(_BEARER):
            await self._reader(request)
            raise NotAllowed("A desk reads what is offered; administrators publish.")
        session = await self._accounts.who(header[len(_BEARER) :])
        if not session.role.may(Role.ADMINISTRATOR):
            raise NotAllowed("Only administrators publish.")
        return session.account


Answer = Callable[[Request], Awaitable[Response]]


def _told(answer: Answer) -> Answer:
    """The route with every trouble told as the wire tells it."""

    async def route(request: Request) -> Response:
        try:
            return await answer(request)
        except (Refused, Unavailable) as trouble:
            return told(trouble, _status(trouble))

    return route


def _status(trouble: Exception) -> int:
    if isinstance(trouble, NotLetIn):
        return trouble.status
    known = {NotSignedIn: 401, NotAllowed: 403, NoArtefact: 404, TooManyTries: 429, Unavailable: 503}
    return known.get(type(trouble), 400)


def _piece(header: str, entry: ArtefactEntry) -> tuple[int, int] | None:
    """From where up to where; None where the artefact is shorter. What is no single range means all of it."""
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        return 0, entry.size
    begin, last = int(found[1]), int(found[2]) if found[2] else entry.size - 1
    if begin >= entry.size or last < begin:
        return None
    return begin, min(last + 1, entry.size)
