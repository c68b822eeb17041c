"""A unit's status: which moves are legal, and what a move does to the work it is on."""

from core.domain import commands as c
from core.domain import events as e
from core.domain.board import Assignment, Unit
from core.domain.events import Event
from core.domain.rules.commitment import clear, moment
from core.domain.rules.situation import Situation, nearest
from core.domain.rules.wording import clean_line
from core.domain.statuses import LEGAL_MOVES, Availability, UnitStatus
from core.domain.values import ReleaseReason
from core.errors import Refused

MOVE_UP = "Move-up to "  # begins the note of a unit that is moved up; the rest is the station


def set_status(command: c.SetStatus, now: Situation) -> tuple[Event, ...]:
    unit, status = now.unit(command.unit), UnitStatus(command.status)
    incident = now.board.incidents.get(unit.incident)
    assignment = incident.assignment_of(unit.callsign) if incident else None
    override = clean_line(command.override)
    refusal = refusal_of_move(unit, status, now.number_of(unit.incident) if assignment else "")
    if refusal and not (refusal.overridable and override):
        raise refusal
    logged = override if refusal else ""
    if assignment is None:
        body = e.UnitStatusChanged(unit.callsign, status, override=logged, before=moment(now.board, unit))
        return tuple(now.stamp.event(body) for body in (body, *_ends_of_unknown(unit)))
    bodies = _move_on_incident(assignment, unit, status, now, logged)
    if logged:
        bodies.append(
            e.NarrativeAdded(assignment.incident, f"{status.capitalize()} out of turn: {logged}", unit.callsign)
        )
    return tuple(now.stamp.event(body) for body in bodies)


def _ends_of_unknown(unit: Unit) -> list[e.Body]:
    """Work on incidents that have not reached this desk ends all the same when the unit is free."""
    return [
        e.AssignmentEnded(claim.assignment, claim.incident, unit.callsign, ReleaseReason.CANCELLED)
        for claim in unit.claims[:1]
    ]


def move_up(command: c.MoveUp, now: Situation) -> tuple[Event, ...]:
    """The unit drives, free, to another station: "returning" with a note, until it says that it stands there."""
    unit = now.unit(command.unit)
    if command.station not in now.agency.stations:
        near = nearest(command.station, now.agency.stations)
        raise Refused(f"There is no station {command.station}.", do=f"Did you mean {near}?" if near else "")
    if unit.status.availability is not Availability.FREE:
        on = f" on {now.number_of(unit.incident)}" if unit.incident else ""
        raise Refused(f"{unit.callsign} is {unit.status}{on}.", "It was not moved up.", "Only a free unit can move up.")
    note = f"{MOVE_UP}{command.station}"
    if unit.note == note:
        raise Refused(f"{unit.callsign} is on its way to {command.station} already.")
    body = e.UnitStatusChanged(unit.callsign, UnitStatus.RETURNING, before=moment(now.board, unit), note=note)
    return (now.stamp.event(body),)


def refusal_of_move(unit: Unit, status: UnitStatus, number: str) -> Refused | None:
    """Why the unit may not take that status, or None where it may. `number`: of the incident it is on, or ""."""
    if status is unit.status:
        return Refused(f"{unit.callsign} is already {status}.")
    if status.committed and not number:
        return Refused(
            f"{unit.callsign} is on no incident, so it cannot be {status}.",
            do=f"Dispatch it first: d {unit.callsign.lower()}.",
        )
    if status in LEGAL_MOVES[unit.status]:
        return None
    legal = " or ".join(f"{s.code.lower()} ({s})" for s in UnitStatus if s in LEGAL_MOVES[unit.status])
    stand_down = f" To stand it down: x {unit.callsign.lower()}." if number and not status.committed else ""
    on = f" on {number}" if number else ""
    return Refused(
        f"{unit.callsign} is {unit.status}{on} and cannot go straight to {status}.",
        do=f"Add !reason to do it all the same. Next it can be {legal}.{stand_down}",
        overridable=True,
    )


def _move_on_incident(
    assignment: Assignment, unit: Unit, status: UnitStatus, now: Situation, override: str
) -> list[e.Body]:
    if status.committed:
        return [
            e.UnitStatusChanged(
                unit.callsign, status, assignment.incident, assignment.id, override, moment(now.board, unit)
            )
        ]
    arrived = UnitStatus.ON_SCENE in assignment.times
    reason = ReleaseReason.CLEARED if arrived else ReleaseReason.CANCELLED
    changed, ended = clear(now.board, assignment, status, reason)
    if override and isinstance(changed, e.UnitStatusChanged):
        changed = e.UnitStatusChanged(unit.callsign, status, override=override, before=changed.before)
    return [changed, ended]
