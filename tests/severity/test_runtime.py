"""One call through a model: bad input gives no estimate, gates follow the age, the words that moved it are told."""

import math
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from core.severity.bundle import BundleParts, Manifest, Sets, write_bundle
from core.severity.features import CallFacts
from core.severity.loading import load_bundle
from core.severity.network import Branch, NumpyCore
from core.severity.runtime import SeverityModel, gate_for, run_model


@pytest.fixture
def model(small_model: Path) -> SeverityModel:
    return run_model(load_bundle(small_model))


def test_that_a_severe_call_is_told_from_a_mild_one(model: SeverityModel) -> None:
    severe = model(CallFacts("vomiting and confused after fall", {"age": 80}))
    mild = model(CallFacts("stubbed toe on door", {"age": 30}))
    assert (severe.level, mild.level) == ("high", "low")
    assert severe.severe > 0.5 > mild.severe
    assert sum(severe.probabilities) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "?!…", "🚑🔥", "zzxqy wqrtp", "救命", "zxq " * 2500])
def test_that_empty_and_unknown_words_give_no_estimate(model: SeverityModel, text: str) -> None:
    answer = model(CallFacts(text, {"age": 80}))
    assert (answer.level, answer.probabilities, answer.possible, answer.moved) == ("", (), (), ())


@pytest.mark.parametrize("age", [math.nan, math.inf, -1, 900, "old", None, ""])
def test_that_an_age_that_is_none_takes_the_gate_of_ages_not_known(model: SeverityModel, age: object) -> None:
    answer = model(CallFacts("confused after fall", {"age": age}))
    assert answer.gate in {"age not known", "adults"}
    assert all(math.isfinite(p) for p in answer.probabilities)


def test_that_ten_thousand_characters_and_emoji_are_read(model: SeverityModel) -> None:
    text = "confused after fall 🚑 " * 500
    assert model(CallFacts(text[:10_000], {"age": 80})).level == "high"


def test_that_each_age_band_has_its_own_gate(model: SeverityModel) -> None:
    gates = model.bundle.manifest.gates
    assert [gate_for(gates, age).name for age in (0, 17.9, 18, 80)] == ["0-17 years", "0-17 years", "adults", "adults"]
    assert gate_for(gates, math.nan).name == "age not known"
    assert gate_for(gates, "seventy").name == "age not known"
    assert gate_for((), 30) is None


def test_that_the_words_that_moved_it_are_the_callers(model: SeverityModel) -> None:
    answer = model(CallFacts("vomiting and confused after the fall on 12", {"age": 80}))
    assert answer.moved
    assert set(answer.moved) <= {"vomiting", "confused", "fall"}  # neither fillers nor figures


@pytest.mark.parametrize("severe", [1, 2])
def test_that_a_words_push_is_the_models_own_slope(
    tmp_path: Path, small_parts: tuple[Manifest, BundleParts], severe: int
) -> None:
    """Weight times gradient against a difference quotient of the log-odds; three classes, two branches, one gated."""
    manifest, parts = small_parts
    rng = np.random.default_rng(3)
    first = parts.network.branches[0]
    last = (rng.normal(0, 0.3, (16, 3)).astype(np.float32), rng.normal(0, 0.1, 3).astype(np.float32))
    gate = (rng.normal(0, 0.3, first.tab.shape).astype(np.float32), np.ones(16, np.float32))
    branches = (replace_last(first, last), Branch(first.text * 0.5, first.tab, first.bias, (last,), gate))
    path = tmp_path / "three.fdmodel"
    three = replace(manifest, classes=("a", "b", "c"), levels=("critical", "high", "low"), severe=severe)
    three = replace(three, bias=(0.1, 0.0, -0.1), sets=None)
    write_bundle(path, three, BundleParts(parts.spec, parts.core_tflite, NumpyCore(branches), parts.card))
    model = run_model(load_bundle(path))
    features = model._featuriser(CallFacts("weak and confused since morning", {"age": 80}))
    pushes = model.pushes(features, model.probabilities(features))

    def odds(weights: np.ndarray) -> float:
        p = model.probabilities(type(features)(features.ids, weights, features.tab, features.words, features.unknown))
        return math.log(p[:severe].sum() / p[severe:].sum())

    for at in range(5):
        step = np.zeros_like(features.weights)
        step[at] = 1e-2
        slope = (odds(features.weights + step) - odds(features.weights - step)) / 2e-2
        told = pushes[model._featuriser.gram(int(features.ids[at]))]
        assert told == pytest.approx(slope * features.weights[at], abs=3e-3)


def replace_last(branch: Branch, last: tuple[np.ndarray, np.ndarray]) -> Branch:
    return Branch(branch.text, branch.tab, branch.bias, (last,))


def test_that_uncertainty_is_told_as_a_set(tmp_path: Path, small_parts: tuple[Manifest, BundleParts]) -> None:
    manifest, parts = small_parts
    for limits, expected in (((1.0, 1.0), 2), ((0.0, 0.0), 1)):
        path = tmp_path / f"sets{expected}.fdmodel"
        write_bundle(path, replace(manifest, sets=Sets(0.1, limits)), parts)
        answer = run_model(load_bundle(path))(CallFacts("confused after fall", {"age": 80}))
        assert len(answer.possible) == expected
        assert answer.level in answer.possible
