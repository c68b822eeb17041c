"""What happened without this operator's doing and is worth a look: kept until jumped to, never taking the focus."""

from collections import deque
from dataclasses import dataclass

from core.desk import Change, Desk
from core.domain.events import CallTaken, ConflictSettled, Event, IncidentOpened, IncidentReopened, PrioritySet
from core.domain.statuses import Priority
from core.domain.taken_off import DeskCalled, called_by_letters, taken_off

KEPT = 50


@dataclass(frozen=True, slots=True)
class NewsItem:
    incident: str
    at: int
    sentence: str


class News:
    """The newest first; one entry per incident. `take` returns those that a change added.

    `called` gives what people call another desk.
    """

    def __init__(self, desk: Desk, called: DeskCalled = called_by_letters) -> None:
        self._desk, self._called = desk, called
        self._items: deque[NewsItem] = deque(maxlen=KEPT)

    @property
    def items(self) -> list[NewsItem]:
        return list(self._items)

    def take(self, change: Change) -> list[NewsItem]:
        opened = {event.body.incident for event in change.events if isinstance(event.body, IncidentOpened)}
        added = [item for event in change.events if (item := self._item(event, opened)) is not None]
        for item in added:
            self.drop(item.incident)
            self._items.appendleft(item)
        for incident in change.incidents:
            if incident not in self._desk.board.incidents:
                self.drop(incident)
        return added

    def add_quietly(self, item: NewsItem) -> None:
        """Something that no event says by itself: behind what is new."""
        if len(self._items) < KEPT:
            self._items.append(item)

    def drop(self, incident: str) -> None:
        """Somebody is looking at it now."""
        kept = [item for item in self._items if item.incident != incident]
        if len(kept) != len(self._items):
            self._items = deque(kept, maxlen=KEPT)

    def _item(self, event: Event, opened: set[str]) -> NewsItem | None:
        board = self._desk.board
        if event.desk == self._desk.desk_id and event.operator == board.operator:
            return None
        body = event.body
        if isinstance(body, ConflictSettled):
            return self._taken_off(event, body)
        if isinstance(body, IncidentOpened):
            words = "New"
        elif isinstance(body, CallTaken) and body.incident not in opened:
            words = "Another call"
        elif isinstance(body, IncidentReopened):
            words = "Reopened"
        elif isinstance(body, PrioritySet) and body.priority is Priority.P1:
            words = "Now P1"
        else:
            return None
        incident = board.incidents.get(body.incident)
        if incident is None:
            return None
        kind = self._desk.agency.types.get(incident.type)
        name = kind.name if kind else incident.type
        return NewsItem(incident.id, event.at, f"{words}: {incident.number} {name}, {incident.location.text}")

    def _taken_off(self, event: Event, body: ConflictSettled) -> NewsItem | None:
        """A unit that another desk took off an incident of this one."""
        for taken in taken_off(self._desk.board):
            if (taken.conflict.id, taken.incident.id) == (body.conflict, body.incident):
                return NewsItem(body.incident, event.at, taken.sentence(self._called))
        return None
