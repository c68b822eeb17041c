"""Demand from a file that people bring: zones with population, or points such as past calls and addresses."""

import json
from pathlib import Path

from core.coverage.demand import Demand, demand_by_points, demand_by_zones
from core.coverage.place_table import (
    LAT,
    LON,
    Mistakes,
    number_of,
    position_of,
    read_places,
    refused_file,
    require_columns,
)
from core.roads.engine import RoadEngine

_WEIGHTS = {"population": "people", "people": "people", "calls": "calls", "weight": "calls", "count": "calls"}


def demand_from_file(engine: RoadEngine, path: Path) -> Demand:
    """GeoJSON polygons with `name` and `population`, or points (CSV, GeoJSON) that count 1 each or by their `weight`.

    Raises Unavailable for a file that cannot be read, and for one of which nothing lies on the map.
    """
    if path.suffix.lower() in (".geojson", ".json") and _has_areas(path):
        _check_zones(path)
        demand = demand_by_zones(engine, path)
    else:
        demand = _by_points(engine, path)
    if demand.total <= 0:
        raise refused_file(
            f"Nothing of {path} lies on the roads of this map.", "Check that file and map belong together."
        )
    return demand


def _by_points(engine: RoadEngine, path: Path) -> Demand:
    rows = read_places(path, table="place")
    require_columns(path, rows, {"lat": LAT, "lon": LON})
    mistakes, points = Mistakes(path), []
    column = next((name for name in _WEIGHTS if any(row.text(name) for row in rows)), "")
    for row in rows:
        position = position_of(row, mistakes)
        weight = number_of(row, (column,), 1.0, mistakes)
        if position:
            points.append((*position, weight))
    mistakes.check()
    return demand_by_points(engine, points, _WEIGHTS.get(column, "places"))


def _check_zones(path: Path) -> None:
    rows, mistakes = read_places(path, table="zone"), Mistakes(path)
    require_columns(path, rows, {"name": ("name",), "population": ("population",)})
    for row in rows:
        number_of(row, ("population",), 0.0, mistakes)
    mistakes.check()


def _has_areas(path: Path) -> bool:
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig"))["features"]
        return any("Polygon" in feature["geometry"]["type"] for feature in features)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False  # read_places tells what is wrong
