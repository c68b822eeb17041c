"""Where a position lies on the road network: the exact point on a segment, or a sentence saying why there is none."""

import math
from dataclasses import dataclass

import numpy as np

from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE, nearest_segment

LIMIT_M = 500.0  # farther from any road than this, a position is off the map
ISLAND_LEEWAY_M = (
    25.0  # a joined road this near is meant rather than a nearer piece with no way out: a receiver's error
)
_AT_NODE_M = 0.05


@dataclass(frozen=True, slots=True)
class Snap:
    """A point on the road. `leaving` and `arriving` list arcs with the fraction of each that lies behind the point.

    One leaves along any arc of `leaving`, and arrives by any of `arriving`; one-way streets have no arc against them.
    """

    lat: float  # the position that was asked about
    lon: float
    road_lat: float  # the nearest point of the road
    road_lon: float
    offset_m: float  # between the two
    leaving: tuple[tuple[int, float], ...]
    arriving: tuple[tuple[int, float], ...]
    node: int  # where the point is a node, else -1
    component: int  # weak component: no road joins two different ones
    island: bool  # one cannot drive from here to the main network and back

    @property
    def note(self) -> str:
        """What is odd about the place, in a sentence; "" for nothing."""
        return "It is on roads that do not connect with the main network." if self.island else ""


@dataclass(frozen=True, slots=True)
class NotOnRoad:
    """A position from which no travel time is given, and why, in a sentence."""

    sentence: str


def snap(graph: RoadGraph, lat: float, lon: float) -> Snap | NotOnRoad:
    """The nearest point of the network to a position in degrees.

    A road of the main network wins over a nearer piece of an island when it is within `ISLAND_LEEWAY_M`.
    """
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return NotOnRoad("These coordinates are not a place on earth.")
    segment, fraction, offset_m = _nearest(graph, lat, lon, LIMIT_M, joined_only=False)
    if segment < 0:
        return _nowhere(graph, lat, lon)
    if not graph.segment_main[segment]:
        joined = _nearest(graph, lat, lon, ISLAND_LEEWAY_M, joined_only=True)
        if joined[0] >= 0:
            segment, fraction, offset_m = joined
    return _on_segment(graph, (lat, lon), segment, fraction, offset_m)


def _nearest(
    graph: RoadGraph, lat: float, lon: float, limit_m: float, *, joined_only: bool
) -> tuple[int, float, float]:
    return nearest_segment(
        float(lat),
        float(lon),
        float(limit_m),
        joined_only,
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


def _nowhere(graph: RoadGraph, lat: float, lon: float) -> NotOnRoad:
    south, west, north, east = graph.bounds
    margin_lat = LIMIT_M / METRES_PER_DEGREE
    margin_lon = margin_lat / max(0.01, math.cos(math.radians(lat)))
    inside = south - margin_lat <= lat <= north + margin_lat and west - margin_lon <= lon <= east + margin_lon
    if inside and graph.nodes:
        return NotOnRoad(f"There is no road within {LIMIT_M:.0f} m.")
    return NotOnRoad("It is off the map.")


def _on_segment(graph: RoadGraph, asked: tuple[float, float], segment: int, fraction: float, offset_m: float) -> Snap:
    a, b = int(graph.segment_a[segment]), int(graph.segment_b[segment])
    lat_a, lon_a, lat_b, lon_b = (
        float(v) for v in (graph.node_lat[a], graph.node_lon[a], graph.node_lat[b], graph.node_lon[b])
    )
    length_m = METRES_PER_DEGREE * math.hypot(lat_b - lat_a, (lon_b - lon_a) * math.cos(math.radians(lat_a)))
    node = -1
    if fraction * length_m <= _AT_NODE_M:
        node, fraction = a, 0.0
    elif (1.0 - fraction) * length_m <= _AT_NODE_M:
        node, fraction = b, 1.0
    leaving, arriving = _at_node(graph, node) if node >= 0 else _between(graph, a, b, fraction)
    main = int(graph.main_strong[0])
    arcs = [arc for arc, _ in (*leaving, *arriving)]
    joined = any(graph.strong[graph.head[arc]] == main and graph.strong[_tail(graph, arc)] == main for arc in arcs)
    return Snap(
        lat=asked[0],
        lon=asked[1],
        road_lat=lat_a + fraction * (lat_b - lat_a),
        road_lon=lon_a + fraction * (lon_b - lon_a),
        offset_m=offset_m,
        leaving=leaving,
        arriving=arriving,
        node=node,
        component=int(graph.weak[graph.head[arcs[0]]]),
        island=not joined,
    )


def _tail(graph: RoadGraph, arc: int) -> int:
    return int(np.searchsorted(graph.first_out, arc, "right")) - 1


Places = tuple[tuple[int, float], ...]


def _at_node(graph: RoadGraph, node: int) -> tuple[Places, Places]:
    """Who stands on a node may leave it any way, whatever turns are forbidden to those who come along."""
    leaving = tuple((arc, 0.0) for arc in range(graph.first_out[node], graph.first_out[node + 1]))
    arriving = tuple(
        (int(graph.in_arc[at]), 1.0)
        for state in graph.states_of(node)
        for at in range(graph.first_in[state], graph.first_in[state + 1])
    )
    return leaving, arriving


def _between(graph: RoadGraph, a: int, b: int, fraction: float) -> tuple[Places, Places]:
    forward = [(arc, fraction) for arc in _arcs_between(graph, a, b)]
    backward = [(arc, 1.0 - fraction) for arc in _arcs_between(graph, b, a)]
    both = tuple(forward + backward)
    return both, both


def _arcs_between(graph: RoadGraph, a: int, b: int) -> list[int]:
    return [
        arc
        for state in graph.states_of(a)
        for arc in range(int(graph.first_out[state]), int(graph.first_out[state + 1]))
        if graph.node_of_state[graph.head[arc]] == b
    ]
