"""The fields that the text dialects share, read strictly: a value is right or it is None."""

KNOT_MPS = 1852 / 3600
MPH_MPS = 0.44704
KMH_MPS = 1 / 3.6
FOOT_M = 0.3048

_REACH = {b"N": 90.0, b"S": 90.0, b"E": 180.0, b"W": 180.0}
_POSITIVE = frozenset((b"N", b"E"))
_NORTH_SOUTH, _EAST_WEST = frozenset((b"N", b"S")), frozenset((b"E", b"W"))
_UNPLAIN = frozenset(b"_eEnNiI")  # what float() would take and no device means


def number(field: bytes) -> float | None:
    """A plain decimal; None for blanks, exponents, infinities and anything else."""
    try:
        value = float(field)
    except ValueError:
        return None
    return value if _UNPLAIN.isdisjoint(field) else None


def whole(field: bytes) -> int | None:
    return int(field) if field.isdigit() else None


def degrees(field: bytes, hemisphere: bytes) -> float | None:
    """`ddmm.mmmm` or `dddmm.mmmm` with its hemisphere, as signed degrees; leading zeros may be missing."""
    value = number(field)
    if value is None or value < 0 or hemisphere not in _REACH:
        return None
    whole_degrees = int(value / 100)
    minutes = value - 100 * whole_degrees
    result = whole_degrees + minutes / 60
    if minutes >= 60 or result > _REACH[hemisphere]:
        return None
    return result if hemisphere in _POSITIVE else -result


def position(four: list[bytes]) -> tuple[float, float] | None:
    """Latitude and longitude from `lat, N, lon, E`; None if any of the four is missing or impossible."""
    lat, north_south, lon, east_west = four
    if north_south not in _NORTH_SOUTH or east_west not in _EAST_WEST:
        return None
    y, x = degrees(lat, north_south), degrees(lon, east_west)
    return None if y is None or x is None else (y, x)


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
