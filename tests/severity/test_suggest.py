"""The suggestion is the most urgent of three sources, and says which one decided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.agency_file import SEVERITIES
from core.domain.severity_words import urgency
from core.severity.answer import Answer
from core.severity.red_flags import FlagFound
from core.severity.suggest import suggest

LEVELS = st.sampled_from(["", *SEVERITIES])
CHOKING = FlagFound("choking", "choking", "critical", "choking")


@given(flag=LEVELS, type_level=LEVELS, model=LEVELS)
def test_that_the_most_urgent_source_decides_and_is_named(flag: str, type_level: str, model: str) -> None:
    flags = [FlagFound("x", "x", flag, "x")] if flag else []
    suggestion = suggest(flags, type_level, Answer(model))
    assert urgency(suggestion.level) == min(map(urgency, (flag, type_level, model)))
    assert bool(suggestion.why) == bool(flag or type_level or model)
    by_source = {"red flag": flag, "incident type": type_level, "model": model, "": ""}
    assert by_source[suggestion.source] == suggestion.level


def test_that_nothing_known_is_no_estimate() -> None:
    suggestion = suggest((), "", Answer(words=3, unknown=3))
    assert (suggestion.level, suggestion.source, suggestion.why, suggestion.words) == ("", "", "", ())


@pytest.mark.parametrize(
    ("flags", "type_level", "answer", "why"),
    [
        ([CHOKING], "critical", Answer("critical"), "red flag: choking"),
        ([], "high", Answer("high", moved=("chest",)), "incident type"),
        ([], "low", Answer("high", moved=("chest", "sweating")), "model: chest, sweating"),
        ([], "low", Answer("high"), "model"),
    ],
)
def test_that_among_equals_what_is_easiest_to_check_is_named(flags, type_level, answer, why) -> None:
    assert suggest(flags, type_level, answer).why == why


def test_that_a_set_of_several_levels_is_told_but_none_below_a_red_flag() -> None:
    unsure = Answer("high", (0.4, 0.6), 0.4, ("high", "low"))
    assert suggest((), "", unsure).possible == ("high", "low")
    assert suggest((CHOKING,), "", unsure).possible == ()
    assert suggest((), "", Answer("high", (0.9, 0.1), 0.9, ("high",))).possible == ()
