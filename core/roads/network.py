"""The graph as one way of driving sees it: links with times, both ways, between states and between junctions.

Another way of driving (an hour of the day, snow) is another Network over the same graph.
"""

from dataclasses import dataclass

import numpy as np

from core.roads.chains import Metres, join_junctions, mark_junctions
from core.roads.graph import RoadGraph
from core.roads.segments import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Those of state (or junction) i are rows `first[i]:first[i + 1]` of `links` [m, 2]: neighbour and ms."""

    first: Ints
    links: Ints
    metres: Metres
    longest_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """`out` lead forwards and `into` backwards between states, `junction_*` between junctions; `cost_ms` is by arc."""

    cost_ms: Ints
    out: Links
    into: Links
    junction_out: Links
    junction_into: Links

    @classmethod
    def of(cls, graph: RoadGraph, cost_ms: Ints, number: Ints) -> "Network":
        """The network of `graph` with `cost_ms` [m] per arc; `number` [q] tells its junctions."""
        cost_ms = np.asarray(cost_ms)
        out = _links(graph.first_out, graph.head, cost_ms, graph.length_m)
        into = _links(graph.first_in, graph.in_tail, cost_ms[graph.in_arc], graph.length_m[graph.in_arc])
        return cls(cost_ms, out, into, _between_junctions(out, number), _between_junctions(into, number))


def junction_numbers(graph: RoadGraph) -> Ints:
    """The number of each state [q] among the junctions; negative inside a chain."""
    return mark_junctions(graph.first_out, graph.head, graph.first_in, graph.in_tail)


def _links(first: Ints, neighbour: Ints, cost_ms: Ints, metres: Metres) -> Links:
    links = np.ascontiguousarray(np.column_stack([neighbour, cost_ms]), np.int32)
    return Links(np.asarray(first), links, np.asarray(metres), int(cost_ms.max(initial=1)))


def _between_junctions(between_states: Links, number: Ints) -> Links:
    all_links = (between_states.first, between_states.links, between_states.metres)
    first, links, metres = join_junctions(*all_links, number, int(number.max(initial=-1)) + 1)
    return Links(first, links, metres, int(links[:, 1].max(initial=1)))
