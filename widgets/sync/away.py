"""What changed while this desk was away from the others: counted as it comes, told once when it is level again."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.domain import events as e
from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.conflict import DOUBLE_DISPATCH, Conflict
from core.domain.events import Event
from core.domain.statuses import IncidentState, Priority
from widgets.panels.brevity import brief
from widgets.panels.times import count_text, minute_text
from widgets.sync.conflict_words import numbers_of

MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class AwayLine:
    """One thing worth a look, and what it is about."""

    key: str
    kind: str  # "Mayday", "Conflict", "P1", "Closed"
    sentence: str
    incident: str = ""
    unit: str = ""
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class AwayNews:
    """`counts` is one sentence about all of it; `lines` are the important ones, the most important first."""

    counts: str
    lines: tuple[AwayLine, ...]
    hidden: int = 0


@dataclass(slots=True)
class AwayTally:
    """Takes what other desks did, event by event, at the cost of a set entry each."""

    desk: str
    events: int = 0
    desks: set[str] = field(default_factory=set)
    opened: dict[str, None] = field(default_factory=dict)  # in the order they came
    closed: dict[str, None] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)  # made P1
    maydays: dict[str, int] = field(default_factory=dict)  # by callsign: when
    statuses: int = 0
    sent: int = 0
    notes: int = 0
    known_conflicts: frozenset[str] = frozenset()

    def take(self, events: Iterable[Event]) -> None:
        """Count what came from elsewhere."""
        for event in events:
            if event.desk == self.desk:
                continue
            self.events += 1
            self.desks.add(event.desk)
            self._count(event)

    def _count(self, event: Event) -> None:
        body = event.body
        if isinstance(body, e.IncidentOpened):
            self.opened[body.incident] = None
        elif isinstance(body, e.IncidentClosed):
            self.closed[body.incident] = None
        elif isinstance(body, e.IncidentReopened):
            self.closed.pop(body.incident, None)
        elif isinstance(body, e.PrioritySet):
            if body.priority is Priority.P1:
                self.urgent.add(body.incident)
        elif isinstance(body, e.EmergencyRaised):
            self.maydays[body.unit] = event.at
        elif isinstance(body, e.UnitAssigned):
            self.sent += 1
        elif isinstance(body, e.UnitStatusChanged):
            self.statuses += 1
        elif isinstance(body, e.NarrativeAdded):
            self.notes += 1

    @property
    def worth_telling(self) -> bool:
        """Whether there is anything but somebody signing on."""
        counted = self.opened, self.closed, self.urgent, self.maydays, self.sent, self.statuses, self.notes
        return any(counted)

    def news(self, board: Board, agency: Agency) -> AwayNews:
        """The tally in words, read against the board as it stands now."""
        lines = [*self._maydays(board), *self._conflicts(board), *self._urgent(board, agency), *self._closings(board)]
        return AwayNews(self._counts(board), tuple(lines[:MOST_LINES]), max(0, len(lines) - MOST_LINES))

    def _counts(self, board: Board) -> str:
        urgent = sum(self._priority(board, incident) is Priority.P1 for incident in self.opened)
        of_them = f" ({urgent} P1)" if urgent else ""
        parts = [
            f"{count_text(len(self.opened), 'new incident')}{of_them}" if self.opened else "",
            f"{len(self.closed)} closed" if self.closed else "",
            f"{count_text(self.sent, 'unit')} sent" if self.sent else "",
            count_text(self.statuses, "status report") if self.statuses else "",
            count_text(self.notes, "note") if self.notes else "",
        ]
        told = ", ".join(part for part in parts if part) or count_text(self.events, "event")
        return f"{told}, from {count_text(len(self.desks), 'other desk')}."

    @staticmethod
    def _priority(board: Board, incident: str) -> Priority | None:
        known = board.incidents.get(incident)
        return known.priority if known else None

    def _maydays(self, board: Board) -> list[AwayLine]:
        lines = []
        for unit, at in self.maydays.items():
            stands = board.emergencies.get(unit)
            over = "" if stands else "; it is over"
            incident = stands.incident if stands else ""
            sentence = f"{unit} called for help at {minute_text(at)}{over}"
            lines.append(AwayLine(f"mayday:{unit}", "Mayday", sentence, incident, unit))
        return lines

    def _conflicts(self, board: Board) -> list[AwayLine]:
        lines = []
        for conflict in board.conflicts.values():
            if conflict.id in self.known_conflicts:
                continue
            over = "" if conflict.is_open else "; it is settled"
            sentence = f"{_of_conflict(conflict, board)}{over}"
            lines.append(AwayLine(f"conflict:{conflict.id}", "Conflict", sentence, conflict=conflict.id))
        return lines

    def _urgent(self, board: Board, agency: Agency) -> list[AwayLine]:
        lines = []
        for incident in (*self.opened, *(self.urgent - self.opened.keys())):
            known = board.incidents.get(incident)
            if known is None or known.priority is not Priority.P1 or known.closed_at is not None:
                continue
            waits = ", waits for a unit" if known.state is IncidentState.WAITING else ""
            lines.append(AwayLine(f"p1:{incident}", "P1", f"{_named(known, board, agency)}{waits}", incident))
        return lines

    def _closings(self, board: Board) -> list[AwayLine]:
        """Of incidents that this desk knew before it went away."""
        known = (board.incidents.get(incident) for incident in self.closed if incident not in self.opened)
        return [
            AwayLine(f"closed:{i.id}", "Closed", f"{board.short(i)}, {brief(i.location.text, 60)}", i.id)
            for i in known
            if i is not None and i.closed_at is not None
        ]


def _of_conflict(conflict: Conflict, board: Board) -> str:
    numbers = list(dict.fromkeys(numbers_of(conflict, board)))
    if conflict.kind == DOUBLE_DISPATCH:
        return f"{conflict.unit} was sent to {' and '.join(numbers)}"
    return f"{numbers[0]}: {'; '.join(side.words for side in conflict.sides)}"


def _named(incident: Incident, board: Board, agency: Agency) -> str:
    kind = agency.types.get(incident.type)
    name = kind.name if kind else incident.type
    return f"{board.short(incident)} {name}, {brief(incident.location.text, 60)}"
