"""Answers where something is: what an operator types becomes points on the map, and a point becomes words.

Made by gazetteer_build; opened read-only, so any number of desks may share one file.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlcipher3
from msgspec import Struct
from msgspec.structs import replace

from core.domain.values import LocationSource
from core.errors import Unavailable
from core.pack.coordinates import read_position
from core.pack.house_numbers import readings
from core.pack.houses import House, find_house
from core.pack.info import BoundsTuple
from core.pack.names import Named, find_names
from core.pack.namesakes import is_same_place, told_apart
from core.pack.nearby import Near, nearest
from core.pack.words import fold, likeness
from core.roads.segments import lengths_m

LatLon = tuple[float, float]
OUTSIDE = "outside the map"
LONGEST_QUERY = 200  # characters looked at; nobody names a place in more

_BETWEEN_STREETS = re.compile(
    r"\s*[&/@+]\s*|\s+(?:and|at|y|e|et|og|und|x|con|com|corner(?:\s+of)?|esquina(?:\s+con)?|esq\.?)(?:\s+|$)",
    re.IGNORECASE,
)
_IS_SIGN = re.compile(r"\w\s*[&/@+]|\w\s+x\s+\w", re.IGNORECASE)  # nothing but a crossing is written so
_SURE = 80.0  # a score from here on means that every word was found
_NEAR_POINTS = 3.0  # what being close to where the operator looks adds to a score
_NEAR_M = 5000.0


class GazetteerHit(Struct, frozen=True):
    """One answer. `detail` says how exact the point is, and what tells it from others of the same name."""

    text: str
    kind: LocationSource
    lat: float
    lon: float
    score: float  # 0 to about 120
    detail: str = ""


class Gazetteer:
    """The gazetteer of one map pack. Raises Unavailable when the file cannot be read."""

    def __init__(self, path: Path, bounds: BoundsTuple) -> None:
        self._bounds = bounds
        self._path = path
        with self._told_plainly():
            address = f"{path.as_uri()}?mode=ro&immutable=1"
            self._connection = sqlcipher3.connect(address, uri=True, check_same_thread=False)
            facts = dict(self._connection.execute("SELECT name, value FROM about"))
        self._number_first = facts.get("number_first") == "1"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlcipher3.Error as error:
            raise Unavailable(
                f"The address index of this map pack cannot be read ({error}).",
                "Locations can be typed as coordinates or as plain text.",
                f"Close the desk, delete {self._path.parent} and start again: it is unpacked anew from the map pack.",
            ) from error

    def search(self, text: str, limit: int = 8, near: LatLon | None = None) -> list[GazetteerHit]:
        """Points that `text` may mean, best first; `near` (lat, lon) settles ties in favour of what is close.

        Raises Unavailable.
        """
        with self._told_plainly():
            return self._search(text, limit, near)

    def _search(self, text: str, limit: int, near: LatLon | None) -> list[GazetteerHit]:
        text = text.strip()[:LONGEST_QUERY]
        west, south, east, north = self._bounds
        if position := read_position(text, ((south + north) / 2, (west + east) / 2)):
            return self._positions(position)
        hits = self._crossings(text, limit)
        if not _IS_SIGN.search(text) and max((hit.score for hit in hits), default=0.0) < _SURE:
            houses = self._houses(text, limit)
            is_house = max((hit.score for hit in houses), default=0.0) >= _SURE
            hits += houses + self._named(text, limit, forgiving=not is_house)
        hits = hits or self._sides(text)
        if near is not None:
            hits = [replace(hit, score=hit.score + _closeness(hit, near)) for hit in hits]
        best: dict[object, GazetteerHit] = {}
        for hit in sorted(hits, key=lambda hit: -hit.score):
            best.setdefault((frozenset(fold(hit.text).split()), round(hit.lat, 4), round(hit.lon, 4)), hit)
        kept: list[GazetteerHit] = []
        for hit in best.values():
            if len(kept) < limit and not any(is_same_place(hit, other) for other in kept):
                kept.append(hit)
        details = told_apart(self._connection, kept)
        return [replace(hit, detail=detail) for hit, detail in zip(kept, details, strict=True)]

    def reverse(self, lat: float, lon: float) -> GazetteerHit | None:
        """What is at a point, in words: an address, a crossing, or a stretch of street; None where nothing is known.

        The hit keeps the point that was asked about; `detail` says how far away the words apply. Raises Unavailable.
        """
        with self._told_plainly():
            found = nearest(self._connection, lat, lon)
        if found is None:
            return None
        text = self._written(found.text, found.number) if found.number else found.text
        return GazetteerHit(text, _KIND_OF_NEAR[found.kind], float(lat), float(lon), 100.0, _away(found))

    def _positions(self, position: LatLon) -> list[GazetteerHit]:
        lat, lon = position
        hits = [self._position(lat, lon)]
        if not self._holds(lat, lon) and self._holds(lon, lat):
            swapped = self._position(lon, lat)
            detail = f"read as longitude, latitude; {swapped.detail}".rstrip("; ")
            hits.insert(0, replace(swapped, detail=detail))
        return hits

    def _holds(self, lat: float, lon: float) -> bool:
        west, south, east, north = self._bounds
        return south <= lat <= north and west <= lon <= east

    def _position(self, lat: float, lon: float) -> GazetteerHit:
        detail = OUTSIDE
        if self._holds(lat, lon):
            near = self.reverse(lat, lon)
            detail = f"near {near.text}" if near else ""
        return GazetteerHit(f"{lat:.6f}, {lon:.6f}", LocationSource.COORDINATES, lat, lon, 100.0, detail)

    def _named(self, text: str, limit: int, *, forgiving: bool) -> list[GazetteerHit]:
        found = find_names(self._connection, text, limit * 2, forgiving=forgiving)
        street, comma, _ = text.partition(",")
        if comma and (not found or found[0].score < _SURE):
            found += find_names(self._connection, street, limit)
        names = [(named.name, named.locality) for named in found]
        return [self._name_hit(named, names.count((named.name, named.locality)) > 1) for named in found]

    def _name_hit(self, named: Named, has_namesakes: bool) -> GazetteerHit:
        if named.is_street:
            said = [_place_of_street(named, has_namesakes), "" if named.numbers else "no house numbers in this map"]
            kind = LocationSource.STREET
        else:
            made_up = "made up for the demo" if named.made_up else ""
            said = [named.kind.replace("_", " "), named.locality, made_up]
            kind = LocationSource.PLACE
        return GazetteerHit(named.name, kind, named.lat, named.lon, named.score, _joined(said))

    def _houses(self, text: str, limit: int) -> list[GazetteerHit]:
        hits = []
        for asked in readings(text):
            streets = self._streets(asked.street, limit)
            names = [(street.name, street.locality) for street in streets]
            for street in streets:
                house = find_house(self._connection, street, asked.number)
                hits.append(
                    self._house_hit(street, asked.number, house, names.count((street.name, street.locality)) > 1)
                )
        return hits

    def _house_hit(self, street: Named, number: str, house: House | None, has_namesakes: bool) -> GazetteerHit:
        text = self._written(street.name, number)
        where = _place_of_street(street, has_namesakes)
        if house is None:
            detail = _joined([where, "the middle of the street: it has no house numbers in this map"])
            return GazetteerHit(text, LocationSource.STREET, street.lat, street.lon, street.score - 1.0, detail)
        detail = _joined([house.locality or where, house.caution])
        score = street.score + (1.0 if house.caution else 5.0)
        text = text if house.caution else self._written(street.name, house.number)
        return GazetteerHit(text, LocationSource.ADDRESS, house.lat, house.lon, score, detail)

    def _written(self, street: str, number: str) -> str:
        return f"{number} {street}" if self._number_first else f"{street} {number}"

    def _crossings(self, text: str, limit: int) -> list[GazetteerHit]:
        """Crossings, when the text names two streets, or one and a sign that asks for another."""
        hits: list[GazetteerHit] = []
        for left, right in _split(text):
            hits += self._crossings_of(left, right, "{street} & {other}", limit)
            if right:
                hits += self._crossings_of(right, left, "{other} & {street}", limit)
        return hits

    def _sides(self, text: str) -> list[GazetteerHit]:
        """The streets themselves, for two streets that do not meet."""
        sides = [side for pair in _split(text) for side in pair if side]
        hits = [self._name_hit(named, has_namesakes=True) for side in sides for named in self._streets(side, 2)]
        if len(sides) < 2:
            return hits
        return [replace(hit, detail=_joined(["no crossing of the two in this map", hit.detail])) for hit in hits]

    def _streets(self, text: str, limit: int) -> list[Named]:
        return find_names(self._connection, text, limit, streets_only=True)

    def _crossings_of(self, one: str, other: str, form: str, limit: int) -> list[GazetteerHit]:
        """Crossings of the streets that `one` may name with those that `other` does; with all when it is empty."""
        hits = []
        asked = fold(other)
        for street in self._streets(one, limit):
            for name, folded, lat, lon in self._connection.execute(_CROSSED, {"street": street.row}):
                score = likeness(asked, folded) if asked else _ANY_CROSSING
                if score >= _WORST_CROSSING:
                    text = form.format(street=street.name, other=name)
                    mean = min(street.score, score) * 0.8 + max(street.score, score) * 0.2
                    hits.append(GazetteerHit(text, LocationSource.INTERSECTION, lat, lon, mean + 3.0, street.locality))
        return hits


def _split(text: str) -> list[tuple[str, str]]:
    """The ways to part the text into two streets; the second may be empty."""
    gaps = _BETWEEN_STREETS.finditer(text)
    pairs = [(text[: gap.start()].strip(), text[gap.end() :].strip()) for gap in gaps]
    return [(left, right) for left, right in pairs if left]


def _place_of_street(street: Named, has_namesakes: bool) -> str:
    """What tells a street from others of its name."""
    met = f"meets {street.meets}" if has_namesakes and street.meets else ""
    return _joined([street.locality, met])


def _joined(parts: list[str]) -> str:
    return "; ".join(part for part in parts if part)


def _closeness(hit: GazetteerHit, near: LatLon) -> float:
    away_m = float(lengths_m(hit.lat, hit.lon, *near))
    return _NEAR_POINTS * math.exp(-away_m / _NEAR_M)


def _away(found: Near) -> str:
    """How far the words are from the point, where that matters."""
    if found.away_m < 10:
        return ""
    return f"{found.away_m:.0f} m away" if found.away_m < 1000 else f"{found.away_m / 1000:.1f} km away"


_CROSSED = """
SELECT name, folded, crossing.lat, crossing.lon FROM crossing JOIN street ON street.id = crossing.b WHERE a = :street
UNION ALL
SELECT name, folded, crossing.lat, crossing.lon FROM crossing JOIN street ON street.id = crossing.a WHERE b = :street
"""
_ANY_CROSSING = 80.0
_WORST_CROSSING = 55.0
_KIND_OF_NEAR = {
    "address": LocationSource.ADDRESS,
    "crossing": LocationSource.INTERSECTION,
    "block": LocationSource.STREET,
}
