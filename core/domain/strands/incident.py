"""What each event does to its incident."""

from collections.abc import Callable
from typing import Any

from core.domain import events as e
from core.domain.board import Assignment, Board, Call, Incident, NarrativeLine
from core.domain.statuses import UnitStatus
from core.domain.strands import reopening as again
from core.domain.strands.informed import goes_on, takes
from core.domain.values import ReleaseReason

_BEFORE_ARRIVAL = (UnitStatus.DISPATCHED, UnitStatus.EN_ROUTE)


def apply_to_incident(board: Board, event: e.Event, incident: str, place: str) -> None:
    """Fold the event into its incident; one that is not on the board is noted as missing."""
    body = event.body
    if isinstance(body, e.IncidentOpened):
        _opened(board, event, body)
    found = again.find(board, incident)
    if found is None:
        board.missing.add(incident)
        return
    found.folded = max(found.folded, place)
    if step := _STEPS.get(type(body)):
        found.changed_at = event.at
        step(board, event, body, found)


def _opened(board: Board, event: e.Event, body: e.IncidentOpened) -> None:
    if again.find(board, body.incident) is not None:
        return
    board.incidents[body.incident] = Incident(
        body.incident,
        body.number,
        body.type,
        body.priority,
        body.severity,
        body.location,
        opened_at=event.at,
        opened_by=event.operator,
        desk=event.desk,
        changed_at=event.at,
        waiting_since=event.at,
        severity_by=body.severity_by,
        suggested=body.suggested,
        suggested_why=body.suggested_why,
    )


def _call_taken(board: Board, event: e.Event, body: e.CallTaken, incident: Incident) -> None:
    incident.calls.append(
        Call(body.call, body.caller, body.location, body.answered_at, event.at, event.operator, body.text)
    )
    if event.command != incident.void:
        again.reopen_for(board, event, incident, "took another call about it")


def _call_withdrawn(_board: Board, _event: e.Event, body: e.CallWithdrawn, incident: Incident) -> None:
    incident.calls = [call for call in incident.calls if call.id != body.call]


def _typed(_board: Board, event: e.Event, body: e.IncidentTyped, incident: Incident) -> None:
    incident.type = body.type
    incident.severity = body.severity or incident.severity
    if body.suggested_why or event.undoes:
        incident.suggested, incident.suggested_why = body.suggested, body.suggested_why


def _severity_set(_board: Board, _event: e.Event, body: e.SeveritySet, incident: Incident) -> None:
    incident.severity, incident.severity_by = body.severity, body.by


def _located(_board: Board, _event: e.Event, body: e.IncidentLocated, incident: Incident) -> None:
    incident.location = body.location


def _priority_set(_board: Board, _event: e.Event, body: e.PrioritySet, incident: Incident) -> None:
    incident.priority = body.priority


def _narrative_added(_board: Board, event: e.Event, body: e.NarrativeAdded, incident: Incident) -> None:
    incident.narrative.append(NarrativeLine(event.id, event.at, event.operator, event.desk, body.text, body.about_unit))


def _narrative_struck(_board: Board, _event: e.Event, body: e.NarrativeStruck, incident: Incident) -> None:
    for line in incident.narrative:
        if line.event == body.event:
            line.struck = True


def _assigned(board: Board, event: e.Event, body: e.UnitAssigned, incident: Incident) -> None:
    if there := incident.assignment_of(body.unit):  # another desk sent it here as well
        there.also.append(body.assignment)
        return
    incident.assignments.append(
        Assignment(
            body.assignment,
            body.incident,
            body.unit,
            event.at,
            body.eta_s,
            body.route_m,
            body.override,
            {UnitStatus.DISPATCHED: event.at},
            event=event.id,
            desk=event.desk,
            operator=event.operator,
        )
    )
    again.reopen_for(board, event, incident, f"sent {body.unit}", body.unit, body.assignment)


def _assignment_ended(board: Board, event: e.Event, body: e.AssignmentEnded, incident: Incident) -> None:
    if assignment := _named(incident, body.assignment):
        _end(board, event, incident, assignment, body.reason)


def _dispatch_withdrawn(board: Board, event: e.Event, body: e.DispatchWithdrawn, incident: Incident) -> None:
    """A dispatch that somebody else made as well stands by theirs; one on which work has begun is not a mistake."""
    assignment = _named(incident, body.assignment)
    if assignment is None:
        return
    if assignment.active and assignment.also:
        assignment.id, assignment.also = _without(body.assignment, assignment.id, assignment.also)
    elif assignment.active and assignment.status is not UnitStatus.DISPATCHED:
        again.note_stood_down(board, event, incident, assignment, "took the dispatch back")
    else:
        _end(board, event, incident, assignment, ReleaseReason.UNDONE)


def _without(gone: str, id_: str, also: list[str]) -> tuple[str, list[str]]:
    left = [name for name in (id_, *also) if name != gone]
    return left[0], left[1:]


def _status_changed(board: Board, event: e.Event, body: e.UnitStatusChanged, incident: Incident) -> None:
    assignment = _named(incident, body.assignment)
    if assignment is None or not takes(assignment.status, body):
        return
    if assignment.ended_at is not None:
        if not body.status.committed or not goes_on(event, assignment.ended_desk, assignment.ended_at):
            return
        _go_on(board, event, incident, assignment, f"{body.unit} {body.status}")
    # Back from the scene to the road is a correction: it had not arrived.
    if body.before and body.before.status is UnitStatus.ON_SCENE and body.status in _BEFORE_ARRIVAL:
        assignment.times.pop(UnitStatus.ON_SCENE, None)
    assignment.times.setdefault(body.status, event.at)
    if body.status.committed:
        assignment.status = body.status


