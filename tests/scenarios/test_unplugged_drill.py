"""The unplugged drill: from a ring to a printed report with no network, through the real window, by keyboard."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from workstation.compose import demo_pack_path

STEP_LIMIT_S = 2.0  # the drill's own bar; the steps take a tenth of it on two cores
MOST_STROKES = 30


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The folder that the drill left: pictures, report, story.json and network.json."""
    if not demo_pack_path().exists():
        pytest.fail("The demo city is missing: python3 packaging/bootstrap.py setup makes it.")
    out = tmp_path_factory.mktemp("drill")
    environment = {**os.environ, "FOREDESK_HOME": str(tmp_path_factory.mktemp("home"))}
    told = subprocess.run(
        [sys.executable, str(repository / "tests" / "scenarios" / "unplugged.py"), str(out)],
        cwd=repository,
        env={**environment, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return out


def _read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_that_a_call_becomes_a_printed_report_with_no_network(drill: Path) -> None:
    report = next(drill.glob("incident-*.pdf"))
    text = "\n".join(page.extract_text() for page in PdfReader(report).pages)
    for fact in ("Incident report", "Patient transported", "Map of the scene", "Page 1 of", "Generated 20", "DEMO"):
        assert fact in text
    number = report.stem.removeprefix("incident-")
    assert all(number in page.extract_text() for page in PdfReader(report).pages)


def test_that_nothing_tried_to_leave_the_machine(drill: Path) -> None:
    network = _read(drill, "network.json")
    assert network["python_attempts"] == []
    assert network["page_refused"] == []
    assert not any(network["kernel"].values()), network["kernel"]


def test_that_no_step_of_the_drill_takes_two_seconds(drill: Path) -> None:
    steps = _read(drill, "story.json")["steps_s"]
    assert len(steps) >= 9
    assert {name: seconds for name, seconds in steps.items() if seconds >= STEP_LIMIT_S} == {}


def test_that_a_known_address_is_dispatched_within_thirty_keystrokes(drill: Path) -> None:
    assert 0 < _read(drill, "story.json")["strokes"] <= MOST_STROKES


def test_that_the_story_leaves_its_pictures(drill: Path) -> None:
    pictures = sorted(drill.glob("0*.png"))
    assert len(pictures) == 7
    assert all(picture.stat().st_size > 20_000 for picture in [*pictures, drill / "report.png"])
