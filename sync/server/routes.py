"""Push, pull, have, desks and live over HTTP: MessagePack in, MessagePack out, each message checked in size first."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import Refused, Unavailable
from core.merge.run import Run, count
from sync.protocol import routes as r
from sync.protocol.messages import (
    CLONED,
    DesksAnswer,
    HaveAnswer,
    Hello,
    Positions,
    Presence,
    Push,
    PushAnswer,
    Trouble,
)
from sync.protocol.packing import decompress, pack, unpack
from sync.server.admission import Checked, examine
from sync.server.live import Client
from sync.server.log import LostCursor
from sync.server.roll import DeskPass
from sync.server.services import Services

_UNKNOWN = "The server does not know this desk, or its token is another."
_BUSY_S = 2.0
_POLICY, _GOING_AWAY, _TOO_BIG = 1008, 1001, 1009  # RFC 6455, 7.4.1

N = TypeVar("N", int, None)
Handler = Callable[[Request, DeskPass, Services], Awaitable[Response]]


class NotSo(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, trouble: Trouble) -> None:
        super().__init__(trouble.happened)
        self.status, self.trouble = status, trouble


class RawPullAnswer(Struct, array_like=True, frozen=True):
    """sync.protocol.messages.PullAnswer, with runs as the log keeps them."""

    epoch: str
    now_ms: int
    cursor: str
    more: bool
    runs: list[msgspec.Raw]


def sync_routes() -> Sequence[BaseRoute]:
    return (
        Route(r.PUSH, _served(_push), methods=["POST"]),
        Route(r.PULL, _served(_pull), methods=["GET"]),
        Route(r.HAVE, _served(_have), methods=["GET"]),
        Route(r.DESKS, _served(_desks), methods=["GET"]),
        Route(r.SNAPSHOT, _served(_snapshot), methods=["GET"]),
        Route(r.SNAPSHOT + "/{sha256}", _served(_snapshot_part), methods=["GET"]),
        WebSocketRoute(r.LIVE, _live),
    )


def services_of(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


async def admitted(connection: HTTPConnection) -> DeskPass:
    """The desk that asks. Raises NotSo."""
    services = services_of(connection)
    spoken = connection.headers.get(r.VERSION_HEADER, str(r.VERSION))
    if spoken != str(r.VERSION):
        detail = f"This server speaks version {r.VERSION} of the protocol, and the desk {spoken[:20]}."
        raise NotSo(426, Trouble("version", detail, "Nothing was taken.", "Update the older of the two."))
    credentials = r.read_authorization(connection.headers.get("authorization", ""))
    desk = await services.roll.enter(*credentials) if credentials else None
    if desk is None:
        raise NotSo(401, Trouble("unknown", _UNKNOWN, "Nothing was taken.", "Pair it: foredesk desk join URL CODE."))
    if desk.revoked_at:
        raise NotSo(
            403, Trouble("revoked", f"The desk {desk.name} was shut out.", "Nothing was taken.", "Pair it anew.")
        )
    return desk


def answered(services: Services, message: object, *, thin: bool = False, status: int = 200) -> Response:
    headers = {r.VERSION_HEADER: str(r.VERSION), r.SERVER_HEADER: services.log.lives.epoch}
    return Response(pack(message, thin=thin), status, headers, r.MEDIA_TYPE)


def _served(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        services = services_of(request)
        try:
            desk = await admitted(request)
            return await handler(request, desk, services)
        except NotSo as error:
            response = answered(services, error.trouble, status=error.status)
        except LostCursor as error:
            response = answered(services, Trouble("cursor", error.happened, error.holds, error.do), status=400)
        except Refused as error:
            response = answered(services, Trouble("form", error.happened, error.holds, error.do), status=400)
        except Unavailable as error:
            trouble = Trouble("unavailable", error.happened, error.holds, error.do, _BUSY_S)
            response = answered(services, trouble, status=503)
            response.headers["retry-after"] = str(round(_BUSY_S))
        return response

    return endpoint


async def _push(request: Request, desk: DeskPass, services: Services) -> Response:
    push = unpack(await _body(request), Push, r.MOST_UNPACKED_BYTES)
    if count(push.runs) > r.MOST_EVENTS_A_PUSH:
        raise NotSo(413, Trouble("large", f"A push holds {r.MOST_EVENTS_A_PUSH} events at most.", "Nothing was taken."))
    now_ms = services.now_ms()
    await _noted(request, desk, services, now_ms)
    outcomes = await services.group.push([await _checked(run, desk, services, now_ms) for run in push.runs])
    for cloned in {push.runs[outcome.run].desk for outcome in outcomes if outcome.code == CLONED}:
        await services.roll.mark_cloned(cloned)
    return answered(services, PushAnswer(services.log.lives.epoch, services.now_ms(), outcomes), thin=_thin(request))


async def _checked(run: Run, desk: DeskPass, services: Services, now_ms: int) -> Checked:
    origin = desk if run.desk == desk.id else await services.roll.card(run.desk)
    await asyncio.sleep(0)  # a run takes milliseconds: others come between
    return examine(run, origin, now_ms, lambda: services.places.next(now_ms), pushed_by=desk.id)


async def _body(request: Request) -> bytes:
    """Raises NotSo for one that is larger than any may be, before it is all read."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > r.MOST_PACKED_BYTES:
            trouble = Trouble("large", f"A push has {r.MOST_PACKED_BYTES} bytes at most.", "Nothing was taken.")
            raise NotSo(413, trouble)
    return b"".join(parts)


