"""Types suggested for what is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.agency_file import read_agency
from core.domain.typing_in import MOST, find_types, suggest_types
from resources import resource_path

AGENCY = read_agency(resource_path("agency", "default.toml"))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("fire-str", "FIRE-STR"),
        ("str", "FIRE-STR"),
        ("arr", "EMS-ARR"),
        ("ch", "EMS-CHE"),
        ("sf", "FIRE-STR"),
        ("card", "EMS-ARR"),
        ("str fi", "FIRE-STR"),
        ("shots", "POL-SHO"),
        ("my neighbour's house is on fire", "FIRE-STR"),
        ("He is NOT breathing, he just collapsed!", "EMS-ARR"),
        ("two cars crashed, one driver is trapped in the car", "RES-EXT"),
        ("somebody broke into my house last night", "POL-BRG"),
        ("she fell and cannot get up", "EMS-FAL"),
        ("there is a strong smell of gas", "FIRE-GAS"),
    ],
)
def test_that_codes_names_and_callers_words_find_the_type(typed: str, first: str) -> None:
    assert suggest_types(AGENCY, typed)[0].code == first


def test_that_short_words_are_not_found_inside_longer_ones() -> None:
    assert "SRV-AST" not in [type_.code for type_ in suggest_types(AGENCY, "the category is unknown")]


@pytest.mark.parametrize("typed", ["", "   ", "!?", "qqqq"])
def test_that_nothing_is_suggested_for_nothing(typed: str) -> None:
    assert suggest_types(AGENCY, typed) == []


@given(st.text(max_size=200))
def test_that_any_text_gives_at_most_eight_different_types(text: str) -> None:
    codes = [type_.code for type_ in suggest_types(AGENCY, text)]
    assert len(codes) == len(set(codes)) <= MOST


def test_that_every_types_own_code_and_words_find_it() -> None:
    for type_ in AGENCY.types.values():
        assert suggest_types(AGENCY, type_.code)[0] is type_
        for said in type_.words:
            assert type_ in suggest_types(AGENCY, f"please help, {said}, come quickly"), said


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("motorc", "TRA-INJ"),
        ("traff", "TRA-INJ"),
        ("acc", "TRA-INJ"),
        ("asth", "EMS-BRE"),
        ("music", "POL-NOI"),
        ("chest p", "EMS-CHE"),
        ("heart", "EMS-ARR"),
        ("ems che", "EMS-CHE"),
        ("diff breath", "EMS-BRE"),
        ("arr", "EMS-ARR"),
        ("my neighbour's house is on fire", "FIRE-STR"),
    ],
)
def test_that_the_beginning_of_any_word_finds_the_type(typed: str, first: str) -> None:
    assert find_types(AGENCY, typed)[0].code == first


def test_that_a_caller_who_names_a_relative_is_not_thought_to_be_beaten() -> None:
    assert suggest_types(AGENCY, "my husband has a pain in his arm")[:1] != [AGENCY.types["POL-DOM"]]


@given(st.text(max_size=60))
def test_that_looking_types_up_finds_at_least_what_is_suggested(text: str) -> None:
    assert {type_.code for type_ in suggest_types(AGENCY, text)} <= {type_.code for type_ in find_types(AGENCY, text)}


@pytest.mark.parametrize(
    ("narrative", "without"),
    [
        ("fell, not bleeding, not unconscious, breathing fine", ("EMS-ARR", "EMS-BLE", "EMS-UNC")),
        ("no chest pain, sprained ankle", ("EMS-CHE",)),
        ("chest pain? no, sprained ankle", ("EMS-CHE",)),
        ("Chest pain: none. Cut finger", ("EMS-CHE",)),
        ("she hasn't collapsed", ("EMS-ARR",)),
        ("the house is not on fire", ("FIRE-STR",)),
        ("fell in the kitchen, takes blood thinners", ("EMS-BLE",)),
    ],
)
def test_that_what_is_denied_or_harmless_suggests_no_type(narrative: str, without: tuple[str, ...]) -> None:
    codes = {type_.code for type_ in suggest_types(AGENCY, narrative)}
    assert codes.isdisjoint(without)


@pytest.mark.parametrize(
    ("narrative", "first"),
    [
        ("no injuries but the house is on fire", "FIRE-STR"),
        ("not sure, chest pain maybe", "EMS-CHE"),
        ("not sure chest pain or heart", "EMS-CHE"),
        ("is he awake? no, not breathing", "EMS-ARR"),
        ("no idea, chest pain and sweating", "EMS-CHE"),
        ("fell, not bleeding, breathing fine", "EMS-FAL"),
    ],
)
def test_that_a_denial_reaches_no_further_than_its_clause(narrative: str, first: str) -> None:
    assert suggest_types(AGENCY, narrative)[0].code == first
