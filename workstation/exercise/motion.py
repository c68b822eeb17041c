"""Where a unit is on its way: a route with the time at each of its points."""

from bisect import bisect_right
from collections.abc import Sequence
from math import atan2, cos, degrees, radians

from msgspec import Struct

from core.domain.values import Position, PositionSource


class Leg(Struct, frozen=True):
    """A drive that began at `started_at` (UTC ms): `points` (lat, lon) reached `point_ms` milliseconds later."""

    started_at: int
    points: tuple[tuple[float, float], ...]
    point_ms: tuple[int, ...]

    @property
    def ends_at(self) -> int:
        return self.started_at + self.point_ms[-1]

    def position(self, now_ms: int) -> Position:
        """The position on the road at `now_ms`, between the two points around it; the ends hold outside the drive."""
        elapsed = min(max(now_ms - self.started_at, 0), self.point_ms[-1])
        after = min(bisect_right(self.point_ms, elapsed), len(self.points) - 1)
        before = max(after - 1, 0)
        span = self.point_ms[after] - self.point_ms[before]
        share = (elapsed - self.point_ms[before]) / span if span else 1.0
        (lat_a, lon_a), (lat_b, lon_b) = self.points[before], self.points[after]
        return Position(
            lat=lat_a + (lat_b - lat_a) * share,
            lon=lon_a + (lon_b - lon_a) * share,
            fixed_at=now_ms,
            source=PositionSource.GPS,
            heading=_bearing(self.points[before], self.points[after]),
        )


def _bearing(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Degrees clockwise from north, on the local plane."""
    east = (b[1] - a[1]) * cos(radians((a[0] + b[0]) / 2))
    return degrees(atan2(east, b[0] - a[0])) % 360


def standing_leg(now_ms: int, point: tuple[float, float]) -> Leg:
    """A leg that goes nowhere."""
    return Leg(now_ms, (point,), (0,))


def leg_from(started_at: int, points: Sequence[tuple[float, float]], point_ms: Sequence[int]) -> Leg:
    """A leg from a route's points and times; a route of no length becomes a standing leg."""
    if len(points) < 2:
        return standing_leg(started_at, points[0])
    return Leg(started_at, tuple(points), tuple(int(ms) for ms in point_ms))
