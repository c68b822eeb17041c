"""What the parts of one conversation with a server share: calls, the desk, the line, and what woke them."""

import asyncio
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from sync.link.desk_side import DeskSide
from sync.link.desk_thread import DeskThread
from sync.link.keeping import StatusKeeper
from sync.link.line import LineMeter
from sync.link.server import ServerCalls
from sync.protocol.messages import Tail

MOST_TAILS = 256
BREATH_S = 0.3


class Manners(Struct, frozen=True):
    """How often to speak, in seconds; a metered line costs money by the byte."""

    poll_s: float  # without a live connection
    check_s: float  # with one: what is told may be lost
    positions_s: float
    live: bool = True
    tail: bool = True  # whether the server sends news itself instead of a hint
    artefacts: bool = True
    ping_s: float = 15.0

    @classmethod
    def for_line(cls, meter: LineMeter, *, metered: bool) -> "Manners":
        if metered:
            return cls(60.0, 300.0, 60.0, tail=False, artefacts=False, ping_s=240.0)
        if meter.seems_thin:
            return cls(20.0, 100.0, 20.0, artefacts=False, ping_s=60.0)
        return cls(2.0, 20.0, 1.0)


class Talk:
    """One conversation, from connecting until trouble ends it."""

    def __init__(
        self,
        desk_id: str,
        calls: ServerCalls,
        desk: DeskThread,
        side: DeskSide,
        status: StatusKeeper,
        is_metered: Callable[[], bool],
    ) -> None:
        self.desk_id = desk_id
        self.calls, self.desk, self.side, self.status = calls, desk, side, status
        self._is_metered = is_metered
        self.to_send = asyncio.Event()  # something was committed here
        self.news = asyncio.Event()  # the server has something new
        self.offers = ""  # stands for what the server has on offer, as it told last
        self.offered = asyncio.Event()  # that has changed
        self.tails: deque[Tail] = deque(maxlen=MOST_TAILS)
        self.cursor = ""
        self.has_live = False
        self.pushing = False

    @property
    def meter(self) -> LineMeter:
        return self.calls.meter

    @property
    def manners(self) -> Manners:
        return Manners.for_line(self.meter, metered=self._is_metered())

    @property
    def is_quiet(self) -> bool:
        """Whether there is room for what can wait."""
        busy = self.pushing or self.to_send.is_set() or self.news.is_set() or self.status.status.coming
        return not busy and self.manners.artefacts

    async def quiet(self) -> None:
        """Comes back when there is room for what can wait."""
        while not self.is_quiet:  # noqa: ASYNC110 - many things make it busy, and none of them should have to tell
            await asyncio.sleep(BREATH_S)

    @property
    def line_is_free(self) -> bool:
        """Whether telemetry and artefacts may have the line: never before events on a thin one."""
        return not (self.meter.is_thin and (self.pushing or self.to_send.is_set()))


async def first_of(event: asyncio.Event, timeout_s: float) -> bool:
    """Whether the event came before the time was over."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
