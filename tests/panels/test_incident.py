"""The incident panel: everything known in one place, every action by a letter, nothing in a dialog."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import AddNarrative, Assign, CloseIncident, LinkCall, OpenIncident, Quote, SetStatus, Undo
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, LocationSource
from core.pack.gazetteer import Gazetteer
from widgets.context import DeskContext
from widgets.panels.incident import EMPTY, IncidentPanel
from widgets.panels.narrative_view import FOLD_AT

OpenOne = Callable[..., str]
Show = Callable[[QWidget], None]


@pytest.fixture
def panel(context: DeskContext, gazetteer: Gazetteer, show: Show) -> IncidentPanel:
    context.gazetteer = gazetteer
    panel = IncidentPanel(context)
    panel.resize(560, 640)
    show(panel)
    return panel


def press(*keys: Qt.Key, text: str = "", ctrl: bool = False) -> None:
    for character in text:
        QTest.keyClicks(QApplication.focusWidget(), character)
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    for key in keys:
        QTest.keyClick(QApplication.focusWidget(), key, modifier)


def choose(panel: IncidentPanel, incident: str) -> None:
    panel._context.selection.select_incident(incident)
    panel.narrative.setFocus()


def log(panel: IncidentPanel) -> str:
    panel._refresh()
    return panel.narrative.toPlainText()


def test_that_without_a_selection_the_keys_are_taught(panel: IncidentPanel) -> None:
    assert EMPTY in [label.text() for label in panel.findChildren(type(panel.header.kind)) if label.isVisible()]


def test_that_the_header_says_what_where_and_whom_to_ring_back(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one("EMS-CHE", "Balmaceda 450", callback="+56 51 555 0147")
    choose(panel, incident)
    header = panel.header
    assert header.title.text() == desk.board.incidents[incident].number
    assert "Chest pain" in header.kind.text()
    assert header.place.text() == "Balmaceda 450"
    assert header.callback.text() == "Callback +56 51 555 0147"
    assert header.callback.isVisible()
    assert header.state.text() == "waiting"


def test_that_every_call_shows_with_its_caller(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one()
    desk.do(LinkCall(incident, Location("by the bakery"), Caller("Ana", "555 0199"), "She sees it too."))
    choose(panel, incident)
    assert "Ana, 555 0199, said by the bakery" in panel.header.calls.text()
    assert "555 0199" in panel.header.callback.text()


def test_that_units_show_their_times(panel: IncidentPanel, desk: Desk, clock: ManualClock, open_one: OpenOne) -> None:
    incident = open_one()
    desk.do(Assign(incident, ("E1", "M1"), (Quote("E1", 252.0, 2300.0),)))
    clock.advance(60)
    desk.do(SetStatus("M1", UnitStatus.ON_SCENE))
    choose(panel, incident)
    model = panel.units_model
    rows = [[model.data(model.index(r, c)) for c in range(model.columnCount())] for r in range(model.rowCount())]
    assert [row[0] for row in rows] == ["E1", "M1"]
    assert rows[0][4] == "–"
    assert rows[1][4].count(":") == 2
    assert rows[0][-1].startswith("due ")
    assert rows[0][-1].endswith("2.3 km")


def test_that_the_narrative_grows_and_taken_back_lines_stay(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one()
    choose(panel, incident)
    desk.do(AddNarrative(incident, "Second floor."))
    assert "mreyes" in log(panel)
    assert "Second floor." in log(panel)
    desk.do(Undo())
    assert "Second floor." in log(panel)
    assert "(taken back)" in log(panel)


def test_that_a_line_is_added_by_enter(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one()
    choose(panel, incident)
    press(text="n")
    press(Qt.Key.Key_Return, text="Crew asks for police, close")
    assert desk.board.incidents[incident].narrative[-1].text == "Crew asks for police, close"
    assert panel.add_line.text() == ""


def test_that_closing_asks_for_a_disposition_in_place(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one()
    choose(panel, incident)
    press(text="c")
    assert panel.chooser.isVisible()
    press(Qt.Key.Key_Return, text="fal")
    assert desk.board.incidents[incident].disposition == "FALSE"
    assert "R reopens it" in panel.notice.text


def test_that_closing_with_units_on_it_names_them_and_defaults_to_no(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one()
    desk.do(Assign(incident, ("E1", "M1")))
    choose(panel, incident)
    press(Qt.Key.Key_Return, text="cfal")
    assert "E1, M1 are still on" in panel.chooser._question.text()
    press(Qt.Key.Key_Return)
    assert desk.board.incidents[incident].closed_at is None
    press(Qt.Key.Key_Return, text="cfal")
    press(Qt.Key.Key_Return, text="y")
    assert desk.board.incidents[incident].closed_at is not None
    assert desk.board.units["E1"].status is UnitStatus.AVAILABLE


def test_that_a_closed_incident_is_reopened_by_r(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one()
    desk.do(CloseIncident(incident, "FALSE"))
    choose(panel, incident)
    assert "closed" in panel.header.state.text()
    press(text="c")
    assert "R reopens it" in panel.notice.text
    press(text="r")
    assert desk.board.incidents[incident].closed_at is None


def test_that_type_and_priority_change_by_letters(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one("EMS-CHE")
    choose(panel, incident)
    press(Qt.Key.Key_Return, text="tems-arr")
    assert desk.board.incidents[incident].type == "EMS-ARR"
    press(Qt.Key.Key_Return, text="p3")
    assert desk.board.incidents[incident].priority is Priority.P3


def test_that_escape_leaves_a_question_without_an_answer(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one("EMS-CHE")
    choose(panel, incident)
    press(Qt.Key.Key_Escape, text="p3")
    assert not panel.chooser.isVisible()
    assert desk.board.incidents[incident].priority is Priority.P1


def test_that_a_new_location_is_typed_in_place(panel: IncidentPanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one()
    choose(panel, incident)
    press(text="l")
    press(Qt.Key.Key_Return, text="matta & prat")
    assert desk.board.incidents[incident].location.text == "Balmaceda 450", "Enter only goes on"
    press(Qt.Key.Key_Return, ctrl=True)
    assert desk.board.incidents[incident].location.source is LocationSource.INTERSECTION


def test_that_a_click_on_the_map_fills_the_open_location_field_only(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one()
    choose(panel, incident)
    assert not panel.set_location_from_map(-29.91, -71.25)
    press(text="l")
    assert panel.set_location_from_map(-29.91, -71.25)
    press(Qt.Key.Key_Return, ctrl=True)
    assert desk.board.incidents[incident].location.source is LocationSource.MAP_CLICK


@pytest.mark.parametrize("text", ["رجل فاقد الوعي", "🔥 Rauch 👩‍👩‍👧‍👦", "<b>not markup</b> & more"])
def test_that_any_text_is_shown_as_it_is(panel: IncidentPanel, desk: Desk, open_one: OpenOne, text: str) -> None:
    incident = open_one()
    choose(panel, incident)
    desk.do(AddNarrative(incident, text))
    assert text in log(panel)


def test_that_a_very_long_line_is_folded_and_e_shows_it_whole(panel: IncidentPanel, desk: Desk) -> None:
    long = "smoke " * 16_667
    (event, *_) = desk.do(OpenIncident("EMS-CHE", Location("Prat 1"), narrative=long))
    choose(panel, event.body.incident)
    assert len(log(panel)) < FOLD_AT + 500
    assert "E shows all of them" in log(panel)
    press(text="e")
    assert len(log(panel)) >= 100_000


def test_that_letters_typed_into_the_narrative_line_are_text(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne
) -> None:
    incident = open_one()
    choose(panel, incident)
    panel.add_line.setFocus()
    press(text="crtlpne")
    assert panel.add_line.text() == "crtlpne"
    assert not panel.chooser.isVisible()


def test_that_a_hundred_events_elsewhere_leave_the_caret_and_the_text(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne, context: DeskContext, clock: ManualClock
) -> None:
    incident = open_one()
    choose(panel, incident)
    panel.add_line.setFocus()
    press(text="half a line")
    for number in range(100):
        open_one(text=f"Calle {number}")
        desk.do(AddNarrative(incident, f"Line {number}"))
        context.notifier.tick.emit(clock.advance(1))
    panel._refresh()
    assert panel.add_line.hasFocus()
    assert panel.add_line.text() == "half a line"


def test_that_a_line_meant_for_one_incident_never_lands_in_another(
    panel: IncidentPanel, desk: Desk, open_one: OpenOne
) -> None:
    first, second = open_one(), open_one()
    choose(panel, first)
    panel.add_line.setFocus()
    press(text="Gas leak")
    panel._context.selection.select_incident(second)
    assert panel.add_line.text() == ""
    panel._context.selection.select_incident(first)
    assert panel.add_line.text() == "Gas leak"
