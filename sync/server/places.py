"""Places that the server gives to events whose desk's clock ran ahead: its own time, in the form of an id."""

from secrets import token_bytes

from core.merge.run import AHEAD_MS

_COUNTER_LIMIT = 1 << 16


class PlaceMaker:
    """16 bytes each, strictly later than the one before: 6 of milliseconds, 2 of a counter, 8 of randomness.

    They are as far ahead as an id may be that keeps its own place, and so after everything that the log took before:
    no desk's events change their order, and nothing comes before what led to it.
    """

    def __init__(self) -> None:
        self._last = 0  # milliseconds and counter

    def next(self, now_ms: int) -> bytes:
        self._last = max((now_ms + AHEAD_MS) * _COUNTER_LIMIT, self._last + 1)
        return self._last.to_bytes(8, "big") + token_bytes(8)
