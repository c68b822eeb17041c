"""The window's part: keys, the recommendation's cost, and that a closed road is everywhere at once."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.commands import OpenIncident
from core.domain.events import IncidentOpened
from core.domain.values import Location, LocationSource
from widgets.panels.keyed_table import SECOND_LINE_ROLE
from widgets.window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def incident(desk: Desk, window: MainWindow, place) -> str:
    window.use_map()
    where = Location("Street 0", *place(0, 3), LocationSource.ADDRESS)
    events = desk.do(OpenIncident("EMS-CHE", where))
    found = next(event.body.incident for event in events if isinstance(event.body, IncidentOpened))
    window.context.selection.select_incident(found)
    return found


def test_that_a_recommendation_tells_what_it_costs_and_what_makes_up_for_it(
    window: MainWindow, incident: str, qtbot: QtBot
) -> None:
    panel = window.panes.recommendation
    qtbot.waitUntil(lambda: bool(panel.found.options[0].cost), timeout=20_000)
    first = panel.found.options[0]
    assert first.cost.startswith("ALS coverage ")
    shown = panel.model.data(panel.model.index(0, 0), SECOND_LINE_ROLE)
    assert any(cell.text.startswith("Coverage ") for cell in shown)
    assert f"{first.unit}:" in panel.about.text()
    assert first.cost in panel.about.text()


def test_that_ticking_more_is_weighed_as_a_whole(window: MainWindow, incident: str, qtbot: QtBot) -> None:
    panel, follower = window.panes.recommendation, window.panes.follower
    qtbot.waitUntil(lambda: follower.advice is not None and bool(panel.found.options[0].cost), timeout=20_000)
    medics = [option.unit for option in panel.found.options if option.unit in ("M1", "M2")]
    for unit in medics:
        if unit not in panel.ticked:
            panel.toggle(panel.model.row_of(unit))
    qtbot.waitUntil(lambda: "gone ALS coverage of the area drops" in panel.advice.text(), timeout=20_000)
    assert "no move-up makes up for it." in panel.advice.text()
    window.context.selection.clear()
    assert panel.advice.isHidden()


def test_that_closing_a_road_renews_the_etas_on_show(window: MainWindow, incident: str, qtbot: QtBot, place) -> None:
    panel, closing = window.panes.recommendation, window.panes.closing
    before = panel.found.options[0].eta_s
    with qtbot.waitSignal(closing.driven, timeout=20_000):
        closing.close_at(*place(0, 2.5))
    assert window.context.engine is not window.context.engine.plain
    around = panel.found.options[0].eta_s
    assert around > before + 30, "the last stretch is closed: round the block"
    with qtbot.waitSignal(closing.driven, timeout=20_000):
        qtbot.keyClick(window, Qt.Key.Key_O, CTRL | SHIFT)
    assert panel.found.options[0].eta_s == before
    assert window.context.desk.board.closures == {}


def test_that_a_key_opens_the_panel_and_puts_it_away(window: MainWindow, qtbot: QtBot) -> None:
    dock = window.panes.docks["coverage"]
    assert dock.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_B, CTRL)
    assert dock.isVisible()
    assert window.panes.pane_of(QApplication.focusWidget()) == "coverage"
    assert window.panes.page_of_focus() == "coverage"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_B, CTRL)
    assert dock.isHidden()
    assert QApplication.focusWidget() is window.bar.line


def test_that_a_key_turns_what_the_map_shows(window: MainWindow, qtbot: QtBot) -> None:
    for mode, word in (("gaps", "gaps"), ("counts", "how many teams"), ("off", "no coverage")):
        qtbot.keyClick(window, Qt.Key.Key_B, CTRL | SHIFT)
        assert window.panes.follower.settings.mode == mode
        assert word in window.bar.echo.whole


def test_that_a_click_on_the_map_closes_a_road_when_one_is_to_be_closed(
    window: MainWindow, desk: Desk, qtbot: QtBot, place
) -> None:
    window.keys.place_from_map(*place(0, 0.5))
    assert desk.board.closures == {}
    qtbot.keyClick(window, Qt.Key.Key_X, CTRL | SHIFT)
    assert window.panes.closing.armed
    window.keys.place_from_map(*place(0, 0.5))
    assert len(desk.board.closures) == 1
    qtbot.keyClick(window, Qt.Key.Key_X, CTRL | SHIFT)
    window.keys.one_level_out()
    assert not window.panes.closing.armed
    assert window.bar.echo.whole == "No road was closed."
