"""Batches fit the line, patience fits the line, and waits are spread."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.link.backoff import Backoff
from sync.link.clock_offset import ClockOffset
from sync.link.line import LEAST_BATCH, MOST_BATCH, MOST_PATIENCE_S, LineMeter
from sync.link.talk import Manners
from sync.server.settings import KEEP_ALIVE_S


class Line:
    """A line as it is; the meter has to find out."""

    def __init__(self, bytes_per_s: float, round_trip_s: float) -> None:
        self.bytes_per_s, self.round_trip_s = bytes_per_s, round_trip_s

    def takes_s(self, size: int) -> float:
        return self.round_trip_s + size / self.bytes_per_s

    def use(self, meter: LineMeter, exchanges: int = 20) -> list[float]:
        """How long each exchange of a full batch took; one that took longer than the meter's patience failed."""
        durations = []
        for _ in range(exchanges):
            size = meter.batch_bytes
            took_s = self.takes_s(size)
            if took_s > meter.patience_s(size):
                meter.timed_out()
            else:
                meter.answered(size, 60, took_s)
            durations.append(took_s)
        return durations


def test_that_nothing_is_too_thin_for_the_first_batch() -> None:
    meter = LineMeter()
    assert meter.patience_s(meter.batch_bytes) > Line(300, 4.0).takes_s(meter.batch_bytes)


def test_that_batches_on_a_thin_line_stay_some_seconds_long() -> None:
    meter = LineMeter()
    durations = Line(300, 4.0).use(meter)
    assert all(duration < 12.5 for duration in durations)
    assert meter.is_thin
    assert meter.bytes_per_s == pytest.approx(300, rel=0.3)


def test_that_batches_on_a_wide_line_grow_until_nothing_is_gained() -> None:
    meter = LineMeter()
    Line(50_000_000, 0.002).use(meter)
    assert meter.batch_bytes == MOST_BATCH
    assert not meter.is_thin


@given(rate=st.floats(200, 1e8), trip=st.floats(0.0005, 5.0))
def test_that_every_line_is_found_out_and_then_never_given_up(rate: float, trip: float) -> None:
    meter, line = LineMeter(), Line(rate, trip)
    line.use(meter, 30)
    for _ in range(30):
        size = meter.batch_bytes
        assert LEAST_BATCH <= size <= MOST_BATCH
        assert line.takes_s(size) <= meter.patience_s(size) <= MOST_PATIENCE_S
        meter.answered(size, 60, line.takes_s(size))


@given(before=st.floats(1e4, 1e8), after=st.floats(300, 1e4), trip=st.floats(0.001, 3.0))
def test_that_a_line_that_becomes_thinner_is_found_out_again(before: float, after: float, trip: float) -> None:
    meter = LineMeter()
    Line(before, trip).use(meter)
    slower = Line(after, trip)
    slower.use(meter, 40)
    assert slower.takes_s(meter.batch_bytes) <= meter.patience_s(meter.batch_bytes)


def test_that_on_a_thin_line_the_server_keeps_the_connection_from_one_question_to_the_next() -> None:
    meter = LineMeter()
    Line(300, 4.0).use(meter)
    manners = Manners.for_line(meter, metered=False)
    assert max(manners.check_s, manners.poll_s) < KEEP_ALIVE_S


def test_that_silence_on_a_known_line_is_noticed_within_seconds() -> None:
    meter = LineMeter()
    Line(1e6, 0.05).use(meter)
    assert meter.patience_s(2000) < 4.0


@given(tries=st.integers(1, 200), seed=st.integers())
def test_that_waits_are_spread_between_nothing_and_a_bound(tries: int, seed: int) -> None:
    backoff = Backoff(0.5, 20.0, Random(seed).random)
    waits = [backoff.next_s() for _ in range(tries)]
    assert all(0 <= wait <= min(20.0, 0.5 * 2.0**n) for n, wait in enumerate(waits))
    backoff.reset()
    assert backoff.next_s() <= 0.5


@given(
    offset=st.integers(-90_000, 90_000), trips=st.lists(st.tuples(st.integers(0, 4000), st.floats(0, 1)), min_size=1)
)
def test_that_the_servers_clock_is_known_to_half_the_best_round_trip(
    offset: int, trips: list[tuple[int, float]]
) -> None:
    clock, now = ClockOffset(), 1_750_000_000_000
    for trip_ms, share in trips:
        clock.heard(now, now + int(trip_ms * share) + offset, now + trip_ms)
        now += trip_ms + 1000
    best = min(trip_ms for trip_ms, _ in trips[-16:])
    assert clock.offset_ms is not None
    assert abs(clock.offset_ms - offset) <= best / 2 + 1
