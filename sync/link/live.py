"""The open line: the server tells of news at once, and positions and presence go both ways. A hint, never the truth."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from ssl import SSLContext
from typing import TYPE_CHECKING

from core.domain.values import Position
from core.errors import Refused
from sync.link.backoff import Backoff
from sync.link.http import Address
from sync.link.server import EpochChanged
from sync.link.talk import Talk
from sync.protocol import routes
from sync.protocol.messages import (
    Hello,
    Hint,
    LiveFrame,
    Positions,
    Presence,
    Tail,
    Watching,
    fix_of,
    position_of,
)
from sync.protocol.packing import pack, unpack

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

TAKE_POSITIONS_S = 0.5  # positions of other desks reach the board so often at most
_AGAIN_S = (1.0, 60.0)

log = logging.getLogger(__name__)
OnPresence = Callable[[Sequence[Watching]], None]


class Telemetry:
    """What waits to be told and is not an event: last values only, so that nothing ever queues up."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}
        self.watching = Watching("", "")
        self.changed = asyncio.Event()

    def place(self, positions: dict[str, Position]) -> None:
        self.positions.update(positions)
        self.changed.set()

    def watch(self, watching: Watching) -> None:
        self.watching = watching
        self.changed.set()


class Live:
    """Keeps the WebSocket open beside push and pull; without it they poll."""

    def __init__(
        self,
        talk: Talk,
        address: Address,
        tls: SSLContext | None,
        headers: dict[str, str],
        telemetry: Telemetry,
        on_presence: OnPresence,
    ) -> None:
        self._talk, self._address, self._tls, self._headers = talk, address, tls, headers
        self._telemetry, self._on_presence = telemetry, on_presence
        self._heard: dict[str, Position] = {}
        self._told: Watching | None = None

    async def run(self) -> None:
        """As long as the conversation does. Trouble here ends nothing: the line may carry questions only."""
        from websockets.exceptions import WebSocketException

        backoff = Backoff(*_AGAIN_S)
        while True:
            try:
                await self._converse(backoff)
            except (OSError, TimeoutError, WebSocketException) as trouble:
                log.debug("The server tells nothing by itself: %s", trouble)
            finally:
                self._talk.has_live = False
                self._talk.status.set(live=False)
            self._talk.news.set()
            await asyncio.sleep(backoff.next_s())

    async def _converse(self, backoff: Backoff) -> None:
        from websockets.asyncio.client import connect

        scheme = "wss" if self._address.tls else "ws"
        manners = self._talk.manners
        patience_s = self._talk.meter.patience_s(6000)
        async with connect(
            f"{scheme}://{self._address.host_port}{routes.LIVE}",
            ssl=self._tls if self._address.tls else None,
            server_hostname=(self._address.name or self._address.host) if self._address.tls else None,
            additional_headers=self._headers,
            user_agent_header=None,
            compression=None,
            proxy=None,
            open_timeout=patience_s,
            ping_interval=manners.ping_s,
            ping_timeout=patience_s,
            close_timeout=1.0,
            max_size=routes.MOST_FRAME_BYTES,
        ) as wire:
            await wire.send(pack(Hello(tail=manners.tail, cursor=self._talk.cursor)))
            self._talk.has_live = True
            self._talk.status.set(live=True)
            self._told = None
            backoff.reset()
            await self._both_ways(wire)

    async def _both_ways(self, wire: "ClientConnection") -> None:
        parts = [asyncio.create_task(part) for part in (self._listen(wire), self._speak(wire), self._take_positions())]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _listen(self, wire: "ClientConnection") -> None:
        async for packed in wire:
            if isinstance(packed, bytes):
                self._hear(packed)

    def _hear(self, packed: bytes) -> None:
        try:
            frame: LiveFrame = unpack(packed, LiveFrame, routes.MOST_FRAME_BYTES)  # type: ignore[arg-type]
        except Refused as refused:  # a newer server may tell more than this desk knows
            log.debug("A frame was passed over: %s", refused)
            return
        match frame:
            case Tail():
                self._talk.tails.append(frame)
                self._talk.news.set()
            case Hint(epoch=epoch, cursor=cursor, offers=offers):
                if epoch != self._talk.calls.epoch:
                    raise EpochChanged(epoch)
                if offers != self._talk.offers:
                    self._talk.offers = offers
                    self._talk.offered.set()
                if cursor != self._talk.cursor:
                    self._talk.news.set()
            case Positions(fixes=fixes):
                for fix in fixes:
                    try:
                        self._heard[fix.unit] = position_of(fix)
                    except ValueError:
                        continue
            case Presence(watching=watching):
                self._on_presence(watching)

    async def _speak(self, wire: "ClientConnection") -> None:
        """Last values, as often as the line's manners allow, and never before events on a thin line."""
        telemetry = self._telemetry
        while True:
            await telemetry.changed.wait()
            if self._talk.line_is_free:
                telemetry.changed.clear()
                if telemetry.watching != self._told:
                    self._told = telemetry.watching
                    await wire.send(pack(Presence([telemetry.watching])))
                if telemetry.positions:
                    waiting, telemetry.positions = telemetry.positions, {}
                    await wire.send(pack(Positions([fix_of(unit, fix) for unit, fix in waiting.items()])))
            await asyncio.sleep(self._talk.manners.positions_s)

    async def _take_positions(self) -> None:
        while True:
            await asyncio.sleep(TAKE_POSITIONS_S)
            if self._heard:
                heard, self._heard = self._heard, {}
                await self._talk.desk.slice(lambda heard=heard: self._talk.side.place_units(heard))  # type: ignore[misc]
