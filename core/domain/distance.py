"""Straight distances on the ground, for telling near from far; never for how long a unit takes."""

from math import cos, hypot, radians

_M_PER_DEGREE = 111_194.93  # mean earth radius 6,371,008.8 m (IUGG) times pi / 180


def ground_distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Metres between two WGS 84 points on a plane that touches the earth between them; good below 50 km."""
    north = lat_b - lat_a
    east = ((lon_b - lon_a + 180) % 360 - 180) * cos(radians((lat_a + lat_b) / 2))
    return hypot(north, east) * _M_PER_DEGREE
