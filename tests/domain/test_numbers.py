"""Incident numbers as people say them, at desks that count each for themselves."""

import pytest

from core.domain.board import Board, Incident
from core.domain.numbers import SAID, is_meant, short_number
from core.domain.statuses import Priority
from core.domain.values import Location


@pytest.mark.parametrize(("number", "said"), [("26-A-01041", "1041"), ("7", "7"), ("26-A-00000", "26-A-00000")])
def test_that_people_say_the_end_of_a_number(number: str, said: str) -> None:
    assert short_number(number) == said


def test_that_another_desks_number_has_its_letters() -> None:
    assert short_number("26-B-01041", own=False) == "B-1041"
    assert short_number("26-FP2-00007", own=False) == "FP2-7"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("26-B-01041", True),
        ("B-1041", True),
        ("B-01041", True),
        ("1041", True),
        ("A-1041", False),
        ("41", False),
        ("", False),
    ],
)
def test_that_a_number_is_known_by_what_is_said_of_it(said: str, meant: bool) -> None:
    assert is_meant("26-B-01041", said) is meant


@pytest.mark.parametrize("word", ["M3", "E12", "P2", "B-", "-7", "B-1041X"])
def test_that_callsigns_are_no_numbers(word: str) -> None:
    assert not SAID.fullmatch(word)


def incident(desk: str, number: str, opened_at: int, *, closed: bool = False) -> Incident:
    place = Location("somewhere")
    made = Incident(number, number, "FIRE", Priority.P2, "", place, opened_at, "", desk)
    made.closed_at = opened_at + 1 if closed else None
    return made


def board(*incidents: Incident) -> Board:
    return Board({each.id: each for each in incidents}, desk="A-1")


def test_that_the_end_alone_means_this_desks_own() -> None:
    own, newer = incident("A-1", "26-A-00001", 10, closed=True), incident("B-1", "26-B-00001", 20)
    seen = board(own, newer)
    assert seen.by_number("1") is own
    assert seen.by_number("b-1") is newer
    assert seen.by_number("26-b-00001") is newer
    assert (seen.short(own), seen.short(newer)) == ("1", "B-1")


def test_that_of_others_the_open_and_newer_one_is_meant() -> None:
    old, new = incident("B-1", "26-B-00007", 10), incident("C-1", "26-C-00007", 20)
    assert board(old, new).by_number("7") is new
    new.closed_at = 30
    assert board(old, new).by_number("7") is old
