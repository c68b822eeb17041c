"""What coverage is measured against: people, addresses, past calls or metres of road, as a weight for every node."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import Unavailable
from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE
from core.roads.segments import Floats, Ints
from core.roads.snap import Snap
from core.roads.speeds import RoadClass

SQUARE_M = 1000.0  # zones of a map that brings none
_NOBODY_LIVES_ON = (RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK, RoadClass.TRUNK, RoadClass.TRUNK_LINK, RoadClass.FERRY)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Demand:
    """`weights` [n] by node in `unit` ("people", "addresses", "calls", "m of road"); `zone` [n] or -1 for none."""

    weights: Floats
    unit: str
    zone: Ints
    zone_names: tuple[str, ...]

    @property
    def total(self) -> float:
        return float(self.weights.sum())


def demand_by_road(graph: RoadGraph) -> Demand:
    """Metres of road that people live along, half of each piece at either end; zones are squares of a kilometre."""
    return Demand(_road_m(graph), "m of road", *squares(graph))


def demand_by_points(engine: RoadEngine, points: Iterable[tuple[float, float, float]], unit: str) -> Demand:
    """Each (lat, lon, weight) at the node nearest along its piece of road; those off the roads are left out.

    For addresses (weight 1) and past calls.
    """
    graph = engine.graph
    weights = np.zeros(graph.nodes)
    for lat, lon, weight in points:
        place = engine.snap(lat, lon)
        if isinstance(place, Snap):
            weights[nearest_node(graph, place)] += weight
    return Demand(weights, unit, *squares(graph))


def nearest_node(graph: RoadGraph, place: Snap) -> int:
    """The node at the nearer end of the piece of road on which the place lies."""
    if place.node >= 0:
        return place.node
    arc, along = place.leaving[0]
    tail = int(np.searchsorted(graph.first_out, arc, "right")) - 1
    return int(graph.node_of_state[tail if along < 0.5 else graph.head[arc]])


def demand_by_zones(engine: RoadEngine, path: Path) -> Demand:
    """The people of a pack's zones (GeoJSON with `name` and `population`).

    Those of each zone are spread over its nodes by metres of road that people live along; those of a zone without any
    go to the node nearest to its middle. A node in several zones belongs to the last. Raises Unavailable.
    """
    import pyogrio  # half a second: a desk that never asks for coverage starts without
    import shapely

    try:
        _, _, shapes, columns = pyogrio.raw.read(str(path), columns=["name", "population"], datetime_as_string=True)
        areas = shapely.from_wkb(shapes)
    except (OSError, ValueError, pyogrio.errors.DataSourceError, shapely.errors.ShapelyError) as error:
        raise Unavailable(
            f"The zones in {path} cannot be read: {error}.",
            "Coverage is measured by roads instead of people.",
            "Build the map pack again with foredesk map build.",
        ) from error
    graph = engine.graph
    road_m, weights = _road_m(graph), np.zeros(graph.nodes)
    zone = np.full(graph.nodes, -1, np.int32)
    found = shapely.STRtree(shapely.points(graph.node_lon, graph.node_lat)).query(areas, predicate="covers")
    order = np.argsort(found[0], kind="stable")
    inside = np.split(found[1][order], np.searchsorted(found[0][order], np.arange(1, len(areas))))
    for at, (area, people) in enumerate(zip(areas, columns[1].astype(float).tolist(), strict=True)):
        nodes = inside[at]
        zone[nodes] = at
        if road_m[nodes].sum() > 0:
            weights[nodes] += max(0.0, people) * road_m[nodes] / road_m[nodes].sum()
        elif area is not None and not area.is_empty:
            place = engine.snap(area.centroid.y, area.centroid.x)
            if isinstance(place, Snap):
                weights[nearest_node(graph, place)] += max(0.0, people)
                zone[nearest_node(graph, place)] = at
    return Demand(weights, "people", zone, tuple(str(name) for name in columns[0]))


def _road_m(graph: RoadGraph) -> Floats:
    lived_on = ~np.isin(graph.road_class[graph.road], _NOBODY_LIVES_ON)
    tail = graph.node_of_state[np.repeat(np.arange(graph.states), np.diff(graph.first_out))]
    head = graph.node_of_state[graph.head]
    halves = np.where(lived_on, graph.length_m, 0.0) / 2
    # A piece that is driven both ways is two arcs: once is enough.
    both = np.minimum(tail, head).astype(np.int64) * graph.nodes + np.maximum(tail, head)
    once = np.unique(both, return_index=True)[1]
    ends, metres = np.concatenate([tail[once], head[once]]), np.concatenate([halves[once]] * 2)
    return np.bincount(ends, metres, graph.nodes).astype(np.float64)


def squares(graph: RoadGraph) -> tuple[Ints, tuple[str, ...]]:
    """The square of a kilometre in which each node [n] lies, and the squares' names: the middle's coordinates."""
    if not graph.nodes:
        return np.zeros(0, np.int32), ()
    south, west, north, _ = graph.bounds
    high = SQUARE_M / METRES_PER_DEGREE
    wide = high / max(0.01, float(np.cos(np.radians((south + north) / 2))))
    row = ((graph.node_lat - south) // high).astype(np.int64)
    column = ((graph.node_lon - west) // wide).astype(np.int64)
    used, zone = np.unique(row * 100_000 + column, return_inverse=True)
    names = (
        f"{south + (square // 100_000 + 0.5) * high:.4f}, {west + (square % 100_000 + 0.5) * wide:.4f}"
        for square in used.tolist()
    )
    return zone.astype(np.int32), tuple(names)
