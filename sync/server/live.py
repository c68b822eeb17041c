"""What desks hear at once: new runs, where units are, who looks at what. A hint only: the pull is the truth.

One reader follows the log for all sockets of this process. Whoever stands where it stands gets what is new itself;
whoever is behind, slow or thrifty gets a hint and pulls.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from core.errors import ForedeskError, Unavailable
from core.merge.run import Run
from sync.protocol.messages import Fix, Hello, Hint, Positions, Presence, Watching
from sync.protocol.packing import decode, decompress, pack
from sync.protocol.routes import MOST_UNPACKED_BYTES
from sync.server.lasts import Lasts
from sync.server.log import CentreLog, Page, Point
from sync.server.roll import DeskRoll

TAIL_EVENTS = 1_000  # in one frame; whoever is further behind pulls
_MOST_QUEUED = 64  # frames for a socket that does not take them
_LASTS_EVERY_S = 0.25
_SWEEP_EVERY_S = 2.0
_AGAIN_S = 0.02  # after a commit that an older transaction still hides
_AGAIN_TIMES = 50

SILENT = Hello(tail=False, positions=False, presence=False)  # who has not said yet what it wants to hear

_log = logging.getLogger(__name__)


class RawTail(Struct, array_like=True, tag=3, frozen=True):
    """sync.protocol.messages.Tail, with runs as the log keeps them."""

    epoch: str
    now_ms: int
    after: str
    cursor: str
    runs: list[msgspec.Raw]


@dataclass(eq=False, slots=True)
class Client:
    """One socket: frames go into `frames`; None there means that the socket is to be closed."""

    desk: str
    frames: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(_MOST_QUEUED + 1))
    hello: Hello = SILENT
    attached: bool = False  # gets every tail from where it stands
    greeting: bool = False  # is being brought there

    def close(self) -> None:
        """Ends the socket after nothing more; it is told no further frame."""
        while not self.frames.empty():
            self.frames.get_nowait()
        self.attached = False
        self.hello = SILENT
        self.frames.put_nowait(None)


class Live:
    """`kick` after every commit; `run_log` and `run_lasts` are its tasks."""

    def __init__(self, log: CentreLog, lasts: Lasts, now_ms: Callable[[], int], *, poll_s: float | None) -> None:
        self._log = log
        self._now_ms = now_ms
        self._poll_s = poll_s
        self._point = Point()
        self._kicked = asyncio.Event()
        self._clients: set[Client] = set()
        self._offers = ""
        self.lasts = lasts

    @property
    def connected(self) -> int:
        return len(self._clients)

    @property
    def desks(self) -> frozenset[str]:
        """Those that are connected to this process."""
        return frozenset(client.desk for client in self._clients)

    def kick(self) -> None:
        self._kicked.set()

    def join(self, client: Client) -> None:
        self._clients.add(client)
        self.kick()  # nobody may have followed the log before

    def leave(self, client: Client) -> None:
        self._clients.discard(client)
        if client.desk not in self.desks:
            self.lasts.left(client.desk, self._now_ms())

    async def turn_out(self, roll: DeskRoll) -> None:
        """Close the sockets of desks that were shut out since they came in."""
        for desk in self.desks:
            known = await roll.card(desk)
            if known is None or known.revoked_at:
                for client in self._clients:
                    if client.desk == desk:
                        client.close()

    async def run_sweep(self, roll: DeskRoll) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                await self.turn_out(roll)
            except Unavailable as error:
                _log.warning("Who may listen cannot be looked up now: %s", error.happened)

    # new runs

    async def run_log(self) -> None:
        self._point = await self._log.end()
        while True:
            kicked = await self._woken()
            try:
                await self._follow(kicked)
            except ForedeskError as error:
                _log.warning("The log cannot be followed now: %s", error.happened)
                await asyncio.sleep(1.0)

    async def _woken(self) -> bool:
        try:
            await asyncio.wait_for(self._kicked.wait(), self._poll_s if self._clients else None)
        except TimeoutError:
            return False
        self._kicked.clear()
        return True

    async def _follow(self, kicked: bool) -> None:
        """Send all there is. A commit may be hidden yet by a transaction that began before it."""
        if not self._clients:
            self._point = await self._log.end()
            return
        for _ in range(_AGAIN_TIMES if kicked else 1):
            before = self._point
            page = await self._log.pull(before, TAIL_EVENTS)
            while page.point != self._point:
                self._send_page(page)
                self._point = page.point
                if not page.more:
                    return
                page = await self._log.pull(self._point, TAIL_EVENTS)
            if self._point != before or not kicked or self._kicked.is_set():
                return
            await asyncio.sleep(_AGAIN_S)

    def _send_page(self, page: Page) -> None:
        packed = [decompress(payload, MOST_UNPACKED_BYTES) for payload in page.runs]
        runs = [decode(plain, Run) for plain in packed]
        alone = runs[0].desk if runs and all(run.desk == runs[0].desk and _is_plain(run) for run in runs) else ""
        tail = self._tail(self._point, page, packed)
        hint = self._hint(page.point)
        empty = self._tail(self._point, page, []) if alone else tail
        for client in list(self._clients):
            if client.attached:
                self._send(client, empty if client.desk == alone else tail)
            elif client.hello != SILENT and not client.greeting:
                self._send(client, hint)

    def _tail(self, after: Point, page: Page, runs: Sequence[bytes]) -> bytes:
        lives = self._log.lives
        cursors = lives.cursor(after), lives.cursor(page.point)
        return pack(RawTail(lives.epoch, self._now_ms(), *cursors, [msgspec.Raw(run) for run in runs]))

    def _hint(self, point: Point) -> bytes:
        return pack(Hint(self._log.lives.epoch, self._log.lives.cursor(point), self._offers))

    def offer(self, offers: str) -> None:
        """Tell everybody where what is on offer is not what it was; `offers` stands for all of it."""
        if offers != self._offers:
            self._offers = offers
            hint = self._hint(self._point)
            for client in list(self._clients):
                if client.hello != SILENT:
                    self._send(client, hint)

    def _send(self, client: Client, frame: bytes) -> None:
        """A socket that does not take its frames is told once that there is more, and is left alone until it asks."""
        if client.frames.qsize() < _MOST_QUEUED:
            client.frames.put_nowait(frame)
            return
        while not client.frames.empty():
            client.frames.get_nowait()
        client.attached = False
        client.frames.put_nowait(self._hint(self._point))

    # what desks say

    async def hear(self, client: Client, frame: Hello | Positions | Presence) -> None:
        """Raises LostCursor."""
        match frame:
            case Hello():
                await self._greet(client, frame)
            case Positions():
                self.lasts.place(frame.fixes)
            case Presence():
                for watching in frame.watching[:1]:
                    self.lasts.watch(
                        Watching(client.desk, watching.operator, watching.incident, watching.note, self._now_ms())
                    )

    async def _greet(self, client: Client, hello: Hello) -> None:
        first = client.hello == SILENT
        client.hello, client.attached = hello, False
        if first:
            self._send_lasts(client, self.lasts.all_fixes(), self.lasts.all_watching())
        at = self._log.lives.point(hello.cursor)
        client.greeting = True
        try:
            client.attached = hello.tail and await self._bring_up(client, at)
        finally:
            client.greeting = False
        if not client.attached and at != self._point:
            self._send(client, self._hint(self._point))

    async def _bring_up(self, client: Client, at: Point) -> bool:
        """Send a client what lies between its cursor and where all stand, unless it is far behind."""
        for _ in range(_AGAIN_TIMES):
            if at == self._point:
                return True
            if at > self._point:  # it has pulled what this reader has not seen yet
                self.kick()
                await asyncio.sleep(_AGAIN_S)
                continue
            page = await self._log.pull(at, TAIL_EVENTS, client.desk)
            if page.more and page.point < self._point:
                return False
            if page.point != at:
                runs = [decompress(payload, MOST_UNPACKED_BYTES) for payload in page.runs]
                self._send(client, self._tail(at, page, runs))
                at = page.point
        return False

    # last values

    async def run_lasts(self) -> None:
        while True:
            await asyncio.sleep(_LASTS_EVERY_S)
            fixes, watching = self.lasts.changed()
            if fixes or watching:
                for client in list(self._clients):
                    self._send_lasts(client, fixes, watching)

    def _send_lasts(self, client: Client, fixes: Sequence[Fix], watching: Sequence[Watching]) -> None:
        if fixes and client.hello.positions:
            self._send(client, pack(Positions(list(fixes))))
        others = [one for one in watching if one.desk != client.desk]
        if others and client.hello.presence:
            self._send(client, pack(Presence(others)))


def _is_plain(run: Run) -> bool:
    """As its desk wrote it, which so needs not hear of it."""
    return not any(event.place or event.flag for event in run.events)
