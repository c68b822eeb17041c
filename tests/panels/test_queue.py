"""The queue: what stands where, when it may move, and what selecting does."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import Assign, CloseIncident, SetStatus
from core.domain.statuses import Priority, UnitStatus
from widgets.context import DeskContext
from widgets.panels.keyed_table import CELL_ROLE
from widgets.panels.queue import EMPTY, QueuePanel
from widgets.panels.queue_model import AGE, STATE
from widgets.panels.rows_view import RowsView
from widgets.sync.control import LinkState, LinkView

Show = Callable[[QWidget], None]
PointerOver = Callable[[RowsView, bool], None]
OpenOne = Callable[..., str]


@pytest.fixture
def panel(context: DeskContext, show: Show) -> QueuePanel:
    panel = QueuePanel(context)
    panel.resize(620, 400)
    show(panel)
    return panel


def settle(panel: QueuePanel) -> None:
    panel._refresh()


def test_that_an_empty_queue_teaches_the_key(panel: QueuePanel) -> None:
    assert panel.empty.isVisible()
    assert panel.empty.text() == EMPTY
    assert "F2" in EMPTY


def test_that_the_queue_sorts_unassigned_first_then_by_priority(
    panel: QueuePanel, desk: Desk, open_one: OpenOne
) -> None:
    calm, urgent, assigned = (
        open_one(priority=Priority.P3),
        open_one(priority=Priority.P1),
        open_one(priority=Priority.P1),
    )
    desk.do(Assign(assigned, ("M1",)))
    settle(panel)
    assert panel.model.keys == (urgent, calm, assigned)


def test_that_rows_never_jump_under_the_pointer(
    panel: QueuePanel, open_one: OpenOne, pointer_over: PointerOver
) -> None:
    calm = open_one(priority=Priority.P3)
    settle(panel)
    pointer_over(panel.view, True)
    urgent = open_one(priority=Priority.P1)
    settle(panel)
    assert panel.model.keys == (calm, urgent)
    assert "The order waits" in panel.hint.text
    pointer_over(panel.view, False)
    assert panel.model.keys == (urgent, calm)
    assert panel.hint.text == ""


def test_that_a_closed_incident_keeps_its_place_under_the_pointer(
    panel: QueuePanel, desk: Desk, open_one: OpenOne, pointer_over: PointerOver
) -> None:
    first, second = open_one(), open_one()
    settle(panel)
    pointer_over(panel.view, True)
    desk.do(CloseIncident(first, "FALSE"))
    settle(panel)
    assert panel.model.keys == (first, second)
    assert panel.model.data(panel.model.index(0, AGE)) == "closed"
    pointer_over(panel.view, False)
    assert panel.model.keys == (second,)


def test_that_rows_wait_while_the_list_is_keyed_and_move_three_seconds_later(
    panel: QueuePanel, open_one: OpenOne, qtbot: QtBot
) -> None:
    now_s = 100.0
    panel.view.now_s = lambda: now_s
    calm, calmer = open_one(priority=Priority.P3), open_one(priority=Priority.P4)
    settle(panel)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    urgent = open_one(priority=Priority.P1)
    settle(panel)
    assert panel.model.keys == (calm, calmer, urgent)
    now_s = 103.5
    settle(panel)
    assert panel.model.keys == (urgent, calm, calmer)


def test_that_s_sorts_at_once(panel: QueuePanel, open_one: OpenOne, qtbot: QtBot, pointer_over: PointerOver) -> None:
    calm = open_one(priority=Priority.P3)
    settle(panel)
    pointer_over(panel.view, True)
    urgent = open_one(priority=Priority.P1)
    settle(panel)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_S)
    assert panel.model.keys == (urgent, calm)


def test_that_choosing_a_row_selects_the_incident_and_escape_clears_it(
    panel: QueuePanel, context: DeskContext, open_one: OpenOne, qtbot: QtBot
) -> None:
    first, second = open_one(), open_one()
    settle(panel)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert context.selection.incident == first
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert context.selection.incident == second
    assert "Esc clears" in panel.banner.text
    qtbot.keyClick(panel.view, Qt.Key.Key_Escape)
    assert context.selection.incident == ""
    assert panel.banner.text == ""
    assert panel.view.keys_selected() == ()
    assert first in panel.model.keys


def test_that_a_row_leaving_never_selects_its_neighbour(
    panel: QueuePanel, context: DeskContext, desk: Desk, open_one: OpenOne
) -> None:
    first, _second = open_one(), open_one()
    settle(panel)
    context.selection.select_incident(first)
    desk.do(CloseIncident(first, "FALSE"))
    settle(panel)
    assert context.selection.incident == first
    assert panel.view.keys_selected() == ()


def test_that_the_selection_stays_on_its_incident_when_rows_move(
    panel: QueuePanel, context: DeskContext, open_one: OpenOne
) -> None:
    calm = open_one(priority=Priority.P3)
    context.selection.select_incident(calm)
    settle(panel)
    open_one(priority=Priority.P1)
    settle(panel)
    assert panel.view.keys_selected() == (calm,)
    assert context.selection.incident == calm


def test_that_a_waiting_incident_warns_and_then_is_overdue(
    panel: QueuePanel, context: DeskContext, clock: ManualClock, open_one: OpenOne
) -> None:
    open_one(priority=Priority.P1)
    settle(panel)
    states = []
    for wait_s in (10, 40, 20):
        clock.advance(wait_s)
        context.notifier.tick.emit(clock.now_ms())
        states.append(panel.model.data(panel.model.index(0, AGE), CELL_ROLE).timer.value)
    assert states == ["ok", "warn", "overdue"]
    assert panel.model.data(panel.model.index(0, AGE)) == "1:10"


def test_that_only_changed_rows_are_updated(panel: QueuePanel, desk: Desk, open_one: OpenOne) -> None:
    incidents = [open_one(text=f"Calle {n}") for n in range(12)]
    settle(panel)
    changed: list[int] = []
    panel.model.dataChanged.connect(lambda top, bottom, _roles=None: changed.extend(range(top.row(), bottom.row() + 1)))
    desk.do(Assign(incidents[-1], ("M1",)))
    settle(panel)
    assert changed == [panel.model.row_of(incidents[-1])]
    assert panel.model.data(panel.model.index(changed[0], STATE)) == "1 assigned"


def test_that_a_hundred_events_leave_the_focus_and_the_selection_alone(
    panel: QueuePanel, context: DeskContext, open_one: OpenOne, qtbot: QtBot
) -> None:
    chosen = open_one()
    settle(panel)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Home)
    context.selection.select_incident(chosen)
    for n in range(100):
        open_one(text=f"Calle {n}")
        settle(panel)
    assert panel.view.hasFocus()
    assert panel.view.key_current() == chosen
    assert context.selection.incident == chosen


def test_that_letters_typed_in_the_list_search_nothing(
    panel: QueuePanel, context: DeskContext, open_one: OpenOne, qtbot: QtBot
) -> None:
    open_one()
    settle(panel)
    panel.view.setFocus()
    qtbot.keyClicks(panel.view, "1q")
    assert context.selection.incident == ""


def test_that_an_unverified_place_says_so(panel: QueuePanel, desk: Desk) -> None:
    from core.domain.commands import OpenIncident
    from core.domain.values import Location

    desk.do(OpenIncident("EMS-CHE", Location("behind the old mill")))
    settle(panel)
    texts = [panel.model.data(panel.model.index(0, column)) for column in range(panel.model.columnCount())]
    assert "behind the old mill (unverified)" in texts


class Server:
    """A link that only says how it stands."""

    def __init__(self) -> None:
        self.state = LinkState.OFFLINE

    def view(self) -> LinkView:
        return LinkView(state=self.state)


def test_that_marks_of_what_is_not_synced_appear_only_on_a_desk_with_a_server(
    panel: QueuePanel, context: DeskContext, desk: Desk, clock: ManualClock, open_one: OpenOne
) -> None:
    open_one()
    settle(panel)
    last = panel.model.columnCount() - 1
    assert not panel.model.data(panel.model.index(0, last), CELL_ROLE).unsynced
    assert panel.view.isColumnHidden(last)
    context.sync = Server()
    context.notifier.tick.emit(clock.now_ms())
    settle(panel)
    cell = panel.model.data(panel.model.index(0, last), CELL_ROLE)
    assert cell.unsynced
    assert cell.spoken == "Not yet synced"


def test_that_a_mark_goes_exactly_when_the_server_has_the_last_event_of_its_incident(
    panel: QueuePanel, context: DeskContext, desk: Desk, clock: ManualClock, open_one: OpenOne
) -> None:
    context.sync = Server()
    context.notifier.tick.emit(clock.now_ms())
    first, second = open_one(), open_one()
    settle(panel)
    waiting = {event: of for event, (of, _unit) in desk.store.waiting().items() if of in (first, second)}
    of_first = [event for event, incident in waiting.items() if incident == first]
    desk.acknowledge(of_first[:-1])
    settle(panel)
    assert panel.marks.count(first) == 1
    desk.acknowledge(of_first[-1:])
    settle(panel)
    marked = {
        key
        for key in (first, second)
        if panel.model.data(panel.model.index(panel.model.row_of(key), 7), CELL_ROLE).unsynced
    }
    assert marked == {second}


def test_that_a_tick_reads_the_timers_of_visible_rows_only(
    panel: QueuePanel, context: DeskContext, clock: ManualClock, open_one: OpenOne, qapp: QApplication
) -> None:
    for number in range(120):
        open_one(text=f"Calle {number}")
    settle(panel)
    panel.resize(620, 260)
    qapp.processEvents()
    asked: list[str] = []
    live_cell = panel.model.live_cell
    panel.model.live_cell = lambda key, column: asked.append(key) or live_cell(key, column)
    clock.advance(1)
    context.notifier.tick.emit(clock.now_ms())
    qapp.processEvents()
    assert 0 < len(set(asked)) < 15


def test_that_the_state_tells_who_is_there_now(panel: QueuePanel, desk: Desk, open_one: OpenOne) -> None:
    incident = open_one()
    told = []

    def note() -> None:
        settle(panel)
        told.append(panel.model.data(panel.model.index(0, STATE)))

    note()
    desk.do(Assign(incident, ("M1", "E1", "A1")))
    note()
    for unit, status in (
        ("M1", UnitStatus.ON_SCENE),
        ("E1", UnitStatus.ON_SCENE),
        ("A1", UnitStatus.ON_SCENE),
        ("M1", UnitStatus.TRANSPORTING),
        ("E1", UnitStatus.AVAILABLE),
        ("A1", UnitStatus.AVAILABLE),
    ):
        desk.do(SetStatus(unit, status))
        note()
    assert told == [
        "waiting",
        "3 assigned",
        "1/3 on scene",
        "2/3 on scene",
        "3 on scene",
        "2/3 on scene",
        "1/2 on scene",
        "1 transporting",
    ]


def test_that_a_pointer_that_lies_still_does_not_hold_the_order(
    panel: QueuePanel, open_one: OpenOne, pointer_over: PointerOver
) -> None:
    now = [100.0]
    panel.view.now_s = lambda: now[0]
    calm = open_one(priority=Priority.P3)
    settle(panel)
    pointer_over(panel.view, True)
    now[0] += 10
    urgent = open_one(priority=Priority.P1)
    settle(panel)
    assert panel.model.keys == (urgent, calm)


def test_that_a_moving_pointer_holds_the_order_and_a_waiting_p1_is_named_on_top(
    panel: QueuePanel, open_one: OpenOne, pointer_over: PointerOver, qtbot: QtBot
) -> None:
    now = [100.0]
    panel.view.now_s = lambda: now[0]
    calm = open_one(priority=Priority.P3)
    settle(panel)
    pointer_over(panel.view, True)
    now[0] += 10
    at, none = QPointF(30, 12), Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel.view.viewport(), move)
    now[0] += 1
    urgent = open_one(priority=Priority.P1, text="Colón 12")
    settle(panel)
    assert panel.model.keys == (calm, urgent)
    assert panel.urgent.isVisible()
    assert "P1 is waiting: 2, EMS-CHE, Colón 12." in panel.urgent.text
    assert panel.urgent.y() < panel.view.y()
    qtbot.keyClicks(panel.view, "s")
    assert panel.model.keys == (urgent, calm)
    assert not panel.urgent.isVisible()


def test_that_a_list_that_was_held_sorts_itself_once_the_pointer_rests(
    panel: QueuePanel, open_one: OpenOne, pointer_over: PointerOver, qtbot: QtBot
) -> None:
    now = [100.0]
    panel.view.now_s = lambda: now[0]
    calm = open_one(priority=Priority.P3)
    settle(panel)
    pointer_over(panel.view, True)
    urgent = open_one(priority=Priority.P1)
    settle(panel)
    assert panel.model.keys == (calm, urgent)
    now[0] += 10
    panel.view._release_timer.timeout.emit()
    assert panel.model.keys == (urgent, calm)
