"""Where journeys begin and end on the graph: the ways to leave a source and to arrive at a target, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.customise import CLOSED_MS
from core.roads.graph import RoadGraph
from core.roads.path import passed_ms, tails
from core.roads.segments import Floats, Ints
from core.roads.snap import Snap

Direct = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """All ways to arrive at a target: arc and fraction of it, the state before it, ms and metres from there."""

    arcs: NDArray[np.int64]
    along: Floats
    states: Ints
    passed_ms: Ints
    passed_m: Floats

    @classmethod
    def of(cls, graph: RoadGraph, cost_ms: Ints, target: Snap) -> "Ends":
        arcs = np.array([arc for arc, _ in target.arriving], np.int64)
        along = np.array([along for _, along in target.arriving], np.float64)
        open_ = cost_ms[arcs] < CLOSED_MS
        arcs, along = arcs[open_], along[open_]
        states, metres = tails(graph, arcs), graph.length_m[arcs] * along
        return cls(arcs, along, states, passed_ms(cost_ms, arcs, along), metres)


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """All ways to set out from some sources: arc, fraction behind, state it leads to, ms and metres there, whose.

    A source at a node sets out from its state, with no arc (-1).
    """

    arcs: NDArray[np.int64]
    along: Floats
    heads: Ints
    driven_ms: Ints
    driven_m: Floats
    owner: NDArray[np.int64]

    @classmethod
    def of(cls, graph: RoadGraph, cost_ms: Ints, sources: Sequence[Snap]) -> "Starts":
        nodes = np.array([source.node for source in sources], np.int64)
        at_node = np.flatnonzero(nodes >= 0)
        others = [(at, *place) for at, source in enumerate(sources) if source.node < 0 for place in source.leaving]
        arcs = np.array([arc for _, arc, _ in others], np.int64)
        along = np.array([along for _, _, along in others], np.float64)
        owner = np.array([at for at, _, _ in others], np.int64)
        open_ = cost_ms[arcs] < CLOSED_MS
        arcs, along, owner = arcs[open_], along[open_], owner[open_]
        none = np.zeros(len(at_node))
        return cls(
            np.concatenate([np.full(len(at_node), -1), arcs]),
            np.concatenate([none, along]),
            np.concatenate([nodes[at_node], graph.head[arcs]]).astype(np.int32),
            np.concatenate([none, cost_ms[arcs] - passed_ms(cost_ms, arcs, along)]).astype(np.int32),
            np.concatenate([none, graph.length_m[arcs] * (1.0 - along)]),
            np.concatenate([at_node, owner]),
        )


def direct_ways(target: Snap, sources: Sequence[Snap], starts: Starts, cost_ms: Ints) -> list[Direct]:
    """(source, ms, arc) for those who are already on the target's arc and behind it; arc -1 for the same place."""
    found = [(at, 0, -1) for at, source in enumerate(sources) if source.node == target.node >= 0]
    arriving = dict(target.arriving)
    for hit in np.flatnonzero(np.isin(starts.arcs, list(arriving))).tolist():
        arc, behind = int(starts.arcs[hit]), float(starts.along[hit])
        if behind <= arriving[arc]:
            cost = float(cost_ms[arc])
            found.append((int(starts.owner[hit]), round(cost * arriving[arc]) - round(cost * behind), arc))
    return found
