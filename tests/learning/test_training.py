"""The whole of training, in a child process as people start it: one run of TensorFlow for all of these tests."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Refused, Unavailable
from core.learning.jobs import TrainSeverity
from core.learning.recipe import guess_recipe
from core.learning.table import read_table
from core.learning.training import Settings
from core.severity.features import CallFacts, Featuriser
from core.severity.loading import load_bundle
from core.severity.network import to_arrays
from core.severity.runtime import run_model
from workstation.models.child import run_in_child

JOB = "core.learning.jobs:train_severity"
SCRIPT = """
import json, sys
from pathlib import Path
from core.learning.jobs import TrainSeverity, train_severity
from core.learning.recipe import guess_recipe
from core.learning.table import read_table
from core.learning.training import Settings
import msgspec

data, folder = Path(sys.argv[1]), Path(sys.argv[2])
recipe = guess_recipe(read_table(data), {})
told = {}
for name, plan in (("one", "wide-meanings"), ("again", "wide-meanings"), ("ref", "reference-64-64")):
    settings = Settings(architecture=plan, seeds=(1, 2), folds=2)
    request = TrainSeverity(
        data=str(data), recipe=recipe, settings=settings, out=str(folder / f"{name}.fdmodel"), name="test",
        version="1", made_at="2026-01-01T00:00:00Z", report=str(folder / f"{name}.html"), compare=name == "one",
        rounds=30,
    )
    steps = []
    outcome = train_severity(request, lambda done, words: steps.append((done, words)))
    told[name] = {"outcome": msgspec.to_builtins(outcome), "steps": steps}
(folder / "told.json").write_text(json.dumps(told))
"""


@pytest.fixture(scope="session")
def trained(calls_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    alone = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", SCRIPT, calls_csv, folder]
    subprocess.run(command, check=True, capture_output=True, timeout=118, env=alone)
    return folder


@pytest.fixture(scope="session")
def told(trained: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((trained / "told.json").read_text())
    return found


def test_that_the_same_seed_gives_the_same_model(trained: Path) -> None:
    one, again = (load_bundle(trained / f"{name}.fdmodel") for name in ("one", "again"))
    assert one.spec == again.spec
    for name in ("temperature", "bias", "gates", "sets", "spreads", "figures", "code_version", "data_sha256"):
        assert getattr(one.manifest, name) == getattr(again.manifest, name)
    mine, theirs = to_arrays(one.network), to_arrays(again.network)
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_that_what_can_be_learned_is_learned(told: dict[str, Any]) -> None:
    auroc, low, high = told["one"]["outcome"]["measures"]["auroc"]
    assert low < auroc < high
    assert auroc > 0.75
    assert set(told["one"]["outcome"]["baselines"]) == {
        "majority", "type default", "TF-IDF logistic regression", "boosted trees",
    }  # fmt: skip


def test_that_progress_only_ever_grows(told: dict[str, Any]) -> None:
    done = [step[0] for step in told["ref"]["steps"]]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert any("epoch" in words for _, words in told["ref"]["steps"])


@pytest.mark.parametrize("name", ["one", "ref"])
def test_that_both_engines_tell_the_same_from_the_file(trained: Path, name: str) -> None:
    bundle = load_bundle(trained / f"{name}.fdmodel")
    lite, plain = run_model(bundle), run_model(bundle, fallback=True)
    featuriser = Featuriser(bundle.spec)
    for text in ("unconscious after fall", "stubbed toe", "", "x" * 10_000):
        features = featuriser(CallFacts(text, {"age": 40}))
        np.testing.assert_allclose(lite.probabilities(features), plain.probabilities(features), atol=1e-5)


def test_that_the_file_says_what_it_was_made_from(trained: Path) -> None:
    bundle = load_bundle(trained / "one.fdmodel")
    manifest = bundle.manifest
    assert manifest.levels == ("high", "low")
    assert manifest.seeds == (1, 2)
    assert len(manifest.data_sha256) == 64
    assert manifest.figures["auroc"] > 0.7
    assert {"age", "words", "unknown words", "severe"} <= {spread.name for spread in manifest.spreads}
    assert "Not to be trusted with" in bundle.card
    severe = run_model(bundle)(CallFacts("unconscious after fall bleeding", {"age": 80}))
    mild = run_model(bundle)(CallFacts("stubbed toe in the park", {"age": 20}))
    assert severe.severe > 0.5 > mild.severe


def test_that_the_report_is_one_page_that_asks_nobody(trained: Path) -> None:
    page = (trained / "one.html").read_text("utf-8")
    assert "Beside the baselines" in page
    assert "<svg" in page
    assert "<script" not in page
    assert "src=" not in page


def _request(data: Path, out: Path) -> TrainSeverity:
    recipe = guess_recipe(read_table(data), {})
    return TrainSeverity(
        data=str(data), recipe=recipe, settings=Settings(), out=str(out), name="t", version="1", made_at="2026"
    )


def test_that_spoilt_data_are_refused_through_the_child(tmp_path: Path) -> None:
    data = tmp_path / "spoilt.csv"
    data.write_text("date,text,severity\n" + "2024-01-01,fell,high\n" * 3)
    with pytest.raises(Refused, match=r"Only 3 rows.*Every row has the label"):
        run_in_child(JOB, _request(data, tmp_path / "out.fdmodel"), lambda *_: None)
    assert not (tmp_path / "out.fdmodel").exists()


def test_that_a_child_that_is_killed_harms_nothing(calls_csv: Path, tmp_path: Path) -> None:
    import multiprocessing

    def kill(*_: object) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(Unavailable, match="ended by itself"):
        run_in_child(JOB, _request(calls_csv, tmp_path / "out.fdmodel"), kill)
    assert not (tmp_path / "out.fdmodel").exists()


def test_that_a_model_is_not_judged_on_what_it_learned_from(trained: Path, calls_csv: Path) -> None:
    from core.learning.jobs import EvaluateSeverity, evaluate_severity

    recipe = guess_recipe(read_table(calls_csv), {})
    request = EvaluateSeverity(
        data=str(calls_csv), recipe=recipe, model=str(trained / "one.fdmodel"), train_data=str(calls_csv)
    )
    with pytest.raises(Refused, match="has learned from calls up to"):
        evaluate_severity(request, lambda *_: None)
