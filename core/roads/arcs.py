"""From ways to the arcs of a graph: both directions, forbidden turns, and only the arcs that can ever be the fastest.

A forbidden turn is kept by splitting its node: who arrives along the restricted road arrives in a state of that node
which lacks the forbidden exits. Only such nodes are split, so the graph grows by a fraction of a per cent.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.roads.segments import Ints, RoadSegments
from core.roads.speeds import speeds_kmh, travel_ms

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """m directed arcs between states. States below the number of nodes are the nodes themselves."""

    tail: Ints
    head: Ints
    way: Ints
    length_m: NDArray[np.float32]
    travel_ms: Ints
    siren_ms: Ints

    def pick(self, chosen: Positions) -> "Arcs":
        """The arcs of those positions, in that order."""
        return Arcs(
            self.tail[chosen],
            self.head[chosen],
            self.way[chosen],
            self.length_m[chosen],
            self.travel_ms[chosen],
            self.siren_ms[chosen],
        )


def arcs_of(segments: RoadSegments) -> Arcs:
    """Every drivable direction of every segment, with its times; segments from a node to itself are dropped."""
    normal_kmh, siren_kmh = speeds_kmh(segments.way_class, segments.way_speed_kmh)
    length_m = segments.length_m
    way = segments.way
    normal = travel_ms(length_m, normal_kmh[way])
    siren = travel_ms(length_m, siren_kmh[way])
    moves = segments.from_node != segments.to_node
    along = np.flatnonzero(moves & (segments.way_oneway[way] >= 0))
    against = np.flatnonzero(moves & (segments.way_oneway[way] <= 0))
    both = np.concatenate([along, against])
    return Arcs(
        tail=np.concatenate([segments.from_node[along], segments.to_node[against]]),
        head=np.concatenate([segments.to_node[along], segments.from_node[against]]),
        way=way[both],
        length_m=length_m[both].astype(np.float32),
        travel_ms=normal[both],
        siren_ms=siren[both],
    )


def without_slower_twins(arcs: Arcs) -> Arcs:
    """Arcs sorted by tail, head and time, less those that another between the same states beats at both speeds."""
    order = np.lexsort((arcs.siren_ms, arcs.travel_ms, arcs.head, arcs.tail))
    ordered = arcs.pick(order)
    first = np.ones(len(order), np.bool_)
    first[1:] = (ordered.tail[1:] != ordered.tail[:-1]) | (ordered.head[1:] != ordered.head[:-1])
    leader = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    return ordered.pick(np.flatnonzero(first | (ordered.siren_ms < ordered.siren_ms[leader])))


def split_restricted(segments: RoadSegments, arcs: Arcs) -> tuple[Arcs, Ints]:
    """Arcs between states, and the node of each added state [extra], sorted by node.

    Restrictions that match no pair of arcs are dropped: they speak of roads that are not drivable.
    """
    nodes = len(segments.node_lat)
    by_head = np.argsort(arcs.head, kind="stable")
    by_tail = np.argsort(arcs.tail, kind="stable")
    sorted_heads, sorted_tails = arcs.head[by_head], arcs.tail[by_tail]
    head = arcs.head.copy()
    node_of_extra: list[int] = []
    copied: list[int] = []
    copied_tail: list[int] = []
    order = np.argsort(segments.ban_via, kind="stable")
    for via, rows in _grouped(segments.ban_via[order], order):
        arriving = by_head[np.searchsorted(sorted_heads, via) : np.searchsorted(sorted_heads, via, "right")]
        leaving = by_tail[np.searchsorted(sorted_tails, via) : np.searchsorted(sorted_tails, via, "right")]
        states: dict[tuple[int, ...], int] = {}
        for arc in arriving.tolist():
            exits = _exits(segments, arcs, arc, leaving, rows)
            if len(exits) == len(leaving):
                continue
            if exits not in states:
                states[exits] = nodes + len(node_of_extra)
                node_of_extra.append(via)
                copied.extend(exits)
                copied_tail.extend([states[exits]] * len(exits))
            head[arc] = states[exits]
    whole = replace(arcs, head=head)
    copies = replace(whole.pick(np.array(copied, np.int64)), tail=np.array(copied_tail, np.int32))
    return _joined(whole, copies), np.array(node_of_extra, np.int32)


def _grouped(sorted_keys: Ints, values: Positions) -> list[tuple[int, list[int]]]:
    groups: dict[int, list[int]] = {}
    for key, value in zip(sorted_keys.tolist(), values.tolist(), strict=True):
        groups.setdefault(key, []).append(value)
    return list(groups.items())


def _exits(segments: RoadSegments, arcs: Arcs, arc: int, leaving: Positions, rows: list[int]) -> tuple[int, ...]:
    """The arcs by which one may leave the node that `arc` enters, under the restrictions `rows` of that node."""
    ways, back = arcs.way[leaving], arcs.head[leaving] == arcs.tail[arc]
    allowed = np.ones(len(leaving), np.bool_)
    bidden = np.zeros(len(leaving), np.bool_)
    for row in rows:
        if segments.ban_from[row] != arcs.way[arc]:
            continue
        onto = ways == segments.ban_to[row]
        if segments.ban_only[row]:
            bidden |= onto & ~back
        elif segments.ban_from[row] == segments.ban_to[row]:
            allowed &= ~(onto & back)  # no_u_turn: going on along the same way stays allowed
        else:
            allowed &= ~onto
    if bidden.any():
        allowed &= bidden
    return tuple(leaving[allowed].tolist())


def _joined(first: Arcs, second: Arcs) -> Arcs:
    return Arcs(
        np.concatenate([first.tail, second.tail]),
        np.concatenate([first.head, second.head]),
        np.concatenate([first.way, second.way]),
        np.concatenate([first.length_m, second.length_m]),
        np.concatenate([first.travel_ms, second.travel_ms]),
        np.concatenate([first.siren_ms, second.siren_ms]),
    )
