"""The intervals a supervisor asks for, worked out from an incident's times.

Names follow NFPA 1225 and NEMSIS: call processing, dispatch, turnout, travel, total response, scene, transport.
"""

from msgspec import Struct

from core.domain.board import Assignment, Incident
from core.domain.statuses import UnitStatus
from core.domain.values import ReleaseReason


class Interval(Struct, frozen=True):
    """`seconds` is None while one of its two ends has not happened."""

    name: str
    meaning: str
    seconds: float | None


def _between(start_at: int | None, end_at: int | None) -> float | None:
    if start_at is None or end_at is None:
        return None
    return max(0.0, (end_at - start_at) / 1000)


def _first(incident: Incident, status: UnitStatus) -> int | None:
    return min((a.times[status] for a in incident.assignments if status in a.times), default=None)


def answered_at(incident: Incident) -> int:
    """When the first call about the incident was answered; its opening where no call was taken."""
    return min((call.answered_at for call in incident.calls), default=incident.opened_at)


def incident_intervals(incident: Incident) -> tuple[Interval, ...]:
    """The incident's own intervals, each from its first call or its first unit; a dispatch taken back was none."""
    answered = answered_at(incident)
    sent = (a for a in incident.assignments if a.reason is not ReleaseReason.UNDONE)
    assigned = min((a.assigned_at for a in sent), default=None)
    on_scene = _first(incident, UnitStatus.ON_SCENE)
    return (
        Interval("Call processing", "call answered to incident opened", _between(answered, incident.opened_at)),
        Interval("Dispatch", "incident opened to first unit assigned", _between(incident.opened_at, assigned)),
        Interval("Response", "first unit assigned to first unit on scene", _between(assigned, on_scene)),
        Interval("Total response", "call answered to first unit on scene", _between(answered, on_scene)),
        Interval("Duration", "incident opened to incident closed", _between(incident.opened_at, incident.closed_at)),
    )


def unit_intervals(assignment: Assignment) -> tuple[Interval, ...]:
    """One unit's intervals on one incident. Turnout and travel are unknown where no en route was given."""
    times = assignment.times
    en_route, on_scene = times.get(UnitStatus.EN_ROUTE), times.get(UnitStatus.ON_SCENE)
    transporting, at_hospital = times.get(UnitStatus.TRANSPORTING), times.get(UnitStatus.AT_HOSPITAL)
    return (
        Interval("Turnout", "assigned to en route", _between(assignment.assigned_at, en_route)),
        Interval("Travel", "en route to on scene", _between(en_route, on_scene)),
        Interval("Scene", "on scene to leaving it", _between(on_scene, transporting or assignment.ended_at)),
        Interval("Transport", "transporting to at hospital", _between(transporting, at_hospital)),
        Interval("Committed", "assigned to free again", _between(assignment.assigned_at, assignment.ended_at)),
    )


def span_text(seconds: float | None) -> str:
    """`0:04:07`, or an en dash while it is not known: always with hours, so that no minute is read as an hour."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}"
