"""Nothing typed into a call is lost: drafts at every keystroke, parked calls, full disks, any script, any length."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk, Draft
from core.domain.events import Event
from core.domain.statuses import Priority
from core.domain.values import LocationSource
from core.errors import Unavailable
from core.pack.gazetteer import Gazetteer
from widgets.context import DeskContext
from widgets.panels.intake import IntakePanel
from widgets.panels.parked_box import ParkedButton
from widgets.panels.queue import QueuePanel
from widgets.panels.queue_model import LOCATION

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


def test_that_every_keystroke_is_in_the_store_before_the_next(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    typed = ""
    for character in "balm 45":
        typed += character
        press(character)
        (draft,) = desk.store.drafts()
        assert draft.fields["location"] == typed.strip()


def test_that_a_draft_survives_a_crash_whole_and_is_offered(
    panel: IntakePanel, press: Press, desk: Desk, context: DeskContext, reopen: Callable[[], Desk], qtbot: QtBot
) -> None:
    panel.begin()
    press("balm 450", Qt.Key.Key_Return)
    press("3B", Qt.Key.Key_Return)
    press("che", Qt.Key.Key_Return)
    press("555 0147", Qt.Key.Key_Return)
    press("Ana", Qt.Key.Key_Return)
    press("3", Qt.Key.Key_Return)
    press("He holds his chest")
    before = panel.fields.form()
    panel.history.look_now()  # nothing of this panel comes after the crash
    desk.store.close()
    again = reopen()
    later = DeskContext(again, context.notifier, context.selection, context.palette)
    second = IntakePanel(later)
    qtbot.addWidget(second)
    assert "in hand when the program ended" in second.notice.text
    assert second.parked_count == 1
    second.resume_oldest()
    assert second.fields.form() == before
    assert before.priority is Priority.P3
    assert before.location.source is LocationSource.ADDRESS
    again.store.close()


def test_that_f2_during_a_call_parks_it_with_a_visible_count(
    panel: IntakePanel, press: Press, desk: Desk, qtbot: QtBot
) -> None:
    panel.begin()
    press("balm 450")
    with qtbot.waitSignal(panel.parked_changed) as counted:
        panel.begin()
    assert counted.args == [1]
    assert "1 call parked" in panel.parked.text
    assert panel.fields.form().empty
    assert [draft.parked for draft in desk.store.drafts()] == [True]
    press("prat")
    panel.resume_oldest()
    assert panel.fields.location.edit.text() == "balm 450"
    assert "1 call parked" in panel.parked.text


def test_that_an_empty_form_is_never_parked(panel: IntakePanel, desk: Desk) -> None:
    panel.begin()
    panel.begin()
    panel.leave()
    assert desk.store.drafts() == ()
    assert panel.parked_count == 0


def test_that_escape_goes_one_level_out_and_parks(panel: IntakePanel, press: Press, desk: Desk, qtbot: QtBot) -> None:
    panel.begin()
    press("balm 4")
    panel.fields.location.edit.suggest_now()
    press("", Qt.Key.Key_Escape)
    assert not panel.fields.location.edit.suggesting
    assert panel.parked_count == 0
    with qtbot.waitSignal(panel.left):
        press("", Qt.Key.Key_Escape)
    assert panel.parked_count == 1
    assert desk.store.drafts()[0].fields["location"] == "balm 4"


def test_that_a_parked_call_is_dropped_only_after_a_question(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    press("balm 4")
    panel.begin()
    button = panel.parked.findChild(ParkedButton)
    button.setFocus()
    press("", Qt.Key.Key_Delete, Qt.Key.Key_Return)
    assert panel.parked_count == 1, "the default is No"
    button = panel.parked.findChild(ParkedButton)
    button.setFocus()
    press("", Qt.Key.Key_Delete)
    press("y", Qt.Key.Key_Return)
    assert panel.parked_count == 0
    assert desk.store.drafts() == ()


def test_that_an_opened_call_leaves_no_draft(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    press("balm 450", Qt.Key.Key_Return, Qt.Key.Key_Return)
    press("che")
    press("", Qt.Key.Key_Return, ctrl=True)
    assert desk.store.drafts() == ()
    assert panel.fields.form().empty


class FullDisk:
    """Stands before a real store and refuses what writes, as a full disk does."""

    def __init__(self, store: object) -> None:
        self._store = store
        self.full = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def _check(self) -> None:
        if self.full:
            raise Unavailable("The disk is full.", "The call is not kept yet.", "Free some space and try again.")

    def commit(self, events: tuple[Event, ...]) -> None:
        self._check()
        self._store.commit(events)

    def save_draft(self, draft: Draft) -> None:
        self._check()
        self._store.save_draft(draft)


def test_that_a_store_that_fails_costs_no_text_and_says_what_to_do(
    panel: IntakePanel, press: Press, desk: Desk
) -> None:
    disk = desk.store = FullDisk(desk.store)
    panel.begin()
    press("balm 450", Qt.Key.Key_Return, Qt.Key.Key_Return)
    press("che")
    assert "disk is full" in panel.notice.text
    press("", Qt.Key.Key_Return, ctrl=True)
    assert list(desk.board.open_incidents()) == []
    assert panel.fields.location.edit.text().startswith("Balmaceda 450")
    assert "Free some space" in panel.notice.text
    assert "Everything you typed is still here." in panel.notice.text
    disk.full = False
    press("", Qt.Key.Key_Return, ctrl=True)
    assert only_incident(desk).type == "EMS-CHE"


def test_that_a_call_parked_on_a_full_disk_keeps_its_text_and_the_trouble_is_said(
    panel: IntakePanel, press: Press, desk: Desk
) -> None:
    desk.store = FullDisk(desk.store)
    panel.begin()
    press("balm 450")
    panel.begin()
    assert "disk is full" in panel.notice.text
    panel.resume_oldest()
    assert panel.fields.location.edit.text() == "balm 450"


@pytest.mark.parametrize("text", ["رجل فاقد الوعي في الشارع", "🔥🚒 Rauch über dem Haus 👩‍👩‍👧‍👦", "שריפה בקומה שנייה"])
def test_that_any_script_reaches_the_incident_unchanged(
    panel: IntakePanel, press: Press, desk: Desk, text: str
) -> None:
    panel.begin()
    panel.fields.location.edit.insert(text)
    panel.fields.location.edit.textEdited.emit(text)
    panel.fields.type.set_text("EMS-CHE")
    panel.fields.caller.setText(text)
    panel.fields.narrative.setPlainText(text)
    press("", Qt.Key.Key_Return, ctrl=True)
    incident = only_incident(desk)
    assert incident.location.text == text
    assert incident.calls[0].caller.name == text
    assert incident.narrative[0].text == text


def test_that_a_narrative_of_100_000_characters_is_kept_whole(panel: IntakePanel, press: Press, desk: Desk) -> None:
    panel.begin()
    press("balm 450", Qt.Key.Key_Tab)
    panel.fields.type.set_text("EMS-CHE")
    long = "chest pain and more " * 5000
    panel.fields.narrative.setPlainText(long)
    panel.fields.narrative.setFocus()
    press("xyz")
    panel.fields.type.read_now()
    assert len(panel.fields.type._words) <= 2001
    (draft,) = desk.store.drafts()
    assert len(draft.fields["narrative"]) == 100_003
    press("", Qt.Key.Key_Return, ctrl=True)
    assert len(only_incident(desk).narrative[0].text) >= 100_000


def test_that_a_page_pasted_into_every_field_is_kept_and_shown_in_brief(
    panel: IntakePanel, press: Press, desk: Desk, context: DeskContext, qtbot: QtBot
) -> None:
    page = "Avenida del Mar " * 6_250
    queue = QueuePanel(context)
    qtbot.addWidget(queue)
    panel.begin()
    for field in (panel.fields.location.edit, panel.fields.detail, panel.fields.callback, panel.fields.caller):
        field.setFocus()
        field.insert(page)
        field.textEdited.emit(field.text())
    panel.begin()
    assert len(panel.parked.findChild(ParkedButton).text()) < 100
    panel.resume_oldest()
    panel.fields.type.set_text("EMS-CHE")
    press("", Qt.Key.Key_Return, ctrl=True)
    incident = only_incident(desk)
    assert incident.location.text == page.strip()
    assert incident.calls[0].caller.name == page.strip()
    queue._refresh()
    assert len(queue.model.data(queue.model.index(0, LOCATION))) < 200
