"""Values that events carry and the board keeps. All are frozen; all go to and from JSON by msgspec."""

from enum import StrEnum

from msgspec import Struct

from core.domain.statuses import UnitStatus


class LocationSource(StrEnum):
    """How a location came to be known; `unverified` text has no coordinates or none that were checked."""

    ADDRESS = "address"
    INTERSECTION = "intersection"
    PLACE = "place"
    STREET = "street"
    COORDINATES = "coordinates"
    MAP_CLICK = "map click"
    UNVERIFIED = "unverified"


class Location(Struct, frozen=True):
    """Where something is. `lat`/`lon` are WGS 84 degrees, both None when only the words are known."""

    text: str
    lat: float | None = None
    lon: float | None = None
    source: LocationSource = LocationSource.UNVERIFIED
    detail: str = ""  # flat, floor, gate, landmark: as the caller said it

    @property
    def placed(self) -> bool:
        return self.lat is not None and self.lon is not None


class Caller(Struct, frozen=True):
    name: str = ""
    callback: str = ""  # number to ring back, as given


class PositionSource(StrEnum):
    GPS = "gps"
    TYPED = "typed"
    STATION = "station"  # not reported: assumed at its station
    PREDICTED = "predicted"


class Position(Struct, frozen=True):
    """A unit's position: telemetry, not an event. `fixed_at` is UTC ms of the fix; heading degrees from north."""

    lat: float
    lon: float
    fixed_at: int
    source: PositionSource = PositionSource.GPS
    heading: float | None = None
    speed_mps: float | None = None
    stale_s: int = 0  # after so long a position of this source is stale; 0: after the agency's standard

    def age_s(self, now_ms: int) -> float:
        return max(0.0, (now_ms - self.fixed_at) / 1000)


class ReleaseReason(StrEnum):
    """Why an assignment ended."""

    CLEARED = "cleared"  # the unit finished its work
    CANCELLED = "cancelled"  # stood down before it finished
    REASSIGNED = "reassigned"  # moved to another incident by an operator
    PREEMPTED = "pre-empted"  # taken by a more urgent incident
    UNDONE = "undone"  # the dispatch itself was taken back


class UnitMoment(Struct, frozen=True, omit_defaults=True):
    """How a unit stood just before an event, so that undo needs nothing but the event. Times are UTC ms."""

    status: UnitStatus
    since: int = 0
    contacted_at: int = 0
    arrived_at: int = 0  # when it first reached the scene of the incident it was on; 0 for never
    note: str = ""  # what it did in that status, for example "Move-up to Station 5"
