"""Which events, and so which incidents, the server is not known to have: exactly those in the outbox."""

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from core.desk import Change
from core.errors import Unavailable
from widgets.context import DeskContext
from widgets.sync.control import LinkState


class OutboxMarks(QObject):
    """`changed(incidents)` when marks come or go.

    Nothing is marked on a desk that has joined no server: there, nothing waits to be sent.
    """

    changed = Signal(object)

    def __init__(self, context: DeskContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._incident_of: dict[str, str] = {}  # by event id; "" for events of no incident
        self._waiting: Counter[str] = Counter()  # events by incident
        self.joined = False
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(lambda _now: self.look())

    def waits(self, event: str) -> bool:
        """Whether the server is not known to have this event."""
        return event in self._incident_of

    def count(self, incident: str) -> int:
        """How many events of an incident wait."""
        return self._waiting[incident]

    def look(self) -> None:
        """Begin or end marking, as the desk joined or left a server."""
        sync = self._context.sync
        joined = sync is not None and sync.view().state is not LinkState.NONE
        if joined == self.joined:
            return
        self.joined = joined
        touched = set(self._waiting)
        self._incident_of.clear()
        self._waiting.clear()
        if joined:
            touched |= self._add(None)
        self.changed.emit(frozenset(touched))

    def _on_change(self, change: Change) -> None:
        if not self.joined:
            return
        touched = self._drop(change.acknowledged)
        if change.events:
            touched |= self._add([event.id for event in change.events])
        if touched:
            self.changed.emit(frozenset(touched))

    def _add(self, events: list[str] | None) -> set[str]:
        try:
            waiting = self._context.desk.store.waiting(events)
        except Unavailable:
            return set()  # the health strip says so
        touched = set()
        for event, (incident, _unit) in waiting.items():
            if event not in self._incident_of:
                self._incident_of[event] = incident
                self._waiting[incident] += 1
                touched.add(incident)
        return touched

    def _drop(self, events: Iterable[str]) -> set[str]:
        touched = set()
        for event in events:
            incident = self._incident_of.pop(event, None)
            if incident is None:
                continue
            self._waiting[incident] -= 1
            touched.add(incident)
            if not self._waiting[incident]:
                del self._waiting[incident]
        return touched
