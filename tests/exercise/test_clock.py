"""The exercise's clock: paused, hurried, never backwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.exercise.clock import ExerciseClock


class _Wall:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_that_a_paused_exercise_stands_still_and_goes_on_from_there() -> None:
    wall = _Wall()
    clock = ExerciseClock(1_000_000, wall)
    wall.seconds += 5
    clock.pause()
    wall.seconds += 3600
    assert clock.now_ms() == 1_005_000
    clock.resume()
    wall.seconds += 1
    assert clock.now_ms() == 1_006_000


def test_that_a_hurried_exercise_counts_each_second_several_times() -> None:
    wall = _Wall()
    clock = ExerciseClock(0, wall)
    clock.set_speed(10)
    wall.seconds += 6
    assert clock.now_ms() == 60_000


@pytest.mark.parametrize("speed", [0, -1])
def test_that_an_exercise_cannot_be_run_backwards(speed: float) -> None:
    clock = ExerciseClock(0, _Wall())
    with pytest.raises(ValueError, match="goes forward"):
        clock.set_speed(speed)
    with pytest.raises(ValueError, match="goes forward"):
        clock.skip(-1)


@given(st.lists(st.tuples(st.sampled_from(["wait", "pause", "resume", "speed", "skip"]), st.floats(0.1, 50))))
def test_that_time_never_runs_back_whatever_is_pressed(presses: list[tuple[str, float]]) -> None:
    wall = _Wall()
    clock = ExerciseClock(0, wall)
    seen = clock.now_ms()
    for press, amount in presses:
        match press:
            case "wait":
                wall.seconds += amount
            case "pause":
                clock.pause()
            case "resume":
                clock.resume()
            case "speed":
                clock.set_speed(amount)
            case "skip":
                clock.skip(amount)
        assert clock.now_ms() >= seen
        seen = clock.now_ms()
