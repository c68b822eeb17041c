"""What each event does to the board: to its incident, to its unit, and to what belongs to neither.

Incidents and units are strands that never need each other (core.domain.strands). The rest is kept so that the order of
arrival does not matter: the event that stands last in the shared order counts.
"""

from collections.abc import Callable
from typing import Any

from core.domain import events as e
from core.domain.board import Board, Closure, SignedOn
from core.domain.strands.incident import apply_to_incident
from core.domain.strands.unit import apply_to_unit

KEPT_AFTER_CLOSING_MS = 12 * 3600 * 1000


def apply_event(board: Board, event: e.Event, place: str = "") -> tuple[frozenset[str], frozenset[str]]:
    """Bring the board up to date with one event; returns the incident ids and the callsigns it touched.

    `place` is where it stands in the order that all desks share, "" for its id; events are applied in that order.
    Events of incidents or units that are not on the board leave no trace on it, except that the incident's id or the
    callsign goes to `board.missing`. Never apply the same event twice: the store sees to that.
    """
    body, place = event.body, place or event.id
    incident, unit = strands_of(body)
    apply_to_rest(board, event, place)
    if incident:
        apply_to_incident(board, event, incident, place)
    if unit:
        apply_to_unit(board, event, unit, place)
    return frozenset((incident,) if incident else ()), frozenset((unit,) if unit else ())


def strands_of(body: e.Body) -> tuple[str, str]:
    """The incident and the unit that an event belongs to, "" for none."""
    return getattr(body, "incident", ""), getattr(body, "unit", "")


def apply_to_rest(board: Board, event: e.Event, place: str) -> None:
    """What belongs to no incident and no unit alone; in any order."""
    if step := _REST.get(type(event.body)):
        step(board, event, event.body, place)


def shed_closed(board: Board, now_ms: int) -> tuple[str, ...]:
    """Take incidents off the board 12 h after their closing, and old alarm marks and settled conflicts.

    Returns the incidents' ids.
    """
    oldest = now_ms - KEPT_AFTER_CLOSING_MS
    gone = tuple(i.id for i in board.incidents.values() if i.closed_at is not None and i.closed_at <= oldest)
    for incident in gone:
        del board.incidents[incident]
    for alarm in [key for key, at in board.alarms_acknowledged.items() if at <= oldest]:
        del board.alarms_acknowledged[alarm]
    for withdrawn in [i.id for i in board.withdrawn.values() if i.changed_at <= oldest]:
        del board.withdrawn[withdrawn]
    for conflict in [c.id for c in board.conflicts.values() if c.settled_at and c.settled_at <= oldest]:
        del board.conflicts[conflict]
    return gone


def _signed_on(board: Board, event: e.Event, body: e.OperatorSignedOn, place: str) -> None:
    known = board.presence.get(event.desk)
    if known is not None and known.place > place:
        return
    board.presence[event.desk] = SignedOn(body.operator, body.position, body.shift, event.at, place)
    if board.desk in ("", event.desk):
        board.operator, board.position, board.shift = body.operator, body.position, body.shift


def _numbered(board: Board, _event: e.Event, body: e.IncidentOpened, _place: str) -> None:
    series, _, count = body.number.rpartition("-")
    if count.isdecimal():
        board.last_number[series] = max(board.last_number.get(series, 0), int(count))


def _alarm_acknowledged(board: Board, event: e.Event, body: e.AlarmAcknowledged, _place: str) -> None:
    board.alarms_acknowledged[body.alarm] = max(event.at, board.alarms_acknowledged.get(body.alarm, 0))


def _road_closed(board: Board, event: e.Event, body: e.RoadClosed, place: str) -> None:
    if _is_last_word(board, body.closure, place):
        since = body.closed_at or event.at
        board.closures[body.closure] = Closure(body.closure, body.points, body.road, body.note, since, event.operator)


def _road_reopened(board: Board, _event: e.Event, body: e.RoadReopened, place: str) -> None:
    if _is_last_word(board, body.closure, place):
        board.closures.pop(body.closure, None)


def _is_last_word(board: Board, closure: str, place: str) -> bool:
    if board.closures_told.get(closure, "") > place:
        return False
    board.closures_told[closure] = place
    return True


_REST: dict[type, Callable[[Board, e.Event, Any, str], None]] = {
    e.OperatorSignedOn: _signed_on,
    e.IncidentOpened: _numbered,
    e.AlarmAcknowledged: _alarm_acknowledged,
    e.RoadClosed: _road_closed,
    e.RoadReopened: _road_reopened,
}
