"""An incident that was closed by somebody and worked on by somebody else stays open, and both facts are kept."""

from msgspec.structs import replace

from core.domain import events as e
from core.domain.board import Assignment, Board, Incident, NarrativeLine
from core.domain.conflict import CLOSED_WHILE_WORKED, DOUBLE_DISPATCH, STOOD_DOWN_WHILE_WORKED, Conflict, Side
from core.domain.values import ReleaseReason

_ENDED_FOR_GOOD = (ReleaseReason.CLEARED, ReleaseReason.CANCELLED, ReleaseReason.UNDONE)


def find(board: Board, incident: str) -> Incident | None:
    """Also one whose opening was taken back: work that goes on elsewhere brings it back."""
    return board.incidents.get(incident) or board.withdrawn.get(incident)


def bring_back(board: Board, incident: Incident) -> bool:
    """Whether its opening had been taken back."""
    if board.withdrawn.pop(incident.id, None) is None:
        return False
    board.incidents[incident.id] = incident
    return True


def clear_closing(incident: Incident) -> None:
    incident.closed_at, incident.closed_by, incident.closed_desk, incident.closing = None, "", "", ""
    incident.disposition, incident.closing_note, incident.merged_into = "", "", ""


def reopen_for(
    board: Board, event: e.Event, incident: Incident, did: str, unit: str = "", assignment: str = ""
) -> bool:
    """Reopen what was closed or taken back, as somebody who did not know of it worked on; whether it was."""
    at, by, desk = incident.closed_at or incident.changed_at, incident.closed_by, incident.closed_desk
    disposition = incident.disposition
    how = f"closed it as {disposition}" if incident.closed_at is not None else "took its opening back"
    if not bring_back(board, incident) and incident.closed_at is None:
        return False
    ended = Side(incident.id, "", incident.closing, desk, by, at, how, disposition)
    clear_closing(incident)
    incident.reopened_at = event.at
    _disagree(board, event, incident, CLOSED_WHILE_WORKED, unit, (ended, _side(event, incident, did, assignment)))
    return True


def keep_open(board: Board, event: e.Event, incident: Incident, how: str, disposition: str = "") -> None:
    """The event would end an incident on which somebody works of whom its author did not know."""
    work = incident.active_assignments or incident.assignments
    if work:
        a = work[-1]
        unit, side = a.unit, Side(incident.id, a.id, a.event, a.desk, a.operator, a.assigned_at, f"sent {a.unit}")
    else:
        unit, side = "", Side(incident.id, at=event.at, words="took another call about it")
    ended = replace(_side(event, incident, how), disposition=disposition)
    _disagree(board, event, incident, CLOSED_WHILE_WORKED, unit, (side, ended))


def note_going_on(board: Board, event: e.Event, incident: Incident, assignment: Assignment, did: str) -> None:
    """A unit that one desk stood down works on at another. What was sent elsewhere is a double dispatch instead."""
    if assignment.reason not in _ENDED_FOR_GOOD:
        return
    ended = Side(
        incident.id,
        assignment.id,
        "",
        assignment.ended_desk,
        assignment.ended_by,
        assignment.ended_at or 0,
        f"stood {assignment.unit} down",
    )
    work = _side(event, incident, did, assignment.id)
    _disagree(board, event, incident, STOOD_DOWN_WHILE_WORKED, assignment.unit, (ended, work))


def note_stood_down(board: Board, event: e.Event, incident: Incident, assignment: Assignment, how: str) -> None:
    """Somebody would stand a unit down that has gone on meanwhile; it goes on."""
    work = Side(
        incident.id,
        assignment.id,
        assignment.event,
        assignment.desk,
        assignment.operator,
        max(assignment.times.values(), default=assignment.assigned_at),
        f"{assignment.unit} {assignment.status}",
    )
    ended = _side(event, incident, how, assignment.id)
    _disagree(board, event, incident, STOOD_DOWN_WHILE_WORKED, assignment.unit, (work, ended))


def revive(assignment: Assignment) -> None:
    assignment.ended_at = assignment.reason = None
    assignment.ended_desk = assignment.ended_by = assignment.ending = ""


def end_matter(board: Board, event: e.Event, incident: Incident, how: str, assignment: str = "") -> None:
    """What nobody has decided is over when the incident is closed, or the unit's work has ended."""
    for conflict in list(board.conflicts.values()):
        if conflict.kind == DOUBLE_DISPATCH or not conflict.is_open or conflict.sides[0].incident != incident.id:
            continue
        of_unit = conflict.kind == STOOD_DOWN_WHILE_WORKED and conflict.sides[0].assignment == assignment
        if of_unit or not assignment:
            board.conflicts[conflict.id] = settled(conflict, event, how)


def decide(board: Board, event: e.Event, body: e.ConflictSettled) -> None:
    conflict = board.conflicts.get(body.conflict)
    if conflict is not None and not conflict.settlement:
        board.conflicts[conflict.id] = settled(conflict, event, body.how, body.keep, event.command)


def settled(conflict: Conflict, event: e.Event, how: str, kept: str = "", settlement: str = "") -> Conflict:
    return replace(
        conflict,
        settled_at=event.at,
        settled_by=event.operator,
        settled_desk=event.desk,
        how=how,
        kept=kept,
        settlement=settlement,
    )


def _side(event: e.Event, incident: Incident, words: str, assignment: str = "") -> Side:
    return Side(incident.id, assignment, event.id, event.desk, event.operator, event.at, words)


def _disagree(board: Board, event: e.Event, incident: Incident, kind: str, unit: str, sides: tuple[Side, Side]) -> None:
    conflict = Conflict(f"{kind}:{event.id}", kind, unit, sides, event.at)
    board.conflicts[conflict.id] = conflict
    if kind == CLOSED_WHILE_WORKED:
        told = " ".join(f"{side.operator or 'Somebody'} at {side.desk or 'a desk'} {side.words}." for side in sides)
        text = f"Kept open, as neither knew of the other: {told}"
        incident.narrative.append(NarrativeLine(conflict.id, event.at, "", event.desk, text))
