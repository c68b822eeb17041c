"""What is known of this caller and this address from earlier; it appears by itself."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.desk import PastIncident
from core.domain.numbers import short_number
from core.domain.values import Location
from core.errors import Unavailable
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.notice import paragraph
from widgets.panels.times import moment_text
from widgets.theme import px

LOOK_DELAY_MS = 200
SHORTEST_CALLBACK = 5
SHOWN = 6


class HistoryBox(QWidget):
    """`look` searches the store a moment after the last change, and only for what can be searched for."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._about: tuple[str, str, tuple[float, float] | None] = ("", "", None)
        self._left_out: frozenset[str] = frozenset()
        title = QLabel("EARLIER, THIS CALLER OR ADDRESS")
        title.setProperty("role", "section")
        self.rows: tuple[PastIncident, ...] = ()
        self._text = paragraph()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(4))
        rows.addWidget(title)
        rows.addWidget(self._text)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(LOOK_DELAY_MS)
        self._wait.timeout.connect(self.look_now)
        self.hide()

    def leave_out(self, incidents: frozenset[str]) -> None:
        """Incidents that are shown elsewhere already."""
        if incidents != self._left_out:
            self._left_out = incidents
            self.look_now()

    def look(self, callback: str, location: Location) -> None:
        """Look soon; `callback` once it is long enough, the location once it is placed."""
        number = callback.strip() if len(callback.strip()) >= SHORTEST_CALLBACK else ""
        near = (location.lat, location.lon) if location.lat is not None and location.lon is not None else None
        about = (number, location.text if near else "", near)
        if about != self._about:
            self._about = about
            self._wait.start()

    def look_now(self) -> None:
        self._wait.stop()
        callback, text, near = self._about
        self.rows = ()
        if callback or text:
            try:
                self.rows = self._context.desk.store.history(
                    callback=callback, location_text=text, near=near, limit=SHOWN
                )
            except Unavailable:
                self.rows = ()  # the health strip says what is wrong; a call goes on without its history
        self.rows = tuple(row for row in self.rows if row.id not in self._left_out)
        self._text.setText("\n".join(self._sentence(row) for row in self.rows))
        self.setVisible(bool(self.rows))

    def _sentence(self, past: PastIncident) -> str:
        ended = f"closed {past.disposition}" if past.closed_at is not None else "still open"
        number = short_number(past.number)
        return f"{moment_text(past.opened_at)}  {number}  {past.type}, {brief(past.location_text)}, {ended}"
