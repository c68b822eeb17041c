"""What each event does to its unit.

Assignments are claims: one on another incident never overwrites the one that holds the unit. A free status ends nothing
by itself; the claim ends by its own event, and the unit then stands in the free status that was told.
"""

from collections.abc import Callable
from typing import Any

from core.domain import events as e
from core.domain.board import Board, Claim, Emergency, Unit
from core.domain.conflict import DOUBLE_DISPATCH, Conflict, Side
from core.domain.statuses import UnitStatus
from core.domain.strands.informed import REMEMBERED_MS, goes_on, takes
from core.domain.strands.reopening import settled
from core.domain.values import Position, PositionSource, UnitMoment


def apply_to_unit(board: Board, event: e.Event, callsign: str, place: str) -> None:
    """Fold the event into its unit; one that is not on the roster is noted as missing."""
    body = event.body
    if isinstance(body, e.UnitEnrolled):
        _enrol(board, event, body)
    if alarm := _ALARMS.get(type(body)):
        alarm(board, event, body)
    unit = find_unit(board, callsign)
    if unit is None:
        board.missing.add(callsign)
        return
    unit.folded = max(unit.folded, place)
    if step := _STEPS.get(type(body)):
        step(board, event, body, unit)
    if unit.retired:
        _keep_while_at_work(board, unit)


def find_unit(board: Board, callsign: str) -> Unit | None:
    """Also one that has left the roster: somebody who does not know of it may send it."""
    return board.units.get(callsign) or board.retired.get(callsign)


def _enrol(board: Board, event: e.Event, body: e.UnitEnrolled) -> None:
    unit = board.units.get(body.unit)
    if unit is None:
        unit = Unit(body.unit, body.kind, frozenset(), body.station, since=event.at, contacted_at=event.at)
        if was := board.retired.pop(body.unit, None):
            unit.left = was.left
        board.units[body.unit] = unit
    unit.kind, unit.station, unit.capabilities = body.kind, body.station, frozenset(body.capabilities)
    unit.retired = False
    unreported = unit.position is None or unit.position.source is PositionSource.STATION
    if unreported and body.lat is not None and body.lon is not None:
        unit.position = Position(body.lat, body.lon, event.at, PositionSource.STATION)


def _retired(board: Board, _event: e.Event, body: e.UnitRetired, unit: Unit) -> None:
    """A unit that somebody has sent leaves the roster when its work is done."""
    unit.retired = True
    if not unit.claims:
        board.emergencies.pop(body.unit, None)


def _keep_while_at_work(board: Board, unit: Unit) -> None:
    here, there = (board.units, board.retired) if unit.claims else (board.retired, board.units)
    there.pop(unit.callsign, None)
    here[unit.callsign] = unit


def _assigned(board: Board, event: e.Event, body: e.UnitAssigned, unit: Unit) -> None:
    for claim in unit.claims:
        if claim.incident == body.incident:
            claim.also.append(body.assignment)
            return
    if not unit.claims:
        unit.idle, unit.contacted_at = None, event.at
    claim = Claim(body.assignment, body.incident, event.at, event.desk, event.operator, event.id, since=event.at)
    _hold(board, event, unit, claim)


def _hold(board: Board, event: e.Event, unit: Unit, claim: Claim) -> None:
    """Another live claim stands beside those there are, and each pair is a conflict."""
    for other in unit.claims:
        sides = _side_of(other, unit), _side_of(claim, unit)
        id_ = f"{DOUBLE_DISPATCH}:{other.assignment}:{event.id}"
        board.conflicts[id_] = Conflict(id_, DOUBLE_DISPATCH, unit.callsign, sides, event.at)
    unit.claims.append(claim)
    _show(unit, event)


def _side_of(claim: Claim, unit: Unit) -> Side:
    words = f"{unit.callsign} {claim.status}"
    return Side(claim.incident, claim.assignment, claim.event, claim.desk, claim.operator, claim.at, words)


