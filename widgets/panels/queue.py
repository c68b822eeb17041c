"""The queue of open incidents: what waits, how long, and which one everything else follows."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from core.desk import Change
from core.domain.queue import queue_order
from core.domain.statuses import IncidentState, Priority
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.keyed_table import KeyedTable
from widgets.panels.notice import Notice, paragraph
from widgets.panels.queue_model import AGE, SYNC, QueueModel
from widgets.panels.rows_view import RowsView
from widgets.panels.times import count_text
from widgets.sync.outbox_marks import OutboxMarks
from widgets.theme import px

EMPTY = "No open incidents. F2 takes a call."
HELD = "The order waits while you move in the list, and for 3 s after. S sorts it now."


class QueuePanel(QWidget):
    """Selecting a row selects the incident for the whole desk; Esc clears that."""

    def __init__(self, context: DeskContext, marks: OutboxMarks | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Queue")
        self._context = context
        self.marks = marks or OutboxMarks(context, self)
        self.model = QueueModel(context.desk, self.marks.count, self)
        self.view = RowsView(context, self.model)
        self.view.setAccessibleName("Open incidents")
        self.view.absent = set() if self.marks.joined else {SYNC}
        self.view.picked.connect(lambda keys: context.selection.select_incident(keys[0] if keys else ""))
        self.view.released.connect(self._refresh)
        self.banner = Notice(context)
        self.hint = Notice(context)
        self.urgent = Notice(context)
        self._summary = QLabel()
        self._summary.setProperty("role", "small")
        self.empty = paragraph("muted", EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._changed: set[str] | None = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._refresh)
        self._lay_out()
        self.setFocusProxy(self.view)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self._on_tick)
        context.selection.incident_changed.connect(self._follow_selection)
        self.marks.changed.connect(self._on_marks)
        self._changed = None
        self._refresh()
        self._follow_selection(context.selection.incident)

    def _lay_out(self) -> None:
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        head = QHBoxLayout()
        head.setContentsMargins(px(8), px(4), px(8), 0)
        head.addWidget(self._summary, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(self.urgent)
        rows.addWidget(self.banner)
        rows.addLayout(self._stack, 1)
        rows.addWidget(self.hint)

    def _on_change(self, change: Change) -> None:
        if change.incidents and self._changed is not None:
            self._changed |= change.incidents
            self._soon.start()

    def _on_tick(self, now_ms: int) -> None:
        self.model.now_ms = now_ms
        self._refresh()
        self.view.repaint_column(AGE)

    def _refresh(self) -> None:
        self.model.now_ms = self._context.desk.clock.now_ms()
        changed, self._changed = self._changed, set()
        out_of_order = self.model.refresh(changed, hold=self.view.held)
        self.hint.tell(HELD if out_of_order else "")
        self.urgent.tell(self._urgent_sentence() if out_of_order else "", role="error")
        self._stack.setCurrentWidget(self.view if self.model.rowCount() else self.empty)
        waiting = sum(i.state is IncidentState.WAITING for i in self._context.desk.board.open_incidents())
        open_count = count_text(self.model.rowCount(), "open incident")
        self._summary.setText(f"{open_count}, {waiting} waiting for a unit" if self.model.rowCount() else "")
        if self._context.selection.incident:
            self._follow_selection(self._context.selection.incident)

    def _urgent_sentence(self) -> str:
        """Names what is most urgent while the held order has it further down: that is never left to be found."""
        desk = self._context.desk
        first = next(iter(queue_order(desk.board, desk.agency, self.model.now_ms)), None)
        if first is None or first.priority is not Priority.P1 or first.active_assignments:
            return ""
        if self.model.row_of(first.id) == 0:
            return ""
        number, place = desk.board.short(first), brief(first.location.text, 60)
        return f"P1 is waiting: {number}, {first.type}, {place}. S brings it to the top."

    def _follow_selection(self, incident: str) -> None:
        self.view.mark((incident,) if incident else ())
        row = self.model.row_of(incident)
        if row >= 0 and not self.view.held:
            self.view.scrollTo(self.model.index(row, 0))
        known = self._context.desk.board.incidents.get(incident)
        self.banner.tell(
            f"Everything follows incident {self._context.desk.board.short(known)}. Esc clears this." if known else ""
        )

    def _on_marks(self, incidents: frozenset[str]) -> None:
        """Marks have a column only on a desk that has joined a server; alone, nothing waits to be sent."""
        absent = set() if self.marks.joined else {SYNC}
        if absent != self.view.absent:
            self.view.absent = absent
            self.view.fit_columns()
        if self._changed is not None:
            self._changed |= incidents
        self._soon.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._context.selection.incident:
            self._context.selection.clear()
        elif event.key() == Qt.Key.Key_S and not event.modifiers():
            self.model.refresh(set(), hold=False)
            self.hint.clear()
            self.urgent.clear()
        else:
            super().keyPressEvent(event)


__all__ = ["KeyedTable", "QueuePanel"]
