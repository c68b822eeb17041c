"""Taking a command back: every event of it gets its compensating event, or the whole undo is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.domain import commands as c
from core.domain import events as e
from core.domain.board import Assignment, Incident, Unit
from core.domain.events import Event
from core.domain.rules.situation import Past, Situation, by_itself
from core.domain.statuses import UnitStatus
from core.domain.values import ReleaseReason, UnitMoment
from core.errors import Refused


@dataclass(frozen=True, slots=True)
class Done:
    """The event to take back, and all events of its command."""

    event: Event
    events: tuple[Event, ...]


Inverse = Callable[[Any, Done, Situation], list[e.Body]]
_LOOKED_BACK = 200  # commands: a fleet's radios may enter dozens since the operator's last one


def undo(command: c.Undo, now: Situation) -> tuple[Event, ...]:
    """Newest event first, so that each inverse meets the board as its event had left it."""
    done = events_to_undo(command, now.past, now.stamp.desk)
    bodies: list[e.Body] = []
    for event in reversed(done):
        if inverse := _INVERSES.get(type(event.body)):
            bodies += inverse(event.body, Done(event, done), now)
    now.stamp.undoes = done[0].command
    return tuple(now.stamp.event(body) for body in bodies)


def events_to_undo(command: c.Undo, past: Past, desk: str) -> tuple[Event, ...]:
    """The named command's events, or those of this desk's newest command that undo knows how to take back.

    What a radio or an exercise did by itself is passed over: nobody who presses Ctrl+Z means that.
    """
    undoable = past.undoable_commands(desk, _LOOKED_BACK)
    if command.command and command.command not in undoable:
        raise Refused("That cannot be taken back.", do="Only this desk's own recent changes can, and only once.")
    for candidate in (command.command,) if command.command else undoable:
        events = past.events_of_command(candidate)
        own = command.command == candidate or not by_itself(events[0].operator)
        if own and any(type(event.body) in _INVERSES for event in events):
            return events
    raise Refused("There is nothing to take back.")


def _opened(body: e.IncidentOpened, _done: Done, now: Situation) -> list[e.Body]:
    incident = now.incident(body.incident)
    if any(a.reason is not ReleaseReason.UNDONE for a in incident.assignments):
        raise _moved_on(f"Units have been sent to {incident.number}.", "Close it instead.")
    if incident.closed_at is not None:
        raise _moved_on(f"{incident.number} has been closed.", "It stays in the history.")
    if len(incident.calls) > 1:
        raise _moved_on(f"Another call has been linked to {incident.number}.", "Close it instead.")
    return [e.IncidentWithdrawn(incident.id)]


def _call_taken(body: e.CallTaken, done: Done, now: Situation) -> list[e.Body]:
    if any(isinstance(other.body, e.IncidentOpened) for other in done.events):
        return []
    return [e.CallWithdrawn(body.call, now.incident(body.incident).id)]


def _typed(body: e.IncidentTyped, _done: Done, now: Situation) -> list[e.Body]:
    incident = now.open_incident(body.incident)
    if incident.type != body.type:
        raise _moved_on(f"The type of {incident.number} has been changed again since.", "Set the type you want.")
    then, since = (body.was_suggested, body.was_suggested_why), (body.suggested, body.suggested_why)
    return [e.IncidentTyped(incident.id, body.was, body.was_severity, body.type, body.severity, *then, *since)]


def _severity_set(body: e.SeveritySet, _done: Done, now: Situation) -> list[e.Body]:
    incident = now.open_incident(body.incident)
    if (incident.severity, incident.severity_by) != (body.severity, body.by):
        raise _moved_on(f"The severity of {incident.number} has been changed again since.", "Set the one you want.")
    return [e.SeveritySet(incident.id, body.was, body.was_by, body.severity, body.by)]


def _located(body: e.IncidentLocated, _done: Done, now: Situation) -> list[e.Body]:
    incident = now.open_incident(body.incident)
    if incident.location != body.location or body.was is None:
        raise _moved_on(f"The location of {incident.number} has been changed again since.", "Set the one you want.")
    return [e.IncidentLocated(incident.id, body.was, body.location)]


def _priority_set(body: e.PrioritySet, _done: Done, now: Situation) -> list[e.Body]:
    incident = now.open_incident(body.incident)
    if incident.priority != body.priority or body.was is None:
        raise _moved_on(f"The priority of {incident.number} has been changed again since.", "Set the one you want.")
    return [e.PrioritySet(incident.id, body.was, body.priority)]


def _narrative_added(body: e.NarrativeAdded, done: Done, now: Situation) -> list[e.Body]:
    if any(isinstance(other.body, e.IncidentOpened) for other in done.events):
        return []
    return [e.NarrativeStruck(now.incident(body.incident).id, done.event.id)]


def _assigned(body: e.UnitAssigned, done: Done, now: Situation) -> list[e.Body]:
    unit = now.unit(body.unit)
    claim = unit.claim(body.assignment)
    if claim is None or (claim.status, claim.since) != (UnitStatus.DISPATCHED, done.event.at):
        _still(unit, UnitStatus.DISPATCHED, -1, body.incident, now)
    before = body.before or UnitMoment(UnitStatus.AVAILABLE)
    taken = _ending_of(body.unit, done.events)
    revived = taken and _revivable(taken, now)
    if not before.status.committed or revived:
        then = before
    else:
        then = UnitMoment(UnitStatus.AVAILABLE)
    withdrawn = e.DispatchWithdrawn(
        body.assignment, body.incident, unit.callsign, then.status, then.since, then.contacted_at, then.note
    )
    if not (taken and revived):
        return [withdrawn]
    restored = e.UnitRestored(unit.callsign, before, UnitStatus.DISPATCHED, 0, taken.incident, taken.assignment)
    return [withdrawn, restored]


def _status_changed(body: e.UnitStatusChanged, done: Done, now: Situation) -> list[e.Body]:
    unit = now.unit(body.unit)
    _still(unit, body.status, done.event.at, body.incident, now)
    if body.before is None:
        raise _moved_on(f"It is not recorded how {unit.callsign} stood before.", "Set the status you want.")
    incident, assignment = body.incident, body.assignment
    if ended := _ending_of(body.unit, done.events):
        closed_here = any(
            isinstance(o.body, e.IncidentClosed) and o.body.incident == ended.incident for o in done.events
        )
        if not closed_here:
            now.open_incident(ended.incident)
        incident, assignment = ended.incident, ended.assignment
    return [e.UnitRestored(unit.callsign, body.before, body.status, done.event.at, incident, assignment)]


def _emergency_raised(body: e.EmergencyRaised, done: Done, now: Situation) -> list[e.Body]:
    standing = now.board.emergencies.get(body.unit)
    if standing is None or standing.at != done.event.at:
        raise _moved_on(f"The mayday of {body.unit} has been answered.", "It stays in the record.")
    return [e.EmergencyEnded(body.unit, standing.at)]


def _merged(body: e.IncidentMerged, _done: Done, now: Situation) -> list[e.Body]:
    raise _moved_on(
        f"{now.number_of(body.other)} has been merged into {now.number_of(body.incident)}.", "Reopen it if need be."
    )


def _settled(_body: e.ConflictSettled, _done: Done, _now: Situation) -> list[e.Body]:
    raise _moved_on("Other desks have acted on what was settled.", "Send or clear the unit anew if need be.")


def _closed(body: e.IncidentClosed, done: Done, now: Situation) -> list[e.Body]:
    incident = now.incident(body.incident)
    if incident.closed_at is None:
        raise _moved_on(f"{incident.number} has been reopened already.", "There is nothing to take back.")
    return [e.IncidentReopened(incident.id, "", body.disposition, body.note, done.event.at, done.event.operator)]


def _reopened(body: e.IncidentReopened, _done: Done, now: Situation) -> list[e.Body]:
    incident = now.open_incident(body.incident)
    if incident.active_assignments or not body.closed_at:
        raise _moved_on(f"Units are on {incident.number} again.", "Close it when they are clear.")
    return [
        e.IncidentClosed(incident.id, body.disposition, body.note, body.closed_at, body.closed_by, body.reopened_at)
    ]


def _road_closed(body: e.RoadClosed, _done: Done, now: Situation) -> list[e.Body]:
    closure = now.board.closures.get(body.closure)
    if closure is None:
        raise _moved_on(f"{body.road or 'The road'} has been reopened already.", "There is nothing to take back.")
    return [e.RoadReopened(closure.id, closure.points, closure.road, closure.note, closure.at)]


def _road_reopened(body: e.RoadReopened, _done: Done, now: Situation) -> list[e.Body]:
    if any(closure.points == body.points for closure in now.board.closures.values()):
        raise _moved_on(f"{body.road or 'The road'} has been closed again since.", "There is nothing to take back.")
    return [e.RoadClosed(body.closure, body.points, body.road, body.note, body.closed_at)]


def _still(unit: Unit, status: UnitStatus, since: int, incident: str, now: Situation) -> None:
    """Refuse when the unit has done something else since."""
    if (unit.status, unit.since, unit.incident) == (status, since, incident):
        return
    where = f" on {now.number_of(unit.incident)}" if unit.incident else ""
    raise _moved_on(f"{unit.callsign} is {unit.status}{where} by now.", "Set its status or stand it down instead.")


def _ending_of(unit: str, done: tuple[Event, ...]) -> e.AssignmentEnded | None:
    return next((o.body for o in done if isinstance(o.body, e.AssignmentEnded) and o.body.unit == unit), None)


def _revivable(ended: e.AssignmentEnded, now: Situation) -> Assignment | None:
    incident: Incident | None = now.board.incidents.get(ended.incident)
    if incident is None or incident.closed_at is not None:
        return None
    return next((a for a in incident.assignments if a.id == ended.assignment), None)


def _moved_on(happened: str, do: str) -> Refused:
    return Refused(happened, "It was not taken back.", do)


_INVERSES: dict[type, Inverse] = {
    e.IncidentOpened: _opened,
    e.CallTaken: _call_taken,
    e.IncidentTyped: _typed,
    e.SeveritySet: _severity_set,
    e.IncidentLocated: _located,
    e.PrioritySet: _priority_set,
    e.NarrativeAdded: _narrative_added,
    e.UnitAssigned: _assigned,
    e.UnitStatusChanged: _status_changed,
    e.EmergencyRaised: _emergency_raised,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _reopened,
    e.RoadClosed: _road_closed,
    e.RoadReopened: _road_reopened,
    e.IncidentMerged: _merged,
    e.ConflictSettled: _settled,
}
