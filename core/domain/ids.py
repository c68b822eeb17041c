"""Identifiers that sort in time: 48 bits of milliseconds, 16 of a counter, 64 of randomness, as 32 hex digits.

The millisecond and counter parts are a hybrid logical clock: they never go back, even when the machine's clock does.
"""

from collections.abc import Callable
from secrets import token_hex

from core.clock import Clock

_COUNTER_LIMIT = 1 << 16


class IdMaker:
    """Makes ids that are strictly increasing on this desk and unique over all desks."""

    def __init__(self, clock: Clock, random_hex: Callable[[int], str] = token_hex) -> None:
        self._clock = clock
        self._random_hex = random_hex
        self._last_ms = 0
        self._counter = 0

    def next(self) -> str:
        now_ms = self._clock.now_ms()
        if now_ms > self._last_ms:
            self._last_ms, self._counter = now_ms, 0
        else:
            self._counter += 1
            if self._counter == _COUNTER_LIMIT:
                self._last_ms, self._counter = self._last_ms + 1, 0
        return f"{self._last_ms:012x}{self._counter:04x}{self._random_hex(8)}"

    def observe(self, id_: str) -> None:
        """Never make an id that sorts before `id_` (the newest id already in the store, or one from elsewhere)."""
        seen_ms, seen_counter = int(id_[:12], 16), int(id_[12:16], 16)
        if (seen_ms, seen_counter) > (self._last_ms, self._counter):
            self._last_ms, self._counter = seen_ms, seen_counter

    def settle(self, id_: str, ahead_ms: int) -> None:
        """Come back from a clock that was far ahead: ids made from now on come after `id_`, the newest place there is.

        Does nothing while ids are less than `ahead_ms` ahead of the clock, or that place is itself ahead.
        """
        latest_ms = self._clock.now_ms() + ahead_ms
        if self._last_ms > latest_ms >= int(id_[:12], 16):
            self._last_ms, self._counter = int(id_[:12], 16), int(id_[12:16], 16)
