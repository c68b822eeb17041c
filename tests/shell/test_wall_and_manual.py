"""Wall mode shows the board without the caller; the manual opens at the page for the panel in use."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain import commands as c
from core.domain.commandline import VERBS
from core.domain.values import Caller, Location
from resources import resource_path
from widgets.manual_view import PAGES, page_path
from widgets.wall import clock_text, masked
from widgets.window import MainWindow


def test_that_the_wall_shows_open_incidents_in_queue_order(busy_window: MainWindow) -> None:
    busy_window.wall.resize(1280, 720)
    rows = busy_window.wall.rows()
    assert len(rows) == 6
    assert [bool(incident.active_assignments) for incident, _, _ in rows] == [False] * 3 + [True] * 3
    assert not busy_window.wall.grab().isNull()


def test_that_f11_opens_the_wall_and_escape_closes_it(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.wall.isVisible()
    qtbot.keyClick(window.wall, Qt.Key.Key_Escape)
    assert not window.wall.isVisible()


def test_that_the_wall_never_gives_the_caller_away(window: MainWindow, desk: Desk) -> None:
    location = Location("Balmaceda 480, ring +56 9 5555 0147", detail="flat 3, ask for Ana")
    desk.do(
        c.OpenIncident(
            next(iter(desk.agency.types)), location, Caller("Ana Rojas", "+56 9 5555 0147"), None, "Ana said"
        )
    )
    said = " ".join(f"{kind} {place}" for _, kind, place in window.wall.rows())
    assert "Balmaceda 480" in said
    for secret in ("Ana", "5555", "0147", "flat 3"):
        assert secret not in said


@given(st.text(alphabet="0123456789 +-().", min_size=6, max_size=20))
def test_that_no_run_of_six_digits_survives_the_mask(text: str) -> None:
    shown = masked(text)
    assert len(shown) == len(text)
    assert not re.search(r"\d{6}", shown)


@pytest.mark.parametrize(("seconds", "said"), [(-1, "0:00"), (65, "1:05"), (3729, "1:02:09")])
def test_that_times_on_the_wall_read_as_clocks(seconds: float, said: str) -> None:
    assert clock_text(seconds) == said


@pytest.mark.parametrize(("page", "title"), PAGES)
def test_that_every_page_of_the_manual_is_there(page: str, title: str) -> None:
    text = page_path(page).read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert title


def test_that_the_manual_lists_all_its_pages_and_no_others() -> None:
    files = {path.stem for path in resource_path("manual").glob("*.md")}
    assert files == {page for page, _ in PAGES}


def test_that_every_link_of_the_manual_leads_somewhere() -> None:
    for page, _ in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", page_path(page).read_text(encoding="utf-8")):
            assert page_path(target.removesuffix(".md")).is_file(), (page, target)


def test_that_every_command_the_manual_shows_is_a_command() -> None:
    names = {name for verb in VERBS for name in verb.names}
    shown = set()
    for page in ("index", "dispatch", "command-line", "map", "report"):
        text = page_path(page).read_text(encoding="utf-8")
        shown |= set(re.findall(r"`([a-z]{1,6}) (?:e12|1041|NUMBER)", text))
    assert shown
    assert shown <= names


@pytest.mark.parametrize(
    ("go", "page"),
    [
        ("focus_queue", "dispatch"),
        ("new_call", "intake"),
        ("focus_command", "command-line"),
        ("focus_health", "health"),
        ("toggle_conflicts", "conflicts"),
    ],
)
def test_that_f1_opens_the_page_for_the_panel_in_use(busy_window: MainWindow, go: str, page: str, qtbot: QtBot) -> None:
    getattr(busy_window.keys, go)()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F1)
    item = busy_window.manual.contents.currentItem()
    assert item.data(Qt.ItemDataRole.UserRole) == page
    assert busy_window.manual.isVisible()
    assert busy_window.manual.text.toPlainText()


def test_that_links_turn_the_page(window: MainWindow, qtbot: QtBot) -> None:
    from PySide6.QtCore import QUrl

    window.manual.show_page("index")
    window.manual.text.anchorClicked.emit(QUrl("map.md"))
    assert window.manual.contents.currentItem().text() == "The map"


def test_that_a_live_desk_has_no_banner(window: MainWindow, context: Any) -> None:
    from widgets.banner import Banner
    from widgets.context import Mode

    context.mode = Mode.LIVE
    assert Banner(context).isHidden()
