"""What the line carries, learnt from the exchanges over it: how much to put in a batch, how long to wait for an answer.

An exchange of n bytes is taken to last round trip + n / rate; both follow the last exchanges by least squares, as far
as these differ in size. Nothing is known at first, so batches begin small and double.
"""

from collections import deque

LEAST_BATCH = 600  # bytes: a handful of events
FIRST_BATCH = 2_000
MOST_BATCH = 400_000
THIN_BYTES_PER_S = 4_000.0
PATIENCE_S = 3.0  # for what a server does between question and answer
MOST_PATIENCE_S = 180.0
_KEPT = 16
_SPREAD = 1_000  # bytes between the smallest and the largest exchange before they tell anything of the rate
_SHORTEST_S = 0.0005
_FIRST_TRIP_S = 1.0
_SLOW_TRIP_S = 0.5
_SLOWEST = 100.0
_FASTEST = 1e9  # bytes per second: what is quicker is noise


class LineMeter:
    """Sizes in bytes, both directions together; times in seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque(maxlen=_KEPT)
        self._rate: float | None = None
        self._batch = float(FIRST_BATCH)
        self._failures = 0
        self.round_trip_s: float | None = None
        self.bytes_out = 0
        self.bytes_in = 0

    @property
    def bytes_per_s(self) -> float | None:
        """None until an exchange was long enough to tell."""
        return self._rate

    @property
    def is_thin(self) -> bool:
        """A line on which every byte is felt."""
        return self._rate is not None and self._rate < THIN_BYTES_PER_S

    @property
    def seems_thin(self) -> bool:
        """Also before it is known, where the first answers were slow to come."""
        return self.is_thin or (self._rate is None and (self.round_trip_s is None or self.round_trip_s > _SLOW_TRIP_S))

    @property
    def batch_bytes(self) -> int:
        """How much to send or fetch at once: some seconds' worth, as an urgent event waits behind it."""
        return int(self._batch)

    @property
    def _target_s(self) -> float:
        """Longer where the round trip is long, or the line would idle most of the time."""
        return min(6.0, max(1.0, 1.5 * (self.round_trip_s or 0.0)))

    @property
    def _least_rate(self) -> float:
        """What the line carries at least, as it has done so."""
        return max((size / took_s for size, took_s in self._seen), default=_SLOWEST)

    def answered(self, sent: int, received: int, elapsed_s: float, thinking_s: float = 0.0) -> None:
        """An exchange went well. `thinking_s` is what the server says it needed itself."""
        self._failures = 0
        self.bytes_out += sent
        self.bytes_in += received
        size, on_line_s = sent + received, max(_SHORTEST_S, elapsed_s - thinking_s)
        self._seen.append((size, on_line_s))
        self._learn()
        self._fit_batch(max(sent, received), on_line_s)

    def _learn(self) -> None:
        sizes = [size for size, _ in self._seen]
        if max(sizes) - min(sizes) >= _SPREAD:
            self._rate = self._slope()
        elif self._rate is None and max(sizes) >= _SPREAD:
            self._rate = max(size / took_s for size, took_s in self._seen)
        per_byte = 1 / self._rate if self._rate else 0.0
        self.round_trip_s = max(_SHORTEST_S, min(took_s - size * per_byte for size, took_s in self._seen))

    def _slope(self) -> float:
        count = len(self._seen)
        mean_size = sum(size for size, _ in self._seen) / count
        mean_s = sum(took_s for _, took_s in self._seen) / count
        together = sum((size - mean_size) * (took_s - mean_s) for size, took_s in self._seen)
        alone = sum((size - mean_size) ** 2 for size, _ in self._seen)
        return min(_FASTEST, alone / together) if together > 0 else _FASTEST

    def _fit_batch(self, size: int, on_line_s: float) -> None:
        if on_line_s <= self._target_s + (self.round_trip_s or 0.0):
            if size * 2 >= self._batch:  # only a full batch shows that more would go
                in_half_the_time = size / on_line_s * self._target_s / 2
                self._batch = min(MOST_BATCH, max(self._batch * 2, in_half_the_time))
        elif self._rate is not None:
            self._batch = max(LEAST_BATCH, min(self._batch, self._rate * self._target_s))
        else:
            self._batch = max(LEAST_BATCH, self._batch / 2)

    def timed_out(self) -> None:
        """No answer came in time: the line is down, or thinner than believed."""
        self._failures += 1
        self._batch = max(LEAST_BATCH, self._batch / 2)
        self._seen.clear()
        if self._rate is not None:
            self._rate /= 2

    def patience_s(self, size: int) -> float:
        """How long an exchange of `size` bytes may take before the line counts as down."""
        trip_s = _FIRST_TRIP_S if self.round_trip_s is None else self.round_trip_s
        if self._rate is None:  # anything may be: 2,400 bit/s is 300 bytes/s
            moving_s = min(size / 250 + 8.0, 2.5 * size / self._least_rate)
        else:
            moving_s = 2.5 * size / self._rate
        return min(MOST_PATIENCE_S, (PATIENCE_S + 4 * trip_s + moving_s) * 2.0 ** min(self._failures, 2))
