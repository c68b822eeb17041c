"""What is remembered of each place that units stand at: the times from there to all junctions above it.

To ask for a hundred units' times to an incident is then to look up what both ends have above them. Units stand still
more often than incidents come in; one that moved has its label made anew, in some microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.roads.compiled import compiled
from core.roads.customise import CLOSED_MS
from core.roads.ends import Ends, Starts
from core.roads.graph import RoadGraph
from core.roads.hierarchy import Hierarchy
from core.roads.network import Network
from core.roads.queries import UNKNOWN, Room, carry_up, clear, ways_in, ways_out
from core.roads.segments import Ints
from core.roads.snap import Snap

MOST = 20_000  # places remembered before all are forgotten: two hours of 200 units that never stand still


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """`above` [a] junctions in rising order with ms to there. The rest tells who is too near for that to be all."""

    place: Snap  # kept, so that nobody else gets its identity
    above: Ints
    ms: Ints
    arcs: frozenset[int]
    chains: frozenset[int]


@compiled
def climb_from(
    up_first: Ints, up_head: Ints, up_ms: Ints, room: Room, seeds: Ints, seeds_ms: Ints
) -> tuple[Ints, Ints]:
    """The junctions above the seeds in rising order, with ms; those that cannot be reached are left out."""
    after, climb, noted = room.after, room.climb, room.times
    count = 0
    for at in range(len(seeds)):
        after[seeds[at]] = min(after[seeds[at]], seeds_ms[at])
    for at in range(len(seeds)):
        here = seeds[at]
        while here >= 0:
            if noted[here] == UNKNOWN:
                noted[here], climb[count] = 0, here
                count += 1
            for link in range(up_first[here], up_first[here + 1]):
                after[up_head[link]] = min(after[up_head[link]], after[here] + up_ms[link])
            here = up_head[up_first[here + 1] - 1] if up_first[here + 1] > up_first[here] else UNKNOWN
    junctions, ms = np.sort(climb[:count]), np.empty(count, np.int32)
    kept = 0
    for at in range(count):
        noted[junctions[at]] = UNKNOWN
        if after[junctions[at]] < CLOSED_MS:
            ms[kept], after[junctions[at]] = after[junctions[at]], CLOSED_MS
            junctions[kept] = junctions[at]
            kept += 1
    return junctions[:kept].copy(), ms[:kept].copy()


@compiled
def least_sums(room: Room, first: Ints, above: Ints, ms: Ints) -> Ints:
    """For each label the least ms by any junction above it and above the target, whose times are in the room."""
    after = room.after
    least = np.full(len(first) - 1, CLOSED_MS, np.int32)
    for label in range(len(least)):
        for at in range(first[label], first[label + 1]):
            least[label] = min(least[label], ms[at] + after[above[at]])
    return least


def joined(labels: Sequence[Label]) -> tuple[Ints, Ints, Ints]:
    """Where the entries of each begin [k + 1], junctions and ms of all."""
    first = np.zeros(len(labels) + 1, np.int32)
    np.cumsum([len(label.above) for label in labels], out=first[1:])
    if not labels:
        return first, np.zeros(0, np.int32), np.zeros(0, np.int32)
    return first, np.concatenate([label.above for label in labels]), np.concatenate([label.ms for label in labels])


class Labels:
    """The labels of one network. Of use to any thread; at worst two make the same label."""

    def __init__(self, graph: RoadGraph, hierarchy: Hierarchy, arc_end: Ints, network: Network) -> None:
        self._graph = graph
        self._hierarchy = hierarchy
        self._arc_end = arc_end
        self._network = network
        self._known: dict[int, Label] = {}

    def of(self, places: Sequence[Snap], room: Room) -> list[Label]:
        """The label of each place; places are told apart by identity, as `UnitSnaps` keeps them."""
        found = [self._known.get(id(place)) for place in places]
        new = [place for place, label in zip(places, found, strict=True) if label is None]
        if not new:
            return [label for label in found if label]
        if len(self._known) + len(new) > MOST:
            self._known.clear()
        made = {id(label.place): label for label in self._make(new, room)}
        self._known.update(made)
        return [label or made[id(place)] for place, label in zip(places, found, strict=True)]

    def _make(self, places: list[Snap], room: Room) -> list[Label]:
        h, network, graph = self._hierarchy, self._network, self._graph
        starts = Starts.of(graph, network.cost_ms, places)
        none = np.zeros(0, np.int32)
        chains = (h.where, h.slot_chain, h.slot_first, h.chain_owner, h.chain_other, h.step_out, h.step_back)
        driving = (graph.head, self._arc_end, network.cost_ms, graph.length_m)
        junction, ms, _ = ways_out(*chains, *driving, starts.heads, none, none, np.zeros(0))
        total = np.minimum(ms + starts.driven_ms[:, None], CLOSED_MS).astype(np.int32)
        labels = []
        for at, place in enumerate(places):
            own = starts.owner == at
            on = own[:, None] & (junction >= 0)
            above, times = climb_from(h.up_first, h.up_head, network.up_ms, room, junction[on], total[on])
            slots = ~h.where[starts.heads[own]]
            chains_at = frozenset(h.slot_chain[slots[slots >= 0]].tolist())
            labels.append(Label(place, above, times, frozenset(arc for arc, _ in place.leaving), chains_at))
        return labels

    def etas_ms(self, target: Snap, places: Sequence[Snap], room: Room) -> tuple[Ints, list[int]]:
        """Ms from each place, CLOSED_MS for none, and the indices of those too near the target for that to be all."""
        h, network, graph = self._hierarchy, self._network, self._graph
        labels = self.of(places, room)
        ends = Ends.of(graph, network.cost_ms, target)
        chains = (h.where, h.slot_chain, h.slot_first, h.chain_owner, h.chain_other, h.step_out, h.step_back)
        driving = (graph.head, self._arc_end, network.cost_ms, graph.length_m)
        seeds, seeds_ms, seeds_m, _ = ways_in(*chains, *driving, ends.states, ends.passed_ms, ends.passed_m)
        carry_up(room, h.up_first, h.up_head, network.down_ms, network.down_m, seeds, seeds_ms, seeds_m)
        least = least_sums(room, *joined(labels))
        clear(h.up_first, h.up_head, room, seeds, seeds[:0])
        slots = ~h.where[ends.states]
        arcs, inside = {arc for arc, _ in target.arriving}, set(h.slot_chain[slots[slots >= 0]].tolist())
        near = [
            at
            for at, label in enumerate(labels)
            if label.place.node == target.node >= 0
            or not (label.arcs.isdisjoint(arcs) and label.chains.isdisjoint(inside))
        ]
        return least, near
