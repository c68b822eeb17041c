"""Writes the gazetteer: streets, house numbers, crossings, blocks and places in one SQLite file, made for reading only.

Street numbers are in order of importance, so that the text indexes, which answer by number, give the main ones first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlcipher3
from scipy.spatial import cKDTree

from core.pack.city import Address, City
from core.pack.house_numbers import read_number
from core.pack.place import Place
from core.pack.streets import Street, StreetPlan, plan_streets
from core.pack.words import fold, index_text, key
from core.roads.segments import lengths_m

DISTRICTS = frozenset({"city", "suburb", "quarter", "neighbourhood", "village", "hamlet", "town"})
DISTRICT_WITHIN_M = 4000.0

_SCHEMA = """
CREATE TABLE street (id INTEGER PRIMARY KEY, name TEXT, folded TEXT, locality TEXT, meets TEXT, lat REAL, lon REAL,
    numbers INTEGER, weight REAL);
CREATE TABLE address (id INTEGER PRIMARY KEY, street INTEGER, low INTEGER, high INTEGER, text TEXT, locality TEXT,
    lat REAL, lon REAL);
CREATE TABLE house_range (street INTEGER, low INTEGER, high INTEGER, step INTEGER, points BLOB);
CREATE TABLE crossing (a INTEGER, b INTEGER, lat REAL, lon REAL);
CREATE TABLE block (id INTEGER PRIMARY KEY, street INTEGER, a INTEGER, b INTEGER, points BLOB);
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, folded TEXT, kind TEXT, locality TEXT, lat REAL, lon REAL,
    made_up INTEGER);
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
CREATE VIRTUAL TABLE word USING fts5(name, locality, content='', detail=column, prefix='1 2 3 4');
CREATE VIRTUAL TABLE trigram USING fts5(text, content='', tokenize='trigram');
CREATE VIRTUAL TABLE address_box USING rtree(id, south, north, west, east);
CREATE VIRTUAL TABLE block_box USING rtree(id, south, north, west, east);
CREATE VIRTUAL TABLE crossing_box USING rtree(id, south, north, west, east);
"""
_INDEXES = """
CREATE INDEX address_by_street ON address (street, low);
CREATE INDEX range_by_street ON house_range (street, low);
CREATE INDEX crossing_by_a ON crossing (a);
CREATE INDEX crossing_by_b ON crossing (b);
INSERT INTO word (word) VALUES ('optimize');
INSERT INTO trigram (trigram) VALUES ('optimize');
ANALYZE;
"""
_ENGLISH_ENDS = frozenset({
    "street", "st", "road", "rd", "avenue", "ave", "lane", "ln", "drive", "dr", "court", "ct", "way", "place", "circle",
    "boulevard", "close", "terrace",
})  # fmt: skip
_FRENCH_STARTS = frozenset({"rue", "boulevard", "chemin", "allee", "impasse", "quai", "route"})
PLACE_OFFSET = 1 << 40  # rows of the text indexes from here on are places


@dataclass(frozen=True, slots=True)
class GazetteerCounts:
    addresses: int
    streets: int
    intersections: int
    places: int


def build_gazetteer(city: City, path: Path) -> GazetteerCounts:
    """Write the gazetteer of `city` to `path`, which must not exist. Raises OSError and sqlcipher3.Error."""
    plan = plan_streets(city.ways)
    streets, street_of_address = _with_addressed_streets(plan.streets, city.addresses)
    localities = _Localities(city.places)
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    try:
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        connection.execute("BEGIN")
        _write_streets(connection, streets, plan, street_of_address, city.addresses, localities)
        _write_addresses(connection, city.addresses, street_of_address)
        _write_crossings(connection, plan)
        _write_blocks(connection, plan)
        _write_ranges(connection, city, plan)
        _write_places(connection, city.places, localities)
        _write_facts(connection, streets, city)
        connection.execute("COMMIT")
        connection.executescript(_INDEXES + "VACUUM;")
    finally:
        connection.close()
    return GazetteerCounts(len(city.addresses), len(streets), len(plan.crossings), len(city.places))


class _Localities:
    """The district nearest to a point, "" when none is near."""

    def __init__(self, places: list[Place]) -> None:
        self._districts = [place for place in places if place.kind in DISTRICTS]
        self._lat = np.array([place.lat for place in self._districts])
        self._lon = np.array([place.lon for place in self._districts])

    def at(self, lat: float, lon: float) -> str:
        if not self._districts:
            return ""
        away_m = lengths_m(self._lat, self._lon, lat, lon)
        nearest = int(np.argmin(away_m))
        return self._districts[nearest].name if away_m[nearest] <= DISTRICT_WITHIN_M else ""


def _with_addressed_streets(streets: list[Street], addresses: list[Address]) -> tuple[list[Street], list[int]]:
    """All streets, those known from addresses only at the end; and each address's street, the nearest of its name."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, street in enumerate(streets):
        numbers[key(street.name)].append(number)
    trees = {
        name: cKDTree([(streets[number].lat, streets[number].lon) for number in found])
        for name, found in numbers.items()
        if len(found) > 1
    }
    streets = list(streets)
    chosen = []
    for address in addresses:
        name = key(address.street)
        if name not in numbers:
            numbers[name] = [len(streets)]
            streets.append(Street(address.street, address.lat, address.lon, 0.0, 7))
        at = int(trees[name].query((address.lat, address.lon))[1]) if name in trees else 0
        chosen.append(numbers[name][at])
    return streets, chosen


