"""Notices that a unit has arrived: standing at its incident, or back at its station, by its own reports.

A unit that drives by has not arrived, and one whose fixes wander over the line arrives once.
"""

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Board, Unit
from core.domain.distance import ground_distance_m
from core.domain.statuses import UnitStatus
from core.domain.values import Position, PositionSource

SLOW_MPS = 5.0  # faster than that is driving by
FIXES_INSIDE = 2
OUT_AGAIN = 1.5  # of the radius: so far it has to go before it can arrive anew
_OLDEST_S = 60.0
_ON_THE_WAY = (UnitStatus.DISPATCHED, UnitStatus.EN_ROUTE)


class Fence(Struct, frozen=True):
    """A circle that means something for one unit now: arriving in it, the unit is `status`."""

    key: str
    name: str  # as in "has arrived at NAME"
    lat: float
    lon: float
    radius_m: float
    status: UnitStatus


class Arrival(Struct, frozen=True):
    unit: str
    fence: Fence
    distance_m: float


def fence_for(unit: Unit, board: Board, agency: Agency) -> Fence | None:
    """Where the unit would arrive next, None while it is going nowhere."""
    incident = board.incidents.get(unit.incident)
    if unit.status in _ON_THE_WAY and incident is not None:
        place = incident.location
        if place.lat is None or place.lon is None:
            return None
        key = f"scene:{incident.id}:{place.lat}:{place.lon}"
        return Fence(key, incident.number, place.lat, place.lon, agency.radio.scene_radius_m, UnitStatus.ON_SCENE)
    station = agency.stations.get(unit.station)
    if unit.status is UnitStatus.RETURNING and station is not None:
        key = f"station:{unit.station}:{unit.since}"
        return Fence(key, unit.station, station.lat, station.lon, agency.radio.station_radius_m, UnitStatus.AVAILABLE)
    return None


class _Visit(Struct):
    fence: str
    inside: int = 0
    told: bool = False
    last: Position | None = None


class ArrivalWatch:
    """Looks at each believed position of each unit; one visit per unit is remembered."""

    def __init__(self) -> None:
        self._visits: dict[str, _Visit] = {}

    def look(self, unit: Unit, position: Position, fence: Fence | None, now_ms: int) -> Arrival | None:
        """The arrival, at the fix that makes it one; None at every other."""
        if fence is None or position.source is not PositionSource.GPS:
            self._visits.pop(unit.callsign, None)
            return None
        visit = self._visits.get(unit.callsign)
        if visit is None or visit.fence != fence.key:
            visit = self._visits[unit.callsign] = _Visit(fence.key)
        if position.age_s(now_ms) > _OLDEST_S or (visit.last and position.fixed_at <= visit.last.fixed_at):
            return None
        slow, visit.last = _speed_mps(visit.last, position) < SLOW_MPS, position
        away_m = ground_distance_m(position.lat, position.lon, fence.lat, fence.lon)
        if away_m > fence.radius_m:
            visit.inside = 0
            visit.told = visit.told and away_m <= OUT_AGAIN * fence.radius_m
            return None
        visit.inside = visit.inside + 1 if slow else 0
        if visit.told or visit.inside < FIXES_INSIDE:
            return None
        visit.told = True
        return Arrival(unit.callsign, fence, away_m)


def _speed_mps(last: Position | None, position: Position) -> float:
    """As the device says, else from one fix to the next; a first one stands."""
    if position.speed_mps is not None:
        return position.speed_mps
    if last is None:
        return 0.0
    seconds = (position.fixed_at - last.fixed_at) / 1000
    return ground_distance_m(last.lat, last.lon, position.lat, position.lon) / seconds if seconds > 0 else 0.0
