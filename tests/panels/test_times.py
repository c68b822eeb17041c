"""Times and figures as an operator reads them."""

import pytest

from widgets.panels.times import age_text, count_text, distance_text, elapsed_text, spoken_time


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (252, "4:12"), (3852, "1:04:12"), (-5, "0:00")]
)
def test_that_elapsed_time_reads_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert elapsed_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(12, "12 s"), (240, "4 min"), (7200, "2 h"), (200_000, "2 d"), (-1, "0 s")]
)
def test_that_an_age_is_rough(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


def test_that_a_time_is_spoken_in_words() -> None:
    assert spoken_time(252) == "4 minutes 12 seconds"
    assert spoken_time(61) == "1 minute 1 second"
    assert spoken_time(0) == "0 seconds"


@pytest.mark.parametrize(("metres", "text"), [(840, "840 m"), (2345, "2.3 km")])
def test_that_a_distance_has_its_unit(metres: float, text: str) -> None:
    assert distance_text(metres) == text


def test_that_a_count_has_its_noun() -> None:
    assert count_text(1, "unit") == "1 unit"
    assert count_text(3, "unit") == "3 units"
