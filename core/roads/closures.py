"""Finds the piece of road that an operator points at, and the arcs that closures close on the map that is open."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE, nearest_segment

Points = tuple[tuple[float, float], ...]  # (lat, lon) each

POINTING_M = 80.0  # farther from a road nobody means it
SAME_PLACE_M = 25.0  # a newer map may have moved the road by so much


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of road between two neighbouring nodes, with the road's name ("" for none)."""

    points: Points
    road: str


def piece_at(graph: RoadGraph, lat: float, lon: float) -> Piece | None:
    """The piece of road nearest to a position in degrees; None where there is none within `POINTING_M`."""
    segment = _nearest(graph, lat, lon, POINTING_M)
    if segment < 0:
        return None
    arcs = _arcs_of(graph, segment)
    name = int(graph.road_name[graph.road[arcs[0]]]) if arcs else -1
    return Piece(_ends(graph, segment), graph.names[name] if name >= 0 else "")


def closed_arcs(graph: RoadGraph, closures: Iterable[Points]) -> NDArray[np.int64]:
    """The arcs, both ways, of all pieces that are closed; what lies on no road of this map closes nothing."""
    found = [_segment_between(graph, a, b) for points in closures for a, b in itertools.pairwise(points)]
    arcs = {arc for segment in found if segment >= 0 for arc in _arcs_of(graph, segment)}
    return np.array(sorted(arcs), np.int64)


def _segment_between(graph: RoadGraph, a: tuple[float, float], b: tuple[float, float]) -> int:
    """The segment that runs most nearly from a to b, -1 for none: where roads cross, the middle alone may mislead."""
    best, best_m = -1, 2 * SAME_PLACE_M
    for share in (0.5, 0.25, 0.75):
        lat, lon = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        segment = _nearest(graph, lat, lon, SAME_PLACE_M)
        if segment < 0:
            continue
        p, q = _ends(graph, segment)
        away_m = min(_metres(a, p) + _metres(b, q), _metres(a, q) + _metres(b, p))
        if away_m < best_m or best < 0:
            best, best_m = segment, away_m
    return best


def _nearest(graph: RoadGraph, lat: float, lon: float, limit_m: float) -> int:
    segment, _, _ = nearest_segment(
        float(lat),
        float(lon),
        limit_m,
        False,
        graph.segment_main,
        graph.grid_frame,
        graph.grid_shape,
        graph.cell_first,
        graph.cell_segment,
        graph.segment_a,
        graph.segment_b,
        graph.node_lat,
        graph.node_lon,
    )
    return int(segment)


def _ends(graph: RoadGraph, segment: int) -> tuple[tuple[float, float], tuple[float, float]]:
    a, b = int(graph.segment_a[segment]), int(graph.segment_b[segment])
    return (
        (float(graph.node_lat[a]), float(graph.node_lon[a])),
        (float(graph.node_lat[b]), float(graph.node_lon[b])),
    )


def _arcs_of(graph: RoadGraph, segment: int) -> list[int]:
    a, b = int(graph.segment_a[segment]), int(graph.segment_b[segment])
    return [
        arc
        for tail, head in ((a, b), (b, a))
        for state in graph.states_of(tail)
        for arc in range(int(graph.first_out[state]), int(graph.first_out[state + 1]))
        if graph.node_of_state[graph.head[arc]] == head
    ]


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (b[1] - a[1]) * math.cos(math.radians(a[0]))
    return METRES_PER_DEGREE * math.hypot(b[0] - a[0], east)
