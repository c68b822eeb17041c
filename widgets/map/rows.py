"""What the map shows of units and incidents, made from the board: no Qt, no drawing."""

from collections.abc import Callable, Container, Iterable

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Board, Incident, Unit
from core.domain.numbers import short_number
from core.domain.statuses import IncidentState, Priority
from core.domain.values import Location, Position, PositionSource

CALL_IN_HAND = "call in hand"
LOST_FACTOR = 5  # a position this many times older than the stale limit is only a memory: drawn hollow


class MapUnit(Struct, frozen=True):
    """One marker. `age` is 0 fresh, 1 stale (faded), 2 lost (hollow); `age_text` is said only when it is not fresh."""

    callsign: str
    shape: str
    availability: str
    lat: float
    lon: float
    heading: float | None
    source: str
    age: int
    age_text: str
    selected: bool


class MapIncident(Struct, frozen=True):
    """One plate. `label` is the short number, `detail` the type; `alarm` asks for the alarm colour."""

    id: str
    label: str
    detail: str
    priority: int
    lat: float
    lon: float
    alarm: bool
    selected: bool


def age_words(age_s: float) -> str:
    """An age in its one fitting unit: "45 s", "3 min", "2 h", "4 d"."""
    for limit, size, word in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if age_s < limit:
            return f"{int(age_s // size)} {word}"
    return f"{int(age_s // 86400)} d"


def staleness(position: Position, now_ms: int, stale_s: int) -> int:
    """0, 1 or 2. A unit assumed at its station never reported a position, so none of its can be stale."""
    age_s = position.age_s(now_ms)
    if position.source is PositionSource.STATION or age_s < stale_s:
        return 0
    return 1 if age_s < stale_s * LOST_FACTOR else 2


def unit_row(unit: Unit, position: Position, agency: Agency, now_ms: int, *, selected: bool) -> MapUnit:
    age = staleness(position, now_ms, agency.standards.stale_after_s(position.stale_s))
    kind = agency.kinds.get(unit.kind)
    return MapUnit(
        callsign=unit.callsign,
        shape=kind.shape if kind else "circle",
        availability=unit.status.availability.value,
        lat=position.lat,
        lon=position.lon,
        heading=position.heading,
        source=position.source.value,
        age=age,
        age_text=age_words(position.age_s(now_ms)) if age else "",
        selected=selected,
    )


def unit_rows(board: Board, agency: Agency, now_ms: int, selected: Container[str] = ()) -> list[MapUnit]:
    """The units whose position is known, however old."""
    return [
        unit_row(unit, unit.position, agency, now_ms, selected=unit.callsign in selected)
        for unit in board.units.values()
        if unit.position is not None
    ]


def needs_alarm(incident: Incident, agency: Agency, now_ms: int) -> bool:
    """Nobody is on it, and it is a P1 or has waited longer than the standard."""
    if incident.state is not IncidentState.WAITING:
        return False
    standard_s = agency.standards.waiting_s.get(incident.priority)
    waited_s = (now_ms - (incident.waiting_since or incident.opened_at)) / 1000
    return incident.priority is Priority.P1 or (standard_s is not None and waited_s >= standard_s)


def incident_rows(
    incidents: Iterable[Incident],
    agency: Agency,
    now_ms: int,
    selected: str = "",
    short: Callable[[Incident], str] = lambda incident: short_number(incident.number),
) -> list[MapIncident]:
    """The open incidents among `incidents` that have coordinates; `short` gives their numbers as people say them."""
    rows = []
    for incident in incidents:
        lat, lon = incident.location.lat, incident.location.lon
        if incident.closed_at is not None or lat is None or lon is None:
            continue
        kind = agency.types.get(incident.type)
        row = MapIncident(
            id=incident.id,
            label=short(incident),
            detail=kind.name if kind else incident.type,
            priority=int(incident.priority),
            lat=lat,
            lon=lon,
            alarm=needs_alarm(incident, agency, now_ms),
            selected=incident.id == selected,
        )
        rows.append(row)
    return rows


def call_rows(location: Location | None) -> list[MapIncident]:
    """A plate where the call in hand is, before there is an incident; none for a call without a place."""
    if location is None or location.lat is None or location.lon is None:
        return []
    return [
        MapIncident(
            id=CALL_IN_HAND,
            label="New call",
            detail="",
            priority=int(Priority.P4),
            lat=location.lat,
            lon=location.lon,
            alarm=False,
            selected=True,
        )
    ]