def _show(unit: Unit, event: e.Event) -> None:
    """The unit stands as its first claim says, or free."""
    if unit.claims:
        first = unit.claims[0]
        unit.status, unit.since, unit.incident, unit.note = first.status, first.since, first.incident, first.note
    elif unit.idle is not None:
        _stand(unit, unit.idle)
    elif unit.incident:
        unit.status, unit.since, unit.incident, unit.note = UnitStatus.AVAILABLE, event.at, "", ""


def _stand(unit: Unit, moment: UnitMoment) -> None:
    unit.status, unit.since, unit.note, unit.incident = moment.status, moment.since, moment.note, ""
    unit.idle = None


def _assignment_ended(board: Board, event: e.Event, body: e.AssignmentEnded, unit: Unit) -> None:
    if claim := unit.claim(body.assignment):
        _let_go(board, event, unit, claim, f"The work of {unit.callsign} on one of them has ended.")


def _let_go(board: Board, event: e.Event, unit: Unit, claim: Claim, how: str) -> None:
    unit.claims.remove(claim)
    claim.ended_at, claim.ended_desk, claim.ending = event.at, event.desk, event.command
    unit.left = [old for old in unit.left if event.at - old.ended_at <= REMEMBERED_MS]
    unit.left.append(claim)
    for conflict in list(board.conflicts.values()):
        between = {side.assignment for side in conflict.sides}
        if conflict.kind == DOUBLE_DISPATCH and conflict.is_open and claim.assignment in between:
            board.conflicts[conflict.id] = settled(conflict, event, how)
    _show(unit, event)


def _dispatch_withdrawn(board: Board, event: e.Event, body: e.DispatchWithdrawn, unit: Unit) -> None:
    claim = unit.claim(body.assignment)
    if claim is None:
        return
    if claim.also:
        claim.assignment, *claim.also = [a for a in (claim.assignment, *claim.also) if a != body.assignment]
    elif claim.status is UnitStatus.DISPATCHED:
        if len(unit.claims) == 1:
            unit.idle = UnitMoment(body.status, body.since or event.at, note=body.note)
            unit.contacted_at = body.contacted_at or event.at
        _let_go(board, event, unit, claim, f"The dispatch of {unit.callsign} to one of them was taken back.")


def _status_changed(board: Board, event: e.Event, body: e.UnitStatusChanged, unit: Unit) -> None:
    if not body.assignment:
        unit.contacted_at = max(unit.contacted_at, event.at)
        _told_free(event, body, unit)
        return
    claim = unit.claim(body.assignment)
    if claim is not None:
        if takes(claim.status, body):
            _move(event, body, unit, claim)
        return
    left = _left(unit, body.assignment)
    if left is None or not takes(left.status, body) or not body.status.committed:
        return
    if goes_on(event, left.ended_desk, left.ended_at):
        _take_up(unit, left)
        _move(event, body, unit, left)
        _hold(board, event, unit, left)


def _told_free(event: e.Event, body: e.UnitStatusChanged, unit: Unit) -> None:
    moment = UnitMoment(body.status, event.at, note=body.note)
    if unit.claims:
        unit.idle = moment
    else:
        _stand(unit, moment)
        unit.incident = body.incident


def _move(event: e.Event, body: e.UnitStatusChanged, unit: Unit, claim: Claim) -> None:
    claim.status, claim.since, claim.note = body.status, event.at, body.note
    unit.contacted_at = max(unit.contacted_at, event.at)
    if claim in unit.claims:
        _show(unit, event)


def _left(unit: Unit, assignment: str) -> Claim | None:
    return next((claim for claim in reversed(unit.left) if claim.goes_by(assignment)), None)


def _take_up(unit: Unit, claim: Claim) -> None:
    unit.left.remove(claim)
    claim.ended_at, claim.ended_desk, claim.ending = 0, "", ""
    if not unit.claims:
        unit.idle = None


