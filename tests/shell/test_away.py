"""What changed while this desk was away: counted, told once, put away, never in the way of the keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import events as e
from core.domain.events import Event
from core.domain.statuses import Priority, UnitStatus
from widgets.sync.away import MOST_LINES, AwayTally
from widgets.sync.control import LinkState, LinkView
from widgets.window import MainWindow


class Line:
    """A link that says how it stands, and does nothing."""

    def __init__(self, **view: object) -> None:
        self.shown = LinkView(**view)  # type: ignore[arg-type]

    def view(self) -> LinkView:
        return self.shown

    def present(self) -> tuple[()]:
        return ()

    def name_of(self, _desk: str) -> str:
        return ""

    def look_at(self, incident: str) -> None:
        pass


def event(desk: str, body: e.Body, at: int = 0) -> Event:
    return Event("0" * 32, desk, "Kim", at, "1" * 32, body)


def test_that_only_what_other_desks_did_is_counted(desk: Desk) -> None:
    tally = AwayTally("A")
    tally.take([event("A", e.NarrativeAdded("i", "own")), event("B", e.NarrativeAdded("i", "theirs"))])
    assert tally.news(desk.board, desk.agency).counts == "1 note, from 1 other desk."


def test_that_signing_on_alone_is_not_worth_telling() -> None:
    tally = AwayTally("A")
    tally.take([event("B", e.OperatorSignedOn("Kim"))])
    assert not tally.worth_telling


def test_that_urgent_calls_maydays_and_closings_have_lines(desk: Desk, scenes) -> None:
    urgent, calm, closed = scenes.open(Priority.P1), scenes.open(Priority.P3), scenes.open(Priority.P2)
    desk.board.incidents[closed].closed_at = desk.clock.now_ms()
    tally = AwayTally("A")
    for incident in (urgent, calm):
        tally.opened[incident] = None
    tally.take([event("B", e.EmergencyRaised("M1"), at=1), event("B", e.IncidentClosed(closed, "DONE"))])
    tally.take([event("C", e.UnitStatusChanged("M1", UnitStatus.ON_SCENE))] * 2)
    news = tally.news(desk.board, desk.agency)
    assert [line.kind for line in news.lines] == ["Mayday", "P1", "Closed"]
    assert news.lines[1].incident == urgent
    assert "waits for a unit" in news.lines[1].sentence
    assert news.counts == "2 new incidents (1 P1), 1 closed, 2 status reports, from 2 other desks."


def test_that_a_flood_is_cut_and_counted(desk: Desk, scenes) -> None:
    tally = AwayTally("A", events=40)
    for _ in range(MOST_LINES + 3):
        tally.opened[scenes.open(Priority.P1)] = None
    news = tally.news(desk.board, desk.agency)
    assert (len(news.lines), news.hidden) == (MOST_LINES, 3)


@pytest.fixture
def returned(window: MainWindow, desk: Desk, clock: ManualClock, scenes) -> MainWindow:
    """A window whose desk was away for ten minutes, in which another desk opened two urgent incidents."""
    line = Line(state=LinkState.OFFLINE, since=clock.now_ms(), known_at=clock.now_ms())
    window.context.sync = line
    window.context.notifier.tick.emit(clock.now_ms())
    window.bar.line.setFocus()
    clock.advance(600)
    scenes.elsewhere(2)
    line.shown = LinkView(state=LinkState.UP_TO_DATE, since=clock.now_ms(), known_at=clock.now_ms())
    window.context.notifier.tick.emit(clock.now_ms())
    return window


def test_that_the_card_comes_when_the_desk_is_level_again_and_takes_no_focus(returned: MainWindow) -> None:
    card = returned.sync.card
    assert card.isVisible()
    assert card.counts.text().startswith("2 new incidents")
    assert QApplication.focusWidget() is returned.bar.line
    returned.context.notifier.tick.emit(returned.context.desk.clock.now_ms())
    card.put_away()
    returned.context.notifier.tick.emit(returned.context.desk.clock.now_ms())
    assert not card.isVisible(), "it is told once"


def test_that_a_key_goes_to_the_card_and_enter_jumps(returned: MainWindow, qtbot: QtBot) -> None:
    card = returned.sync.card
    returned.keys.toggle_away()
    assert card.has_focus
    wanted = card.model.key_at(0).partition(":")[2]
    qtbot.keyClick(card.view, Qt.Key.Key_Return)
    assert returned.context.selection.incident == wanted
    returned.keys.jump_back()
    returned.keys.toggle_away()
    returned.keys.one_level_out()
    assert not card.isVisible()


def test_that_a_short_gap_is_no_absence(window: MainWindow, clock: ManualClock, scenes) -> None:
    line = Line(state=LinkState.OFFLINE, since=clock.now_ms(), known_at=clock.now_ms())
    window.context.sync = line
    window.context.notifier.tick.emit(clock.now_ms())
    clock.advance(20)
    scenes.elsewhere(1)
    line.shown = LinkView(state=LinkState.UP_TO_DATE, since=clock.now_ms(), known_at=clock.now_ms())
    window.context.notifier.tick.emit(clock.now_ms())
    assert not window.sync.card.isVisible()
