"""Other times on the same roads: factors by class of road, and roads that are closed."""

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
    """Factors on the times of a class, 1.0 where it is not named; nobody drives along the arcs `closed`."""

    normal: Mapping[RoadClass, float] = field(default_factory=dict)
    siren: Mapping[RoadClass, float] = field(default_factory=dict)
    closed: Arcs = field(default_factory=_no_arcs)

    @property
    def plain(self) -> bool:
        """Whether it changes nothing."""
        return not len(self.closed) and all(factor == 1.0 for factor in (*self.normal.values(), *self.siren.values()))

    def cost_ms(self, graph: RoadGraph, *, siren: bool) -> Ints:
        """Ms by arc [m] under this weighting: whole, at least 1, CLOSED_MS for closed roads."""
        open_ms = np.asarray(graph.siren_ms if siren else graph.travel_ms)
        if self.plain:
            return open_ms
        by_class = np.ones(max(RoadClass) + 1)
        for road_class, factor in (self.siren if siren else self.normal).items():
            by_class[road_class] = factor
        times = np.clip(np.rint(open_ms * by_class[graph.road_class[graph.road]]), 1, CLOSED_MS - 1).astype(np.int32)
        times[self.closed] = CLOSED_MS
        return times
