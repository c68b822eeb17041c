"""One way of driving on a graph: ms per arc, and the hierarchy with these times.

Another way of driving (an hour of the day, snow, closed roads) is another Network over the same hierarchy.
"""

from dataclasses import dataclass

import numpy as np

from core.roads.customise import Metres, chain_times, customise, needed_downwards
from core.roads.graph import RoadGraph
from core.roads.hierarchy import Hierarchy
from core.roads.segments import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """`cost_ms` [m] by arc, CLOSED_MS for roads that are closed. The rest as `customise` tells it."""

    cost_ms: Ints
    from_owner: Ints  # [s] by slot
    from_other: Ints
    chain_out: Ints  # [c]
    chain_back: Ints
    up_ms: Ints  # [e] by shortcut
    down_ms: Ints
    up_m: Metres
    down_m: Metres
    up_by: Ints
    down_by: Ints
    sweep_first: Ints  # [j + 1] into the two below: the shortcuts by which times come down to each junction
    sweep_head: Ints
    sweep_ms: Ints

    @classmethod
    def of(cls, graph: RoadGraph, hierarchy: Hierarchy, arc_end: Ints, cost_ms: Ints) -> "Network":
        """`arc_end` is `arc_ends` of the two."""
        cost_ms = np.asarray(cost_ms)
        h = hierarchy
        chains = chain_times(h.slot_first, h.step_out, h.step_back, graph.head, arc_end, cost_ms, graph.length_m)
        from_owner, from_other, out_ms, back_ms, out_m, back_m = chains
        shortcuts = customise(h.up_first, h.up_head, h.chain_owner, h.chain_other, out_ms, back_ms, out_m, back_m)
        down = needed_downwards(h.up_first, h.up_head, shortcuts[0], shortcuts[1])
        return cls(cost_ms, from_owner, from_other, out_ms, back_ms, *shortcuts, *down)


def arc_ends(graph: RoadGraph, hierarchy: Hierarchy) -> Ints:
    """For each step out and back [s + c, 2] where the arcs of its tail end."""
    ends = np.zeros((len(hierarchy.step_out), 2), np.int32)
    for column, steps in enumerate((hierarchy.step_out, hierarchy.step_back)):
        known = np.flatnonzero(steps >= 0)
        ends[known, column] = graph.first_out[np.searchsorted(graph.first_out, steps[known], "right")]
    return ends
