"""The unit board: order, filter, and any status in three keys."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import Assign, SetStatus
from core.domain.statuses import UnitStatus
from core.domain.values import Position, PositionSource
from widgets.context import DeskContext
from widgets.panels.keyed_table import CELL_ROLE
from widgets.panels.unit_model import PAR, POSITION, TIME, short_names
from widgets.panels.units import UnitPanel

OpenOne = Callable[..., str]
Show = Callable[[QWidget], None]


@pytest.fixture
def panel(context: DeskContext, show: Show) -> UnitPanel:
    panel = UnitPanel(context)
    panel.resize(760, 420)
    show(panel)
    panel.view.setFocus()
    return panel


def press(*keys: Qt.Key, text: str = "") -> int:
    for character in text:
        QTest.keyClicks(QApplication.focusWidget(), character)
    for key in keys:
        QTest.keyClick(QApplication.focusWidget(), key)
    return len(text) + len(keys)


def go_to(panel: UnitPanel, callsign: str) -> None:
    panel._refresh()
    panel.view.setFocus()
    panel.view.selectRow(panel.model.row_of(callsign))
    panel._context.selection.select_units((callsign,))


def cell(panel: UnitPanel, callsign: str, column: int):
    return panel.model.data(panel.model.index(panel.model.row_of(callsign), column), CELL_ROLE)


def test_that_free_units_come_first_and_then_the_station_orders(
    panel: UnitPanel, desk: Desk, open_one: OpenOne
) -> None:
    assert panel.model.keys == ("B1", "E1", "L1", "M1", "A1", "E2", "M2")
    desk.do(Assign(open_one(), ("E1",)))
    desk.do(SetStatus("B1", UnitStatus.OUT_OF_SERVICE))
    panel._refresh()
    assert panel.model.keys == ("L1", "M1", "A1", "E2", "M2", "E1", "B1")


def test_that_a_status_takes_three_keys_with_the_unit_selected(panel: UnitPanel, desk: Desk, open_one: OpenOne) -> None:
    desk.do(Assign(open_one(), ("E1",)))
    go_to(panel, "E1")
    assert press(Qt.Key.Key_Return, text="os") == 3
    assert desk.board.units["E1"].status is UnitStatus.ON_SCENE
    assert QApplication.focusWidget() is panel.view


@pytest.mark.parametrize(("typed", "status"), [("oo", UnitStatus.OUT_OF_SERVICE), ("rt", UnitStatus.RETURNING)])
def test_that_each_code_sets_its_status(panel: UnitPanel, desk: Desk, typed: str, status: UnitStatus) -> None:
    go_to(panel, "E1")
    press(Qt.Key.Key_Return, text=typed)
    assert desk.board.units["E1"].status is status


def test_that_escape_leaves_the_status_and_the_selection_alone(panel: UnitPanel, desk: Desk) -> None:
    go_to(panel, "E1")
    press(Qt.Key.Key_Escape, text="oo")
    assert desk.board.units["E1"].status is UnitStatus.AVAILABLE
    assert panel.view.keys_selected() == ("E1",)
    assert QApplication.focusWidget() is panel.view


def test_that_an_illegal_move_says_why_and_an_override_needs_a_reason(
    panel: UnitPanel, desk: Desk, open_one: OpenOne
) -> None:
    desk.do(Assign(open_one(), ("E1",)))
    go_to(panel, "E1")
    press(Qt.Key.Key_Return, text="tr")
    assert desk.board.units["E1"].status is UnitStatus.DISPATCHED
    assert "E1 is dispatched" in panel.notice.text
    assert "! gives a reason" in panel.notice.text
    press(text="!")
    press(Qt.Key.Key_Return, text="radio was down")
    assert desk.board.units["E1"].status is UnitStatus.DISPATCHED, "Enter alone does nothing in a text field"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.board.units["E1"].status is UnitStatus.TRANSPORTING


def test_that_several_units_change_together(panel: UnitPanel, desk: Desk, context: DeskContext) -> None:
    press(Qt.Key.Key_Down)
    QTest.keyClick(panel.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert context.selection.units == ("B1", "E1")
    press(Qt.Key.Key_Return, text="oo")
    assert {u.callsign for u in desk.board.units.values() if u.status is UnitStatus.OUT_OF_SERVICE} == {"B1", "E1"}


def test_that_standing_down_asks_and_defaults_to_no(panel: UnitPanel, desk: Desk, open_one: OpenOne) -> None:
    desk.do(Assign(open_one(), ("E1",)))
    go_to(panel, "E1")
    press(Qt.Key.Key_Return, text="x")
    assert desk.board.units["E1"].incident
    go_to(panel, "E1")
    press(Qt.Key.Key_Return, text="xy")
    assert desk.board.units["E1"].status is UnitStatus.AVAILABLE


def test_that_a_selected_incident_shows_its_units_and_the_free_ones(
    panel: UnitPanel, desk: Desk, context: DeskContext, open_one: OpenOne
) -> None:
    mine, other = open_one(), open_one()
    desk.do(Assign(mine, ("M2",)))
    desk.do(Assign(other, ("E1",)))
    context.selection.select_incident(mine)
    assert panel.model.keys == ("M2", "B1", "L1", "M1", "A1", "E2")
    assert "1 other not shown" in panel.banner.text
    press(text="f")
    assert "E1" in panel.model.keys
    press(text="f")
    press(Qt.Key.Key_Escape)
    assert context.selection.incident == ""
    assert len(panel.model.keys) == 7


def test_that_times_positions_and_welfare_run_with_the_clock(
    panel: UnitPanel, desk: Desk, context: DeskContext, clock: ManualClock, open_one: OpenOne
) -> None:
    desk.do(Assign(open_one(), ("E1",)))
    desk.do(SetStatus("E1", UnitStatus.ON_SCENE))
    desk.place_unit("E1", Position(-29.91, -71.25, clock.now_ms(), PositionSource.GPS))
    clock.advance(61)
    context.notifier.tick.emit(clock.now_ms())
    assert cell(panel, "E1", TIME).text == "1:01"
    assert cell(panel, "E1", POSITION).text == "1 min GPS"
    assert cell(panel, "E1", PAR).text == "in 18:59"
    clock.advance(1200)
    context.notifier.tick.emit(clock.now_ms())
    assert cell(panel, "E1", POSITION).text == "! 21 min GPS"
    assert cell(panel, "E1", PAR).text == "due 1:01"
    go_to(panel, "E1")
    press(text="c")
    assert cell(panel, "E1", PAR).text == "in 20:00"


def test_that_moving_units_rebuild_no_rows(panel: UnitPanel, desk: Desk, clock: ManualClock) -> None:
    changed: list[int] = []
    panel.model.dataChanged.connect(lambda top, _bottom, _roles=None: changed.append(top.row()))
    for number in range(50):
        desk.place_unit("E1", Position(-29.91 + number * 1e-4, -71.25, clock.now_ms() + number))
        panel._refresh()
    assert changed == []


def test_that_a_selection_made_elsewhere_is_followed(panel: UnitPanel, context: DeskContext) -> None:
    context.selection.select_units(("L1", "M1"))
    assert panel.view.keys_selected() == ("L1", "M1")
    context.selection.select_units(())
    assert panel.view.keys_selected() == ()


def test_that_station_names_leave_out_what_they_all_share() -> None:
    made_up = ("Station 1 Centro (made up)", "Station 4 Peñuelas (made up)")
    assert short_names(made_up) == {made_up[0]: "1 Centro", made_up[1]: "4 Peñuelas"}
    assert short_names(["North", "South"]) == {"North": "North", "South": "South"}
    assert short_names(["Station", "Station 2"]) == {"Station": "Station", "Station 2": "2"}
    assert short_names(["(made up)"]) == {"(made up)": "(made up)"}
