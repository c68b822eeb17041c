"""Virtual time: what is due when, and a network that loses, doubles, delays and so reorders messages."""

from collections.abc import Callable
from heapq import heappop, heappush

from tests.simulation.chances import Fate

START_MS = 1_780_000_000_000


class Timeline:
    def __init__(self, fate: Fate) -> None:
        self.now_ms = START_MS
        self.fate = fate
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.messages = 0

    def after(self, delay_ms: int, act: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._due, (self.now_ms + delay_ms, self._count, act))

    def run_until(self, end_ms: int) -> None:
        while self._due and self._due[0][0] <= end_ms:
            self.now_ms, _, act = heappop(self._due)
            act()
        self.now_ms = max(self.now_ms, end_ms)

    def carry(self, arrive: Callable[[], None]) -> None:
        """One message on its way."""
        self.messages += 1
        if self.fate.strikes("drop"):
            return
        if self.fate.strikes("duplicate"):
            self.after(self.fate.random.randint(1, 60_000), arrive)
        slow = self.fate.strikes("far_delay")
        longest_ms = 120_000 if slow else 50 if self.fate.healed else 1500
        self.after(self.fate.random.randint(1, longest_ms), arrive)


class SkewedClock:
    """A desk's clock: off by its skew, and like the real one it never runs back while the desk runs."""

    def __init__(self, timeline: Timeline, skew_ms: int) -> None:
        self._timeline = timeline
        self.skew_ms = skew_ms
        self._last_ms = 0

    def now_ms(self) -> int:
        self._last_ms = max(self._last_ms, self._timeline.now_ms + self.skew_ms)
        return self._last_ms

    def begin_again(self, not_before_ms: int) -> None:
        """As a process that starts: it knows no more than what stands on the disk."""
        self._last_ms = not_before_ms
