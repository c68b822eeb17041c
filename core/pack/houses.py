"""Places a house number on its street: exactly, along a block's range, between its neighbours, or at the nearest."""

from dataclasses import dataclass

import numpy as np
import sqlcipher3

from core.pack.gazetteer_build import unpack_points
from core.pack.house_numbers import read_number
from core.pack.names import Named
from core.pack.words import fold
from core.roads.segments import lengths_m

BETWEEN_NUMBERS = 60  # neighbours further apart than this, or BETWEEN_M, say nothing about what lies between
BETWEEN_M = 400.0


@dataclass(frozen=True, slots=True)
class House:
    """A point for a number. `caution` is empty when the map knows the very number."""

    number: str
    lat: float
    lon: float
    locality: str = ""
    caution: str = ""


def find_house(connection: "sqlcipher3.Connection", street: Named, number: str) -> House | None:
    """The best point for `number` on `street`; None when the map has no numbers there."""
    asked = read_number(number).low
    return (
        _exact(connection, street.row, number, asked)
        or _in_range(connection, street.row, number, asked)
        or _between(connection, street.row, number, asked)
        or _nearest(connection, street.row, number, asked)
    )


def _exact(connection: "sqlcipher3.Connection", street: int, number: str, asked: int) -> House | None:
    sql = """SELECT text, lat, lon, locality FROM address
             WHERE street = ? AND low <= ? AND high >= ? ORDER BY high - low, id"""
    houses = [House(*row) for row in connection.execute(sql, (street, asked, asked))]
    if not houses:
        return None
    letters = fold(number).replace(" ", "")
    same = next((house for house in houses if fold(house.number).replace(" ", "") == letters), None)
    if same is not None:
        return same
    house = houses[0]
    covered = letters.isdigit() and read_number(house.number).high > read_number(house.number).low
    caution = "" if covered else f"approximate: {house.number} is the number in this map"
    return House(number, house.lat, house.lon, house.locality, caution)


def _in_range(connection: "sqlcipher3.Connection", street: int, number: str, asked: int) -> House | None:
    sql = """SELECT low, high, points FROM house_range
             WHERE street = ? AND low <= ? AND high >= ? AND (? - low) % step = 0 ORDER BY high - low"""
    row = connection.execute(sql, (street, asked, asked, asked)).fetchone()
    if row is None:
        return None
    low, high, points = row
    lat, lon = _along(unpack_points(points), (asked - low + 0.5) / (high - low + 1))
    return House(number, lat, lon, caution=f"approximate: along the block {low} to {high}")


def _along(points: np.ndarray, share: float) -> tuple[float, float]:
    """The point at a share of a line's length."""
    steps = lengths_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
    covered = np.concatenate([[0.0], np.cumsum(steps)])
    at = share * covered[-1]
    return float(np.interp(at, covered, points[:, 0])), float(np.interp(at, covered, points[:, 1]))


def _between(connection: "sqlcipher3.Connection", street: int, number: str, asked: int) -> House | None:
    """Between the neighbours on the same side of the street, where they are near enough to say anything."""
    side = (street, asked % 2, asked)
    below = connection.execute(_NEIGHBOUR.format(beyond="low < ?", order="low DESC"), side).fetchone()
    above = connection.execute(_NEIGHBOUR.format(beyond="low > ?", order="low"), side).fetchone()
    if below is None or above is None or above[0] - below[0] > BETWEEN_NUMBERS:
        return None
    if lengths_m(below[2], below[3], above[2], above[3]) > BETWEEN_M:
        return None
    share = (asked - below[0]) / (above[0] - below[0])
    lat, lon = (below[at] + share * (above[at] - below[at]) for at in (2, 3))
    return House(number, lat, lon, below[4], f"approximate: between {below[1]} and {above[1]}")


_NEIGHBOUR = """SELECT low, text, lat, lon, locality FROM address
    WHERE street = ? AND low % 2 = ? AND low > 0 AND {beyond} ORDER BY {order} LIMIT 1"""


def _nearest(connection: "sqlcipher3.Connection", street: int, number: str, asked: int) -> House | None:
    sql = """SELECT text, lat, lon, locality FROM address WHERE street = ? AND low > 0
             ORDER BY abs(low - ?) + (low % 2 != ? % 2) LIMIT 1"""
    row = connection.execute(sql, (street, asked, asked)).fetchone()
    if row is None:
        return None
    return House(number, row[1], row[2], row[3], f"approximate: placed at {row[0]}, the nearest number in this map")
