"""A way through the graph as arcs, with its points, length and time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.graph import RoadGraph
from core.roads.segments import Floats, Ints
from core.roads.snap import Snap


@dataclass(frozen=True, slots=True)
class Path:
    """The arcs from source to target; the first is entered at `start` and the last left at `end`, as fractions.

    No arcs at all means that both are the same place.
    """

    source: Snap
    target: Snap
    arcs: tuple[int, ...]
    start: float
    end: float
    arc_ms: tuple[int, ...]  # time on each arc, first and last in part; the sum is exact

    @property
    def time_ms(self) -> int:
        return sum(self.arc_ms)

    def arc_lengths_m(self, graph: RoadGraph) -> Floats:
        """Metres driven on each arc."""
        lengths = graph.length_m[list(self.arcs)].astype(np.float64)
        if len(lengths):
            first, last = float(lengths[0]), float(lengths[-1])
            lengths[0] -= self.start * first
            lengths[-1] -= (1.0 - self.end) * last
        return lengths

    def length_m(self, graph: RoadGraph) -> float:
        return float(self.arc_lengths_m(graph).sum())

    def points(self, graph: RoadGraph) -> list[tuple[float, float]]:
        """(lat, lon) of the source on the road, every node on the way, and the target on the road."""
        begin = (self.source.road_lat, self.source.road_lon)
        finish = (self.target.road_lat, self.target.road_lon)
        if not self.arcs:
            return [begin]
        nodes = graph.node_of_state[graph.head[list(self.arcs[:-1])]]
        between = zip(graph.node_lat[nodes].tolist(), graph.node_lon[nodes].tolist(), strict=True)
        return [begin, *between, finish]


def passed_ms(cost_ms: Ints, arcs: NDArray[np.int64], along: Floats) -> Ints:
    """Whole ms from the tail of each arc to the fraction `along` of it: what a point between two nodes costs."""
    return np.rint(cost_ms[arcs] * along).astype(np.int32)


def tails(graph: RoadGraph, arcs: NDArray[np.int64]) -> Ints:
    """The state from which each arc leaves."""
    return (np.searchsorted(graph.first_out, arcs, "right") - 1).astype(np.int32)


def within_one_arc(source: Snap, target: Snap, arc: int, time_ms: int) -> Path:
    """The path of one who is already on the target's arc and behind it; arc -1 for the same place."""
    if arc < 0:
        return Path(source, target, (), 0.0, 0.0, ())
    return Path(source, target, (arc,), dict(source.leaving)[arc], dict(target.arriving)[arc], (time_ms,))