def _write_streets(
    connection: "sqlcipher3.Connection",
    streets: list[Street],
    plan: StreetPlan,
    street_of_address: list[int],
    addresses: list[Address],
    localities: _Localities,
) -> None:
    said: dict[int, Counter[str]] = defaultdict(Counter)
    for at, address in zip(street_of_address, addresses, strict=True):
        said[at][address.locality] += 1
    meets: dict[int, list[int]] = defaultdict(list)
    for crossing in plan.crossings:
        meets[crossing.a].append(crossing.b)
        meets[crossing.b].append(crossing.a)
    for number, street in enumerate(streets):
        spoken = said[number].most_common(1)[0][0] if number in said else ""
        locality = spoken or localities.at(street.lat, street.lon)
        met = " and ".join(streets[other].name for other in sorted(set(meets[number]))[:2])
        connection.execute(
            "INSERT INTO street VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                street.name,
                fold(street.name),
                locality,
                met,
                street.lat,
                street.lon,
                said[number].total(),
                1 - number / len(streets),
            ),
        )
        _index(connection, number, street.name, locality)


def _index(connection: "sqlcipher3.Connection", row: int, name: str, locality: str) -> None:
    words = (row + 1, index_text(name), index_text(locality))
    connection.execute("INSERT INTO word (rowid, name, locality) VALUES (?, ?, ?)", words)
    connection.execute("INSERT INTO trigram (rowid, text) VALUES (?, ?)", (row + 1, fold(name)))


def _write_addresses(connection: "sqlcipher3.Connection", addresses: list[Address], streets: list[int]) -> None:
    rows = []
    for number, (address, street) in enumerate(zip(addresses, streets, strict=True)):
        house = read_number(address.number)
        rows.append((number, street, house.low, house.high, address.number, address.locality, address.lat, address.lon))
    connection.executemany("INSERT INTO address VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    boxes = ((row[0], row[6], row[6], row[7], row[7]) for row in rows)
    connection.executemany("INSERT INTO address_box VALUES (?, ?, ?, ?, ?)", boxes)


def _write_crossings(connection: "sqlcipher3.Connection", plan: StreetPlan) -> None:
    rows = [(number, c.a, c.b, c.lat, c.lon) for number, c in enumerate(plan.crossings, 1)]
    connection.executemany("INSERT INTO crossing (rowid, a, b, lat, lon) VALUES (?, ?, ?, ?, ?)", rows)
    boxes = ((number, lat, lat, lon, lon) for number, _, _, lat, lon in rows)
    connection.executemany("INSERT INTO crossing_box VALUES (?, ?, ?, ?, ?)", boxes)


def _write_blocks(connection: "sqlcipher3.Connection", plan: StreetPlan) -> None:
    for number, block in enumerate(plan.blocks, 1):
        row = (number, block.street, block.from_street, block.to_street, pack_points(block.points))
        connection.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?)", row)
        (south, west), (north, east) = block.points.min(axis=0), block.points.max(axis=0)
        box = (number, float(south), float(north), float(west), float(east))
        connection.execute("INSERT INTO block_box VALUES (?, ?, ?, ?, ?)", box)


def pack_points(points: np.ndarray) -> bytes:
    """Rows of lat, lon as whole 1e-7 degrees (1 cm), so that they take half the room."""
    return np.rint(points * 1e7).astype("<i4").tobytes()


def unpack_points(data: bytes) -> np.ndarray:
    """Rows of lat, lon in degrees from `pack_points`."""
    return np.frombuffer(data, "<i4").reshape(-1, 2) / 1e7


def _write_ranges(connection: "sqlcipher3.Connection", city: City, plan: StreetPlan) -> None:
    connection.executemany("INSERT INTO house_range VALUES (?, ?, ?, ?, ?)", _ranges(city, plan))


def _ranges(city: City, plan: StreetPlan) -> Iterator[tuple[int, int, int, int, bytes]]:
    """Numbers low to high along a centreline, for each side that has them; points run from the low number on."""
    ways = city.ways
    if ways.house_ranges is None:
        return
    for row in np.flatnonzero(plan.of_way >= 0):
        span = slice(int(ways.first[row]), int(ways.first[row + 1]))
        points = np.column_stack([ways.lat[span], ways.lon[span]])
        for start, end in (ways.house_ranges[row][:2].tolist(), ways.house_ranges[row][2:].tolist()):
            if start <= 0 or end <= 0:
                continue
            along = points if start <= end else points[::-1]
            step = 2 if start % 2 == end % 2 else 1
            yield int(plan.of_way[row]), min(start, end), max(start, end), step, pack_points(along)


def _write_places(connection: "sqlcipher3.Connection", places: list[Place], localities: _Localities) -> None:
    for number, place in enumerate(places):
        locality = "" if place.kind in DISTRICTS else localities.at(place.lat, place.lon)
        row = (number, place.name, fold(place.name), place.kind, locality, place.lat, place.lon, place.made_up)
        connection.execute("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        _index(connection, PLACE_OFFSET + number, place.name, locality)


def _write_facts(connection: "sqlcipher3.Connection", streets: list[Street], city: City) -> None:
    facts = {"number_first": str(int(_number_stands_first(street.name for street in streets))), "city": city.name}
    connection.executemany("INSERT INTO about VALUES (?, ?)", facts.items())


def _number_stands_first(names: Iterable[str]) -> bool:
    """Whether this city writes "12 Main Street" rather than "Calle Mayor 12", judged by its streets' names."""
    votes = Counter[bool]()
    for name in names:
        words = fold(name).split() or [""]
        votes[True] += words[-1] in _ENGLISH_ENDS or words[0] in _FRENCH_STARTS
        votes[False] += words[-1] not in _ENGLISH_ENDS and words[0] not in _FRENCH_STARTS
    return votes[True] > votes[False]
