"""What each event does to the board.

The incident's part and the unit's part of an event never need each other, so that one incident can be folded from its
own events alone.
"""

from collections.abc import Callable
from typing import Any

from core.domain import events as e
from core.domain.board import Assignment, Board, Call, Closure, Emergency, Incident, NarrativeLine, Unit
from core.domain.statuses import UnitStatus
from core.domain.values import Position, PositionSource, ReleaseReason

KEPT_AFTER_CLOSING_MS = 12 * 3600 * 1000
_BEFORE_ARRIVAL = (UnitStatus.DISPATCHED, UnitStatus.EN_ROUTE)


def apply_event(board: Board, event: e.Event) -> tuple[frozenset[str], frozenset[str]]:
    """Bring the board up to date with one event; returns the incident ids and the callsigns it touched.

    Events of incidents or units that are not on the board leave no trace on it, except that the incident's id goes
    to `board.missing`. Never apply the same event twice: the store sees to that.
    """
    body = event.body
    _FOLDS[type(body)](board, event, body)
    incident, unit = getattr(body, "incident", ""), getattr(body, "unit", "")
    return frozenset((incident,) if incident else ()), frozenset((unit,) if unit else ())


def shed_closed(board: Board, now_ms: int) -> tuple[str, ...]:
    """Take incidents off the board 12 h after their closing, and old alarm marks; returns the incidents' ids."""
    oldest = now_ms - KEPT_AFTER_CLOSING_MS
    gone = tuple(i.id for i in board.incidents.values() if i.closed_at is not None and i.closed_at <= oldest)
    for incident in gone:
        del board.incidents[incident]
    for alarm in [key for key, at in board.alarms_acknowledged.items() if at <= oldest]:
        del board.alarms_acknowledged[alarm]
    return gone


def _signed_on(board: Board, _event: e.Event, body: e.OperatorSignedOn) -> None:
    board.operator, board.position, board.shift = body.operator, body.position, body.shift


def _enrolled(board: Board, event: e.Event, body: e.UnitEnrolled) -> None:
    unit = board.units.get(body.unit)
    if unit is None:
        unit = Unit(body.unit, body.kind, frozenset(), body.station, since=event.at, contacted_at=event.at)
        board.units[body.unit] = unit
    unit.kind, unit.station, unit.capabilities = body.kind, body.station, frozenset(body.capabilities)
    unreported = unit.position is None or unit.position.source is PositionSource.STATION
    if unreported and body.lat is not None and body.lon is not None:
        unit.position = Position(body.lat, body.lon, event.at, PositionSource.STATION)


def _retired(board: Board, _event: e.Event, body: e.UnitRetired) -> None:
    board.units.pop(body.unit, None)
    board.emergencies.pop(body.unit, None)


def _opened(board: Board, event: e.Event, body: e.IncidentOpened) -> None:
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
    series, _, count = body.number.rpartition("-")
    if count.isdecimal():
        board.last_number[series] = max(board.last_number.get(series, 0), int(count))


def _call_taken(board: Board, event: e.Event, body: e.CallTaken) -> None:
    if incident := _changing(board, event, body.incident):
        incident.calls.append(
            Call(body.call, body.caller, body.location, body.answered_at, event.at, event.operator, body.text)
        )


def _call_withdrawn(board: Board, event: e.Event, body: e.CallWithdrawn) -> None:
    if incident := _changing(board, event, body.incident):
        incident.calls = [call for call in incident.calls if call.id != body.call]


def _typed(board: Board, event: e.Event, body: e.IncidentTyped) -> None:
    if incident := _changing(board, event, body.incident):
        incident.type = body.type
        incident.severity = body.severity or incident.severity
        if body.suggested_why or event.undoes:
            incident.suggested, incident.suggested_why = body.suggested, body.suggested_why


def _severity_set(board: Board, event: e.Event, body: e.SeveritySet) -> None:
    if incident := _changing(board, event, body.incident):
        incident.severity, incident.severity_by = body.severity, body.by


def _located(board: Board, event: e.Event, body: e.IncidentLocated) -> None:
    if incident := _changing(board, event, body.incident):
        incident.location = body.location


def _priority_set(board: Board, event: e.Event, body: e.PrioritySet) -> None:
    if incident := _changing(board, event, body.incident):
        incident.priority = body.priority


def _narrative_added(board: Board, event: e.Event, body: e.NarrativeAdded) -> None:
    if incident := _changing(board, event, body.incident):
        incident.narrative.append(
            NarrativeLine(event.id, event.at, event.operator, event.desk, body.text, body.about_unit)
        )


def _narrative_struck(board: Board, event: e.Event, body: e.NarrativeStruck) -> None:
    if incident := _changing(board, event, body.incident):
        for line in incident.narrative:
            if line.event == body.event:
                line.struck = True


def _assigned(board: Board, event: e.Event, body: e.UnitAssigned) -> None:
    if incident := _changing(board, event, body.incident):
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
            )
        )
    if unit := board.units.get(body.unit):
        _stand(unit, UnitStatus.DISPATCHED, event.at, event.at, body.incident)


def _assignment_ended(board: Board, event: e.Event, body: e.AssignmentEnded) -> None:
    _end(board, event, body, body.reason)
    unit = board.units.get(body.unit)
    if unit is not None and unit.incident == body.incident:
        unit.incident = ""


