"""The junctions as a tree in which every quickest way climbs and descends: built once per graph, for any travel times.

A customizable contraction hierarchy (Dibbelt, Strasser, Wagner 2016). Contracting the junctions in order joins the
neighbours of each that are still there by shortcuts. The parent of a junction is the first of its neighbours to follow
it in that order, and all those neighbours are its ancestors. Junctions are numbered from the roots downwards, each
followed by all below it: ancestors have smaller numbers, and what lies below v are the numbers from v to `last[v]`.

Places number the graph's nodes in the same sequence, the insides of a chain after the lower of its junctions. So what a
unit reaches in time is few ranges of places.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.chains import Chains, Flags, chains_of
from core.roads.compiled import compiled
from core.roads.dissection import contraction_order
from core.roads.graph import RoadGraph
from core.roads.segments import EARTH_RADIUS_M, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """j junctions, e shortcuts, c chains, s slots (see `Chains`), n places.

    Chains are grouped by their lower junction, which is the one they set out from; `chain_other` is the higher one.
    """

    junction_state: Ints  # [j]
    where: Ints  # [q] junction of each state, or ~slot inside a chain
    up_first: Ints  # [j + 1] into the shortcuts
    up_head: Ints  # [e] junction above, in rising order
    last: Ints  # [j] the number after the last junction below
    chain_first: Ints  # [j + 1] into the chains
    chain_owner: Ints  # [c] junction
    chain_other: Ints  # [c] junction above or the same, -1 at a dead end
    slot_first: Ints  # [c + 1]
    slot_state: Ints  # [s]
    slot_chain: Ints  # [s]
    step_out: Ints  # [s + c] first arc of that step away from the owner, -1 for none; more may follow it
    step_back: Ints  # [s + c] first arc of that step towards the owner
    junction_place: Ints  # [j] -1 for states that were added to a node
    first_place: Ints  # [j] the first place of the junction with its chains and all below
    chain_place: Ints  # [c] place of the chain's first slot
    node_at: Ints  # [n] node of each place
    twins: Ints  # [t] junctions that are added states, by node
    twin_of: Ints  # [t] the junction that is their node's own

    @property
    def junctions(self) -> int:
        return len(self.junction_state)


def contraction(graph: RoadGraph) -> Ints:
    """The states that are junctions in the order of contraction; what a map pack keeps. A second for a large city."""
    chains, junctions = _chains(graph)
    rank = _ranks(junctions, graph.states)
    joins = chains.other >= 0
    nodes = graph.node_of_state[junctions]
    stretch = np.cos(np.radians(graph.node_lat[nodes].mean())) if len(nodes) else 1.0
    x_m = np.radians(graph.node_lon[nodes]) * stretch * EARTH_RADIUS_M
    y_m = np.radians(graph.node_lat[nodes]) * EARTH_RADIUS_M
    order = contraction_order(len(junctions), rank[chains.one[joins]], rank[chains.other[joins]], x_m, y_m)
    return junctions[order].astype(np.int32)


def build_hierarchy(graph: RoadGraph, order: Ints) -> Hierarchy:
    """The tree over junction states in that `order` of contraction, which must be `contraction` of the same graph."""
    chains, _ = _chains(graph)
    rank = _ranks(order, graph.states)
    joins = (chains.other >= 0) & (chains.other != chains.one)
    ends = np.column_stack([rank[chains.one[joins]], rank[chains.other[joins]]])
    low, high = ends.min(axis=1), ends.max(axis=1)
    by_low = np.argsort(low, kind="stable")
    first = np.searchsorted(low[by_low], np.arange(len(order) + 1)).astype(np.int32)
    up_first, up_head, parent = contract(first, high[by_low].astype(np.int32))
    number, last = number_downwards(parent)
    up_first, up_head = renumber(up_first, up_head, number)
    junction_state = np.empty(len(order), np.int32)
    junction_state[number] = order
    rank = _ranks(junction_state, graph.states)
    own = junction_state < graph.nodes
    laid = lay_out(*_oriented(chains, rank), own)
    chain_first, chain_owner, chain_other, slot_first, slot_state, slot_chain, *places = laid
    junction_place, first_place, chain_place = places
    where = rank.copy()
    where[slot_state] = ~np.arange(len(slot_state), dtype=np.int32)
    node_at = np.empty(graph.nodes, np.int32)
    node_at[junction_place[own]] = junction_state[own]
    offsets = np.arange(len(slot_state), dtype=np.int32) - slot_first[slot_chain]
    node_at[chain_place[slot_chain] + offsets] = slot_state
    step_out, step_back = find_steps(
        graph.first_out, graph.head, junction_state, chain_owner, chain_other, slot_first, slot_state
    )
    twins = np.flatnonzero(~own).astype(np.int32)
    nodes = graph.node_of_state[junction_state[twins]]
    twins = twins[np.argsort(nodes, kind="stable")]
    return Hierarchy(
        junction_state,
        where,
        up_first,
        up_head,
        last,
        chain_first,
        chain_owner,
        chain_other,
        slot_first,
        slot_state,
        slot_chain,
        step_out,
        step_back,
        junction_place,
        first_place,
        chain_place,
        node_at,
        twins,
        rank[graph.node_of_state[junction_state[twins]]],
    )


def _chains(graph: RoadGraph) -> tuple[Chains, NDArray[np.int64]]:
    extra = graph.node_of_state[graph.nodes :]
    split = np.concatenate([extra, np.arange(graph.nodes, graph.states)]).astype(np.int64)
    return chains_of(graph.first_out, graph.head, graph.first_in, graph.in_tail, split)


def _ranks(ordered: NDArray[np.signedinteger], states: int) -> Ints:
    rank = np.full(states, -1, np.int32)
    rank[ordered] = np.arange(len(ordered), dtype=np.int32)
    return rank


def _oriented(chains: Chains, rank: Ints) -> tuple[Ints, Ints, Ints, Ints, Flags]:
    """Owner and other end of each chain as junctions, its slots, and whether these are to be read backwards."""
    one = rank[chains.one]
    other = np.where(chains.other >= 0, rank[chains.other], -1).astype(np.int32)
    flipped = other > one
    return np.maximum(one, other), np.where(flipped, one, other), chains.slot_first, chains.slot_state, flipped


@compiled
def contract(first: Ints, head: Ints) -> tuple[Ints, Ints, Ints]:
    """Shortcuts and parents, by rank in the order of contraction; `head` are higher ranks, duplicates allowed."""
    count = len(first) - 1
    heads = np.empty(8 * len(head) + 16, np.int32)
    up_first = np.zeros(count + 1, np.int32)
    parent = np.full(count, -1, np.int32)
    child, sibling = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    noted, found = np.full(count, -1, np.int32), np.empty(count, np.int32)
    total = 0
    for here in range(count):
        size = 0
        for link in range(first[here], first[here + 1]):
            if noted[head[link]] != here:
                noted[head[link]] = here
                found[size] = head[link]
                size += 1
        below = child[here]
        while below != -1:
            for link in range(up_first[below], up_first[below + 1]):
                if heads[link] > here and noted[heads[link]] != here:
                    noted[heads[link]] = here
                    found[size] = heads[link]
                    size += 1
            below = sibling[below]
        if total + size > len(heads):
            heads = np.concatenate((heads, np.empty(len(heads) + size, np.int32)))
        heads[total : total + size] = np.sort(found[:size])
        if size > 0:
            parent[here] = heads[total]
            sibling[here] = child[parent[here]]
            child[parent[here]] = here
        total += size
        up_first[here + 1] = total
    return up_first, heads[:total].copy(), parent


@compiled
def number_downwards(parent: Ints) -> tuple[Ints, Ints]:
    """The number of each rank from the roots downwards, each before all below it; by number, where these end."""
    count = len(parent)
    size = np.ones(count, np.int32)
    for here in range(count):
        if parent[here] >= 0:
            size[parent[here]] += size[here]
    number, last, free = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    free_root = 0
    for back in range(count):
        here = count - 1 - back
        if parent[here] < 0:
            number[here] = free_root
            free_root += size[here]
        else:
            number[here] = free[parent[here]]
            free[parent[here]] += size[here]
        free[here] = number[here] + 1
        last[number[here]] = number[here] + size[here]
    return number, last


@compiled
def renumber(up_first: Ints, up_head: Ints, number: Ints) -> tuple[Ints, Ints]:
    """The same shortcuts by number, each junction's in rising order."""
    count = len(number)
    begins, heads = np.zeros(count + 1, np.int32), np.empty(len(up_head), np.int32)
    for rank in range(count):
        begins[number[rank] + 1] = up_first[rank + 1] - up_first[rank]
    for here in range(count):
        begins[here + 1] += begins[here]
    for rank in range(count):
        begin = begins[number[rank]]
        size = up_first[rank + 1] - up_first[rank]
        for at in range(size):
            heads[begin + at] = number[up_head[up_first[rank] + at]]
        heads[begin : begin + size] = np.sort(heads[begin : begin + size])
    return begins, heads


