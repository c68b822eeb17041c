"""Ids sort in the order they were made, whatever the clock does."""

from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.domain.ids import IdMaker


class WildClock:
    """A machine's clock as it comes: forward, back, standing still."""

    def __init__(self) -> None:
        self.at = 1_780_000_000_000

    def now_ms(self) -> int:
        return self.at


@given(st.lists(st.integers(-4_000_000, 4_000_000), max_size=50))
def test_that_ids_increase_whatever_the_clock_does(steps_ms: list[int]) -> None:
    clock = WildClock()
    ids = IdMaker(clock)
    made = [ids.next()]
    for step_ms in steps_ms:
        clock.at += step_ms
        made.append(ids.next())
    assert made == sorted(set(made))
    assert all(len(id_) == 32 and int(id_, 16) for id_ in made)


def test_that_more_ids_than_the_counter_holds_within_a_millisecond_still_increase() -> None:
    ids = IdMaker(ManualClock(), random_hex=lambda _bytes: "0" * 16)
    made = [ids.next() for _ in range(70_000)]
    assert made == sorted(set(made))


def test_that_an_id_follows_one_seen_from_a_desk_with_a_faster_clock() -> None:
    ahead = IdMaker(ManualClock(1_780_000_060_000)).next()
    ids = IdMaker(ManualClock(1_780_000_000_000))
    ids.observe(ahead)
    assert ids.next() > ahead
    ids.observe("0" * 32)
    assert ids.next() > ahead
