"""Open incidents that this call is likely about, beside the form while it is typed; one key links the call."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.domain.duplicates import DuplicateHint, likely_duplicates
from core.domain.values import Location
from widgets.announce import announce
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.notice import paragraph
from widgets.theme import px

SHOWN = 4
LOOK_DELAY_MS = 60


class DuplicatesBox(QWidget):
    """`link(incident)` when the person says it is the same one. The first is marked until another is chosen."""

    link = Signal(str)
    changed = Signal(frozenset)

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._about: tuple[Location, str, str] = (Location(""), "", "")
        self.hints: tuple[DuplicateHint, ...] = ()
        self.marked = ""
        self._title = QLabel("LIKELY THE SAME INCIDENT")
        self._title.setProperty("role", "section")
        self._how = QLabel("Ctrl+L links this call to the marked one. Alt+Down marks the next.")
        self._how.setProperty("role", "small")
        self._how.setWordWrap(True)
        self._how.setMinimumWidth(1)
        self._list = QVBoxLayout()
        self._list.setSpacing(px(4))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(4))
        rows.addWidget(self._title)
        rows.addWidget(self._how)
        rows.addLayout(self._list)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(LOOK_DELAY_MS)
        self._wait.timeout.connect(self.look_now)
        self.hide()

    def look(self, location: Location, callback: str, type_code: str) -> None:
        """Look soon for open incidents near in place and time, or by the same caller."""
        about = (location, callback, type_code)
        if about != self._about:
            self._about = about
            self._wait.start()

    def look_now(self) -> None:
        self._wait.stop()
        desk, (location, callback, type_code) = self._context.desk, self._about
        found: list[DuplicateHint] = []
        if location.text or callback:
            found = likely_duplicates(desk.board, desk.agency, desk.clock.now_ms(), location, callback, type_code)
        hints = tuple(found[:SHOWN])
        if [h.incident for h in hints] != [h.incident for h in self.hints] and hints:
            announce(self, f"Likely the same: {self._sentence(hints[0])}")
        self.hints = hints
        self.changed.emit(frozenset(hint.incident for hint in hints))
        if self.marked not in {hint.incident for hint in hints}:
            self.marked = hints[0].incident if hints else ""
        self._show()

    def mark_next(self) -> None:
        """Mark the next hint, going round."""
        incidents = [hint.incident for hint in self.hints]
        if incidents:
            self.marked = incidents[(incidents.index(self.marked) + 1) % len(incidents)]
            self._show()

    def look_if_due(self) -> None:
        """Before a key is answered: nobody waits for what is about to be shown."""
        if self._wait.isActive():
            self.look_now()

    def link_marked(self) -> None:
        self.look_if_due()
        if self.marked:
            self.link.emit(self.marked)

    def _sentence(self, hint: DuplicateHint) -> str:
        board = self._context.desk.board
        incident = board.incidents[hint.incident]
        return f"{board.short(incident)} {incident.type}, {brief(incident.location.text)}: {hint.reason}"

    def _show(self) -> None:
        while item := self._list.takeAt(0):
            if widget := item.widget():
                widget.deleteLater()
        for hint in self.hints:
            self._list.addWidget(self._row(hint))
        self.setVisible(bool(self.hints))

    def _row(self, hint: DuplicateHint) -> QWidget:
        marked = hint.incident == self.marked
        row = QWidget()
        mark = QLabel("▶" if marked else "")
        mark.setFixedWidth(px(14))
        text = paragraph("warning" if marked else "", self._sentence(hint))
        mark.setProperty("role", "warning")
        button = QPushButton("Link")
        button.setAccessibleName(f"Link this call to {self._sentence(hint)}")
        button.clicked.connect(lambda: self.link.emit(hint.incident))
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(px(4))
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(text, 1)
        line.addWidget(button)
        return row
