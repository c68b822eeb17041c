"""The featuriser that training and the desk share."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.severity.features import (
    CallFacts,
    ChoiceField,
    FeatureSpec,
    Featuriser,
    NumberField,
    learn_vocabulary,
    read_spec,
    spec_bytes,
    words_of,
)

FIELDS = (NumberField("age", (0.0, 18.0, 65.0), 0.0, 120.0), ChoiceField("sex", ("female", "male")))
TEXTS = ("man fell from ladder", "fell on stairs", "ladder fell on man", "éclat dans l'œil +LOC", "fell fell fell")
SPEC = learn_vocabulary(FeatureSpec(FIELDS), [CallFacts(text) for text in TEXTS], seen_in=lambda _: 1)


@given(st.text(max_size=300), st.one_of(st.none(), st.floats(), st.text(max_size=5)), st.text(max_size=8))
def test_that_any_call_has_features_of_the_same_shape(text: str, age: object, sex: str) -> None:
    features = Featuriser(SPEC)(CallFacts(text, {"age": age, "sex": sex}))  # type: ignore[dict-item]
    assert features.ids.shape == features.weights.shape == (SPEC.length,)
    assert features.tab.shape == (1 + 3 + 4,)
    assert np.isfinite(features.weights).all()
    assert ((features.ids > 0) == (features.weights > 0)).all()
    assert 0 <= features.unknown <= features.words


def test_that_words_and_letters_each_weigh_one() -> None:
    features = Featuriser(SPEC)(CallFacts("man fell from ladder"))
    grams = [Featuriser(SPEC).gram(int(i)) for i in features.ids]
    letters = np.array([gram.startswith("c:") for gram in grams])
    assert math.isclose(np.linalg.norm(features.weights[letters]), 1.0, rel_tol=1e-6)
    assert math.isclose(np.linalg.norm(features.weights[~letters]), 1.0, rel_tol=1e-6)


def test_that_an_empty_text_is_legal_and_said_to_be_empty() -> None:
    features = Featuriser(SPEC)(CallFacts())
    assert not features.ids.any()
    assert features.tab[0] == 1.0
    assert features.words == 0


@pytest.mark.parametrize("age", [None, "", "unknown", math.nan, -1, 999])
def test_that_an_age_that_cannot_be_is_not_known(age: object) -> None:
    tab = Featuriser(SPEC)(CallFacts("fell", {"age": age})).tab  # type: ignore[dict-item]
    assert tab[1:4].tolist() == [0.0, 0.0, 1.0]


def test_that_ages_run_along_ramps() -> None:
    assert Featuriser(SPEC)(CallFacts("", {"age": "41.5"})).tab[1:4].tolist() == [1.0, 0.5, 0.0]


def test_that_choices_have_a_place_for_another_and_for_unknown() -> None:
    def sex(value: str) -> list[float]:
        return Featuriser(SPEC)(CallFacts("", {"sex": value})).tab[4:].tolist()

    assert sex(" Male ") == [0, 1, 0, 0]
    assert sex("other") == [0, 0, 1, 0]
    assert sex("") == [0, 0, 0, 1]


def test_that_signs_before_a_word_are_read_as_crews_mean_them() -> None:
    assert words_of("+LOC, -n/v x-ray 83YOF") == ["with", "loc", "no", "n", "v", "x", "ray", "00", "yof"]


def test_that_accents_and_case_do_not_matter() -> None:
    assert words_of("ÉCLAT") == words_of("eclat")


def test_that_the_spec_travels_as_the_same_bytes() -> None:
    again = read_spec(spec_bytes(SPEC))
    assert again == SPEC
    assert spec_bytes(again) == spec_bytes(SPEC)


def test_that_ten_thousand_letters_keep_both_ends() -> None:
    words = words_of("start " + "filler " * 1500 + "end")
    assert words[0] == "start"
    assert words[-1] == "end"
    assert len(words) < 700


def test_that_a_long_call_keeps_its_weightiest_sequences() -> None:
    spec = learn_vocabulary(FeatureSpec(length=8), [CallFacts(text) for text in TEXTS], seen_in=lambda _: 1)
    assert (Featuriser(spec)(CallFacts(" ".join(TEXTS))).ids > 0).sum() == 8
