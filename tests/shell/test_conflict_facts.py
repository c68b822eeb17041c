"""Conflicts of a real board as the panel tells them, and what each digit does to it."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.alarms import CONFLICT, alarms
from core.domain.statuses import Priority, UnitStatus
from tests.other_desk import pass_on
from widgets.sync.conflict_panel import ConflictPanel
from widgets.sync.facts import Facts
from widgets.sync.matter import Matter, MatterKind
from widgets.window import MainWindow

Scenes = Any  # see conftest
Torn = tuple[str, str]


@pytest.fixture
def torn(desk: Desk, scenes: Scenes) -> Torn:
    """M3 was sent to the first incident here and to the second one elsewhere."""
    desk.do(c.SignOn("Ana Rojas"))
    first, second = scenes.open(Priority.P1), scenes.open(Priority.P2, place=4)
    scenes.other.do(c.SignOn("Kim Soto"))
    desk.do(c.Assign(first, ("M3",)))
    scenes.other.do(c.Assign(second, ("M3",)))
    return first, second


def meet(desk: Desk, scenes: Scenes) -> None:
    pass_on(scenes.other, desk)
    pass_on(desk, scenes.other)


def only_matter(window: MainWindow) -> Matter:
    (matter,) = Facts(window.context).matters()
    return matter


def test_that_both_facts_of_a_double_dispatch_are_told(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn
) -> None:
    meet(desk, scenes)
    matter = only_matter(window)
    assert (matter.kind, matter.unit, matter.mine) == (MatterKind.DOUBLE, "M3", True)
    assert matter.incidents == torn
    assert matter.advice == "Keep it on 1: 1 is more urgent, P1 against P2."
    here, there = (dict(choice.facts) for choice in matter.choices)
    assert here["Sent"].endswith("by Ana Rojas at this desk")
    assert there["Sent"].endswith("by Kim Soto at desk B")
    assert here["M3 there"].startswith("dispatched since")
    assert "2 waits for another unit" in matter.choices[0].effect
    assert [choice.advised for choice in matter.choices] == [True, False]


def test_that_a_unit_on_scene_is_advised_to_stay_and_others_are_named(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn
) -> None:
    scenes.other.do(c.SetStatus("M3", UnitStatus.EN_ROUTE))
    scenes.other.do(c.SetStatus("M3", UnitStatus.ON_SCENE))
    scenes.other.do(c.Assign(torn[1], ("M1",)))
    meet(desk, scenes)
    matter = only_matter(window)
    assert matter.advice == "Keep it on 2: it is on scene there."
    assert dict(matter.choices[1].facts)["Others on it"] == "M1"
    assert "M1 stays on 2" in matter.choices[0].effect


def test_that_a_digit_settles_it_at_both_desks(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn, qtbot: QtBot
) -> None:
    meet(desk, scenes)
    window.keys.toggle_conflicts()
    qtbot.keyClick(window.panes.conflicts.view, Qt.Key.Key_2)
    meet(desk, scenes)
    for board in (desk.board, scenes.other.board):
        assert board.open_conflicts() == []
        assert board.units["M3"].incident == torn[1]
        assert board.incidents[torn[0]].active_assignments == []
    matter = only_matter(window)
    assert "by Ana Rojas at this desk" in matter.settled
    assert [choice.kept for choice in matter.choices] == [False, True]


def test_that_a_conflict_settled_elsewhere_names_who_did(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn
) -> None:
    meet(desk, scenes)
    (conflict,) = scenes.other.board.open_conflicts()
    scenes.do_elsewhere(c.SettleConflict(conflict.id, conflict.sides[0].assignment))
    assert "by Kim Soto at desk B" in only_matter(window).settled


def test_that_a_unit_taken_off_by_another_desk_is_an_alarm_and_news_here(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn
) -> None:
    meet(desk, scenes)
    (conflict,) = scenes.other.board.open_conflicts()
    mine = next(side for side in conflict.sides if side.desk == desk.desk_id)
    other = next(side for side in conflict.sides if side is not mine)
    scenes.do_elsewhere(c.SettleConflict(conflict.id, other.assignment))
    window.tray.refresh()
    number = desk.board.incidents[mine.incident].number
    told = f"M3 was taken off {number} by Kim Soto at desk B; it waits for a unit."
    assert window.tray.news.items[0].sentence == told
    alarm = next(alarm for alarm in window.tray.alarms if alarm.sentence == told)
    assert "F8" in alarm.action


def test_that_the_units_row_and_both_incidents_tell_of_it(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn
) -> None:
    meet(desk, scenes)
    window.context.selection.select_incident(torn[1])
    window.panes.incident._refresh()
    window.panes.units._refresh()
    assert window.panes.incident.conflict.text.startswith("M3 was also sent to 1, by Ana Rojas at this desk.")
    model = window.panes.units.model
    assert model.row_of("M3") == 0, "it is on this incident as well"
    assert model.cell(0, 3).text == "twice"
    assert "1 and 2" in model.cell(0, 3).spoken


@pytest.mark.parametrize(("priority", "level"), [(Priority.P1, 1), (Priority.P3, 2)])
def test_that_the_alarm_is_told_at_once_to_those_concerned(
    desk: Desk, scenes: Scenes, torn: Torn, priority: Priority, level: int
) -> None:
    if priority is not Priority.P1:
        desk.do(c.SetPriority(torn[0], priority))
    meet(desk, scenes)
    found = [alarm for alarm in alarms(desk.board, desk.agency, desk.clock.now_ms()) if CONFLICT in alarm.key]
    assert [(alarm.level, alarm.unit) for alarm in found] == [(level, "M3")]
    assert found[0].sentence == "M3 was sent to 1 and 2 by two desks."
    desk.do(c.AcknowledgeAlarm(found[0].key))
    meet(desk, scenes)
    theirs = alarms(scenes.other.board, desk.agency, desk.clock.now_ms())
    assert [alarm.acknowledged for alarm in theirs if CONFLICT in alarm.key] == [False], "each desk for itself"


def test_that_others_are_told_only_when_nobody_settles_it(
    desk: Desk, scenes: Scenes, torn: Torn, clock: ManualClock
) -> None:
    meet(desk, scenes)
    desk.board.desk = "C"
    assert not [a for a in alarms(desk.board, desk.agency, clock.now_ms()) if CONFLICT in a.key]
    later = alarms(desk.board, desk.agency, clock.now_ms() + 301_000)
    assert [alarm.level for alarm in later if CONFLICT in alarm.key] == [3]


def test_that_f9_goes_from_the_alarm_to_the_conflict(
    window: MainWindow, desk: Desk, scenes: Scenes, torn: Torn
) -> None:
    meet(desk, scenes)
    window.tray.refresh()
    window.tray.jump_to_first()
    assert window.panes.conflicts.view.hasFocus()
    assert window.panes.conflicts.marked is not None


def test_that_what_was_closed_elsewhere_and_is_worked_here_stays_open_until_somebody_decides(
    window: MainWindow, desk: Desk, scenes: Scenes, qtbot: QtBot
) -> None:
    incident = scenes.open(Priority.P2)
    scenes.other.do(c.SignOn("Kim Soto"))
    scenes.other.do(c.CloseIncident(incident, next(iter(desk.agency.dispositions))))
    desk.do(c.Assign(incident, ("M3",)))
    meet(desk, scenes)
    matter = only_matter(window)
    assert (matter.kind, matter.subject) == (MatterKind.CLOSED, "1")
    assert matter.advice.startswith("Go on: M3 is still on it.")
    assert "Kim Soto at desk B" in matter.sides
    window.keys.toggle_conflicts()
    qtbot.keyClick(window.panes.conflicts.view, Qt.Key.Key_2)
    assert desk.board.incidents[incident].closed_at is not None
    assert not desk.board.units["M3"].incident


def test_that_going_on_keeps_it_open(window: MainWindow, desk: Desk, scenes: Scenes, qtbot: QtBot) -> None:
    incident = scenes.open(Priority.P2)
    scenes.other.do(c.CloseIncident(incident, next(iter(desk.agency.dispositions))))
    desk.do(c.Assign(incident, ("M3",)))
    meet(desk, scenes)
    window.keys.toggle_conflicts()
    qtbot.keyClick(window.panes.conflicts.view, Qt.Key.Key_1)
    assert desk.board.incidents[incident].closed_at is None
    assert only_matter(window).choices[0].kept


@pytest.fixture
def twins(desk: Desk, scenes: Scenes, clock: ManualClock) -> Torn:
    """One event that was reported to two desks."""
    scenes.other  # noqa: B018 - it shall not know of the first
    first = scenes.open(Priority.P2, type_code="FIRE-STR")
    clock.advance(1)
    other = scenes.other
    location, caller = desk.board.incidents[first].location, desk.board.incidents[first].calls[0].caller
    events = other.do(c.OpenIncident("FIRE-STR", location, caller, Priority.P2))
    second = next(event.body.incident for event in events if hasattr(event.body, "incident"))
    meet(desk, scenes)
    return first, second


def test_that_twins_are_offered_for_merging_and_merged_by_a_digit(
    window: MainWindow, desk: Desk, twins: Torn, qtbot: QtBot
) -> None:
    window.context.notifier.tick.emit(desk.clock.now_ms())
    assert any("may be one event" in item.sentence for item in window.tray.news.items)
    matter = only_matter(window)
    assert (matter.kind, matter.incidents) == (MatterKind.SAME, twins)
    window.keys.toggle_conflicts()
    qtbot.keyClick(window.panes.conflicts.view, Qt.Key.Key_1)
    assert desk.board.incidents[twins[1]].closed_at is not None
    assert len(desk.board.incidents[twins[0]].calls) == 2
    assert Facts(window.context).matters() == []


def test_that_declined_twins_are_not_offered_again(window: MainWindow, desk: Desk, twins: Torn, qtbot: QtBot) -> None:
    panel: ConflictPanel = window.panes.conflicts
    window.keys.toggle_conflicts()
    qtbot.keyClick(panel.view, Qt.Key.Key_3)
    assert panel.open_count == 0
    assert desk.board.incidents[twins[1]].closed_at is None
    assert Facts(window.context).matters() == [], "also after a restart"
