"""The desk's clock beside a machine's clock that jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.clock import Jump, SteadyClock

HOUR_MS = 3_600_000
START_MS = 1_750_000_000_000


class Machine:
    """Two clocks: one that somebody may set, one that only runs."""

    def __init__(self):
        self.wall, self.monotonic = START_MS, 50_000

    def run(self, ms, wall_too=True):
        self.monotonic += ms
        self.wall += ms if wall_too else 0

    def clock(self, floor_ms=0):
        return SteadyClock(floor_ms, wall_ms=lambda: self.wall, monotonic_ms=lambda: self.monotonic)


@pytest.fixture
def machine():
    return Machine()


def test_that_time_runs_with_the_machine(machine):
    clock = machine.clock()
    machine.run(1500)
    assert clock.now_ms() == START_MS + 1500
    assert clock.offset_s == 0.0
    assert clock.last_jump is None


def test_that_a_clock_that_jumps_back_an_hour_is_not_followed_and_is_told(machine):
    clock = machine.clock()
    machine.run(1000)
    machine.wall -= HOUR_MS
    machine.run(2000)
    assert clock.now_ms() == START_MS + 3000
    assert clock.offset_s == 3600.0
    assert clock.last_jump == Jump(START_MS + 3000, -3600.0)


def test_that_a_clock_that_jumps_ahead_is_followed_and_is_told(machine):
    clock = machine.clock()
    machine.wall += HOUR_MS
    assert clock.now_ms() == START_MS + HOUR_MS
    assert clock.offset_s == 0.0
    assert clock.last_jump == Jump(START_MS, 3600.0)


def test_that_suspend_is_a_jump_ahead(machine):
    clock = machine.clock()
    machine.wall += 8 * HOUR_MS
    machine.run(10)
    assert clock.now_ms() == START_MS + 8 * HOUR_MS + 10


def test_that_a_wall_clock_that_comes_back_meets_the_desk_again(machine):
    clock = machine.clock()
    machine.wall -= HOUR_MS
    clock.now_ms()
    machine.wall += HOUR_MS
    assert clock.now_ms() == START_MS
    assert clock.offset_s == 0.0
    assert clock.last_jump == Jump(START_MS, 3600.0)


def test_that_one_jump_is_told_once(machine):
    clock = machine.clock()
    machine.wall -= HOUR_MS
    clock.now_ms()
    told = clock.last_jump
    machine.run(60_000)
    assert clock.now_ms() == START_MS + 60_000
    assert clock.last_jump is told


def test_that_small_differences_are_no_jump(machine):
    clock = machine.clock()
    machine.run(10_000)
    machine.wall -= 900
    assert clock.now_ms() == START_MS + 10_000
    assert (clock.offset_s, clock.last_jump) == (0.0, None)


def test_that_time_is_never_before_the_newest_event(machine):
    clock = machine.clock(START_MS + HOUR_MS)
    assert clock.now_ms() == START_MS + HOUR_MS
    assert clock.offset_s == 3600.0
    machine.run(1000)
    assert clock.now_ms() == START_MS + HOUR_MS + 1000


def test_that_an_event_met_later_moves_the_clock_on_and_never_back(machine):
    clock = machine.clock()
    clock.not_before(START_MS + 5000)
    clock.not_before(START_MS)
    assert clock.now_ms() == START_MS + 5000
    assert clock.last_jump is None


@given(st.lists(st.tuples(st.integers(-5 * HOUR_MS, 5 * HOUR_MS), st.integers(0, HOUR_MS)), max_size=30))
def test_that_time_never_runs_backwards_or_behind_the_wall(steps):
    machine = Machine()
    clock = machine.clock()
    last = clock.now_ms()
    for jump_ms, run_ms in steps:
        machine.wall += jump_ms
        machine.run(run_ms)
        now = clock.now_ms()
        assert now >= last
        assert now - last >= run_ms
        assert machine.wall - now < 1000
        last = now


def test_that_the_real_clock_runs():
    clock = SteadyClock()
    assert clock.now_ms() <= clock.now_ms()
    assert clock.offset_s == 0.0
