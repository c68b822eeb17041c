"""Where those who set out stand on the graph, for searches from many places at once."""

from collections.abc import Sequence

import numpy as np

from core.roads.customise import CLOSED_MS
from core.roads.graph import RoadGraph
from core.roads.path import passed_ms
from core.roads.segments import Ints
from core.roads.snap import Snap


def stands(graph: RoadGraph, places: Sequence[Snap], cost_ms: Ints) -> tuple[Ints, Ints, Ints]:
    """States, ms to there, and the index of the place: the node itself, or the heads of the arcs that it lies on."""
    nodes = [(place.node, 0, at) for at, place in enumerate(places) if place.node >= 0]
    on_arcs = [
        (arc, along, at)
        for at, place in enumerate(places)
        if place.node < 0
        for arc, along in place.leaving
        if cost_ms[arc] < CLOSED_MS
    ]
    at_nodes = np.array(nodes, np.int32).reshape(-1, 3)
    arcs = np.array([arc for arc, _, _ in on_arcs], np.int64)
    along = np.array([along for _, along, _ in on_arcs], np.float64)
    heads_ms = cost_ms[arcs] - passed_ms(cost_ms, arcs, along)
    states = np.concatenate([at_nodes[:, 0], graph.head[arcs]])
    states_ms = np.concatenate([at_nodes[:, 1], heads_ms]).astype(np.int32)
    whose = np.concatenate([at_nodes[:, 2], np.array([at for _, _, at in on_arcs], np.int32)])
    return states, states_ms, whose.astype(np.int32)
