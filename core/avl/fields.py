"""The fields that the text dialects share, read strictly: a value is right or it is None."""

import re
from functools import lru_cache

KNOT_MPS = 1852 / 3600
MPH_MPS = 0.44704
KMH_MPS = 1 / 3.6
FOOT_M = 0.3048

_SIGNS = {b"N": 1, b"S": -1, b"E": 1, b"W": -1}
_NORTH_SOUTH, _EAST_WEST = frozenset((b"N", b"S")), frozenset((b"E", b"W"))
_PLAIN = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")


def plain(field: bytes) -> bool:
    """Blank or a decimal with nothing but digits, a point and a sign, as every device writes it."""
    return not field or _PLAIN.fullmatch(field) is not None


def number(field: bytes) -> float | None:
    """A finite number; None for blanks and for anything else."""
    if not field:
        return None
    try:
        value = float(field)
    except ValueError:
        return None
    return value if -1e9 < value < 1e9 else None


def whole(field: bytes) -> int | None:
    return int(field) if field.isdigit() else None


@lru_cache(maxsize=64)
def position(lat: bytes, north_south: bytes, lon: bytes, east_west: bytes) -> tuple[float, float] | None:
    """Signed degrees from `ddmm.mmmm`, N, `dddmm.mmmm`, E; leading zeros may be missing.

    None if any of the four is missing or impossible. Remembered, because a receiver repeats a place in each sentence.
    """
    try:
        y, x = float(lat), float(lon)
        y_degrees, x_degrees = int(y / 100), int(x / 100)
    except (ValueError, OverflowError):
        return None
    y_minutes, x_minutes = y - 100 * y_degrees, x - 100 * x_degrees
    if not (0 <= y_minutes < 60 and 0 <= x_minutes < 60) or y_degrees < 0 or x_degrees < 0:
        return None
    y, x = y_degrees + y_minutes / 60, x_degrees + x_minutes / 60
    if y > 90 or x > 180 or north_south not in _NORTH_SOUTH or east_west not in _EAST_WEST:
        return None
    return y * _SIGNS[north_south] + 0.0, x * _SIGNS[east_west] + 0.0  # no negative zero


def signed_degrees(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    """A pair of signed degrees that lies on the earth."""
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    return lat, lon


def speed(field: bytes, unit_mps: float) -> float | None:
    """Metres a second; None for what no vehicle drives, sails or flies."""
    value = number(field)
    return value * unit_mps if value is not None and 0 <= value * unit_mps < 1000 else None


def course(field: bytes) -> float | None:
    value = number(field)
    return value % 360 if value is not None and 0 <= value <= 360 else None
