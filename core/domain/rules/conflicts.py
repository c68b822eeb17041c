"""Deciding what desks did without knowing of each other: one of the two facts goes on."""

from core.domain import commands as c
from core.domain import events as e
from core.domain.conflict import CLOSED, CLOSED_WHILE_WORKED, DOUBLE_DISPATCH, OPEN, Conflict
from core.domain.events import Event
from core.domain.rules.commitment import clear
from core.domain.rules.situation import Situation
from core.domain.statuses import UnitStatus
from core.domain.values import ReleaseReason
from core.errors import Refused


def settle(command: c.SettleConflict, now: Situation) -> tuple[Event, ...]:
    conflict = now.board.conflicts.get(command.conflict)
    if conflict is None:
        raise Refused("That conflict is not known on this desk.")
    if not conflict.is_open:
        by = f" by {conflict.settled_by}" if conflict.settled_by else ""
        raise Refused(f"That has been settled{by}: {conflict.how}", do="Send or clear the unit anew if need be.")
    settling = _double_dispatch if conflict.kind == DOUBLE_DISPATCH else _work_after_end
    return tuple(now.stamp.event(body) for body in settling(conflict, command.keep, now))


def _double_dispatch(conflict: Conflict, keep: str, now: Situation) -> list[e.Body]:
    """Both sides are told, each in its own incident, so that two desks that decide at once come to the same."""
    kept = next((side for side in conflict.sides if side.assignment == keep), None)
    if kept is None:
        raise Refused("Neither side of the conflict is named.", do="Choose the incident on which the unit stays.")
    how = f"{conflict.unit} stays on {now.number_of(kept.incident)}."
    return [
        e.ConflictSettled(
            conflict.id, side.incident, conflict.unit, side.assignment, side is kept, kept.incident, keep, how
        )
        for side in conflict.sides
    ]


def _work_after_end(conflict: Conflict, keep: str, now: Situation) -> list[e.Body]:
    incident = conflict.sides[0].incident
    if keep == OPEN:
        what = "Kept open." if conflict.kind == CLOSED_WHILE_WORKED else f"{conflict.unit} works on."
        return [e.ConflictSettled(conflict.id, incident, keep=OPEN, how=what)]
    if keep != CLOSED:
        raise Refused("Neither side of the conflict is named.", do="Choose whether the work goes on or has ended.")
    if conflict.kind == CLOSED_WHILE_WORKED:
        return [*_close(conflict, now), e.ConflictSettled(conflict.id, incident, keep=CLOSED, how="Closed.")]
    return [*_stand_down(conflict, now), e.ConflictSettled(conflict.id, incident, keep=CLOSED, how="Stood down.")]


def _close(conflict: Conflict, now: Situation) -> list[e.Body]:
    incident = now.open_incident(conflict.sides[0].incident)
    disposition = next((side.disposition for side in conflict.sides if side.disposition), "")
    if not disposition:
        raise Refused(f"{incident.number} was not closed with a disposition.", do="Close it, with a disposition.")
    bodies: list[e.Body] = []
    for assignment in incident.active_assignments:
        bodies += clear(now.board, assignment, UnitStatus.AVAILABLE, ReleaseReason.CLEARED)
    return [*bodies, e.IncidentClosed(incident.id, disposition)]


def _stand_down(conflict: Conflict, now: Situation) -> list[e.Body]:
    incident = now.incident(conflict.sides[0].incident)
    named = conflict.sides[0].assignment
    assignment = next((a for a in incident.active_assignments if a.goes_by(named)), None)
    return clear(now.board, assignment, UnitStatus.AVAILABLE, ReleaseReason.CANCELLED) if assignment else []