def _restored(board: Board, event: e.Event, body: e.UnitRestored, unit: Unit) -> None:
    before = body.before
    if not body.assignment:
        if unit.claims:
            unit.idle = None
        elif unit.status is body.withdrawn:
            _stand(unit, before)
            unit.contacted_at = before.contacted_at
        return
    claim = unit.claim(body.assignment)
    left = None if claim else _left(unit, body.assignment)
    if left is not None:
        _take_up(unit, left)
    elif claim is None or claim.status is not body.withdrawn:
        return
    claim = claim or left
    assert claim is not None
    claim.status, claim.since, claim.note = before.status, before.since, before.note
    if left is not None:
        _hold(board, event, unit, left)
    if unit.claims[0] is claim:
        unit.contacted_at = before.contacted_at
        _show(unit, event)


def _contacted(_board: Board, event: e.Event, _body: e.UnitContacted, unit: Unit) -> None:
    unit.contacted_at = max(unit.contacted_at, event.at)


def _settled(board: Board, event: e.Event, body: e.ConflictSettled, unit: Unit) -> None:
    if not body.to_incident:
        return
    claim = unit.claim(body.assignment) or _left(unit, body.assignment)
    if claim is not None:
        claim.settled[event.command] = body.kept
        kept = claim.settled[min(claim.settled)]
        if kept and claim in unit.left and claim.ending in claim.settled:
            _take_up(unit, claim)
            unit.claims.append(claim)
            _show(unit, event)
        elif not kept and claim in unit.claims:
            _let_go(board, event, unit, claim, body.how)
    conflict = board.conflicts.get(body.conflict)
    if conflict is not None and (not conflict.settlement or event.command <= conflict.settlement):
        board.conflicts[conflict.id] = settled(conflict, event, body.how, body.keep, event.command)


def _emergency_raised(board: Board, event: e.Event, body: e.EmergencyRaised) -> None:
    """One mayday stands, however many desks have heard it."""
    known = board.emergencies.get(body.unit)
    at, incident, text = (known.at, known.incident, known.text) if known else (event.at, body.incident, body.text)
    desks, events = (known.desks, known.events) if known else ((), ())
    board.emergencies[body.unit] = Emergency(at, incident, text or body.text, (*desks, event.desk), (*events, event.id))


def _emergency_answered(board: Board, event: e.Event, body: e.UnitContacted) -> None:
    """A routine contact at a desk that has not heard the mayday does not answer it."""
    known = board.emergencies.get(body.unit)
    if known is not None and (event.desk in known.desks or set(body.answers) & set(known.events)):
        del board.emergencies[body.unit]


def _emergency_ended(board: Board, event: e.Event, body: e.EmergencyEnded) -> None:
    """What was entered by mistake at one desk stands where another desk has heard it as well."""
    known = board.emergencies.get(body.unit)
    if known is None:
        return
    heard = [(desk, id_) for desk, id_ in zip(known.desks, known.events, strict=True) if desk != event.desk]
    if heard:
        desks, ids = zip(*heard, strict=True)
        board.emergencies[body.unit] = Emergency(known.at, known.incident, known.text, desks, ids)
    else:
        del board.emergencies[body.unit]


_ALARMS: dict[type, Callable[[Board, e.Event, Any], None]] = {
    e.EmergencyRaised: _emergency_raised,
    e.UnitContacted: _emergency_answered,
    e.EmergencyEnded: _emergency_ended,
}
_STEPS: dict[type, Callable[[Board, e.Event, Any, Unit], None]] = {
    e.UnitRetired: _retired,
    e.UnitAssigned: _assigned,
    e.AssignmentEnded: _assignment_ended,
    e.DispatchWithdrawn: _dispatch_withdrawn,
    e.UnitStatusChanged: _status_changed,
    e.UnitRestored: _restored,
    e.UnitContacted: _contacted,
    e.ConflictSettled: _settled,
}
