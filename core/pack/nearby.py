"""Says what is at a point: the address, the crossing or the block of a street that is nearest."""

import math
from dataclasses import dataclass

import numpy as np
import sqlcipher3

from core.pack.gazetteer_build import unpack_points
from core.pack.words import fold
from core.roads.segments import EARTH_RADIUS_M, lengths_m

ADDRESS_WITHIN_M = 40.0
CROSSING_WITHIN_M = 25.0
NEXT_CROSSING_WITHIN_M = 600.0
BLOCK_WITHIN_M = (80.0, 400.0, 2000.0)  # looked at in turn, so that a city block costs little
METRES_PER_DEGREE = math.radians(1.0) * EARTH_RADIUS_M


@dataclass(frozen=True, slots=True)
class Near:
    """`kind` is address, crossing or block; `number` the house number of an address."""

    kind: str
    text: str
    away_m: float
    number: str = ""


def nearest(connection: "sqlcipher3.Connection", lat: float, lon: float) -> Near | None:
    """The nearest thing with a name, within 2 km."""
    address = _nearest_address(connection, lat, lon)
    crossing = _nearest_crossing(connection, lat, lon)
    if address and (crossing is None or address.away_m <= crossing.away_m):
        return address
    if crossing:
        return crossing
    blocks = (_nearest_block(connection, lat, lon, within_m) for within_m in BLOCK_WITHIN_M)
    return next((block for block in blocks if block), None)


def _box(lat: float, lon: float, within_m: float) -> tuple[float, float, float, float]:
    """South, north, west, east bounds for the R*Tree conditions below."""
    high = within_m / METRES_PER_DEGREE
    wide = high / max(0.01, math.cos(math.radians(lat)))
    return lat - high, lat + high, lon - wide, lon + wide


def _inside(box: str) -> str:
    return f"{box}.north >= ? AND {box}.south <= ? AND {box}.east >= ? AND {box}.west <= ?"


_ADDRESSES = f"""SELECT address.text, street.name, address.lat, address.lon
    FROM address_box JOIN address ON address.id = address_box.id JOIN street ON street.id = address.street
    WHERE {_inside("address_box")}"""
_CROSSINGS = f"""SELECT a.name, b.name, crossing.lat, crossing.lon
    FROM crossing_box JOIN crossing ON crossing.rowid = crossing_box.id
    JOIN street AS a ON a.id = crossing.a JOIN street AS b ON b.id = crossing.b
    WHERE {_inside("crossing_box")}"""
_BLOCKS = f"""SELECT street.name, a.name, b.name, block.points
    FROM block_box JOIN block ON block.id = block_box.id JOIN street ON street.id = block.street
    LEFT JOIN street AS a ON a.id = block.a LEFT JOIN street AS b ON b.id = block.b
    WHERE {_inside("block_box")}"""


def _nearest_address(connection: "sqlcipher3.Connection", lat: float, lon: float) -> Near | None:
    rows = connection.execute(_ADDRESSES, _box(lat, lon, ADDRESS_WITHIN_M))
    found = [Near("address", street, _away_m(lat, lon, y, x), number) for number, street, y, x in rows]
    return min((near for near in found if near.away_m <= ADDRESS_WITHIN_M), key=lambda near: near.away_m, default=None)


def _nearest_crossing(connection: "sqlcipher3.Connection", lat: float, lon: float) -> Near | None:
    rows = connection.execute(_CROSSINGS, _box(lat, lon, CROSSING_WITHIN_M))
    found = [Near("crossing", f"{a} & {b}", _away_m(lat, lon, y, x)) for a, b, y, x in rows]
    return min((near for near in found if near.away_m <= CROSSING_WITHIN_M), key=lambda near: near.away_m, default=None)


def other_crossing(connection: "sqlcipher3.Connection", lat: float, lon: float, unlike: str) -> Near | None:
    """The nearest crossing with a street that `unlike` ("A & B") does not name: only the streets new to it are said."""
    known = {fold(street) for street in unlike.split(" & ")}
    rows = connection.execute(_CROSSINGS, _box(lat, lon, NEXT_CROSSING_WITHIN_M))
    found = [
        Near("crossing", " & ".join(new), _away_m(lat, lon, y, x))
        for a, b, y, x in rows
        if (new := [street for street in (a, b) if fold(street) not in known])
    ]
    return min(found, key=lambda near: near.away_m, default=None)


def _nearest_block(connection: "sqlcipher3.Connection", lat: float, lon: float, within_m: float) -> Near | None:
    rows = connection.execute(_BLOCKS, _box(lat, lon, within_m))
    found = [
        (_line_away_m(lat, lon, unpack_points(points)), street, [other for other in (a, b) if other])
        for street, a, b, points in rows
    ]
    away_m, street, ends = min(found, key=lambda one: one[0], default=(math.inf, "", []))
    if away_m > within_m:
        return None
    return Near("block", _block_text(street, ends), away_m)


def _block_text(street: str, ends: list[str]) -> str:
    if len(set(ends)) == 2:
        return f"{street} between {ends[0]} and {ends[1]}"
    return f"{street} near {ends[0]}" if ends else street


def _away_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    return float(lengths_m(lat, lon, other_lat, other_lon))


def _line_away_m(lat: float, lon: float, points: np.ndarray) -> float:
    """Metres from a point to a line of rows lat, lon, on the local plane."""
    stretch = math.cos(math.radians(lat))
    x = (points[:, 1] - lon) * stretch * METRES_PER_DEGREE
    y = (points[:, 0] - lat) * METRES_PER_DEGREE
    dx, dy = np.diff(x), np.diff(y)
    length = np.maximum(dx * dx + dy * dy, 1e-12)
    share = np.clip(-(x[:-1] * dx + y[:-1] * dy) / length, 0.0, 1.0)
    return float(np.hypot(x[:-1] + share * dx, y[:-1] + share * dy).min())
