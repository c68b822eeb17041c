"""Set-up: which Python, which environment, what is skipped the second time, and what a person reads when it fails."""

import ast
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest


def test_that_a_python_that_is_too_old_gets_a_sentence(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.main(["setup"]) == 1
    assert "needs Python 3.11 to 3.13; this is Python 3.9" in capsys.readouterr().out


def test_that_another_python_on_the_path_is_taken_instead(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/bin/it" if name == "python3.12" else None)
    assert bootstrap.suitable_python() == "/bin/it"


@pytest.mark.parametrize("script", ["bootstrap.py", "machine.py"])
def test_that_a_python_that_is_too_old_can_read_the_script(script: str, repository: Path) -> None:
    source = (repository / "packaging" / script).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))


def test_that_a_failing_step_shows_the_end_of_its_log_and_where_the_rest_is(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.Stopped) as told:
        bootstrap.must([sys.executable, "-c", "raise SystemExit('the disk is full')"], "It did not go.", tries=2)
    assert str(told.value).startswith("It did not go. The log ends with:")
    assert "the disk is full" in str(told.value)
    assert str(bootstrap.LOG) in str(told.value)
    assert bootstrap.LOG.read_text(encoding="utf-8").count("the disk is full\n") == 2


def test_that_a_step_that_hangs_is_ended(bootstrap: ModuleType) -> None:
    assert bootstrap.logged([sys.executable, "-c", "input() or 1; import threading; threading.Event().wait()"]) != 0
    wait = "import threading; threading.Event().wait()"
    assert bootstrap.logged([sys.executable, "-c", wait], minutes=0.005) == 124


def test_that_a_command_that_is_not_there_fails_in_words(bootstrap: ModuleType) -> None:
    assert bootstrap.logged(["foredesk-nothing-of-this-name"]) == 127


@pytest.fixture
def installed(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that set-up ran; the commands themselves are left out, the environment's Python is made up."""
    steps: list[str] = []

    def keep(command: list[str], failure: str, tries: int = 1) -> None:
        steps.append(" ".join(command))
        if "venv" in command:
            Path(bootstrap.python()).parent.mkdir(parents=True, exist_ok=True)
            Path(bootstrap.python()).touch()

    monkeypatch.setattr(bootstrap, "must", keep)
    return steps


def test_that_a_second_set_up_installs_nothing(bootstrap: ModuleType, installed: list[str]) -> None:
    lock = bootstrap.HERE / "requirements.lock"
    assert bootstrap.install_packages(lock)
    assert len(installed) == 3
    assert not bootstrap.install_packages(lock)
    assert len(installed) == 3


def test_that_the_development_lock_satisfies_the_other(bootstrap: ModuleType, installed: list[str]) -> None:
    bootstrap.install_packages(bootstrap.HERE / "requirements-dev.lock")
    assert not bootstrap.install_packages(bootstrap.HERE / "requirements.lock")
    assert bootstrap.STAMP.is_file()


def test_that_packages_come_with_hashes_and_never_from_source(bootstrap: ModuleType, installed: list[str]) -> None:
    bootstrap.install_packages(bootstrap.HERE / "requirements.lock")
    assert "--require-hashes --only-binary :all:" in installed[1]
    assert "--no-deps --no-build-isolation --editable" in installed[2]


def test_that_a_moved_clone_gets_a_new_environment(bootstrap: ModuleType, installed: list[str]) -> None:
    bootstrap.install_packages(bootstrap.HERE / "requirements.lock")
    stamp = json.loads(bootstrap.STAMP.read_text(encoding="utf-8"))
    bootstrap.STAMP.write_text(json.dumps({**stamp, "root": "elsewhere"}), encoding="utf-8")
    bootstrap.install_packages(bootstrap.HERE / "requirements.lock")
    assert "--clear" in installed[3]


def test_that_no_screen_means_offscreen_and_a_screen_is_left_alone(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert bootstrap.surroundings()["QT_QPA_PLATFORM"] == "offscreen"
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "QT_QPA_PLATFORM" not in bootstrap.surroundings()


def test_that_text_is_utf_8_where_the_machine_does_not_say(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert bootstrap.surroundings()["LC_CTYPE"] == "C.UTF-8"


def test_that_a_failing_check_shows_what_it_said(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.passes("good", [sys.executable, "-c", "print('quiet')"])
    assert not bootstrap.passes("bad", [sys.executable, "-c", "raise SystemExit('here is why')"])
    shown = capsys.readouterr().out
    assert "quiet" not in shown
    assert "here is why" in shown


@pytest.mark.skipif(os.name == "nt", reason="Windows has no execute bit")
def test_that_continuous_integration_runs_the_same_command(repository: Path) -> None:
    script = repository / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "packaging/bootstrap.py test" in script.read_text(encoding="utf-8")
