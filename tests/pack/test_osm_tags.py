"""What tags mean for an emergency vehicle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pack.osm_tags import direction, is_drivable, speed_kmh, turn_rule_words
from core.pack.ways import AGAINST, ALONG, BOTH


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50), ("30 mph", 48.28), ("30mph", 48.28), ("50;30", 30), ("100|80", 80), ("walk", 7), ("PT:urban", 50),
        ("DE:rural", 90), ("DE:zone:30", 30), ("DE:zone30", 30), ("none", 130), ("10 knots", 18.52), ("signals", 0),
        ("", 0), (None, 0), ("fast", 0), ("3", 0), ("999", 0), ("50 km/h", 50),
    ],
)  # fmt: skip
def test_that_a_limit_is_read_in_the_forms_in_which_it_is_tagged(text: str | None, kmh: float) -> None:
    assert speed_kmh(text) == pytest.approx(kmh, abs=0.01)


@given(st.text())
def test_that_any_text_gives_no_limit_or_one_that_can_be(text: str) -> None:
    limit = speed_kmh(text)
    assert limit == 0 or 5 <= limit <= 160


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, BOTH), ({"oneway": "yes"}, ALONG), ({"oneway": "-1"}, AGAINST), ({"oneway": "no"}, BOTH),
        ({"highway": "motorway"}, ALONG), ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"highway": "motorway", "oneway": "-1"}, AGAINST), ({"junction": "roundabout"}, ALONG),
        ({"junction": "circular"}, ALONG), ({"highway": "motorway_link"}, BOTH),
    ],
)  # fmt: skip
def test_that_one_ways_are_tagged_or_implied(tags: dict[str, str], expected: int) -> None:
    assert direction(tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "residential", "access": "private"}, False),
        ({"highway": "residential", "access": "no"}, False),
        ({"highway": "service", "access": "private", "emergency": "yes"}, True),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, True),
        ({"highway": "residential", "motor_vehicle": "no"}, False),
        ({"highway": "service", "access": "no", "bus": "yes"}, True),
        ({"highway": "pedestrian"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "footway", "emergency": "yes"}, True),
        ({"highway": "steps", "motor_vehicle": "yes"}, False),
        ({"highway": "proposed"}, False),
        ({"route": "ferry", "emergency": "yes"}, False),
    ],
)
def test_that_closed_ways_are_driven_only_where_emergency_vehicles_may(tags: dict[str, str], expected: bool) -> None:
    assert is_drivable(tags) is expected


@pytest.mark.parametrize(
    ("tags", "binding", "only"),
    [
        ({"restriction": "no_left_turn"}, True, False),
        ({"restriction": "only_straight_on"}, True, True),
        ({"restriction": "no_left_turn", "except": "psv;emergency"}, False, False),
        ({"restriction:motorcar": "no_left_turn"}, False, False),
        ({"restriction": "give_way"}, False, False),
    ],
)
def test_that_turn_rules_bind_unless_they_except_emergency_vehicles(
    tags: dict[str, str], binding: bool, only: bool
) -> None:
    assert turn_rule_words(tags)[0] is binding
    assert not binding or turn_rule_words(tags)[1] is only
