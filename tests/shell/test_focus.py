"""What happens elsewhere never takes the keyboard, moves the caret or the rows; keys to jump there and back."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from widgets.window import MainWindow


def settle(window: MainWindow) -> None:
    QApplication.processEvents()
    window.context.notifier.tick.emit(window.context.desk.clock.now_ms())
    QApplication.processEvents()


def the_line(window: MainWindow) -> QWidget:
    return window.bar.line


def the_location(window: MainWindow) -> QWidget:
    window.keys.new_call()
    focused = QApplication.focusWidget()
    assert focused is not None
    return focused


def the_queue(window: MainWindow) -> QWidget:
    window.keys.focus_queue()
    focused = QApplication.focusWidget()
    assert focused is not None
    return focused


@pytest.mark.parametrize("place", [the_line, the_location, the_queue], ids=["command line", "call form", "queue"])
def test_that_a_hundred_incoming_events_leave_the_keyboard_where_it_is(
    window: MainWindow, scenes: Any, qtbot: QtBot, place: Any
) -> None:
    scenes.open()
    settle(window)
    focused = place(window)
    focused.setFocus()
    if place is not the_queue:
        qtbot.keyClicks(focused, "bal")
    for opened in scenes.elsewhere(50):  # each is several events: opened, call taken, narrative
        assert opened
        QApplication.processEvents()
        assert QApplication.focusWidget() is focused
    settle(window)
    assert QApplication.focusWidget() is focused
    if place is not the_queue:
        assert focused.property("text") == "bal"
        qtbot.keyClicks(focused, "m")
        assert focused.property("text") == "balm"


def test_that_incoming_events_leave_the_selection_alone(window: MainWindow, scenes: Any) -> None:
    mine = scenes.open()
    window.context.selection.select_incident(mine)
    scenes.elsewhere(5)
    settle(window)
    assert window.context.selection.incident == mine


def test_that_f9_jumps_to_the_newest_event_and_back(window: MainWindow, scenes: Any, qtbot: QtBot) -> None:
    mine = scenes.open()
    window.context.selection.select_incident(mine)
    newest = scenes.elsewhere(3)[-1]
    settle(window)
    assert window.tray.alarms == []
    window.bar.line.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F9)
    assert window.context.selection.incident == newest
    qtbot.keyClick(window, Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
    assert window.context.selection.incident == mine
    assert QApplication.focusWidget() is window.bar.line


def test_that_f6_goes_round_all_panels_and_comes_back(busy_window: MainWindow, qtbot: QtBot) -> None:
    window = busy_window
    window.context.selection.select_incident(next(iter(window.context.desk.board.incidents)))
    window.bar.line.setFocus()
    seen = []
    for _ in range(len(window.panes.docks) + 2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(window.panes.pane_of(focused))
        if focused is window.bar.line:
            break
    assert seen == ["queue", "units", "map", "incident", "recommendation", "line"]


def test_that_escape_goes_out_one_level_at_a_time_and_loses_no_text(
    window: MainWindow, scenes: Any, qtbot: QtBot, clock: ManualClock, desk: Desk
) -> None:
    window.context.selection.select_incident(scenes.open())
    window.bar.focus_line()
    qtbot.keyClicks(window.bar.line, "d e1")
    qtbot.keyClick(window.bar.line, Qt.Key.Key_Escape)
    assert window.bar.line.text() == "d e1"
    assert window.context.selection.incident
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.context.selection.incident == ""
    assert window.bar.line.text() == "d e1"


def test_that_keys_without_a_modifier_go_to_the_line_only_when_nobody_types(window: MainWindow, qtbot: QtBot) -> None:
    window.bar.line.setFocus()
    qtbot.keyClicks(window.bar.line, "n a/b;c?")
    assert window.bar.line.text() == "n a/b;c?"
    assert not window.overlay.isVisible()
    window.keys.focus_queue()
    qtbot.keyClick(QApplication.focusWidget(), "/")
    assert QApplication.focusWidget() is window.bar.line


def test_that_the_question_mark_opens_and_closes_the_keys_when_nobody_types(window: MainWindow, qtbot: QtBot) -> None:
    window.keys.focus_queue()
    qtbot.keyClick(QApplication.focusWidget(), "?", Qt.KeyboardModifier.ShiftModifier)
    assert window.overlay.isVisible()
    qtbot.keyClick(QApplication.focusWidget(), "?", Qt.KeyboardModifier.ShiftModifier)
    assert not window.overlay.isVisible()
