"""Likely duplicates while a call is typed in."""

import pytest

from core.domain.board import Board
from core.domain.commands import CloseIncident, LinkCall
from core.domain.distance import ground_distance_m
from core.domain.duplicates import DuplicateHint, likely_duplicates, same_number
from core.domain.values import Caller, Location

NEAR = Location("Balmaceda 400", -29.9038, -71.2519)  # 122 m south
FAR = Location("Peñuelas 1", -29.9445, -71.2830)
NOWHERE = Location("")


def hints(story, location: Location = NOWHERE, callback: str = "", type_: str = "") -> list[DuplicateHint]:
    return likely_duplicates(story.desk.board, story.desk.agency, story.clock.now_ms(), location, callback, type_)


def test_that_number_place_type_and_age_make_the_reason(story) -> None:
    incident = story.open(callback="+56 9 1234 5678")
    story.wait(250)
    (hint,) = hints(story, NEAR, "09 1234-5678", "FIRE-STR")
    assert hint.incident == incident.id
    assert hint.reason == "Same caller number, 120 m away, same type, 4 min ago."
    assert hint.distance_m == pytest.approx(122, abs=1)
    assert hint.age_s == 250


def test_that_the_same_number_counts_from_anywhere_and_the_same_type_alone_does_not(story) -> None:
    story.open(callback="123456789")
    assert hints(story, FAR, "123456789")[0].reason == "Same caller number, 5.5 km away, just now."
    assert hints(story, FAR, "", "FIRE-STR") == []


def test_that_an_unplaced_address_is_compared_by_its_words(story) -> None:
    story.open(location=Location("Old  Mill road"))
    assert hints(story, Location("old mill ROAD"))[0].reason == "Same address, just now."


def test_that_closed_old_and_distant_incidents_are_left_out(story) -> None:
    closed = story.open()
    story.do(CloseIncident(closed.id, "FALSE"))
    story.open(location=FAR)
    assert hints(story, NEAR) == []
    story.open()
    story.wait(1801)
    assert hints(story, NEAR) == []


def test_that_a_second_call_makes_an_incident_recent_again_and_lends_its_number(story) -> None:
    incident = story.open()
    story.wait(1700)
    story.do(LinkCall(incident.id, NEAR, Caller("Luis", "512123456")))
    story.wait(300)
    assert hints(story, Location(""), "512123456")[0].reason == "Same caller number, 5 min ago."


def test_that_likelier_ones_come_first(story) -> None:
    far, near = story.open(location=NEAR, callback="1"), story.open(callback="512123456")
    found = hints(story, near.location, "512123456")
    assert [hint.incident for hint in found] == [near.id, far.id]
    assert all(0 <= hint.score <= 1 for hint in found)


def test_that_nothing_typed_matches_nothing(story) -> None:
    story.open()
    assert hints(story) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+56 9 1234 5678", "912345678", True),
        ("0056 9 1234 5678", "9 1234 5678", True),
        ("٩١٢٣٤٥٦٧٨", "912345678", True),
        ("131", "131", True),
        ("131", "5131", False),
        ("", "", False),
        ("unknown", "unknown", False),
        ("912345678", "912345679", False),
    ],
)
def test_that_numbers_are_compared_by_their_digits(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) is same


def test_that_distances_agree_with_known_ones() -> None:
    assert ground_distance_m(-29.9027, -71.2519, -29.9027, -71.2519) == 0
    # One minute of latitude is a nautical mile, 1,852 m by definition and 1,853.2 m on the mean sphere.
    assert ground_distance_m(0.0, 0.0, 1 / 60, 0.0) == pytest.approx(1853.2, abs=0.1)
    assert ground_distance_m(0.0, 179.99, 0.0, -179.99) == pytest.approx(2223.9, abs=0.1)


def test_that_an_empty_board_hints_at_nothing(agency) -> None:
    assert likely_duplicates(Board(), agency, 0, NEAR, "1234567", "") == []
