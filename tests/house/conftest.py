"""The set-up scripts as modules, the tracked files, and the parsed pyproject."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _script(name: str, repository: Path) -> ModuleType:
    folder = str(repository / "packaging")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@pytest.fixture
def bootstrap(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The bootstrap script, writing its log and stamp to a folder of this test."""
    script = _script("bootstrap", repository)
    monkeypatch.setattr(script, "LOG", tmp_path / "build" / "bootstrap.log")
    monkeypatch.setattr(script, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(script, "STAMP", tmp_path / ".venv" / "foredesk-setup.json")
    return script


@pytest.fixture
def machine(repository: Path) -> ModuleType:
    return _script("machine", repository)


@pytest.fixture
def assets(repository: Path) -> ModuleType:
    return _script("assets", repository)


@pytest.fixture(scope="session")
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tracked_files(repository: Path) -> list[Path]:
    """Every file that is in git, or would be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    except FileNotFoundError:
        listed = None
    if listed is None or listed.returncode != 0:
        return [path for path in _source_tree(repository) if path.is_file()]
    paths = [repository / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def _source_tree(repository: Path) -> list[Path]:
    """What is tracked, judged by place, for a machine without git."""
    rooms = ("core", "resources", "sync", "widgets", "workstation", "packaging", "tests", "docs", ".ci")
    fetched = repository / "resources" / "web" / "vendor", repository / "resources" / "demo"
    found = [path for room in rooms for path in (repository / room).rglob("*")]
    kept = [path for path in found if "__pycache__" not in path.parts and not set(path.parents) & set(fetched)]
    return [*kept, *repository.glob("*.md"), *repository.glob("*.toml")]


@pytest.fixture(scope="session")
def modules(repository: Path, tracked_files: list[Path]) -> list[Path]:
    """Every tracked Python file."""
    return sorted(path for path in tracked_files if path.suffix == ".py")
