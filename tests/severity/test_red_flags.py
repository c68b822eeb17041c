"""Red flags: what counts as said, what takes it back, and that any text is read quickly enough and never fails."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.severity import red_flags
from core.severity.red_flag_file import read_red_flags
from core.severity.red_flags import LONGEST_TEXT, Flag, Negation, RedFlagRules, RedFlags
from resources import resource_path

Found = Callable[[str], dict[str, str]]


def made(*says: str, unless: tuple[str, ...] = (), **more: tuple[str, ...]) -> RedFlags:
    negation = Negation(("no", "not"), ("none",), ("not sure",))
    return RedFlags(RedFlagRules((Flag("it", "it", "high", says, unless),), negation, ("and",), **more))


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("red house", True),
        ("RED, house", False),  # a comma ends the clause
        ("red and house", False),
        ("red old tall house", True),
        ("red old tall brick house", False),
        ("red house.", True),
        ("red. House", False),
        ("house red", False),
    ],
)
def test_that_words_follow_one_another_within_their_clause(text: str, hit: bool) -> None:
    assert bool(made("red house").find(text)) == hit


def test_that_a_pair_may_stand_in_either_order_in_one_sentence() -> None:
    flags = made("red house ~ boat")
    assert flags.find("a boat, and beside it the red house")
    assert flags.find("the red house is near a boat")
    assert not flags.find("the red house. A boat")
    assert not flags.find("red house one two three four five six seven eight nine boat")


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("no boat", False),
        ("no big red boat", False),
        ("not there at all but with a boat", True),  # too far before it
        ("no, a boat", True),
        ("no oars and a boat", True),
        ("not sure about the boat", True),
        ("boat none", False),
        ("boat: none", False),
        ("boat none of them could reach", True),
        ("no boat here, but there a boat", True),
    ],
)
def test_that_a_negation_takes_back_what_it_stands_before(text: str, hit: bool) -> None:
    assert bool(made("boat").find(text)) == hit


def test_that_a_negation_that_belongs_to_the_phrase_is_the_danger_itself() -> None:
    flags = made("not floating")
    assert flags.find("it is not floating")
    assert flags.find("not really floating")
    assert not flags.find("it is floating")
    assert not flags.find("not there yet floating")


def test_that_joined_words_stand_directly_after_one_another() -> None:
    flags = made("boat", unless=("boat_club|shop",))
    assert not flags.find("at the boat shop")
    assert flags.find("the boat in the shop")


def test_that_a_harmless_phrase_that_is_taken_back_excuses_nothing() -> None:
    flags = made("boat ~ people", unless=("people ashore",))
    assert not flags.find("the boat sank people are ashore")
    assert flags.find("the boat sank people are not ashore")


def test_that_harmless_phrases_overlap_what_they_excuse() -> None:
    flags = made("boat", unless=("toy boat", "boat ~ paper"))
    assert not flags.find("a toy boat")
    assert not flags.find("a boat that he folded of paper")
    assert flags.find("a toy and a boat")
    assert flags.find("a toy boat and next to it under the bridge somebody else's very big boat")


def test_that_only_listed_words_are_recognised_when_misspelt() -> None:
    flags = made("floating", "sinking", misspelt=("floating",), own_words=("gloating", "bloating", "flouting"))
    assert flags.find("flaoting")
    assert flags.find("floatin")
    assert not flags.find("flouting")
    assert not flags.find("sniking")
    assert not flags.find("coating")


def test_that_accents_case_and_signs_do_not_matter(found: Found) -> None:
    for text in ("NO RESPIRA", "no respira", "No respira", "¡no respira!", "nó rëspirá"):
        assert found(text)["not-breathing"] == "critical"


def test_that_the_most_urgent_comes_first_with_its_words(rules: RedFlags) -> None:
    first, second = rules.find("chest pain and not breathing")
    assert (first.code, first.words) == ("not-breathing", "not breathing")
    assert (second.code, second.words) == ("chest-pain", "chest pain")


def test_that_of_a_very_long_text_both_ends_are_read(found: Found) -> None:
    filler = "he says that it is raining a lot today, " * 1000
    assert "not-breathing" in found(f"not breathing {filler}")
    assert "not-breathing" in found(f"{filler} not breathing")
    assert len(filler) > LONGEST_TEXT


@pytest.mark.parametrize("hostile", ["not " * 4000, "no bleeding " * 1500, "fire ~ " * 2000, "|*~" * 5000, "\0" * 9999])
def test_that_hostile_texts_are_read_to_their_end(found: Found, hostile: str) -> None:
    assert set(found(hostile)) <= {"fire"}


@given(st.text(max_size=400))
def test_that_any_text_gives_an_answer_and_the_same_one_again(rules: RedFlags, text: str) -> None:
    assert rules.find(text) == rules.find(text)


SAID = (
    *("no", "not", "is", "he", "she", "baby", "breathing", "bleeding", "gun", "toy", ",", ".", "and", "trapped"),
    *("fire", "inside", "ne", "respire", "plus", "pas"),
)


@given(st.lists(st.sampled_from(SAID), max_size=14))
def test_that_what_is_said_after_a_full_stop_takes_nothing_back(rules: RedFlags, words: list[str]) -> None:
    before = {flag.code for flag in rules.find(" ".join(words))}
    after = {flag.code for flag in rules.find(f"{' '.join(words)} . no no not")}
    assert before <= after | {"bleeding"}


@given(st.lists(st.sampled_from(SAID), min_size=60, max_size=320), st.integers(0, 3))
def test_that_a_very_long_sentence_read_in_stretches_tells_the_same(
    rules: RedFlags, words: list[str], plain_every: int
) -> None:
    filler = ["hallo"] * plain_every
    text = " ".join(part for word in words for part in (*filler, word) if part != ".")
    text += " hallo" * 200
    assert len(text) > red_flags.LONG_SENTENCE
    whole = {number for number, _ in red_flags._Reading(rules, text.split()).flags()}
    assert {flag.code for flag in rules.find(text)} == {rules.rules.flags[n].code for n in whole}


SAYINGS = tomllib.loads(Path(__file__).with_name("sayings.toml").read_text("utf-8"))


@pytest.mark.parametrize("saying", SAYINGS["urgent"])
def test_that_what_callers_in_danger_say_is_found(found: Found, saying: str) -> None:
    assert {"critical", "high"} & set(found(saying).values())


@pytest.mark.parametrize("saying", SAYINGS["calm"])
def test_that_what_calm_callers_say_raises_nothing(found: Found, saying: str) -> None:
    assert found(saying) == {}


def test_that_what_red_flags_ship_covers_the_dangers_every_desk_knows(rules: RedFlags) -> None:
    codes = {flag.code for flag in rules.rules.flags}
    assert codes >= {
        "not-breathing", "unconscious", "cardiac-arrest", "choking", "trapped", "weapon", "shot-stabbed", "stroke",
        "severe-bleeding", "drowning", "anaphylaxis", "overdose", "childbirth", "fire-people", "gas-current",
        "suicide-now", "seizure-continuing", "chest-pain",
    }  # fmt: skip
    assert all(flag.level in ("critical", "high", "moderate") for flag in rules.rules.flags)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("unconscious? no, awake and talking", set()),
        ("Is he unconscious? No.", set()),
        ("unconscious? No he is talking", set()),
        ("is the patient breathing? no", {"not-breathing"}),
        ("is she conscious? no, she is limp", {"unconscious"}),
        ("unconscious? no idea", {"unconscious"}),
        ("not breathing? no, nothing", {"not-breathing"}),
        ("bleeding heavily and awake? no", {"severe-bleeding", "bleeding", "unconscious"}),
        ("trouble breathing? no", set()),
        ("no trouble breathing", set()),
        ("cannot breathe", {"breathing-difficulty"}),
        ("takes blood thinners, fell", set()),
    ],
)
def test_that_an_answered_question_and_harmless_words_are_read_as_meant(text: str, codes: set[str]) -> None:
    flags = RedFlags(read_red_flags(resource_path("severity", "red_flags.toml")))
    assert {flag.code for flag in flags.find(text)} == codes