async def _noted(request: Request, desk: DeskPass, services: Services, now_ms: int) -> None:
    """What the desk says of itself on the way, for those who look after the desks."""
    headers = request.headers
    clock, unsent = (_whole(headers.get(name, ""), None) for name in (r.CLOCK_HEADER, r.UNSENT_HEADER))
    await services.roll.seen(
        desk.id,
        clock_offset_ms=None if clock is None else clock - now_ms,
        unsent=unsent,
        version=headers.get("user-agent", "").removeprefix("foredesk/")[:100],
        address=request.client.host if request.client else "",
    )


def _whole(text: str, otherwise: N) -> int | N:
    return int(text) if text.isdecimal() and len(text) < 16 else otherwise


async def _pull(request: Request, desk: DeskPass, services: Services) -> Response:
    query = request.query_params
    limit = min(max(_whole(query.get("limit", ""), r.DEFAULT_PULL), 1), r.MOST_PULL)
    lives = services.log.lives
    after = lives.point(query.get("cursor", ""))
    own = query.get("own", "")
    page = await services.log.pull(after, limit, "" if own else desk.id, desk.id if own == "only" else "")
    if not page.runs or r.CLOCK_HEADER in request.headers:
        await _noted(request, desk, services, services.now_ms())
    runs = [msgspec.Raw(decompress(payload, r.MOST_UNPACKED_BYTES)) for payload in page.runs]
    answer = RawPullAnswer(lives.epoch, services.now_ms(), lives.cursor(page.point), page.more, runs)
    return answered(services, answer, thin=_thin(request))


def _thin(request: Request) -> bool:
    return request.query_params.get("thin") == "1"


async def _have(request: Request, _desk: DeskPass, services: Services) -> Response:
    lives = services.log.lives
    # The end first: what comes between the two is then pulled, and not missed.
    cursor = lives.cursor(await services.log.end())
    desks = await services.log.have(request.query_params.get("desk", ""))
    return answered(services, HaveAnswer(lives.epoch, services.now_ms(), cursor, desks), thin=_thin(request))


async def _desks(_request: Request, _desk: DeskPass, services: Services) -> Response:
    cards = await services.roll.cards()
    return answered(services, DesksAnswer(services.log.lives.epoch, services.now_ms(), cards))


async def _snapshot(request: Request, _desk: DeskPass, services: Services) -> Response:
    told, _ = await services.gallery.snapshot()
    return answered(services, told, thin=_thin(request))


async def _snapshot_part(request: Request, _desk: DeskPass, services: Services) -> Response:
    """The packed board, or the part of it that a Range asks for."""
    row = await services.log.snapshot(request.path_params["sha256"])
    if row is None:
        raise NotSo(404, Trouble("gone", "The server does not keep this board any more.", "", "Ask for the newest."))
    size = len(row.body)
    headers = {r.SERVER_HEADER: services.log.lives.epoch, "accept-ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d{1,15})-(\d{0,15})", request.headers.get("range", ""))
    if asked is None:
        return Response(row.body, 200, headers, r.MEDIA_TYPE)
    first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
    if first > last:
        return Response(b"", 416, {**headers, "content-range": f"bytes */{size}"}, r.MEDIA_TYPE)
    headers["content-range"] = f"bytes {first}-{last}/{size}"
    return Response(row.body[first : last + 1], 206, headers, r.MEDIA_TYPE)


async def _live(socket: WebSocket) -> None:
    services = services_of(socket)
    try:
        desk = await admitted(socket)
    except (NotSo, Unavailable):
        await socket.close(_POLICY)
        return
    headers = [(r.SERVER_HEADER.encode(), services.log.lives.epoch.encode())]
    await socket.accept(headers=headers)
    client = Client(desk.id)
    services.live.join(client)
    sending = asyncio.create_task(_send(socket, client))
    try:
        await _receive(socket, client, services)
    finally:
        services.live.leave(client)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending


async def _receive(socket: WebSocket, client: Client, services: Services) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            packed = await socket.receive_bytes()
            try:
                frame: Any = unpack(packed, Hello | Positions | Presence, r.MOST_FRAME_BYTES)  # type: ignore[arg-type]
                await services.live.hear(client, frame)
            except Refused:
                await socket.close(_POLICY)
                return


async def _send(socket: WebSocket, client: Client) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # Starlette's word for a socket that is closed
        while (frame := await client.frames.get()) is not None:
            await socket.send_bytes(frame)
        await socket.close(_GOING_AWAY)
