"""The tray: the first alarm with its action and key, folding, acknowledging, a mute that ends, blinking, news."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.statuses import Priority, UnitStatus
from widgets.alarm_tray import BLINK_MS, FLOOD, MUTE_S
from widgets.window import MainWindow


def test_that_a_quiet_desk_says_so_and_keeps_the_place(window: MainWindow, scenes: Any, clock: ManualClock) -> None:
    assert window.tray._first.whole == "No alarms"
    height = window.tray.height()
    scenes.open(Priority.P1)
    clock.advance(600)
    window.tray.refresh()
    QApplication.processEvents()
    assert window.tray.height() == height


def test_that_an_alarm_names_what_to_do_and_the_key(window: MainWindow, scenes: Any, clock: ManualClock) -> None:
    scenes.open(Priority.P1)
    clock.advance(600)
    window.tray.refresh()
    assert "has waited 10 min for a unit." in window.tray._first.whole
    assert "F8" in window.tray._first.whole
    assert "F10" in window.tray._ack.text()


def test_that_f10_acknowledges_the_first_and_the_next_takes_its_place(
    window: MainWindow, scenes: Any, clock: ManualClock, qtbot: QtBot
) -> None:
    for place in (0, 1):
        scenes.open(Priority.P1, place)
    clock.advance(600)
    window.tray.refresh()
    first = window.tray._first.whole
    qtbot.keyClick(window, Qt.Key.Key_F10)
    window.tray.refresh()
    assert window.tray._first.whole != first
    assert [alarm.acknowledged for alarm in window.tray.alarms] == [False, True]
    assert "Acknowledged" not in window.tray._first.whole
    qtbot.keyClick(window, Qt.Key.Key_F10)
    window.tray.refresh()
    assert window.tray._first.whole.startswith("2 acknowledged")
    assert window.tray._ack.isHidden()


def test_that_units_late_together_are_one_alarm(
    window: MainWindow, scenes: Any, desk: Desk, clock: ManualClock
) -> None:
    desk.do(c.Assign(scenes.open(), ("E1", "E2", "M1")))
    clock.advance(3600)
    window.tray.refresh()
    assert [alarm.count for alarm in window.tray.alarms] == [3]


def test_that_a_flood_is_told_as_a_number(window: MainWindow, scenes: Any, clock: ManualClock) -> None:
    for place in range(FLOOD + 2):
        scenes.open(Priority.P1, place)
    clock.advance(600)
    window.tray.refresh()
    assert window.tray._first.whole.startswith(f"{FLOOD + 2} alarms, {FLOOD + 2} of them at once.")


def test_that_only_an_unacknowledged_urgent_alarm_blinks_and_at_most_twice_a_second(
    window: MainWindow, scenes: Any, clock: ManualClock
) -> None:
    window.tray.still = False
    assert 1000 / (2 * BLINK_MS) <= 2
    assert not window.tray._blink.isActive()
    scenes.open(Priority.P1)
    clock.advance(600)
    window.tray.refresh()
    assert window.tray._blink.isActive()
    window.tray.acknowledge()
    window.tray.refresh()
    assert not window.tray._blink.isActive()


def test_that_nothing_blinks_where_motion_is_reduced(window: MainWindow, scenes: Any, clock: ManualClock) -> None:
    window.tray.still = True
    scenes.open(Priority.P1)
    clock.advance(600)
    window.tray.refresh()
    assert not window.tray._blink.isActive()


def test_that_a_mute_shows_until_when_and_ends_by_itself(
    window: MainWindow, scenes: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    beeps: list[int] = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(1))
    window.tray.toggle_mute()
    assert window.tray._mute.text().startswith("Muted until ")
    assert not window.tray._mute.isHidden()
    scenes.open(Priority.P1)
    clock.advance(MUTE_S - 1)
    window.tray.refresh()
    assert beeps == []
    clock.advance(2)
    window.tray.refresh()
    assert window.tray._mute.text() == "Mute"
    scenes.open(Priority.P1, 1)
    clock.advance(600)
    window.tray.refresh()
    assert beeps == [1]


def test_that_news_are_what_others_did(window: MainWindow, scenes: Any) -> None:
    scenes.open()
    assert window.tray.news.items == []
    there = scenes.elsewhere(2)
    assert [item.incident for item in window.tray.news.items] == there[::-1]
    assert window.tray.news.items[0].sentence.startswith("New: ")


def test_that_another_call_and_a_raised_priority_are_news_of_one_line(
    window: MainWindow, scenes: Any, desk: Desk
) -> None:
    incident = scenes.elsewhere(1)[0]
    scenes.do_elsewhere(c.LinkCall(incident, desk.board.incidents[incident].location))
    assert [item.sentence.split(":")[0] for item in window.tray.news.items] == ["Another call"]
    scenes.do_elsewhere(c.SetPriority(incident, Priority.P3))
    scenes.do_elsewhere(c.SetPriority(incident, Priority.P1))
    assert [item.sentence.split(":")[0] for item in window.tray.news.items] == ["Now P1"]


def test_that_looking_at_an_incident_takes_it_from_the_news(window: MainWindow, scenes: Any) -> None:
    first, second = scenes.elsewhere(2)
    window.context.selection.select_incident(second)
    assert [item.incident for item in window.tray.news.items] == [first]


def test_that_f9_prefers_an_alarm_to_news(
    window: MainWindow, scenes: Any, desk: Desk, clock: ManualClock, qtbot: QtBot
) -> None:
    desk.do(c.Assign(scenes.open(), ("E1",)))
    clock.advance(3600)
    scenes.elsewhere(1)
    window.tray.refresh()
    assert desk.board.units["E1"].status is UnitStatus.DISPATCHED
    qtbot.keyClick(window, Qt.Key.Key_F9)
    assert window.context.selection.units == ("E1",)


def test_that_everything_in_the_tray_can_be_listed(window: MainWindow, scenes: Any, clock: ManualClock) -> None:
    scenes.open(Priority.P1)
    scenes.elsewhere(2)
    clock.advance(600)
    window.tray.refresh()
    window.tray._more.click()
    assert window.popover.isVisible()
    blocks = dict(window.tray.rows())
    assert len(blocks["ALARMS"]) == 3
    assert len(blocks["NEW"]) == 2
