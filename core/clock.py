"""Time as the domain sees it: handed in, never read from the machine here."""

from typing import Protocol


class Clock(Protocol):
    """Milliseconds since 1970-01-01 UTC.

    Implementations never run backwards: when the machine's clock jumps back, `now_ms` goes on from where it was.
    """

    def now_ms(self) -> int:
        """The current time, UTC milliseconds; never less than an earlier answer."""
        ...


class ManualClock:
    """A clock that moves only when told; for tests, replay and exercises."""

    def __init__(self, start_ms: int = 1_750_000_000_000) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, seconds: float) -> int:
        """Move on by `seconds` (not negative) and return the new time."""
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        self._now_ms += round(seconds * 1000)
        return self._now_ms
