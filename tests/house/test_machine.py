"""What set-up finds missing on a machine, and what it does or says about it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

NOWHERE = "libforedesk-nowhere.so.9"


class Runner(NamedTuple):
    """Runs nothing: keeps the commands, and answers with the exit codes it was given, then with 0."""

    commands: list[list[str]]
    codes: list[int]

    def __call__(self, command: Sequence[str]) -> int:
        self.commands.append(list(command))
        return self.codes.pop(0) if self.codes else 0


@pytest.fixture
def run() -> Runner:
    return Runner([], [])


@pytest.fixture
def debian(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A Debian whose apt knows every package, with this test's machine as root and one library missing."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(machine.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "apt-get" else None)
    monkeypatch.setattr(machine, "apt_can_install", lambda package: not package.endswith("t64"))
    lacking = [machine.Need("library", NOWHERE, ("libnowhere9t64", "libnowhere9"))]
    monkeypatch.setattr(machine, "read_needs", lambda _path=None: lacking)
    return machine


def test_that_the_list_names_a_package_for_every_need(machine: ModuleType) -> None:
    needs = machine.read_needs()
    assert {need.kind for need in needs} == {"library", "font", "module"}
    assert all(need.packages for need in needs)


def test_that_venv_is_asked_for_in_this_python_s_own_version(machine: ModuleType) -> None:
    venv = next(need for need in machine.read_needs() if need.probe == "ensurepip")
    assert venv.packages[0] == f"python3.{sys.version_info[1]}-venv"


def test_that_a_library_nobody_has_is_missing(machine: ModuleType) -> None:
    assert machine.missing([machine.Need("library", NOWHERE, ("x",))])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libc has another name elsewhere")
def test_that_a_library_everybody_has_is_not(machine: ModuleType) -> None:
    assert not machine.missing([machine.Need("library", "libc.so.6", ("x",)), machine.Need("module", "json", ("x",))])


def test_that_a_program_is_looked_for_on_the_path_and_where_debian_keeps_it(
    machine: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    need = machine.Need("program", "foredesk-nowhere", ("nowhere",))
    assert not machine.is_there(need)
    (tmp_path / "15" / "bin").mkdir(parents=True)
    (tmp_path / "15" / "bin" / "foredesk-nowhere").touch()
    monkeypatch.setattr(machine, "PROGRAM_FOLDERS", (f"{tmp_path}/*/bin",))
    assert machine.is_there(need)


def test_that_the_tests_own_list_can_be_read(machine: ModuleType) -> None:
    assert {need.kind for need in machine.read_needs(machine.TEST_LIST)} == {"program"}


def test_that_an_unknown_kind_of_need_is_our_mistake(machine: ModuleType) -> None:
    with pytest.raises(ValueError, match="spoon"):
        machine.is_there(machine.Need("spoon", "x", ("x",)))


def test_that_nothing_is_run_where_nothing_is_missing(
    debian: ModuleType, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "read_needs", lambda _path: [])
    debian.ensure(run, print)
    assert run.commands == []


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_that_windows_and_macos_need_nothing(
    platform: str, debian: ModuleType, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    debian.ensure(run, print)
    assert run.commands == []


def test_that_root_installs_the_name_this_release_knows(debian: ModuleType, run: Runner) -> None:
    lacking = debian.read_needs()
    debian.install(lacking, debian.elevation(run), run)
    assert run.commands[-1][-1] == "libnowhere9"
    assert "sudo" not in run.commands[-1]


def test_that_lists_are_fetched_when_the_first_try_fails(debian: ModuleType, run: Runner) -> None:
    run.codes.append(100)
    debian.install(debian.read_needs(), [], run)
    assert [command[-1] for command in run.commands] == ["libnowhere9", "update", "libnowhere9"]


def test_that_sudo_is_used_where_it_asks_nothing(
    debian: ModuleType, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert debian.elevation(run) == ["sudo", "-n"]
    run.codes.append(1)
    assert debian.elevation(run) is None


def test_that_without_root_it_says_the_one_command_and_runs_nothing(
    debian: ModuleType, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    with pytest.raises(debian.MachineLacks) as told:
        debian.ensure(run, print)
    assert NOWHERE in str(told.value)
    assert str(told.value).endswith("sudo apt-get install --no-install-recommends libnowhere9")
    assert run.commands == []


def test_that_what_stays_missing_after_installing_is_told(debian: ModuleType, run: Runner) -> None:
    with pytest.raises(debian.MachineLacks, match=NOWHERE):
        debian.ensure(run, print)
    assert run.commands


def test_that_fedora_is_told_its_own_command(debian: ModuleType, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "dnf" else None)
    with pytest.raises(debian.MachineLacks, match="sudo dnf install") as told:
        debian.ensure(run, print)
    assert f"'{NOWHERE}()(64bit)'" in str(told.value)


def test_that_any_other_system_is_told_what_to_look_for(
    debian: ModuleType, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(debian.MachineLacks, match="package manager") as told:
        debian.ensure(run, print)
    assert NOWHERE in str(told.value)


def test_that_a_font_of_the_machine_counts_wherever_it_lies(
    machine: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "FONT_FOLDERS", (str(tmp_path), str(tmp_path / "absent")))
    font = machine.Need("font", "*.[ot]tf", ("x",))
    assert not machine.is_there(font)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "Sans.ttf").touch()
    assert machine.is_there(font)
