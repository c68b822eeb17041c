"""The type of a call: found by any word, never lost without a word said, and what comes after it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from core.desk import Desk
from core.domain.values import Caller
from core.pack.gazetteer import Gazetteer
from widgets.context import DeskContext
from widgets.panels.intake import IntakePanel
from widgets.panels.type_field import NOTHING_FOUND, TypeField

Press = Callable[..., int]
ENTER, TAB, DOWN = Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Down


@pytest.fixture
def panel(context: DeskContext, gazetteer: Gazetteer, show: Callable[[QWidget], None]) -> IntakePanel:
    context.gazetteer = gazetteer
    panel = IntakePanel(context)
    panel.resize(480, 700)
    show(panel)
    panel.begin()
    return panel


@pytest.fixture
def type_field(panel: IntakePanel) -> TypeField:
    panel.fields.type.setFocus()
    return panel.fields.type


@pytest.mark.parametrize(("typed", "code"), [("motorc", "TRA-INJ"), ("music", "POL-NOI"), ("asth", "EMS-BRE")])
def test_that_a_beginning_of_a_callers_word_chooses_the_type(
    type_field: TypeField, press: Press, typed: str, code: str
) -> None:
    press(typed, ENTER)
    assert type_field.code == code


def test_that_what_is_not_found_says_so_and_the_arrows_list_all(
    type_field: TypeField, press: Press, desk: Desk
) -> None:
    press("zzz")
    type_field.edit.suggest_now()
    assert not type_field.edit.suggesting
    assert type_field.said.isVisible()
    assert type_field.said.text() == NOTHING_FOUND
    press("", DOWN)
    assert len(type_field.edit.suggestions) == len(desk.agency.types)
    press("", ENTER)
    assert type_field.code == next(iter(desk.agency.types))


def test_that_enter_stays_on_a_type_that_is_none(type_field: TypeField, press: Press) -> None:
    press("zzz", ENTER)
    assert QApplication.focusWidget() is type_field.edit


def test_that_a_list_longer_than_its_room_shows_a_scroll_bar(type_field: TypeField, press: Press) -> None:
    press("", DOWN)
    bar = type_field.edit._list.verticalScrollBar()
    assert bar.isVisible()
    assert bar.maximum() > 0
    press("gas lea")
    type_field.edit.suggest_now()
    assert not bar.isVisible()


def test_that_the_first_arrow_marks_the_first_row(type_field: TypeField, press: Press, desk: Desk) -> None:
    press("", DOWN, ENTER)
    assert type_field.code == next(iter(desk.agency.types))


@pytest.mark.parametrize("where", ["callback", "narrative", "location"])
def test_that_ctrl_enter_takes_the_caret_to_the_type_that_is_wrong(
    panel: IntakePanel, press: Press, where: str
) -> None:
    press("balmaceda 450", ENTER)
    panel.fields.type.set_text("zzz")
    getattr(panel.fields, where).setFocus()
    press("", ENTER, ctrl=True)
    assert QApplication.focusWidget() is panel.fields.type.edit
    error = panel.fields._said["type"]
    assert error.isVisible()
    assert "Down" in error.text()
    assert not panel.fields.type.said.isVisible(), "the same is said twice"


def test_that_an_error_goes_with_the_first_edit_of_its_field(panel: IntakePanel, press: Press) -> None:
    press("balmaceda 450", ENTER)
    panel.fields.type.set_text("zzz")
    press("", ENTER, ctrl=True)
    press("y")
    assert not panel.fields._said["type"].isVisible()
    assert panel.fields.type.said.text() == NOTHING_FOUND
    assert panel.fields.type.said.isVisible()


def test_that_enter_after_the_type_goes_past_a_number_that_is_known(panel: IntakePanel, press: Press) -> None:
    panel.begin(Caller("Hugo Cortés", "+56 9 5550 9952"))
    press("balmaceda 450", ENTER)
    press("", ENTER)
    press("che", ENTER)
    press("pain")
    assert panel.fields.narrative.toPlainText() == "pain"
    assert panel.fields.callback.text() == "+56 9 5550 9952"


def test_that_enter_after_the_type_asks_for_a_number_that_is_not_known(panel: IntakePanel, press: Press) -> None:
    press("balmaceda 450", ENTER)
    press("", ENTER)
    press("che", ENTER)
    press("555")
    assert panel.fields.callback.text() == "555"


@pytest.mark.parametrize("key", [TAB, ENTER])
def test_that_a_known_number_is_never_wiped_by_typing(panel: IntakePanel, press: Press, key: Qt.Key) -> None:
    panel.begin(Caller("Hugo Cortés", "+56 9 5550 9952"))
    panel.fields.type.set_text("EMS-CHE")
    panel.fields.type.setFocus()
    press("", TAB)
    assert QApplication.focusWidget() is panel.fields.callback
    press("", key)
    assert QApplication.focusWidget() is panel.fields.caller
    press("x")
    assert panel.fields.callback.text() == "+56 9 5550 9952"
    assert panel.fields.caller.text() == "Hugo Cortésx"


def test_that_a_long_location_shows_its_beginning_once_it_is_left(panel: IntakePanel, press: Press) -> None:
    edit = panel.fields.location.edit
    edit.setText("Circunvalación Monjitas Oriente & Arquitecto Andrés Murillo Poniente, esquina norte")
    assert edit.cursorPosition() > 0
    press("", TAB)
    assert edit.cursorPosition() == 0


@pytest.mark.parametrize("width", [300, 480])
def test_that_a_number_to_ring_back_is_never_cut(panel: IntakePanel, press: Press, width: int) -> None:
    panel.resize(width, 700)
    panel.begin(Caller("Hugo Cortés", "+56 9 5550 9952"))
    field = panel.fields.callback
    field.setFocus()
    QApplication.processEvents()
    room = field.width() - 20  # frame and padding
    assert field.fontMetrics().horizontalAdvance(field.text()) <= room