@compiled
def lay_out(
    owner: Ints, other: Ints, slot_first: Ints, slot_state: Ints, flipped: Flags, own: Flags
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """Chains grouped by owner, and the place of everything. See `Hierarchy` for the nine arrays."""
    count = len(own)
    chain_first = np.zeros(count + 1, np.int32)
    for chain in range(len(owner)):
        chain_first[owner[chain] + 1] += 1
    for here in range(count):
        chain_first[here + 1] += chain_first[here]
    free = chain_first[:-1].copy()
    sequence = np.empty(len(owner), np.int32)
    for chain in range(len(owner)):
        sequence[free[owner[chain]]] = chain
        free[owner[chain]] += 1
    begins = np.zeros(len(owner) + 1, np.int32)
    slots, slot_chain = np.empty(len(slot_state), np.int32), np.empty(len(slot_state), np.int32)
    junction_place, chain_place = np.full(count, -1, np.int32), np.empty(len(owner), np.int32)
    first_place = np.empty(count, np.int32)
    place, slot = 0, 0
    for here in range(count):
        first_place[here] = place
        if own[here]:
            junction_place[here] = place
            place += 1
        for at in range(chain_first[here], chain_first[here + 1]):
            chain = sequence[at]
            chain_place[at] = place
            size = slot_first[chain + 1] - slot_first[chain]
            for step in range(size):
                slots[slot] = slot_state[slot_first[chain] + (size - 1 - step if flipped[chain] else step)]
                slot_chain[slot] = at
                slot += 1
            place += size
            begins[at + 1] = slot
    places = (junction_place, first_place, chain_place)
    return chain_first, owner[sequence], other[sequence], begins, slots, slot_chain, *places


@compiled
def find_steps(
    first_out: Ints,
    head: Ints,
    junction_state: Ints,
    chain_owner: Ints,
    chain_other: Ints,
    slot_first: Ints,
    slot_state: Ints,
) -> tuple[Ints, Ints]:
    """The first arc of each step of every chain, away from its owner and towards it; -1 for none."""
    chains = len(chain_owner)
    out, back = np.full(len(slot_state) + chains, -1, np.int32), np.full(len(slot_state) + chains, -1, np.int32)
    for chain in range(chains):
        before = junction_state[chain_owner[chain]]
        for slot in range(slot_first[chain], slot_first[chain + 1] + 1):
            if slot < slot_first[chain + 1]:
                state = slot_state[slot]
            elif chain_other[chain] >= 0:
                state = junction_state[chain_other[chain]]
            else:
                break
            out[slot + chain] = first_arc(first_out, head, before, state)
            back[slot + chain] = first_arc(first_out, head, state, before)
            before = state
    return out, back


@compiled
def first_arc(first_out: Ints, head: Ints, tail: int, state: int) -> int:
    """The first arc from `tail` to `state`; -1 for none. Others between the two follow at once."""
    for arc in range(first_out[tail], first_out[tail + 1]):
        if head[arc] == state:
            return arc
    return -1
