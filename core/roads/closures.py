"""Which arcs an operator closes: a piece of road by points along it, or an area by a ring of points."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph
from core.roads.path import tails
from core.roads.segments import lengths_m
from core.roads.snap import Snap
from core.roads.weighting import Arcs

Point = tuple[float, float]

_DETOUR = 3.0  # a way between two points that is so many times longer than the line is not the road that was meant
_DETOUR_M = 300.0


def closed_arcs(engine: RoadEngine, points: Sequence[Point]) -> Arcs:
    """The arcs, in both directions, that are closed by (lat, lon) points.

    One point closes the road it is nearest to from junction to junction; several close the road along them; four or
    more of which the last is the first close every road that touches the area within. Points on no road close none.
    """
    if len(points) >= 4 and points[0] == points[-1]:
        return _both_ways(engine.graph, _touching(engine.graph, points))
    places = [place for lat, lon in points if isinstance(place := engine.snap(lat, lon), Snap)]
    if len(places) == 1:
        return _both_ways(engine.graph, _whole_chain(engine, places[0]))
    arcs = [_between(engine.plain, one, other) for one, other in itertools.pairwise(places)]
    return _both_ways(engine.graph, np.concatenate([np.zeros(0, np.int64), *arcs]))


def _touching(graph: RoadGraph, ring: Sequence[Point]) -> Arcs:
    import shapely  # a tenth of a second: only those who close an area need it

    area = shapely.make_valid(shapely.Polygon([(lon, lat) for lat, lon in ring]))
    tail, head = _ends(graph)
    west, south, east, north = area.bounds
    lon, lat = graph.node_lon, graph.node_lat
    near = np.flatnonzero(
        (np.maximum(lon[tail], lon[head]) >= west)
        & (np.minimum(lon[tail], lon[head]) <= east)
        & (np.maximum(lat[tail], lat[head]) >= south)
        & (np.minimum(lat[tail], lat[head]) <= north)
    )
    ends = np.stack([np.column_stack([lon[at[near]], lat[at[near]]]) for at in (tail, head)], axis=1)
    shapely.prepare(area)
    touching: Arcs = near[shapely.intersects(area, shapely.linestrings(ends))]
    return touching


def _whole_chain(engine: RoadEngine, place: Snap) -> Arcs:
    """The arcs from junction to junction through a place; at a junction the arc that is listed first."""
    h = engine.hierarchy
    arcs = np.array([arc for arc, _ in (*place.leaving, *place.arriving)], np.int64)
    for state in np.concatenate([tails(engine.graph, arcs), engine.graph.head[arcs]]).tolist():
        slot = ~int(h.where[state])
        if slot >= 0:
            chain = int(h.slot_chain[slot])
            steps = slice(int(h.slot_first[chain]) + chain, int(h.slot_first[chain + 1]) + chain + 1)
            along = np.concatenate([h.step_out[steps], h.step_back[steps]])
            return along[along >= 0].astype(np.int64)
    return arcs[:1]


def _between(engine: RoadEngine, one: Snap, other: Snap) -> Arcs:
    """The arcs of the shorter way between two places; those at the places where no road leads along the line."""
    ways = [engine.path(one, other, siren=False), engine.path(other, one, siren=False)]
    found = min((way for way in ways if way), key=lambda way: way.length_m(engine.graph), default=None)
    line_m = float(lengths_m(one.road_lat, one.road_lon, other.road_lat, other.road_lon))
    if found is not None and found.length_m(engine.graph) <= _DETOUR * line_m + _DETOUR_M:
        return np.array(found.arcs, np.int64)
    return np.array([arc for place in (one, other) if place.node < 0 for arc, _ in place.leaving], np.int64)


def _both_ways(graph: RoadGraph, arcs: Arcs) -> Arcs:
    """All arcs between the same pairs of nodes, either way."""
    tail, head = _ends(graph)
    key = np.minimum(tail, head).astype(np.int64) * graph.nodes + np.maximum(tail, head)
    return np.flatnonzero(np.isin(key, key[arcs]))


def _ends(graph: RoadGraph) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The nodes from and to which each arc [m] leads."""
    states = np.repeat(np.arange(graph.states, dtype=np.int32), np.diff(graph.first_out))
    return graph.node_of_state[states], graph.node_of_state[graph.head]
