"""`foredesk model` on the command line: what it lists, decides and says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.domain.agency_file import read_agency
from core.models.record import Kind, Model, State
from core.models.registry import Registry
from core.severity.record import Estimate, SuggestionRecord
from resources import resource_path
from workstation.cli import main
from workstation.compose import open_desk
from workstation.models.loading import shipped_model

AddModel = Callable[..., Model]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOREDESK_HOME", str(tmp_path))
    return tmp_path


def test_that_an_empty_registry_lists_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model"]) == 0
    assert "No model is registered" in capsys.readouterr().out


def test_that_list_and_show_tell_state_figures_gates_and_history(
    capsys: pytest.CaptureFixture[str], registry: Registry, add: AddModel
) -> None:
    registry.approve(add("one").number, who="Dr. Silva", reason="First")
    add("two", ece=0.3)
    assert main(["model", "list"]) == 0
    listed = capsys.readouterr().out
    assert "champion" in listed
    assert "auroc 0.860" in listed
    assert main(["model", "show", "2"]) == 0
    shown = capsys.readouterr().out
    assert "NOT passed" in shown
    assert (
        "Failed: Error of the probabilities (ECE): 0.300; at most 0.050 is asked for; the champion has 0.020." in shown
    )
    assert "registered by Kim" in shown


def test_that_decisions_on_the_command_line_carry_name_and_reason(
    capsys: pytest.CaptureFixture[str], registry: Registry, add: AddModel
) -> None:
    first, second = add("one"), add("two")
    assert main(["model", "approve", "1", "--reason", "First", "--by", "Dr. Silva"]) == 0
    assert main(["model", "shadow", "2", "--reason", "Watch it", "--by", "Kim"]) == 0
    assert main(["model", "retire", "shadow", "--reason", "Not needed", "--by", "Kim"]) == 0
    assert registry.model(first.number).state is State.CHAMPION
    assert registry.model(second.number).state is State.RETIRED
    assert main(["model", "rollback", "--kind", "severity", "--reason", "Misses burns", "--by", "Kim"]) == 0
    assert "There was none before it" in capsys.readouterr().out
    assert registry.champion(Kind.SEVERITY) is None


def test_that_a_refusal_is_a_sentence_and_an_exit_code(capsys: pytest.CaptureFixture[str], add: AddModel) -> None:
    add("one", under_triage=0.4)
    assert main(["model", "approve", "1", "--reason", "First", "--by", "Dr. Silva"]) == 1
    assert "does not pass its gates" in capsys.readouterr().err
    assert main(["model", "show", "7"]) == 1
    assert "There is no model '7'" in capsys.readouterr().err


def test_that_a_decision_needs_its_reason(capsys: pytest.CaptureFixture[str], add: AddModel) -> None:
    add("one")
    with pytest.raises(SystemExit) as left:
        main(["model", "approve", "1"])
    assert left.value.code == 2
    assert "--reason" in capsys.readouterr().err


def test_that_monitor_tells_figures_limits_and_what_waits(
    capsys: pytest.CaptureFixture[str], home: Path, clock: ManualClock
) -> None:
    opened = open_desk(home, read_agency(resource_path("agency", "default.toml")))
    now_ms = opened.desk.clock.now_ms()
    estimate = Estimate("m", (0.1, 0.9), 0.1, "moderate", words=10, unknown=4)
    for n in range(150):
        at = now_ms - n * 60_000
        opened.store.save_suggestion(SuggestionRecord(incident=f"i{n}", at=at, level="moderate", champion=estimate))
    opened.close()
    assert main(["model", "monitor"]) == 0
    said = capsys.readouterr().out
    assert "ALARM: Words the model does not know: 40.0 % over 150 cases" in said
    assert "Not judged yet. Severe outcomes suggested as less: 0 of the 30 cases" in said
    assert "Response models" in said


def test_that_retrain_says_why_it_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "retrain", "--kind", "response"]) == 0
    assert "There is no reason to train" in capsys.readouterr().out


def test_that_retraining_now_without_history_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "retrain", "--kind", "response", "--now", "--by", "Kim"]) == 1
    assert "no closed incident that a unit reached" in capsys.readouterr().err


def test_that_an_absent_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "train-response", "absent.csv", "--by", "Kim"]) == 1
    assert "There is no file absent.csv" in capsys.readouterr().err


def test_that_the_agencys_file_says_when_a_candidate_is_trained(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual = resource_path("agency", "default.toml").read_text("utf-8")
    own = usual.replace("new_outcomes = 500 ", "new_outcomes = 700 ")
    assert own != usual
    (home / "agency.toml").write_text(own, "utf-8")
    assert main(["model", "retrain", "--kind", "severity"]) == 0
    assert "0 of 700 new outcomes" in capsys.readouterr().out
    assert main(["model", "retrain", "--kind", "severity", "--outcomes", "9"]) == 0
    assert "0 of 9 new outcomes" in capsys.readouterr().out


def test_that_the_model_that_ships_is_listed_with_its_use_and_shows_its_card(
    capsys: pytest.CaptureFixture[str], registry: Registry, add: AddModel
) -> None:
    if shipped_model() is None:
        pytest.skip("no model ships in this checkout")
    assert main(["model", "list"]) == 0
    assert "shipped with Foredesk, in use" in capsys.readouterr().out
    assert main(["model", "show", "shipped"]) == 0
    assert "Made from" in capsys.readouterr().out
    registry.approve(add("one").number, who="Dr. Silva", reason="First")
    assert main(["model", "list"]) == 0
    assert "shipped with Foredesk, not in use" in capsys.readouterr().out
