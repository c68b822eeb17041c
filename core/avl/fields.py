"""The fields that the text dialects share, read strictly: a value is right or it is None."""

import re

KNOT_MPS = 1852 / 3600
MPH_MPS = 0.44704
KMH_MPS = 1 / 3.6
FOOT_M = 0.3048

_NORTH_SOUTH, _EAST_WEST = {b"N": 1, b"S": -1}, {b"E": 1, b"W": -1}
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


_last: tuple[list[bytes], tuple[float, float] | None] = ([], None)


def position(four: list[bytes]) -> tuple[float, float] | None:
    """Signed degrees from `ddmm.mmmm`, N, `dddmm.mmmm`, E; leading zeros may be missing.

    None if any of the four is missing or impossible. The last one is remembered, because a receiver repeats a place in
    each sentence; question and answer change hands as one, so that threads cannot mix them.
    """
    global _last
    last = _last
    if four == last[0]:
        return last[1]
    place = _position(four)
    _last = four, place
    return place


def _position(four: list[bytes]) -> tuple[float, float] | None:
    lat, north_south, lon, east_west = four
    try:
        y, x, y_sign, x_sign = float(lat), float(lon), _NORTH_SOUTH[north_south], _EAST_WEST[east_west]
    except (ValueError, KeyError):
        return None
    y_degrees, x_degrees = y // 100, x // 100
    y_minutes, x_minutes = y - 100 * y_degrees, x - 100 * x_degrees
    if not (0 <= y <= 9000 and 0 <= x <= 18000 and y_minutes < 60 and x_minutes < 60):
        return None
    # Adding nothing makes zero of negative zero.
    return (y_degrees + y_minutes / 60) * y_sign + 0.0, (x_degrees + x_minutes / 60) * x_sign + 0.0


def signed_degrees(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    """A pair of signed degrees that lies on the earth."""
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    return lat, lon


def speed(field: bytes, unit_mps: float) -> float | None:
    """Metres a second; None for what no vehicle drives, sails or flies."""
    if not field:
        return None
    try:
        value = float(field) * unit_mps
    except ValueError:
        return None
    return value if 0 <= value < 1000 else None


def course(field: bytes) -> float | None:
    if not field:
        return None
    try:
        value = float(field)
    except ValueError:
        return None
    return value % 360 if 0 <= value <= 360 else None
