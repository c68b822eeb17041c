"""The desk's time: the machine's clock without its jumps back."""

import time
from collections.abc import Callable

from msgspec import Struct

JUMP_MS = 1000  # what two clocks may differ by before it is called a jump


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Jump(Struct, frozen=True):
    """The machine's clock was set: at which desk time (UTC ms) and by how many seconds (negative: back)."""

    at: int
    by_s: float


class SteadyClock:
    """Wall time at start plus elapsed time. It follows the wall clock forwards (suspend, time service), never back.

    `floor_ms` is the time of the newest event known: the clock does not run before it.
    """

    def __init__(
        self,
        floor_ms: int = 0,
        *,
        wall_ms: Callable[[], int] = _wall_ms,
        monotonic_ms: Callable[[], int] = _monotonic_ms,
    ) -> None:
        self._wall_ms, self._monotonic_ms = wall_ms, monotonic_ms
        self._started_ms = max(wall_ms(), floor_ms)
        self._started_at_monotonic = monotonic_ms()
        self._ahead_ms = self._started_ms - wall_ms()
        self.last_jump: Jump | None = None

    def now_ms(self) -> int:
        """UTC ms; never less than an earlier answer."""
        return self._look()

    @property
    def offset_s(self) -> float:
        """By how many seconds desk time is ahead of the machine's clock, 0.0 below a second: for the health strip."""
        self._look()
        return self._ahead_ms / 1000 if self._ahead_ms >= JUMP_MS else 0.0

    def not_before(self, floor_ms: int) -> None:
        """Go on from `floor_ms` where it is later than now: the newest event of a store that was opened since."""
        now_ms = self._look()
        if floor_ms > now_ms:
            self._started_ms += floor_ms - now_ms
            self._ahead_ms += floor_ms - now_ms

    def _look(self) -> int:
        wall_ms = self._wall_ms()
        steady_ms = self._started_ms + self._monotonic_ms() - self._started_at_monotonic
        moved_ms = self._ahead_ms - (
            steady_ms - wall_ms
        )  # how far the wall moved against elapsed time since last asked
        if abs(moved_ms) >= JUMP_MS:
            self.last_jump = Jump(steady_ms, moved_ms / 1000)
        if wall_ms - steady_ms >= JUMP_MS:
            self._started_ms += wall_ms - steady_ms
            steady_ms = wall_ms
        self._ahead_ms = steady_ms - wall_ms
        return steady_ms
