"""Which units another desk took off this desk's incidents when it settled a double dispatch."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from core.domain.board import Board, Incident
from core.domain.conflict import DOUBLE_DISPATCH, Conflict, Side
from core.domain.statuses import IncidentState

DeskCalled = Callable[[str], str]


class Taken(Struct, frozen=True):
    """The unit left `incident` by the decision of somebody at another desk."""

    conflict: Conflict
    incident: Incident

    @property
    def waits(self) -> bool:
        """Whether the incident has no unit now."""
        return self.incident.state is IncidentState.WAITING

    def sentence(self, called: DeskCalled) -> str:
        """`called` gives what people call a desk, for the middle of a sentence."""
        conflict, left = self.conflict, self.incident.active_assignments
        by = f"{conflict.settled_by or 'somebody'} at {called(conflict.settled_desk)}"
        units = ", ".join(assignment.unit for assignment in left)
        stays = f"{units} {'stays' if len(left) == 1 else 'stay'} on it"
        then = "it waits for a unit" if self.waits else stays if left else "it has been served"
        return f"{conflict.unit} was taken off {self.incident.number} by {by}; {then}."


def taken_off(board: Board) -> Iterator[Taken]:
    """Those that concern this desk: it sent the unit or opened the incident, which is open and without that unit."""
    for conflict in board.conflicts.values():
        if conflict.kind != DOUBLE_DISPATCH or not conflict.settlement or conflict.settled_desk == board.desk:
            continue
        for side in conflict.sides:
            incident = board.incidents.get(side.incident)
            if incident is not None and _lost(board, conflict, side, incident):
                yield Taken(conflict, incident)


def called_by_letters(desk: str) -> str:
    """What a desk is called where its name is not known."""
    return f"desk {desk.partition('-')[0] or desk}"


def _lost(board: Board, conflict: Conflict, side: Side, incident: Incident) -> bool:
    if board.desk not in (side.desk, incident.desk) or incident.closed_at is not None:
        return False
    gone = any(a.goes_by(side.assignment) and a.ending in a.settled for a in incident.assignments)
    return gone and incident.assignment_of(conflict.unit) is None
