"""The recommendation: there when the incident is, steady under the hand, sent by one key."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import Assign, CloseIncident, Undo
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Position
from core.roads.engine import RoadEngine
from widgets.context import DeskContext
from widgets.panels.keyed_table import SECOND_LINE_ROLE
from widgets.panels.recommendation import CLOSED, EMPTY, LOADING, NO_MAP, NO_ROSTER, RecommendationPanel
from widgets.panels.recommendation_model import ETA, TICK, WAY

OpenOne = Callable[..., str]
Show = Callable[[QWidget], None]


@pytest.fixture
def panel(context: DeskContext, engine: RoadEngine, show: Show) -> RecommendationPanel:
    context.engine = engine
    panel = RecommendationPanel(context)
    panel.resize(560, 480)
    show(panel)
    return panel


def press(*keys: Qt.Key, text: str = "") -> None:
    for character in text:
        QTest.keyClicks(QApplication.focusWidget(), character)
    for key in keys:
        QTest.keyClick(QApplication.focusWidget(), key)


def select(panel: RecommendationPanel, incident: str) -> None:
    panel._context.selection.select_incident(incident)
    panel.view.setFocus()


def shown(panel: RecommendationPanel, column: int) -> list[str]:
    return [panel.model.data(panel.model.index(row, column)) for row in range(panel.model.rowCount())]


def test_that_no_selection_teaches_the_keys(panel: RecommendationPanel) -> None:
    assert panel.empty.text() == EMPTY
    assert panel.empty.isVisible()


def test_that_the_recommendation_stands_as_soon_as_the_incident_is_selected(
    panel: RecommendationPanel, open_one: OpenOne
) -> None:
    select(panel, open_one("EMS-CHE"))
    assert panel.model.keys[0] == "M2"
    assert panel.ticked == ("M2",)
    assert ":" in shown(panel, ETA)[0]
    assert shown(panel, WAY)[0].endswith("m")
    assert "Quickest ALS" in panel.about.text()


def test_that_enter_sends_the_ticked_units_with_their_quotes(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne, qtbot: QtBot
) -> None:
    incident = open_one("EMS-CHE")
    select(panel, incident)
    with qtbot.waitSignal(panel.sent) as sent:
        press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert sent.args == [incident, ("M2",)]
    (assignment,) = desk.board.incidents[incident].active_assignments
    assert assignment.unit == "M2"
    assert assignment.eta_s is not None
    assert assignment.route_m is not None
    assert "Sent to" in panel.notice.text


def test_that_enter_sends_without_choosing_a_row_first(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one("EMS-CHE")
    select(panel, incident)
    press(Qt.Key.Key_Return)
    assert [a.unit for a in desk.board.incidents[incident].active_assignments] == ["M2"]


def test_that_a_held_down_enter_sends_once_and_nothing_more(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one("EMS-CHE")
    select(panel, incident)
    press(Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert [a.unit for a in desk.board.incidents[incident].active_assignments] == ["M2"]


def test_that_digits_tick_and_untick_by_place(panel: RecommendationPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one("EMS-CHE")
    select(panel, incident)
    second = panel.model.key_at(1)
    press(text="21")
    assert panel.ticked == (second,)
    panel.accept()
    assert [a.unit for a in desk.board.incidents[incident].active_assignments] == [second]


def test_that_nothing_ticked_sends_nothing_and_says_so(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one("EMS-CHE")
    select(panel, incident)
    press(Qt.Key.Key_Return, text="1")
    assert desk.board.incidents[incident].active_assignments == []
    assert "No unit is ticked" in panel.notice.text


def test_that_a_unit_taken_from_elsewhere_needs_a_reason(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    calm, urgent = open_one("EMS-CHE", priority=Priority.P4), open_one("EMS-CHE", priority=Priority.P1)
    desk.do(Assign(calm, ("M1", "M2")))
    select(panel, urgent)
    place = panel.model.row_of("M2")
    for ticked in panel.ticked:
        panel.toggle(panel.model.row_of(ticked))
    panel.toggle(place)
    press(Qt.Key.Key_Return)
    assert desk.board.units["M2"].incident == calm
    press(Qt.Key.Key_Return, text="nearer and worse")
    assert desk.board.units["M2"].incident == calm, "Enter never dispatches from a text field"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.board.units["M2"].incident == urgent
    assert desk.board.incidents[urgent].active_assignments[0].override == "nearer and worse"


def test_that_without_roads_units_are_listed_without_etas(
    panel: RecommendationPanel, context: DeskContext, engine: RoadEngine, clock: ManualClock, open_one: OpenOne
) -> None:
    context.engine, context.map_coming = None, True
    panel._snaps = None
    select(panel, open_one("EMS-CHE"))
    assert panel.notes.text() == LOADING
    assert panel.model.rowCount() == 7
    assert set(shown(panel, ETA)) == {"no ETA"}
    assert panel.ticked == ()
    context.engine = engine
    clock.advance(1)
    context.notifier.tick.emit(clock.now_ms())
    assert panel.ticked == ("M2",)


def test_that_a_unit_off_the_map_is_listed_with_the_reason(
    panel: RecommendationPanel, desk: Desk, clock: ManualClock, open_one: OpenOne
) -> None:
    desk.place_unit("M2", Position(10.0, 10.0, clock.now_ms()))
    select(panel, open_one("EMS-CHE"))
    assert panel.ticked == ("M1",)
    place = panel.model.row_of("M2")
    assert shown(panel, ETA)[place] == "no ETA"
    panel.view.selectRow(place)
    assert "map" in panel.about.text()


def test_that_rows_and_ticks_stay_under_the_hand_while_units_move(
    panel: RecommendationPanel, desk: Desk, context: DeskContext, clock: ManualClock, open_one: OpenOne
) -> None:
    now_s = 100.0
    panel.view.now_s = lambda: now_s
    incident = open_one("EMS-CHE")
    select(panel, incident)
    before = panel.model.keys
    press(Qt.Key.Key_Down)
    place = desk.board.incidents[incident].location
    desk.place_unit("M1", Position(place.lat, place.lon, clock.advance(6)))
    context.notifier.tick.emit(clock.now_ms())
    assert panel.model.keys == before
    assert panel.ticked == ("M2",)
    now_s = 104.0
    context.notifier.tick.emit(clock.advance(6))
    assert panel.model.keys[0] == "M1"
    assert panel.ticked == ("M1",)


def test_that_what_a_person_ticked_stays_when_the_recommendation_changes(
    panel: RecommendationPanel, desk: Desk, context: DeskContext, clock: ManualClock, open_one: OpenOne
) -> None:
    select(panel, open_one("EMS-CHE"))
    panel.toggle(panel.model.row_of("E1"))
    desk.do(Assign(open_one("EMS-CHE"), ("M2",)))
    panel.renew()
    assert panel.ticked == ("M1", "E1") or set(panel.ticked) == {"M1", "E1"}


def test_that_ticks_belong_to_their_incident(panel: RecommendationPanel, open_one: OpenOne) -> None:
    select(panel, open_one("EMS-CHE"))
    panel.toggle(panel.model.row_of("E1"))
    select(panel, open_one("EMS-CHE"))
    assert "E1" not in panel.ticked


def test_that_r_shows_the_route_in_words_and_asks_for_it_on_the_map(
    panel: RecommendationPanel, open_one: OpenOne, qtbot: QtBot
) -> None:
    select(panel, open_one("EMS-CHE"))
    with qtbot.waitSignal(panel.route_wanted) as wanted:
        press(text="r")
    assert len(wanted.args[0]) > 1
    assert wanted.args[1].startswith("M2 ")
    assert panel.route.list.count() >= 2
    assert "M2" in panel.route.title.text()
    with qtbot.waitSignal(panel.route_wanted) as hidden:
        press(text="r")
    assert hidden.args == [[], ""]
    assert panel.route.isHidden()


def test_that_a_closed_incident_offers_nobody(panel: RecommendationPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one("EMS-CHE")
    desk.do(CloseIncident(incident, "FALSE"))
    select(panel, incident)
    assert panel.empty.text() == CLOSED
    assert panel.model.rowCount() == 0


def test_that_a_unit_that_left_service_meanwhile_is_not_sent_unseen(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    from core.domain.commands import SetStatus

    incident = open_one("EMS-CHE")
    select(panel, incident)
    desk.do(SetStatus("M2", UnitStatus.OUT_OF_SERVICE))
    panel.accept()
    assert desk.board.incidents[incident].active_assignments == []
    assert "M2" in panel.notice.text
    assert "M2" not in panel.model.keys


def test_that_nothing_is_sent_from_a_recommendation_nobody_sees(
    panel: RecommendationPanel, desk: Desk, context: DeskContext, open_one: OpenOne
) -> None:
    told: list[Exception] = []
    context.report_error = told.append
    incident = open_one("EMS-CHE")
    select(panel, incident)
    panel.hide()
    panel.accept()
    assert desk.board.incidents[incident].active_assignments == []
    assert "not in sight" in str(told[0])


def test_that_what_was_said_goes_when_the_incident_changes(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one("EMS-CHE")
    select(panel, incident)
    panel.accept()
    assert "Sent to" in panel.notice.text
    desk.do(Undo())
    assert panel.notice.text == ""


def test_that_without_a_map_nobody_is_told_to_wait_for_one(
    panel: RecommendationPanel, context: DeskContext, open_one: OpenOne
) -> None:
    context.engine = None
    panel._snaps = None
    select(panel, open_one("EMS-CHE"))
    assert panel.notes.text() == NO_MAP
    press(text="r")
    assert "There is no map." in panel.notice.text


def test_that_a_desk_without_units_says_where_they_come_from(
    panel: RecommendationPanel, desk: Desk, open_one: OpenOne
) -> None:
    desk.board.units.clear()
    select(panel, open_one("EMS-CHE"))
    assert panel.empty.isVisible()
    assert panel.empty.text() == NO_ROSTER
    assert not panel.notes.isVisible()


def test_that_a_sent_unit_loses_its_tick_and_says_it_was_sent(panel: RecommendationPanel, open_one: OpenOne) -> None:
    select(panel, open_one("EMS-CHE"))
    press(Qt.Key.Key_Return)
    assert panel.send_button.text() == "Nothing ticked"
    assert panel.model.key_at(0) == "M2", "rows stay under the hand"
    ticks = [panel.model.cell(row, TICK).ticked for row in range(panel.model.rowCount())]
    assert not any(ticks)
    second = panel.model.data(panel.model.index(0, 0), SECOND_LINE_ROLE)
    assert [cell.text for cell in second] == ["Sent."]
    said = [cell.text for row in range(1, 7) for cell in panel.model.data(panel.model.index(row, 0), SECOND_LINE_ROLE)]
    assert said.count("Quickest ALS by road.") == 1
