"""Lays a city out as the layers that the map page draws: which geometry, which attributes, from which zoom."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from core.pack.city import EMERGENCY_KINDS, City, Shapes
from core.pack.place import Place
from core.pack.ways import AGAINST, ALONG, Ways

# Drawn kind of each class and its rank: the smaller, the earlier it appears and the wider it is.
ROAD_KINDS = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service", "path")
_DRAWN_AS = {
    "unclassified": "residential", "living_street": "residential", "road": "residential", "busway": "service",
    "track": "service",
}  # fmt: skip
# Zooms and the highest rank drawn there. Each zoom stands in one band only: a tile must not hold two layers "roads".
_ROAD_BANDS = ((6, 9, 2), (10, 11, 4), (12, 12, 5), (13, 14, 7))
_SETTLEMENT_ZOOM = {"city": 6, "town": 9, "village": 10, "suburb": 11}


@dataclass(frozen=True, slots=True)
class Layer:
    """One vector-tile layer over a range of zooms."""

    name: str
    min_zoom: int
    max_zoom: int
    shapes: Shapes


def layers_of(city: City) -> list[Layer]:
    """The layers land, zones, water, waterways, buildings, roads, places and pois, without the empty ones."""
    settlements = [place for place in city.places if place.kind in _SETTLEMENT_ZOOM or _is_small(place)]
    layers = [
        Layer("land", 9, 14, city.land),
        Layer("zones", 6, 14, city.zones),
        Layer("water", 6, 14, city.water),
        Layer("waterways", 9, 14, city.waterways),
        Layer("buildings", 14, 14, city.buildings),
        *_road_layers(city.ways),
        *_place_layers(settlements),
        Layer("pois", 10, 14, _points([place for place in city.places if place.kind in EMERGENCY_KINDS])),
    ]
    return [layer for layer in layers if len(layer.shapes)]


def _is_small(place: Place) -> bool:
    return place.kind in {"quarter", "neighbourhood", "hamlet", "locality"}


def _place_layers(places: list[Place]) -> list[Layer]:
    """Settlements, each zoom in one band, the small ones only where there is room for their names."""
    bands = ((6, 8), (9, 9), (10, 10), (11, 12), (13, 14))
    return [
        Layer("places", low, high, _points([place for place in places if _SETTLEMENT_ZOOM.get(place.kind, 13) <= low]))
        for low, high in bands
    ]


def _points(places: list[Place]) -> Shapes:
    geometry = shapely.points([place.lon for place in places], [place.lat for place in places])
    columns: dict[str, list[Any]] = {
        "kind": [place.kind for place in places],
        "name": [place.name for place in places],
        "made_up": [int(place.made_up) for place in places],
    }
    return Shapes(np.atleast_1d(geometry), columns)


def _road_layers(ways: Ways) -> list[Layer]:
    roads = _joined_roads(ways)
    rank = np.array(roads.columns["rank"])
    layers = []
    for low, high, last in _ROAD_BANDS:
        rows = np.flatnonzero(rank <= last)
        columns = {key: [column[row] for row in rows] for key, column in roads.columns.items()}
        layers.append(Layer("roads", low, high, Shapes(roads.geometry[rows], columns)))
    return layers


def _joined_roads(ways: Ways) -> Shapes:
    """Ways of one name, kind and direction joined end to end, so that a street is labelled once and drawn smoothly."""
    lines = way_lines(ways)
    lines[ways.oneway == AGAINST] = shapely.reverse(lines[ways.oneway == AGAINST])
    groups: dict[tuple[str, str, int], list[int]] = {}
    for row, (kind, name, oneway) in enumerate(zip(ways.kind, ways.name, ways.oneway.tolist(), strict=True)):
        groups.setdefault((drawn_kind(kind), name, abs(oneway)), []).append(row)
    geometry: list[object] = []
    columns: dict[str, list[Any]] = {"kind": [], "name": [], "oneway": [], "rank": []}
    for (kind, name, oneway), rows in groups.items():
        merged = shapely.line_merge(shapely.multilinestrings(lines[rows]), directed=oneway == ALONG)
        parts = shapely.get_parts(merged)
        geometry.extend(parts)
        for key, value in zip(columns, (kind, name or None, oneway, ROAD_KINDS.index(kind)), strict=True):
            columns[key] += [value] * len(parts)
    return Shapes(np.array(geometry, dtype=object), columns)


def way_lines(ways: Ways) -> np.ndarray:
    """One shapely line per way."""
    lines: np.ndarray = shapely.linestrings(np.column_stack([ways.lon, ways.lat]), indices=ways.way_of_point())
    return lines


def drawn_kind(kind: str) -> str:
    """One of ROAD_KINDS for a class of OpenStreetMap's."""
    plain = kind.removesuffix("_link")
    plain = _DRAWN_AS.get(plain, plain)
    return plain if plain in ROAD_KINDS else "path"
