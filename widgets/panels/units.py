"""The unit board: who is free, who is where, since when; any status in three keys."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from core.desk import Change
from core.domain.commands import Contact
from core.domain.statuses import Availability
from core.errors import ForedeskError
from widgets.context import DeskContext
from widgets.panels.chooser import Chooser
from widgets.panels.notice import Notice, paragraph
from widgets.panels.rows_view import RowsView
from widgets.panels.times import count_text
from widgets.panels.unit_model import LIVE, UnitModel
from widgets.panels.unit_status import FIRST_LETTERS, UnitStatusChange
from widgets.theme import px

EMPTY = "No units yet. The agency file's roster names them."
KEYS = "Type a status (os, av …) and Enter.  C welfare contact.  X stand down.  F shows all or follows the incident."
HELD = "The order waits while you move in the list, and for 3 s after."


class UnitPanel(QWidget):
    """The selected rows are the desk's selected units. Letters act on them; see KEYS."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Units")
        self._context = context
        self.model = UnitModel(context.desk, self)
        self.view = RowsView(context, self.model, several=True)
        self.view.setAccessibleName("Units")
        self.view.setAccessibleDescription(KEYS)
        self.banner, self.hint, self.notice = Notice(context), Notice(context), Notice(context)
        self.chooser = Chooser(context)
        self.status = UnitStatusChange(context, self.chooser, self.notice)
        self._summary = QLabel()
        self._summary.setProperty("role", "small")
        self.empty = paragraph("muted", EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._changed: set[str] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._lay_out()
        self.setFocusProxy(self.view)
        self._connect()
        self._follow_incident(context.selection.incident)

    def _lay_out(self) -> None:
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        keys = paragraph("small", KEYS)
        keys.setContentsMargins(px(8), px(2), px(8), px(4))
        head = QHBoxLayout()
        head.setContentsMargins(px(8), px(4), px(8), 0)
        head.addWidget(self._summary, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(self.banner)
        rows.addLayout(self._stack, 1)
        for widget in (self.hint, self.notice, self.chooser, keys):
            rows.addWidget(widget)

    def _connect(self) -> None:
        context = self._context
        self._soon.timeout.connect(self._refresh)
        self.view.released.connect(self._refresh)
        self.view.picked.connect(context.selection.select_units)
        self.chooser.left.connect(self.view.setFocus)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self._on_tick)
        context.selection.incident_changed.connect(self._follow_incident)
        context.selection.units_changed.connect(self.view.mark)

    def _on_change(self, change: Change) -> None:
        if (change.units or change.incidents) and self._changed is not None:
            self._changed |= change.units
            self._soon.start()

    def _on_tick(self, now_ms: int) -> None:
        self.model.now_ms = now_ms
        self._refresh()
        for column in LIVE:
            self.view.repaint_column(column)

    def _refresh(self, *, moved: bool = False) -> None:
        """Bring rows up to date; `moved` says that the filter changed, so that nothing holds them."""
        self.model.now_ms = self._context.desk.clock.now_ms()
        changed, self._changed = self._changed, set()
        out_of_order = self.model.refresh(changed, hold=self.view.held and not moved)
        self.hint.tell(HELD if out_of_order else "")
        units = self._context.desk.board.units
        self._stack.setCurrentWidget(self.view if units else self.empty)
        free = sum(1 for unit in units.values() if unit.status.availability is Availability.FREE)
        self._summary.setText(f"{free} of {count_text(len(units), 'unit')} free" if units else "")
        self.view.mark(self._context.selection.units)

    def _follow_incident(self, incident: str) -> None:
        self.model.incident = incident
        self._refresh(moved=True)
        self._tell_filter()

    def _tell_filter(self) -> None:
        known = self._context.desk.board.incidents.get(self.model.incident)
        if known is None:
            self.banner.clear()
        elif self.model.everything:
            self.banner.tell(
                f"All units; those on {self._context.desk.board.short(known)} come first. F follows the incident."
            )
        else:
            others = f" {count_text(self.model.hidden, 'other')} not shown; F shows all." if self.model.hidden else ""
            self.banner.tell(
                f"Units on {self._context.desk.board.short(known)}, then free units.{others} Esc clears this."
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        units, text = self._units(), event.text().upper()
        if event.key() == Qt.Key.Key_Escape and self._context.selection.incident:
            self._context.selection.clear()
        elif plain and text == "F" and self.model.incident:
            self.model.everything = not self.model.everything
            self._follow_incident(self.model.incident)
        elif plain and text == "!" and self.status.overridable:
            self.status.ask_override()
        elif plain and text in FIRST_LETTERS and units:
            self.status.ask(units, text.lower())
        elif plain and text == "X" and units:
            self.status.ask_release(units)
        elif plain and text == "C" and units:
            self._contact(units)
        else:
            super().keyPressEvent(event)

    def _units(self) -> tuple[str, ...]:
        """What is selected, or the row the keyboard is on."""
        current = self.view.key_current()
        return self.view.keys_selected() or ((current,) if current else ())

    def _contact(self, units: tuple[str, ...]) -> None:
        try:
            for unit in units:
                self._context.desk.do(Contact(unit))
        except ForedeskError as error:
            self.notice.tell_error(error)
        else:
            self.notice.tell(f"Contact with {', '.join(units)} is logged; the welfare timer starts again.")
