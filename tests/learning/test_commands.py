"""The commands' own work: what is asked of the child, and what comes of its answer."""

import argparse
from pathlib import Path

import pytest

from core.errors import Refused, Unavailable
from core.learning.jobs import Outcome
from workstation.cli import build_parser, main
from workstation.models.training import evaluation_of, make_request


def _args(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["model", "train", *words])


def test_that_columns_are_guessed_and_options_win(calls_csv: Path, tmp_path: Path) -> None:
    args = _args(str(calls_csv), "--sex", "", "--test-from", "2022-01-01", "--seeds", "4,5", "--over", "0.3")
    request = make_request(calls_csv, args, out=tmp_path / "m.fdmodel")
    assert request.recipe.text == "text"
    assert request.recipe.label == "severity"
    assert set(request.recipe.fields) == {"age", "type"}
    assert request.recipe.test_from == "2022-01-01"
    assert request.settings.seeds == (4, 5)
    assert request.settings.over == 0.3
    assert request.flags is not None


def test_that_a_shipped_recipe_brings_its_frozen_settings(calls_csv: Path, tmp_path: Path) -> None:
    request = make_request(calls_csv, _args(str(calls_csv), "--recipe", "neiss"), out=tmp_path / "m.fdmodel")
    assert request.recipe.name == "neiss"
    assert request.settings.architecture == "wide-meanings"
    assert request.recipe.cut


@pytest.mark.parametrize("words", [["--seeds", "one"], ["--over", "2"], ["--architecture", "deep"], ["--text", "nope"]])
def test_that_options_that_make_no_sense_are_refused(calls_csv: Path, tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(Refused):
        make_request(calls_csv, _args(str(calls_csv), *words), out=tmp_path / "m.fdmodel")


def test_that_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "train", "nowhere.csv"]) == 1
    assert "There is no file nowhere.csv" in capsys.readouterr().err


def test_that_a_frozen_recipe_needs_calls_to_learn_from(calls_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "evaluate", str(calls_csv), "--frozen", "neiss"]) == 1
    assert "--train FILE" in capsys.readouterr().err


def test_that_the_check_alone_trains_nothing(calls_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "train", str(calls_csv), "--check"]) == 0
    assert "420 labelled calls" in capsys.readouterr().out


def test_that_figures_reach_the_registry_under_its_gates_names() -> None:
    outcome = Outcome(
        data="made", data_hash="1", rows=9, trained_rows=90, newest_day="2024-01-01", code_version="1",
        measures={"auroc": (0.8, 0.7, 0.9), "ece": (float("nan"), 0.0, 0.0)}, baselines={}, lines=("Fine.",),
        findings=(),
    )  # fmt: skip
    evaluation = evaluation_of(outcome)
    assert evaluation.measures["auroc"].low == 0.7
    assert "ece" not in evaluation.measures
    assert evaluation.note == "Fine."


def test_that_own_incidents_tell_what_was_typed_before_the_first_unit_was_sent() -> None:
    from core.domain.board import Assignment, Incident, NarrativeLine
    from core.domain.statuses import Priority
    from core.domain.values import Location, LocationSource
    from workstation.models.own_calls import first_words

    incident = Incident("i", "1", "T", Priority.P1, "high", Location("x", next(iter(LocationSource))), 0, "me", "d")
    incident.narrative = [
        NarrativeLine("e", 5, "me", "d", "man 67 collapsed"),
        NarrativeLine("f", 50, "me", "d", "died"),
    ]
    incident.assignments = [Assignment("a", "i", "M1", 20)]
    assert first_words(incident) == "man 67 collapsed"


def test_that_an_unavailable_history_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workstation.models import training

    monkeypatch.setattr(training, "HISTORY", "never")
    with pytest.raises(Unavailable, match="no file history"):
        training._data("history", tmp_path)
