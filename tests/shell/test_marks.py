"""What the server does not have yet is marked, exactly: at the incident's head and after each line of the narrative."""

import pytest

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from widgets.panels.narrative_view import WAITS
from widgets.sync.control import LinkState, LinkView
from widgets.window import MainWindow


class Line:
    def view(self) -> LinkView:
        return LinkView(state=LinkState.OFFLINE)

    def present(self) -> tuple[()]:
        return ()

    def look_at(self, incident: str) -> None:
        pass


@pytest.fixture
def joined(window: MainWindow, clock: ManualClock) -> MainWindow:
    window.context.sync = Line()
    window.context.notifier.tick.emit(clock.now_ms())
    return window


def lines(window: MainWindow) -> list[str]:
    document = window.panes.incident.narrative.document()
    return [document.findBlockByNumber(at).text() for at in range(document.blockCount())]


def test_that_each_line_is_marked_until_the_server_has_it(joined: MainWindow, desk: Desk, scenes) -> None:
    incident = scenes.open()
    for text in ("first", "two\nlines of it", "third"):
        desk.do(c.AddNarrative(incident, text))
    joined.context.selection.select_incident(incident)
    assert [line.endswith(WAITS) for line in lines(joined)] == [True] * 3
    events = [line.event for line in desk.board.incidents[incident].narrative]
    desk.acknowledge([events[1]])
    assert [line.endswith(WAITS) for line in lines(joined)] == [True, False, True]
    assert lines(joined)[1].endswith("lines of it\u2069")
    desk.acknowledge(events)
    assert not any(WAITS in line for line in lines(joined))


def test_that_the_head_counts_what_waits(joined: MainWindow, desk: Desk, scenes) -> None:
    incident = scenes.open()
    joined.context.selection.select_incident(incident)
    header = joined.panes.incident.header
    waiting = [event for event, (of, _) in desk.store.waiting().items() if of == incident]
    assert header.sync_text.text() == f"{len(waiting)} not yet synced"
    desk.acknowledge(waiting)
    assert not header.sync_mark.isVisible()


def test_that_a_desk_that_works_alone_marks_nothing(window: MainWindow, desk: Desk, scenes) -> None:
    incident = scenes.open()
    desk.do(c.AddNarrative(incident, "alone"))
    window.context.selection.select_incident(incident)
    assert WAITS not in window.panes.incident.narrative.toPlainText()
    assert not window.panes.incident.header.sync_mark.isVisible()


def test_that_a_pasted_page_keeps_its_mark_at_its_end(joined: MainWindow, desk: Desk, scenes) -> None:
    incident = scenes.open()
    desk.do(c.AddNarrative(incident, "a\u2029b"))
    desk.do(c.AddNarrative(incident, "after"))
    joined.context.selection.select_incident(incident)
    events = [line.event for line in desk.board.incidents[incident].narrative]
    desk.acknowledge([events[0]])
    assert [line.endswith(WAITS) for line in lines(joined)] == [False] * (len(lines(joined)) - 1) + [True]
