"""How far the server's clock is from this desk's: told on the health strip, never used to change a clock."""

from collections import deque

_KEPT = 16


class ClockOffset:
    """The exchange with the shortest round trip tells it best (RFC 5905, section 10, the clock filter). All in ms."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=_KEPT)

    def heard(self, asked_at: int, server_ms: int, answered_at: int) -> None:
        """Times of one exchange: by this desk's clock, by the server's, by this desk's again."""
        trip_ms = answered_at - asked_at
        if trip_ms >= 0 and server_ms > 0:
            self._samples.append((trip_ms, server_ms - (asked_at + answered_at) // 2))

    @property
    def offset_ms(self) -> int | None:
        """What the server's clock shows more than this desk's; None until something was heard. Good to half a trip."""
        return min(self._samples)[1] if self._samples else None

    def forget(self) -> None:
        """Another server, another clock."""
        self._samples.clear()
