"""Times against the agency's standards: waiting incidents, units in one status, welfare checks."""

from enum import StrEnum

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Incident, Unit
from core.domain.statuses import IncidentState, UnitStatus

WARN_FRACTION = 0.8


class TimerState(StrEnum):
    OK = "ok"
    WARN = "warn"
    OVERDUE = "overdue"


class Timer(Struct, frozen=True):
    """`standard_s` is None where the agency has no standard for it."""

    elapsed_s: float
    standard_s: int | None
    state: TimerState


def incident_timer(incident: Incident, agency: Agency, now_ms: int) -> Timer:
    """How long it has waited: for a unit (against its priority's standard) or to be closed; else how long open."""
    if incident.state is IncidentState.WAITING:
        return _timer(incident.waiting_since, now_ms, agency.standards.waiting_s.get(incident.priority))
    if incident.state is IncidentState.SERVED:
        return _timer(incident.waiting_since, now_ms, None)
    return _timer(incident.opened_at, incident.closed_at or now_ms, None)


def unit_timer(unit: Unit, agency: Agency, now_ms: int) -> Timer:
    """How long the unit has been in its status, against that status's standard while it is committed."""
    standard_s = agency.standards.status_s.get(unit.status) if unit.status.committed else None
    return _timer(unit.since, now_ms, standard_s)


def par_timer(unit: Unit, agency: Agency, now_ms: int) -> Timer | None:
    """Time since the last contact with a unit on scene; None for units elsewhere."""
    if unit.status is not UnitStatus.ON_SCENE:
        return None
    return _timer(max(unit.contacted_at, unit.since), now_ms, agency.standards.par_s)


def _timer(since_ms: int, now_ms: int, standard_s: int | None) -> Timer:
    """A clock that jumped back makes no negative times."""
    elapsed_s = max(0.0, (now_ms - since_ms) / 1000)
    state = TimerState.OK
    if standard_s is not None and elapsed_s >= standard_s:
        state = TimerState.OVERDUE
    elif standard_s is not None and elapsed_s >= WARN_FRACTION * standard_s:
        state = TimerState.WARN
    return Timer(elapsed_s, standard_s, state)
