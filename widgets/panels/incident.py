"""One incident whole: header, units with their times, the narrative, and what can be done to it."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.desk import Change
from core.domain.board import Incident
from core.domain.commands import AddNarrative, Relocate
from core.errors import Unavailable
from widgets.context import DeskContext
from widgets.flow_layout import FlowLayout
from widgets.panels.brevity import LONGEST_FIELD
from widgets.panels.chooser import Chooser
from widgets.panels.incident_actions import IncidentActions
from widgets.panels.incident_header import IncidentHeader
from widgets.panels.incident_units import IncidentUnitsModel
from widgets.panels.location_field import LocationField
from widgets.panels.narrative_view import NarrativeView
from widgets.panels.notice import Notice, paragraph
from widgets.panels.rows_view import RowsView
from widgets.panels.whole_lines import WholeLines
from widgets.sync.conflict_words import conflict_sentence
from widgets.sync.outbox_marks import OutboxMarks
from widgets.sync.presence_line import PresenceLine
from widgets.theme import px

LEAST_UNITS, MOST_UNITS = 2, 8  # rows
EMPTY = "No incident is selected. F3 goes to the queue, where the arrow keys choose one."


class IncidentPanel(QWidget):
    """Follows the selection. Letters act while no text field has the keyboard; the buttons name them."""

    def __init__(self, context: DeskContext, marks: OutboxMarks | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Incident")
        self._context = context
        self.marks = marks or OutboxMarks(context, self)
        self.presence = PresenceLine(context)
        self._recalled: Incident | None = None
        self._followed = ""
        self._unfinished: dict[str, str] = {}  # by incident: lines begun and not yet logged
        self.header = IncidentHeader(context)
        self.units_model = IncidentUnitsModel(context.desk, self)
        self.units = RowsView(context, self.units_model)
        self.units.setAccessibleName("Units on this incident")
        self.narrative = NarrativeView(context, self.marks.waits)
        self.add_line = QLineEdit()
        self.add_line.setAccessibleName("Add to the narrative")
        self.add_line.setMaxLength(LONGEST_FIELD)
        self.add_line.setPlaceholderText("Add to the narrative; Enter logs it, Esc leaves")
        self.notice, self.conflict = Notice(context), Notice(context)
        self.chooser = Chooser(context)
        self.acts = IncidentActions(context, self.chooser, self.notice, lambda: self.incident)
        self.relocation = LocationField(context)
        self._keys: dict[str, Callable[[], None]] = {
            "C": self.acts.close,
            "R": self.acts.reopen,
            "T": self.acts.retype,
            "L": self.ask_location,
            "P": self.acts.prioritise,
            "S": self.acts.grade,
            "N": self.add_line.setFocus,
            "E": self.narrative.show_whole,
        }
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._lay_out()
        self._connect()
        self._order_tabs()
        self._follow(context.selection.incident)

    @property
    def incident(self) -> Incident | None:
        chosen = self._context.selection.incident
        return self._context.desk.board.incidents.get(chosen) or self._recalled

    def _lay_out(self) -> None:
        body = WholeLines()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 0, px(6))
        rows.setSpacing(px(4))
        rows.addWidget(self.header)
        rows.addWidget(self.conflict)
        rows.addWidget(self.presence.label)
        rows.addLayout(self._buttons())
        rows.addWidget(self._relocation_box())
        for widget in (self.chooser, self.notice):
            rows.addWidget(widget)
        self._no_units = paragraph("muted", "No unit has been on it yet.")
        self._no_units.setContentsMargins(px(10), 0, px(10), 0)
        rows.addWidget(self._no_units)
        self.units.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        rows.addWidget(self.units)
        rows.addWidget(self.narrative, 1)
        line = QHBoxLayout()
        line.setContentsMargins(px(10), 0, px(10), 0)
        line.addWidget(self.add_line)
        rows.addLayout(line)
        empty = paragraph("muted", EMPTY)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(body)

    def _buttons(self) -> QVBoxLayout:
        margin = QVBoxLayout()
        margin.setContentsMargins(px(10), 0, px(10), 0)
        row = FlowLayout()
        row.setSpacing(px(4))
        margin.addLayout(row)
        named = {"C": "Close", "R": "Reopen", "T": "Type", "L": "Location", "P": "Priority", "S": "Severity"}
        named["N"] = "Narrative"
        self.buttons: dict[str, QPushButton] = {}
        for key, name in named.items():
            button = QPushButton(f"{key}  {name}")
            button.setAccessibleName(name)
            button.setAccessibleDescription(f"Key {key} while this panel has the keyboard.")
            button.clicked.connect(self._keys[key])
            self.buttons[key] = button
            row.addWidget(button)
        return margin

    def _relocation_box(self) -> QFrame:
        self._box = QFrame()
        self._box.setObjectName("popover")
        self._move_button = QPushButton("Move the incident here   Ctrl+Enter")
        self._move_button.setAccessibleName("Move the incident here")
        rows = QVBoxLayout(self._box)
        rows.setContentsMargins(px(8), px(6), px(8), px(6))
        self._box_title = QLabel()
        self._box_title.setProperty("role", "heading")
        for widget in (self._box_title, self.relocation, self._move_button):
            rows.addWidget(widget)
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self._box)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._relocate)
        self._box.hide()
        return self._box

    def _order_tabs(self) -> None:
        """The log comes first, where letters act and nothing is pressed by mistake; then its line, then the buttons."""
        stops = [self.units, self.narrative, self.add_line, *self.buttons.values()]
        for stop, following in pairwise(stops):
            QWidget.setTabOrder(stop, following)

    def _connect(self) -> None:
        context = self._context
        self._soon.timeout.connect(self._refresh)
        self._move_button.clicked.connect(self._relocate)
        self.relocation.advance.connect(self._move_button.setFocus)
        self.add_line.returnPressed.connect(self._add)
        self.chooser.left.connect(self._rest)
        self.units.picked.connect(
            lambda keys: context.selection.select_units(tuple(map(self.units_model.unit_of, keys)))
        )
        context.selection.incident_changed.connect(self._follow)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self._on_tick)
        self.marks.changed.connect(self._on_marks)

    def ask_location(self) -> None:
        """Open the location field in place, with what stands there now."""
        incident = self.incident
        if incident is None:
            return
        self._box_title.setText(f"Location of {self._context.desk.board.short(incident)}:")
        self.relocation.set_location(incident.location)
        self._box.show()
        self.relocation.setFocus(Qt.FocusReason.OtherFocusReason)
        self.relocation.edit.selectAll()

    def set_location_from_map(self, lat: float, lon: float) -> bool:
        """A click on the map fills the open location field; False when it is not open."""
        if self._box.isHidden():
            return False
        self.relocation.set_from_map(lat, lon)
        return True

    def _relocate(self) -> None:
        self.relocation.settle()
        incident, location = self.incident, self.relocation.location
        if incident is None or self._box.isHidden():
            return
        if not location.text:
            self.notice.tell("The location is empty. Say where, even in words.", role="warning")
        elif self.acts.do(Relocate(incident.id, location)):
            self._close_box()

    def _close_box(self) -> None:
        self._box.hide()
        self._rest()

    def _rest(self) -> None:
        """Where the keyboard goes after a choice: somewhere that letters act."""
        self.narrative.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self) -> None:
        incident, text = self.incident, self.add_line.text().strip()
        if incident is not None and text and self.acts.do(AddNarrative(incident.id, text)):
            self.add_line.clear()

    def _follow(self, chosen: str) -> None:
        self._unfinished[self._followed] = self.add_line.text()
        self._followed = chosen
        self.add_line.setText(self._unfinished.pop(chosen, ""))
        self._recalled = None
        if chosen and chosen not in self._context.desk.board.incidents:
            try:
                self._recalled = self._context.desk.store.incident(chosen)
            except Unavailable as trouble:
                self.notice.tell_error(trouble)
        self.chooser.hide()
        self._box.hide()
        self.notice.clear()
        self.narrative.whole = False
        self._refresh()

    def _on_change(self, change: Change) -> None:
        incident = self.incident
        on_it = {a.unit for a in incident.active_assignments} if incident else set()
        if incident is not None and (incident.id in change.incidents or on_it & change.units):
            self._soon.start()

    def _on_marks(self, incidents: frozenset[str]) -> None:
        incident = self.incident
        if incident is not None and incident.id in incidents:
            self.header.show_unsynced(self.marks.count(incident.id))
            self.narrative.renew_marks()

    def _on_tick(self, now_ms: int) -> None:
        if self.incident is not None:
            self.header.run(self.incident, now_ms)

    def _refresh(self) -> None:
        incident = self.incident
        self._stack.setCurrentIndex(1 if incident else 0)
        self.units_model.refresh(incident)
        self.presence.show_incident(incident.id if incident else "")
        if incident is None:
            return
        self.header.show_incident(incident, self._context.desk.clock.now_ms())
        self.header.show_unsynced(self.marks.count(incident.id))
        self.conflict.tell(conflict_sentence(self._context, incident), role="error")
        self._no_units.setVisible(not incident.assignments)
        self.units.setVisible(bool(incident.assignments))
        self.units.absent = self.units_model.empty_columns
        self.units.fit_columns()
        self._share_height()
        self.narrative.show_lines(incident.narrative)
        closed = incident.closed_at is not None
        for key, button in self.buttons.items():
            button.setVisible((key == "R") == closed or key == "N")

    def _share_height(self) -> None:
        """Every unit is seen before the narrative gets more than its few lines."""
        row, count = self.units.verticalHeader().defaultSectionSize(), self.units_model.rowCount()
        self.units.rows_wanted = min(count, MOST_UNITS)
        self.units.setMinimumHeight((min(count, LEAST_UNITS) + 1) * row + px(6))
        self.units.setMaximumHeight((min(count, MOST_UNITS) + 1) * row + px(6))
        self.narrative.setMinimumHeight(row * 3)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_stack"):
            self._share_height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = (
            self._keys.get(event.text().upper()) if not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier else None
        )
        if event.key() == Qt.Key.Key_Escape and not self._box.isHidden():
            self._close_box()
        elif event.key() == Qt.Key.Key_Escape and self.add_line.hasFocus():
            self._rest()
        elif act is not None and self.incident is not None:
            act()
        else:
            super().keyPressEvent(event)
