"""Two incidents that were opened for one event become one: nothing of either is lost."""

from core.domain import commands as c
from core.domain import events as e
from core.domain.board import Assignment, Incident
from core.domain.events import Event
from core.domain.rules.commitment import moment
from core.domain.rules.situation import Situation
from core.domain.rules.wording import clean_line
from core.domain.statuses import UnitStatus
from core.domain.values import ReleaseReason, UnitMoment
from core.errors import Refused

MERGED = "MERGED"  # the disposition of the one that was closed


def merge(command: c.MergeIncidents, now: Situation) -> tuple[Event, ...]:
    """Calls, notes and units of `other` go on in `keep`, with its urgency where that is higher."""
    if command.keep == command.other:
        raise Refused("An incident cannot be merged with itself.", do="Name the other one.")
    keep, other = now.open_incident(command.keep), now.open_incident(command.other)
    reason = clean_line(command.reason)
    why = f": {reason}" if reason else "."
    bodies: list[e.Body] = [e.IncidentMerged(keep.id, other.id, reason)]
    bodies += [
        e.CallTaken(now.stamp.new_id(), keep.id, call.caller, call.location, call.answered_at, call.text)
        for call in other.calls
    ]
    for line in other.narrative:
        if not line.struck:
            by = f" ({line.operator})" if line.operator else ""
            bodies.append(e.NarrativeAdded(keep.id, f"{other.number}{by}: {line.text}", line.unit))
    if other.priority < keep.priority:
        bodies.append(e.PrioritySet(keep.id, other.priority, keep.priority))
    for assignment in other.active_assignments:
        bodies += _move(assignment, keep, now)
    bodies.append(e.NarrativeAdded(keep.id, f"{other.number} was merged into this{why}"))
    bodies.append(e.NarrativeAdded(other.id, f"Merged into {keep.number}{why}"))
    bodies.append(e.IncidentClosed(other.id, MERGED, f"Merged into {keep.number}{why}", merged_into=keep.id))
    return tuple(now.stamp.event(body) for body in bodies)


def _move(was: Assignment, keep: Incident, now: Situation) -> list[e.Body]:
    """The unit goes on where it is: it has been sent once."""
    bodies: list[e.Body] = [
        e.AssignmentEnded(was.id, was.incident, was.unit, ReleaseReason.REASSIGNED, to_incident=keep.id)
    ]
    unit = now.board.units.get(was.unit)
    if unit is None or keep.assignment_of(was.unit):
        return bodies
    assignment = now.stamp.new_id()
    bodies.append(
        e.UnitAssigned(assignment, keep.id, was.unit, was.eta_s, was.route_m, was.override, moment(now.board, unit))
    )
    if was.status is not UnitStatus.DISPATCHED:
        before = UnitMoment(UnitStatus.DISPATCHED, now.stamp.at, now.stamp.at)
        bodies.append(e.UnitStatusChanged(was.unit, was.status, keep.id, assignment, before=before, note=unit.note))
    return bodies