def _status_changed(board: Board, event: e.Event, body: e.UnitStatusChanged) -> None:
    if assignment := _assignment(board, event, body):
        # Back from the scene to the road is a correction: it had not arrived.
        if body.before and body.before.status is UnitStatus.ON_SCENE and body.status in _BEFORE_ARRIVAL:
            assignment.times.pop(UnitStatus.ON_SCENE, None)
        assignment.times.setdefault(body.status, event.at)
        if body.status.committed:
            assignment.status = body.status
    if unit := board.units.get(body.unit):
        _stand(unit, body.status, event.at, event.at, body.incident, body.note)


def _contacted(board: Board, event: e.Event, body: e.UnitContacted) -> None:
    if unit := board.units.get(body.unit):
        unit.contacted_at = event.at
    board.emergencies.pop(body.unit, None)


def _emergency_raised(board: Board, event: e.Event, body: e.EmergencyRaised) -> None:
    board.emergencies[body.unit] = Emergency(event.at, body.incident, body.text)


def _emergency_ended(board: Board, _event: e.Event, body: e.EmergencyEnded) -> None:
    board.emergencies.pop(body.unit, None)


def _closed(board: Board, event: e.Event, body: e.IncidentClosed) -> None:
    if incident := _changing(board, event, body.incident):
        incident.closed_at = body.closed_at or event.at
        incident.closed_by = body.closed_by or event.operator
        incident.disposition, incident.closing_note = body.disposition, body.note
        if event.undoes:
            incident.reopened_at = body.reopened_at


def _reopened(board: Board, event: e.Event, body: e.IncidentReopened) -> None:
    if incident := _changing(board, event, body.incident):
        incident.closed_at, incident.closed_by = None, ""
        incident.disposition, incident.closing_note = "", ""
        if not event.undoes:
            incident.reopened_at = event.at
        _wait_if_left(incident)


def _alarm_acknowledged(board: Board, event: e.Event, body: e.AlarmAcknowledged) -> None:
    board.alarms_acknowledged[body.alarm] = event.at


def _dispatch_withdrawn(board: Board, event: e.Event, body: e.DispatchWithdrawn) -> None:
    _end(board, event, body, ReleaseReason.UNDONE)
    if unit := board.units.get(body.unit):
        _stand(unit, body.status, body.since or event.at, body.contacted_at or event.at, "", body.note)


def _withdrawn(board: Board, _event: e.Event, body: e.IncidentWithdrawn) -> None:
    board.incidents.pop(body.incident, None)


def _restored(board: Board, event: e.Event, body: e.UnitRestored) -> None:
    if assignment := _assignment(board, event, body):
        assignment.ended_at = assignment.reason = None
        assignment.status = body.before.status
        if assignment.times.get(body.withdrawn) == body.withdrawn_at:
            del assignment.times[body.withdrawn]
        if body.before.arrived_at:
            assignment.times[UnitStatus.ON_SCENE] = body.before.arrived_at
    if unit := board.units.get(body.unit):
        before = body.before
        _stand(unit, before.status, before.since, before.contacted_at, body.incident, before.note)


def _road_closed(board: Board, event: e.Event, body: e.RoadClosed) -> None:
    since = body.closed_at or event.at
    board.closures[body.closure] = Closure(body.closure, body.points, body.road, body.note, since, event.operator)


def _road_reopened(board: Board, _event: e.Event, body: e.RoadReopened) -> None:
    board.closures.pop(body.closure, None)


def _changing(board: Board, event: e.Event, incident: str) -> Incident | None:
    found = board.incidents.get(incident)
    if found is None:
        board.missing.add(incident)
    else:
        found.changed_at = event.at
    return found


def _assignment(
    board: Board,
    event: e.Event,
    body: e.UnitStatusChanged | e.UnitRestored | e.AssignmentEnded | e.DispatchWithdrawn,
) -> Assignment | None:
    incident = _changing(board, event, body.incident) if body.incident else None
    if incident is None:
        return None
    return next((a for a in reversed(incident.assignments) if a.id == body.assignment), None)


def _stand(unit: Unit, status: UnitStatus, since: int, contacted_at: int, incident: str, note: str = "") -> None:
    unit.status, unit.since, unit.contacted_at, unit.incident = status, since, contacted_at, incident
    unit.note = note


def _end(board: Board, event: e.Event, body: e.AssignmentEnded | e.DispatchWithdrawn, reason: ReleaseReason) -> None:
    if ended := _assignment(board, event, body):
        ended.ended_at, ended.reason = event.at, reason
        _wait_if_left(board.incidents[body.incident])


def _wait_if_left(incident: Incident) -> None:
    """An incident waits since its opening, its reopening or the end of the last real assignment."""
    if not incident.active_assignments:
        ends = [a.ended_at or 0 for a in incident.assignments if a.reason is not ReleaseReason.UNDONE]
        incident.waiting_since = max([incident.opened_at, incident.reopened_at, *ends])


_FOLDS: dict[type, Callable[[Board, e.Event, Any], None]] = {
    e.OperatorSignedOn: _signed_on,
    e.UnitEnrolled: _enrolled,
    e.UnitRetired: _retired,
    e.IncidentOpened: _opened,
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
    e.UnitStatusChanged: _status_changed,
    e.UnitContacted: _contacted,
    e.EmergencyRaised: _emergency_raised,
    e.EmergencyEnded: _emergency_ended,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _reopened,
    e.AlarmAcknowledged: _alarm_acknowledged,
    e.DispatchWithdrawn: _dispatch_withdrawn,
    e.IncidentWithdrawn: _withdrawn,
    e.UnitRestored: _restored,
    e.RoadClosed: _road_closed,
    e.RoadReopened: _road_reopened,
}
