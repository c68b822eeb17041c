"""Every dependency has its reason, its pin and its hash, and a licence that lets an agency use the whole."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENTRY = re.compile(r'^    "(?P<what>[A-Za-z][\w.-]*[<>=~!][^"]*)",(?P<rest>.*)$', re.MULTILINE)
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)", re.MULTILINE)


def _pins(path: Path) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for found in PIN.finditer(path.read_text(encoding="utf-8")):
        pins.setdefault(canonicalize_name(found["name"]), set()).add(found["version"])
    return pins


def test_that_every_dependency_says_what_it_is_for(repository: Path, project: dict[str, Any]) -> None:
    entries = ENTRY.findall((repository / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(d for group in project["dependency-groups"].values() for d in group),
    ]
    assert {what for what, _ in entries} == set(wanted)
    assert not [what for what, rest in entries if not re.match(r"\s*# \w", rest)]


@pytest.mark.parametrize(
    ("lock", "groups"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
)
def test_that_the_lock_pins_what_the_project_asks_for(
    lock: str, groups: list[str], repository: Path, project: dict[str, Any]
) -> None:
    pins = _pins(repository / "packaging" / lock)
    asked = [*project["project"]["dependencies"], *(d for group in groups for d in project["dependency-groups"][group])]
    for requirement in map(Requirement, asked):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement} is not in {lock}: run packaging/lock.py"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_that_both_locks_agree(repository: Path) -> None:
    runtime = _pins(repository / "packaging" / "requirements.lock")
    development = _pins(repository / "packaging" / "requirements-dev.lock")
    assert runtime == {name: development.get(name) for name in runtime}


def test_that_everything_locked_has_a_hash_and_nothing_else(repository: Path) -> None:
    for lock in (repository / "packaging").glob("*.lock"):
        for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip()):
            assert re.fullmatch(r"[\w.-]+==[^\\\n]+( \\\n    --hash=sha256:[0-9a-f]{64})+", entry), (lock.name, entry)


def _licence(name: str) -> str:
    try:
        about = metadata(name)
    except PackageNotFoundError:  # for another operating system or Python
        return ""
    stated = [about.get("License-Expression") or "", *(about.get_all("Classifier") or [])]
    return " ".join(text for text in stated if "License ::" in text or "::" not in text)


def test_that_no_dependency_is_under_a_licence_that_binds_the_whole(repository: Path) -> None:
    """The weak, library form of the GNU licence is Qt's; the strong forms are not for a product under Apache-2.0."""
    licences = {name: _licence(name) for name in _pins(repository / "packaging" / "requirements.lock")}
    strong = re.compile(r"(?<!L)(?:A?GPL)|(?<!Lesser )(?:Affero )?General Public License")
    assert not {
        name: text for name, text in licences.items() if strong.search(text) and not re.search("LGPL|Lesser", text)
    }
