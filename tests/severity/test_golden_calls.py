"""The golden calls, through the model that ships (invoked, not only loaded) and the red flags that ship."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.domain.severity_words import urgency
from core.severity.answer import Answer
from core.severity.bundle import BundleParts, Manifest, write_bundle
from core.severity.features import CallFacts, Featuriser
from core.severity.loading import load_bundle
from core.severity.red_flags import RedFlags
from core.severity.runtime import SeverityModel, run_model
from core.severity.suggest import Suggestion, suggest
from workstation.models.loading import shipped_model

CALLS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("golden_calls.toml").read_text("utf-8"))["call"]


def name(call: dict[str, Any]) -> str:
    return " ".join(call["text"].split())[:40] or "nothing"


@pytest.fixture(scope="module", params=["LiteRT", "NumPy"])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_parts: tuple[Manifest, BundleParts]
) -> SeverityModel:
    """The model that ships; in a checkout without one, a small one made on the spot."""
    path = shipped_model()
    if path is None:
        path = tmp_path_factory.mktemp("small") / "small.fdmodel"
        write_bundle(path, *small_parts)
    return run_model(load_bundle(path), fallback=request.param == "NumPy")


def test_that_the_fallback_gives_the_numbers_of_litert() -> None:
    """To 1e-5, on states of each golden call while it is typed."""
    pytest.importorskip("ai_edge_litert.interpreter")
    path = shipped_model()
    if path is None:
        pytest.skip("No model ships in this checkout yet.")
    bundle = load_bundle(path)
    lite, fallback = run_model(bundle), run_model(bundle, fallback=True)
    assert (lite.engine, fallback.engine) == ("LiteRT", "NumPy")
    featuriser = Featuriser(bundle.spec)
    for call in CALLS:
        for end in range(0, min(len(call["text"]), 80), 7):
            features = featuriser(CallFacts(call["text"][:end], {"age": call.get("age", end)}))
            assert lite.probabilities(features) == pytest.approx(fallback.probabilities(features), abs=1e-5)


def judged(call: dict[str, Any], rules: RedFlags, answer: Answer) -> Suggestion:
    return suggest(rules.find(_text(call)), "", answer)


def _text(call: dict[str, Any]) -> str:
    return call["text"] * call.get("repeat", 1)


def check(call: dict[str, Any], suggestion: Suggestion) -> None:
    told = (suggestion.level, suggestion.why, suggestion.words)
    level = call.get("level")
    if level == "none":
        assert suggestion.level == "", told
    elif level:
        assert urgency(suggestion.level) <= urgency(level), told
    if "at_most" in call:
        assert urgency(suggestion.level) >= urgency(call["at_most"]), told
    if "flag" in call:
        assert call["flag"] in {flag.code for flag in suggestion.flags}, told
    if call.get("no_flag"):
        assert not suggestion.flags, told


def test_that_there_are_many_golden_calls_of_every_kind() -> None:
    assert len(CALLS) >= 60
    assert {"level", "flag", "no_flag", "at_most", "age", "repeat"} <= {key for call in CALLS for key in call}


@pytest.mark.parametrize("call", CALLS, ids=name)
def test_that_a_golden_calls_red_flags_hold_without_any_model(call: dict[str, Any], rules: RedFlags) -> None:
    check({key: value for key, value in call.items() if key != "at_most"}, judged(call, rules, Answer()))


@pytest.mark.parametrize("call", CALLS, ids=name)
def test_that_a_golden_call_holds_through_the_shipped_model(
    call: dict[str, Any], rules: RedFlags, model: SeverityModel
) -> None:
    answer = model(CallFacts(_text(call), {"age": call.get("age")}))
    check(call, judged(call, rules, answer))
