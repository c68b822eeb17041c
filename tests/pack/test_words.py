"""Names folded to what people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pack.words import fold, index_text, key, likeness


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("São João", "sao joao"), ("Nørrebrogade", "norrebrogade"), ("St. Mary's Rd", "st marys rd"),
        ("Rue de l'Église", "rue de l eglise"), ("  A--B  ", "a b"), ("STRAẞE", "strasse"), ("Ñandú", "nandu"),
        ("شارع النيل", "شارع النيل"), ("🚒", ""),
    ],
)  # fmt: skip
def test_that_case_accents_and_punctuation_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [("Main Street", "main st."), ("Avda. Balmaceda", "Avenida Balmaceda"), ("R. Sta. Catarina", "Rua Santa Catarina")],
)
def test_that_abbreviations_mean_their_words(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_that_a_name_is_indexed_under_its_abbreviations_too() -> None:
    assert {"avenida", "avda", "av", "balmaceda"} <= set(index_text("Avenida Balmaceda").split())


def test_that_the_nearer_name_is_the_likelier() -> None:
    asked = fold("balmaseda")
    assert likeness(asked, "balmaceda") > likeness(asked, "barrera") > 0
    assert likeness(fold("av balmaceda"), "avenida balmaceda") == 110
    assert 80 <= likeness(fold("balm"), "avenida balmaceda") < 100
    assert likeness(fold("santa catrina"), "santa catarina") < 80


@pytest.mark.parametrize("asked", ["r", "ru", "rua", "rua s", "rua santa cata", "r sta", "santa", "cat"])
def test_that_every_beginning_of_a_name_answers_it_fully(asked: str) -> None:
    assert likeness(asked, fold("Rua de Santa Catarina")) >= 80


@given(st.text(), st.text())
def test_that_likeness_stays_between_0_and_110(asked: str, name: str) -> None:
    assert likeness(fold(asked), fold(name)) <= 110


@given(st.text())
def test_that_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_that_a_name_typed_in_full_comes_before_longer_ones_whatever_else_speaks_for_them() -> None:
    what_a_street_may_gain = 5.0 + 5.0  # by its importance, and by having the house number
    assert likeness("colon", "colon") - 1.0 > likeness("colon", "colonial") + what_a_street_may_gain
