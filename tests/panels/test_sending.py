"""From a call to units sent by keys alone, several calls in a row in the real window."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.commands import LinkCall
from core.domain.values import Caller
from core.pack.gazetteer import Gazetteer
from core.roads.engine import RoadEngine
from widgets.context import DeskContext
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow

Press = Callable[..., int]
ENTER, KEYPAD_ENTER = Qt.Key.Key_Return, Qt.Key.Key_Enter


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, context: DeskContext, engine: RoadEngine, gazetteer: Gazetteer
) -> Iterator[MainWindow]:
    context.engine, context.gazetteer = engine, gazetteer
    window = MainWindow(context, Theme(qapp, Scheme.DARK), with_map=False)
    window.resize(1600, 1000)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def take_call(window: MainWindow, press: Press, words: str, code: str) -> None:
    press("", Qt.Key.Key_F2)
    press(words, ENTER)
    press("", ENTER)
    press(code)
    press("", ENTER, ctrl=True)
    QApplication.processEvents()


@pytest.mark.parametrize("key", [ENTER, KEYPAD_ENTER])
def test_that_enter_sends_what_the_button_says_on_every_call_of_several(
    window: MainWindow, press: Press, desk: Desk, key: Qt.Key
) -> None:
    panel = window.panes.recommendation
    for words, code in (("balmaceda 450", "EMS-CHE"), ("colon & matta", "EMS-BRE"), ("prat & rengifo", "FIRE-VEH")):
        take_call(window, press, words, code)
        incident = desk.board.incidents[window.context.selection.incident]
        ticked = panel.ticked
        assert ticked, f"nothing is ticked for {code}"
        assert panel.send_button.text() == f"Send {', '.join(ticked)}   Enter"
        press("", key)
        assert [a.unit for a in incident.active_assignments] == list(ticked)
        QApplication.processEvents()


def test_that_enter_sends_after_units_were_ticked_by_digits(window: MainWindow, press: Press, desk: Desk) -> None:
    for words, code in (("balmaceda 450", "EMS-CHE"), ("colon & matta", "FIRE-VEH")):
        take_call(window, press, words, code)
        press("2")
        ticked = window.panes.recommendation.ticked
        assert ticked
        press("", ENTER)
        incident = desk.board.incidents[window.context.selection.incident]
        assert {a.unit for a in incident.active_assignments} == set(ticked)


def test_that_the_button_promises_enter_only_while_the_keyboard_is_in_the_panel(
    window: MainWindow, press: Press, desk: Desk
) -> None:
    take_call(window, press, "balmaceda 450", "EMS-CHE")
    panel = window.panes.recommendation
    assert panel.send_button.text() == "Send M2   Enter"
    window.keys.focus_queue()
    assert panel.send_button.text() == "Send M2   F8"
    window.bar.focus_line()
    assert panel.send_button.text() == "Send M2   F8"
    press("", Qt.Key.Key_F8)
    incident = desk.board.incidents[window.context.selection.incident]
    assert [a.unit for a in incident.active_assignments] == ["M2"]


def test_that_linking_a_call_is_confirmed_in_a_sentence(window: MainWindow, press: Press, desk: Desk) -> None:
    take_call(window, press, "balmaceda 450", "EMS-CHE")
    press("", Qt.Key.Key_F2)
    press("balmaceda 450", ENTER)
    window.panes.intake.fields.caller.setText("Hugo Cortés")
    press("", Qt.Key.Key_L, ctrl=True)
    QApplication.processEvents()
    assert len(desk.board.incidents) == 1
    assert "The call of Hugo Cortés is linked to 1, EMS-CHE." in window.bar.echo.whole


def test_that_a_call_whose_linking_is_taken_back_is_parked_and_not_lost(
    window: MainWindow, press: Press, desk: Desk
) -> None:
    take_call(window, press, "balmaceda 450", "EMS-CHE")
    first = window.context.selection.incident
    caller = Caller("Rosa Contreras", "+56 9 5550 0101")
    desk.do(LinkCall(first, desk.board.incidents[first].location, caller, "It burns more now."))
    window.bar.undo()
    assert len(desk.board.incidents[first].calls) == 1
    assert "The call is parked" in window.bar.echo.whole
    assert window.panes.intake.parked_count == 1
    window.keys.resume_draft()
    form = window.panes.intake.fields.form()
    assert (form.caller, form.callback, form.narrative) == (caller.name, caller.callback, "It burns more now.")


def test_that_a_unit_whose_dispatch_is_taken_back_stands_in_the_list_at_once(
    window: MainWindow, press: Press, desk: Desk, qtbot: QtBot
) -> None:
    panel = window.panes.recommendation
    take_call(window, press, "balmaceda 450", "EMS-CHE")
    (sent,) = panel.ticked
    press("", ENTER)
    QApplication.processEvents()
    panel.view.setFocus()
    press("", Qt.Key.Key_Down)
    press("", Qt.Key.Key_Z, ctrl=True)
    panel.renew()
    assert panel.model.key_at(0) == sent
    assert panel.ticked == (sent,)
