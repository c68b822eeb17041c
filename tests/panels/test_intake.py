"""Taking a call by keyboard: no keystroke lost, no text lost, nothing decided over the operator's head."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import CloseIncident
from core.domain.statuses import Priority
from core.domain.values import Caller, LocationSource
from core.pack.gazetteer import Gazetteer
from widgets.context import DeskContext
from widgets.panels.intake import IntakePanel

OpenOne = Callable[..., str]
Show = Callable[[QWidget], None]
Press = Callable[..., int]


@pytest.fixture
def panel(context: DeskContext, gazetteer: Gazetteer, show: Show) -> IntakePanel:
    context.gazetteer = gazetteer
    panel = IntakePanel(context)
    panel.resize(520, 640)
    show(panel)
    return panel


def only_incident(desk: Desk):
    (incident,) = desk.board.open_incidents()
    return incident


def test_that_f2_puts_the_caret_in_location_and_keeps_the_first_keystroke(panel: IntakePanel, press: Press) -> None:
    panel.begin()
    press("b")
    assert panel.fields.location.edit.text() == "b"


def test_that_a_known_address_and_a_type_are_open_in_a_few_keystrokes(
    panel: IntakePanel, press: Press, desk: Desk, context: DeskContext, qtbot: QtBot
) -> None:
    panel.begin()
    keystrokes = 1
    with qtbot.waitSignal(panel.opened) as opened:
        keystrokes += press("balm 450", Qt.Key.Key_Return, Qt.Key.Key_Return)
        keystrokes += press("che")
        keystrokes += press("", Qt.Key.Key_Return, ctrl=True)
    incident = only_incident(desk)
    assert opened.args == [incident.id]
    assert context.selection.incident == incident.id
    assert (incident.type, incident.location.source) == ("EMS-CHE", LocationSource.ADDRESS)
    assert incident.location.text.startswith("Balmaceda 450")
    assert keystrokes <= 16


def test_that_enter_goes_on_to_the_next_field_and_never_dispatches(
    panel: IntakePanel, press: Press, desk: Desk
) -> None:
    panel.begin()
    names = [QApplication.focusWidget().accessibleName()]
    for text in ("balm 450", "3B", "che", "555 0147", "Ana", ""):
        press(text, Qt.Key.Key_Return)
        names.append(QApplication.focusWidget().accessibleName())
    assert names[:5] == ["Location", "Location detail", "Type", "Callback number", "Caller's name"]
    assert names[5].startswith("Priority")
    assert names[6] == "Narrative"
    assert list(desk.board.open_incidents()) == []


def test_that_ctrl_enter_opens_from_every_field(panel: IntakePanel, press: Press, desk: Desk) -> None:
    for field in range(7):
        panel.begin()
        press("balm 450", Qt.Key.Key_Tab)
        panel.fields.type.set_text("EMS-CHE")
        panel.focus_location()
        press("", *[Qt.Key.Key_Tab] * field)
        press("", Qt.Key.Key_Return, ctrl=True)
    assert len(list(desk.board.open_incidents())) == 7


def test_that_what_is_missing_is_said_at_the_field(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    press("", Qt.Key.Key_Return, ctrl=True)
    assert not panel.fields._said["location"].isHidden()
    assert "location is missing" in panel.fields._said["location"].text()
    assert "type is missing" in panel.fields._said["type"].text()
    assert QApplication.focusWidget().accessibleName() == "Location"
    press("q")
    assert panel.fields._said["location"].isHidden()
    assert list(desk.board.open_incidents()) == []


def test_that_an_unknown_place_is_kept_in_words_and_marked_unverified(
    panel: IntakePanel, press: Press, desk: Desk
) -> None:
    panel.begin()
    press("behind the old mill", Qt.Key.Key_Tab)
    assert "unverified" in panel.fields.location.said.text()
    panel.fields.type.set_text("EMS-CHE")
    press("", Qt.Key.Key_Return, ctrl=True)
    place = only_incident(desk).location
    assert (place.text, place.source, place.placed) == ("behind the old mill", LocationSource.UNVERIFIED, False)


@pytest.mark.parametrize(
    ("typed", "source"),
    [
        ("balm 450", LocationSource.ADDRESS),
        ("matta & prat", LocationSource.INTERSECTION),
        ("hospital san", LocationSource.PLACE),
        ("-29.9100, -71.2500", LocationSource.COORDINATES),
        ("balmacda 450", LocationSource.ADDRESS),
    ],
)
def test_that_enter_takes_the_place_that_is_marked(
    panel: IntakePanel, press: Press, typed: str, source: LocationSource
) -> None:
    panel.begin()
    press(typed, Qt.Key.Key_Return)
    assert panel.fields.location.location.source is source


def test_that_arrows_choose_another_completion(panel: IntakePanel, press: Press) -> None:
    panel.begin()
    press("balm 4")
    panel.fields.location.edit.suggest_now()
    wanted = panel.fields.location.edit.suggestions[1].text
    press("", Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert panel.fields.location.edit.text() == wanted


def test_that_words_can_be_kept_as_typed_although_something_was_found(panel: IntakePanel, press: Press) -> None:
    panel.begin()
    press("balm")
    panel.fields.location.edit.suggest_now()
    press("", Qt.Key.Key_Up, Qt.Key.Key_Return)
    place = panel.fields.location.location
    assert (place.text, place.source) == ("balm", LocationSource.UNVERIFIED)


def test_that_editing_a_picked_place_makes_it_unverified_again(panel: IntakePanel, press: Press) -> None:
    panel.begin()
    press("balm 450", Qt.Key.Key_Return)
    panel.focus_location()
    panel.fields.location.edit.end(False)
    press("9")
    assert panel.fields.location.location.source is LocationSource.UNVERIFIED


def test_that_a_click_on_the_map_places_the_call_and_keeps_typed_words(panel: IntakePanel, press: Press) -> None:
    panel.begin()
    panel.set_location_from_map(-29.9099, -71.2501)
    place = panel.fields.location.location
    assert (place.source, place.lat, place.lon) == (LocationSource.MAP_CLICK, -29.9099, -71.2501)
    assert place.text
    panel.begin()
    press("behind the old mill")
    panel.set_location_from_map(-29.9099, -71.2501)
    place = panel.fields.location.location
    assert (place.text, place.source) == ("behind the old mill", LocationSource.MAP_CLICK)


def test_that_without_a_street_list_words_are_taken_as_they_are(
    panel: IntakePanel, press: Press, context: DeskContext, desk: Desk
) -> None:
    context.gazetteer = None
    panel.begin()
    press("balm 450", Qt.Key.Key_Tab)
    assert "not loaded" in panel.fields.location.said.text()
    panel.fields.type.set_text("EMS-CHE")
    press("", Qt.Key.Key_Return, ctrl=True)
    assert only_incident(desk).location.text == "balm 450"


def test_that_a_likely_duplicate_shows_while_typing_and_one_key_links(
    panel: IntakePanel, press: Press, desk: Desk, context: DeskContext, open_one: OpenOne, qtbot: QtBot
) -> None:
    first = open_one(text="Balmaceda 450")
    panel.begin()
    press("balm 450", Qt.Key.Key_Return)
    qtbot.waitUntil(panel.duplicates.isVisible)
    assert [hint.incident for hint in panel.duplicates.hints] == [first]
    press("", Qt.Key.Key_L, ctrl=True)
    assert len(list(desk.board.open_incidents())) == 1
    assert len(desk.board.incidents[first].calls) == 2
    assert context.selection.incident == first
    assert desk.store.drafts() == ()


def test_that_ctrl_enter_opens_a_new_incident_beside_a_likely_duplicate(
    panel: IntakePanel, press: Press, desk: Desk, open_one: OpenOne
) -> None:
    open_one(text="Balmaceda 450")
    panel.begin()
    press("balm 450", Qt.Key.Key_Return, Qt.Key.Key_Return)
    press("che")
    press("", Qt.Key.Key_Return, ctrl=True)
    assert len(list(desk.board.open_incidents())) == 2


def test_that_earlier_calls_of_the_number_appear_by_themselves(
    panel: IntakePanel, press: Press, desk: Desk, open_one: OpenOne, qtbot: QtBot
) -> None:
    earlier = open_one(text="Prat 12", callback="+56 51 555 0147")
    desk.do(CloseIncident(earlier, "FALSE"))
    panel.begin()
    panel.fields.callback.setFocus()
    press("+56 51 555 0147")
    qtbot.waitUntil(panel.history.isVisible)
    assert [row.location_text for row in panel.history.rows] == ["Prat 12"]


def test_that_words_suggest_a_type_and_only_a_person_takes_it(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    press("balm 450", Qt.Key.Key_Return)
    panel.fields.narrative.setFocus()
    press("he has chest pain")
    panel.fields.type.read_now()
    assert panel.fields.type.code == ""
    assert "EMS-CHE" in panel.fields.type.said.text()
    press("", Qt.Key.Key_Return, ctrl=True)
    assert list(desk.board.open_incidents()) == []
    press("", Qt.Key.Key_T, ctrl=True)
    assert panel.fields.type.code == "EMS-CHE"


def test_that_a_chosen_type_is_never_overwritten(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    panel.fields.type.setFocus()
    press("arr", Qt.Key.Key_Return)
    assert panel.fields.type.code == "EMS-ARR"
    panel.fields.narrative.setFocus()
    press("he has chest pain")
    panel.fields.type.read_now()
    press("", Qt.Key.Key_T, ctrl=True)
    assert panel.fields.type.code == "EMS-ARR"
    assert "your choice stays" in panel.fields.type.said.text()


def test_that_the_type_sets_the_priority_until_a_person_does(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    panel.fields.type.set_text("EMS-CHE")
    panel.fields._follow_type()
    assert panel.fields.priority.priority is Priority.P1
    assert panel.fields.severity.said.text() == "Suggested: high, the incident type's default."
    panel.fields.priority.setFocus()
    press("4")
    panel.fields.type.set_text("EMS-ARR")
    panel.fields._follow_type()
    assert panel.fields.priority.priority is Priority.P4
    press("", Qt.Key.Key_Backspace)
    assert panel.fields.priority.priority is Priority.P1


def test_that_a_hundred_events_leave_the_caret_where_it_is(
    panel: IntakePanel, press: Press, context: DeskContext, open_one: OpenOne, clock: ManualClock
) -> None:
    panel.begin()
    press("balm")
    for number in range(100):
        open_one(text=f"Calle {number}")
        clock.advance(1)
        context.notifier.tick.emit(clock.now_ms())
    press(" 450")
    assert panel.fields.location.edit.text() == "balm 450"


def test_that_the_call_time_starts_at_f2(panel: IntakePanel, press: Press, desk: Desk, clock: ManualClock) -> None:
    started = clock.now_ms()
    panel.begin()
    clock.advance(20)
    press("balm 450", Qt.Key.Key_Tab)
    panel.fields.type.set_text("EMS-CHE")
    press("", Qt.Key.Key_Return, ctrl=True)
    assert only_incident(desk).calls[0].answered_at == started


def test_that_what_the_telephone_shows_is_there_and_kept(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin(Caller("Ana", "+56 51 555 0147"))
    assert panel.fields.callback.text() == "+56 51 555 0147"
    assert desk.store.drafts()[0].fields["callback"] == "+56 51 555 0147"
    press("balm 450", Qt.Key.Key_Return, Qt.Key.Key_Return)
    press("che")
    press("", Qt.Key.Key_Return, ctrl=True)
    assert only_incident(desk).calls[0].caller == Caller("Ana", "+56 51 555 0147")
