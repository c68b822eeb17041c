"""The incident in four lines that never scroll away: what, where, since when, and the number to ring back."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.domain.agency import Agency
from core.domain.board import Incident
from core.domain.severity_words import severity_sentence
from core.domain.statuses import IncidentState
from core.domain.timers import TimerState, incident_timer
from widgets.badges import PriorityBadge, SyncMark
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.notice import paragraph, set_role
from widgets.panels.state_words import state_text
from widgets.panels.times import clock_text, elapsed_text, minute_text
from widgets.theme import px

CALLS_SHOWN = 4


class IncidentHeader(QWidget):
    """`show_incident` fills it; `run` moves its timer."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.badge = PriorityBadge(context)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.timer = QLabel()
        self.state = QLabel()
        self.kind = paragraph("muted")
        self.place = paragraph("heading")
        self.place_note = paragraph("small")
        self.sync_mark, self.sync_text = SyncMark(context), QLabel()
        self.sync_text.setProperty("role", "small")
        self.callback = paragraph("figure")
        self.calls = paragraph("muted")
        first = QHBoxLayout()
        first.setSpacing(px(8))
        for widget in (self.badge, self.title):
            first.addWidget(widget)
        first.addWidget(self.sync_mark)
        first.addWidget(self.sync_text)
        first.addStretch(1)
        first.addWidget(self.state)
        first.addWidget(self.timer)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(10), px(8), px(10), px(4))
        rows.setSpacing(px(2))
        rows.addLayout(first)
        for label in (self.kind, self.place, self.place_note, self.callback, self.calls):
            rows.addWidget(label)
            label.setMinimumWidth(1)  # a pasted link, a word without an end, must not push the timer out
        self.show_unsynced(0)

    def minimumSizeHint(self) -> QSize:
        """As high as its lines are at the width it has, not at the least it could have."""
        least = super().minimumSizeHint()
        return QSize(least.width(), self.heightForWidth(max(self.width(), least.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def show_incident(self, incident: Incident, now_ms: int) -> None:
        agency = self._context.desk.agency
        self.badge.set(incident.priority)
        self.title.setText(incident.number)
        self.kind.setText(_kind_text(incident, agency))
        place = incident.location
        parts = [brief(part, 300) for part in (place.text, place.detail) if part]
        self.place.setText(", ".join(parts))
        self.place_note.setText(
            "" if place.placed else "Unverified: this location has no place on the map. L gives it one."
        )
        set_role(self.place_note, "warning")
        self.place_note.setVisible(not place.placed)
        self.callback.setText(_callback_text(incident))
        set_role(self.callback, "figure" if any(call.caller.callback for call in incident.calls) else "muted")
        self.calls.setText("\n".join(_call_lines(incident)))
        self.calls.setVisible(bool(self.calls.text()))
        self.run(incident, now_ms)

    def show_unsynced(self, waiting: int) -> None:
        """How many of its events the server is not known to have."""
        self.sync_mark.setVisible(waiting > 0)
        self.sync_text.setText(f"{waiting} not yet synced" if waiting else "")
        self.sync_text.setVisible(waiting > 0)

    def run(self, incident: Incident, now_ms: int) -> None:
        """Bring state and timer up to date."""
        if incident.state is IncidentState.CLOSED:
            ended = clock_text(incident.closed_at or 0)
            self.state.setText(f"closed {ended}, {incident.disposition}")
            self.timer.setText("")
            return
        timer = incident_timer(incident, self._context.desk.agency, now_ms)
        self.state.setText(state_text(incident))
        words = {TimerState.OVERDUE: " overdue", TimerState.WARN: " nearly due"}
        self.timer.setText(f"{elapsed_text(timer.elapsed_s)}{words.get(timer.state, '')}")
        role = {TimerState.OVERDUE: "alarm", TimerState.WARN: "warning"}.get(timer.state, "heading")
        set_role(self.timer, role)


def _kind_text(incident: Incident, agency: Agency) -> str:
    known = agency.types.get(incident.type)
    name = f"{incident.type}, {known.name}" if known else incident.type
    opened = f"opened {minute_text(incident.opened_at)} by {incident.opened_by or 'nobody signed on'}"
    return f"{name}; {severity_sentence(incident)}; {opened}"


def _callback_text(incident: Incident) -> str:
    numbers = dict.fromkeys(brief(call.caller.callback, 40) for call in incident.calls if call.caller.callback)
    return f"Callback {', '.join(numbers)}" if numbers else "No callback number was given."


def _call_lines(incident: Incident) -> list[str]:
    """A line for every call after the first, and for the first when it says more than the header does."""
    lines = []
    for at, call in enumerate(incident.calls):
        named = brief(call.caller.name, 80) or ("caller not named" if at else "")
        if not named:
            continue
        text = f"{minute_text(call.answered_at)}  {named}"
        if call.caller.callback and len(incident.calls) > 1:
            text += f", {brief(call.caller.callback, 40)}"
        if at and call.location.text and call.location.text != incident.location.text:
            text += f", said {brief(call.location.text)}"
        lines.append(text)
    hidden = len(lines) - CALLS_SHOWN
    return lines if hidden <= 0 else [f"{hidden} earlier calls are in the report.", *lines[hidden:]]
