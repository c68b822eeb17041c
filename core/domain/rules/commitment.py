"""Units and incidents bound together: assign, reassign, pre-empt, release."""

from core.domain import commands as c
from core.domain import events as e
from core.domain.board import Assignment, Board, Incident, Unit
from core.domain.events import Event
from core.domain.rules.situation import Situation
from core.domain.rules.wording import clean_line
from core.domain.statuses import UnitStatus
from core.domain.values import ReleaseReason, UnitMoment
from core.errors import Refused


def moment(board: Board, unit: Unit) -> UnitMoment:
    """How the unit stands now, for the event that is about to change it."""
    incident = board.incidents.get(unit.incident)
    assignment = incident.assignment_of(unit.callsign) if incident else None
    arrived_at = assignment.times.get(UnitStatus.ON_SCENE, 0) if assignment else 0
    return UnitMoment(unit.status, unit.since, unit.contacted_at, arrived_at, unit.note)


def clear(board: Board, assignment: Assignment, status: UnitStatus, reason: ReleaseReason) -> list[e.Body]:
    """The unit takes a free status, and its work on the incident ends."""
    bodies: list[e.Body] = []
    if unit := board.units.get(assignment.unit):
        bodies.append(e.UnitStatusChanged(unit.callsign, status, before=moment(board, unit)))
    bodies.append(e.AssignmentEnded(assignment.id, assignment.incident, assignment.unit, reason))
    return bodies


def assign(command: c.Assign, now: Situation) -> tuple[Event, ...]:
    """Send units; what stands in the way is told for all of them together."""
    incident = now.open_incident(command.incident)
    callsigns = [callsign.strip().upper() for callsign in command.units]
    if not callsigns:
        raise Refused("No unit is named.", do="Name at least one unit.")
    for callsign in callsigns:
        if callsigns.count(callsign) > 1:
            raise Refused(f"{callsign} is named twice.")
    units = [now.unit(callsign) for callsign in callsigns]
    override = clean_line(command.override)
    _refuse_blocked(units, incident, now, override)
    quotes = {quote.unit.strip().upper(): quote for quote in command.quotes}
    bodies: list[e.Body] = []
    for unit in units:
        bodies += _take_from_elsewhere(unit, incident, now)
        quote = quotes.get(unit.callsign, c.Quote(unit.callsign))
        bodies.append(
            e.UnitAssigned(
                now.stamp.new_id(),
                incident.id,
                unit.callsign,
                quote.eta_s,
                quote.route_m,
                override,
                moment(now.board, unit),
            )
        )
    return tuple(now.stamp.event(body) for body in bodies)


def release(command: c.Release, now: Situation) -> tuple[Event, ...]:
    """Stand a unit down before it finished."""
    unit = now.unit(command.unit)
    incident = now.board.incidents.get(unit.incident)
    assignment = incident.assignment_of(unit.callsign) if incident else None
    if incident is None or assignment is None:
        raise Refused(f"{unit.callsign} is on no incident; it is {unit.status}.")
    bodies = clear(now.board, assignment, UnitStatus.AVAILABLE, ReleaseReason.CANCELLED)
    if note := clean_line(command.note):
        bodies.append(e.NarrativeAdded(incident.id, note, unit.callsign))
    return tuple(now.stamp.event(body) for body in bodies)


def why_blocked(unit: Unit, board: Board) -> str:
    """Why the unit may be sent only with a reason; "" where it is free."""
    if unit.incident:
        elsewhere = board.incidents.get(unit.incident)
        number = elsewhere.number if elsewhere else "another incident"
        return f"{unit.callsign} is committed to {number}, {unit.status}."
    if unit.status is UnitStatus.OUT_OF_SERVICE:
        return f"{unit.callsign} is out of service."
    return ""


def _refuse_blocked(units: list[Unit], incident: Incident, now: Situation, override: str) -> None:
    already = [u.callsign for u in units if any(claim.incident == incident.id for claim in u.claims)]
    if already:
        are = "is" if len(already) == 1 else "are"
        raise Refused(f"{' and '.join(already)} {are} already on {incident.number}.")
    blocked = [reason for unit in units if (reason := why_blocked(unit, now.board))]
    if blocked and not override:
        raise Refused(
            " ".join(blocked),
            do="Add !reason to send it all the same.",
            overridable=True,
        )


def _take_from_elsewhere(unit: Unit, incident: Incident, now: Situation) -> list[e.Body]:
    """From everywhere, where two desks had sent it."""
    bodies: list[e.Body] = []
    for claim in unit.claims:
        elsewhere = now.board.incidents.get(claim.incident)
        more_urgent = elsewhere is not None and incident.priority < elsewhere.priority
        reason = ReleaseReason.PREEMPTED if more_urgent else ReleaseReason.REASSIGNED
        bodies.append(
            e.AssignmentEnded(claim.assignment, claim.incident, unit.callsign, reason, to_incident=incident.id)
        )
    return bodies