def _go_on(board: Board, event: e.Event, incident: Incident, assignment: Assignment, words: str) -> None:
    """Work of which somebody else believed that it was over."""
    if not again.reopen_for(board, event, incident, words, assignment.unit, assignment.id):
        again.note_going_on(board, event, incident, assignment, words)
    again.revive(assignment)


def _restored(board: Board, event: e.Event, body: e.UnitRestored, incident: Incident) -> None:
    assignment = _named(incident, body.assignment)
    if assignment is None:
        return
    if assignment.active and assignment.status is not body.withdrawn:
        return  # somebody else has moved it on since
    if assignment.times.get(body.withdrawn) == body.withdrawn_at:
        del assignment.times[body.withdrawn]
    if body.before.arrived_at:
        assignment.times[UnitStatus.ON_SCENE] = body.before.arrived_at
    again.revive(assignment)
    assignment.status = body.before.status
    again.reopen_for(board, event, incident, f"put {body.unit} back on it", body.unit, assignment.id)


def _closed(board: Board, event: e.Event, body: e.IncidentClosed, incident: Incident) -> None:
    again.bring_back(board, incident)
    if body.merged_into and body.merged_into in incident.absorbed:
        incident.void = event.command  # the other one has been merged into this one already
        return
    if incident.active_assignments:
        again.keep_open(board, event, incident, f"closed it as {body.disposition}", body.disposition)
        return
    incident.closed_at = body.closed_at or event.at
    incident.closed_by = body.closed_by or event.operator
    incident.closed_desk, incident.closing, incident.merged_into = event.desk, event.id, body.merged_into
    incident.disposition, incident.closing_note = body.disposition, body.note
    if event.undoes:
        incident.reopened_at = body.reopened_at
    again.end_matter(board, event, incident, "It has been closed.")


def _reopened(_board: Board, event: e.Event, _body: e.IncidentReopened, incident: Incident) -> None:
    again.clear_closing(incident)
    if not event.undoes:
        incident.reopened_at = event.at
    wait_if_left(incident)


def _withdrawn(board: Board, event: e.Event, _body: e.IncidentWithdrawn, incident: Incident) -> None:
    if incident.id in board.withdrawn:
        return
    worked = any(a.reason is not ReleaseReason.UNDONE for a in incident.assignments)
    if worked or len(incident.calls) > 1 or incident.closed_at is not None:
        if incident.closed_at is None:
            again.keep_open(board, event, incident, "took its opening back")
        return
    incident.closed_by, incident.closed_desk, incident.closing = event.operator, event.desk, event.id
    board.withdrawn[incident.id] = board.incidents.pop(incident.id)


def _merged(board: Board, event: e.Event, body: e.IncidentMerged, incident: Incident) -> None:
    if incident.closed_at is not None and incident.merged_into == body.other:
        incident.void = event.command  # this one has been merged into the other one already
        return
    incident.absorbed.append(body.other)
    again.reopen_for(board, event, incident, "merged another incident into it")


def _settled(board: Board, event: e.Event, body: e.ConflictSettled, incident: Incident) -> None:
    assignment = _named(incident, body.assignment)
    if assignment is not None and body.to_incident:
        # Two desks may decide at once: then the decision made first counts, at every desk.
        assignment.settled[event.command] = body.kept
        kept = assignment.settled[min(assignment.settled)]
        if kept and not assignment.active and assignment.ending in assignment.settled:
            again.revive(assignment)
        elif not kept and assignment.active:
            _end(board, event, incident, assignment, ReleaseReason.REASSIGNED)
    else:
        again.decide(board, event, body)


def _named(incident: Incident, assignment: str) -> Assignment | None:
    return next((a for a in reversed(incident.assignments) if a.goes_by(assignment)), None)


def _end(board: Board, event: e.Event, incident: Incident, assignment: Assignment, reason: ReleaseReason) -> None:
    assignment.ended_at, assignment.reason = event.at, reason
    assignment.ended_desk, assignment.ended_by, assignment.ending = event.desk, event.operator, event.command
    wait_if_left(incident)
    again.end_matter(board, event, incident, f"The work of {assignment.unit} has ended.", assignment.id)


def wait_if_left(incident: Incident) -> None:
    """An incident waits since its opening, its reopening or the end of the last real assignment.

    A unit that was given to another incident when a double dispatch was settled was never really on its way here.
    """
    if not incident.active_assignments:
        ends = [a.ended_at or 0 for a in incident.assignments if _was_real(a)]
        incident.waiting_since = max([incident.opened_at, incident.reopened_at, *ends])


def _was_real(assignment: Assignment) -> bool:
    settled_away = assignment.ending in assignment.settled and UnitStatus.ON_SCENE not in assignment.times
    return assignment.reason is not ReleaseReason.UNDONE and not settled_away


_STEPS: dict[type, Callable[[Board, e.Event, Any, Incident], None]] = {
    e.IncidentOpened: lambda _board, _event, _body, _incident: None,
    e.CallTaken: _call_taken,
    e.CallWithdrawn: _call_withdrawn,
    e.IncidentTyped: _typed,
    e.SeveritySet: _severity_set,
    e.IncidentLocated: _located,
    e.PrioritySet: _priority_set,
    e.NarrativeAdded: _narrative_added,
    e.NarrativeStruck: _narrative_struck,
    e.UnitAssigned: _assigned,
    e.AssignmentEnded: _assignment_ended,
    e.DispatchWithdrawn: _dispatch_withdrawn,
    e.UnitStatusChanged: _status_changed,
    e.UnitRestored: _restored,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _reopened,
    e.IncidentWithdrawn: _withdrawn,
    e.IncidentMerged: _merged,
    e.ConflictSettled: _settled,
}
