"""Other times on the same roads: the hour's traffic, snow, and roads that are closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.roads.customise import CLOSED_MS
from core.roads.graph import RoadGraph
from core.roads.segments import Ints
from core.roads.speeds import RoadClass

Arcs = NDArray[np.int64]


def _no_arcs() -> Arcs:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Weighting:
    """`factors` multiply the times of a class, 1.0 where it is not named; nobody drives along the arcs `closed`."""

    factors: Mapping[RoadClass, float] = field(default_factory=dict)
    closed: Arcs = field(default_factory=_no_arcs)

    def applied(self, graph: RoadGraph, open_ms: Ints) -> Ints:
        """Ms by arc [m] under this weighting: whole, at least 1, CLOSED_MS for closed roads."""
        open_ms = np.asarray(open_ms)
        if not self.factors and not len(self.closed):
            return open_ms
        by_class = np.ones(max(RoadClass) + 1)
        for road_class, factor in self.factors.items():
            by_class[road_class] = factor
        times = np.rint(open_ms * by_class[graph.road_class[graph.road]])
        times = np.clip(times, 1, CLOSED_MS - 1).astype(np.int32)
        times[self.closed] = CLOSED_MS
        return times
