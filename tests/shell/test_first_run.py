"""The first start: four choices, a digit each, and a map pack built beside the window."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from widgets.first_run import FirstChoice, FirstRun

BUILDER = """
import pathlib, sys
print(" 10% reading streets", file=sys.stderr)
source, out = sys.argv[1], sys.argv[3]
if "broken" in source:
    print("The file is cut short. Nothing was built.", file=sys.stderr)
    raise SystemExit(1)
pathlib.Path(out).write_text("a pack")
"""


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> FirstRun:
    script = tmp_path / "builder.py"
    script.write_text(BUILDER)
    page = FirstRun((sys.executable, str(script)), tmp_path / "packs")
    qtbot.addWidget(page)
    page.show()
    return page


@pytest.mark.parametrize(
    ("key", "choice"),
    [(Qt.Key.Key_1, FirstChoice.DEMO), (Qt.Key.Key_3, FirstChoice.NO_MAP), (Qt.Key.Key_4, FirstChoice.JOIN)],
)
def test_that_a_digit_chooses(page: FirstRun, qtbot: QtBot, key: Qt.Key, choice: FirstChoice) -> None:
    with qtbot.waitSignal(page.chosen) as told:
        qtbot.keyClick(page, key)
    assert told.args == [choice, ""]


def test_that_a_map_pack_is_taken_as_it_is(page: FirstRun, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(page.chosen) as told:
        page.use_source(tmp_path / "county.fdpack")
    assert told.args == [FirstChoice.AREA, str(tmp_path / "county.fdpack")]


def test_that_an_extract_is_built_into_a_pack_first(page: FirstRun, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(page.chosen, timeout=20_000) as told:
        page.use_source(tmp_path / "porto.osm.pbf")
    assert told.args == [FirstChoice.AREA, str(tmp_path / "packs" / "porto.fdpack")]
    assert (tmp_path / "packs" / "porto.fdpack").read_text() == "a pack"


def test_that_a_source_that_cannot_be_built_says_why_and_leaves_the_choice_open(
    page: FirstRun, qtbot: QtBot, tmp_path: Path
) -> None:
    page.use_source(tmp_path / "broken.osm.pbf")
    qtbot.waitUntil(page.buttons[0].isEnabled, timeout=20_000)
    assert page.sentence.text() == "The file is cut short. Nothing was built."


def test_that_a_builder_that_does_not_start_leaves_the_choice_open(qtbot: QtBot, tmp_path: Path) -> None:
    page = FirstRun((str(tmp_path / "no-such-program"),), tmp_path / "packs")
    qtbot.addWidget(page)
    page.use_source(tmp_path / "porto.osm.pbf")
    qtbot.waitUntil(page.buttons[0].isEnabled, timeout=20_000)
    assert page.sentence.text().startswith("The builder could not be started.")


def test_that_closing_it_without_a_choice_is_told(page: FirstRun, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.left):
        qtbot.keyClick(page, Qt.Key.Key_Escape)


def test_that_every_choice_has_a_name_for_those_who_cannot_see_it(page: FirstRun) -> None:
    assert all(button.accessibleName() for button in page.buttons)
