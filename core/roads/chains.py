"""Most states only lie between two others; this takes them out of the search without losing a millisecond.

A state with at most two neighbours (coming and going taken together) is the inside of a chain: whoever enters it at one
end leaves it at the other. The search runs over the rest, the junctions, joined by whole chains; from a place inside a
chain one first goes to its ends. In Porto a fifth of the states are junctions.
"""

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.kernels import NEVER
from core.roads.segments import Floats, Ints

INSIDE = -1
Metres = NDArray[np.float32]


@compiled
def mark_junctions(first_out: Ints, head: Ints, first_in: Ints, tail: Ints) -> Ints:
    """For each state its number among the junctions, or INSIDE."""
    states = len(first_out) - 1
    number = np.full(states, INSIDE, np.int32)
    count = 0
    for state in range(states):
        one, other, several = INSIDE, INSIDE, False
        for first, neighbours in ((first_out, head), (first_in, tail)):
            for at in range(first[state], first[state + 1]):
                near = neighbours[at]
                if near not in (one, other):
                    several = several or other != INSIDE
                    one, other = near, one
        if several:
            number[state] = count
            count += 1
    return number


@compiled
def _go_on(first: Ints, links: Ints, state: int, before: int) -> int:
    """The quickest link from a state inside a chain that does not lead back; -1 at a dead end."""
    best = -1
    for link in range(first[state], first[state + 1]):
        if links[link, 0] != before and (best < 0 or links[link, 1] < links[best, 1]):
            best = link
    return best


@compiled
def _chain(first: Ints, links: Ints, links_m: Metres, number: Ints, start: int, link: int) -> tuple[int, int, float]:
    """Follow the chain that begins with `link` of `start`: junction state at its end (-1 for none), ms, metres."""
    before, state = start, links[link, 0]
    ms, metres = int(links[link, 1]), float(links_m[link])
    while number[state] == INSIDE:
        link = _go_on(first, links, state, before) if state != start else -1
        if link < 0:
            return -1, ms, metres
        before, state = state, links[link, 0]
        ms += links[link, 1]
        metres += links_m[link]
    return state, ms, metres


@compiled
def join_junctions(
    first: Ints, links: Ints, links_m: Metres, number: Ints, junctions: int
) -> tuple[Ints, Ints, Metres]:
    """The links between junctions: where those of each begin [j + 1], neighbour and ms [l, 2], metres [l].

    They are told as `first`, `links` [m, 2] and `links_m` [m] tell those between states, in the same direction.
    """
    begins = np.zeros(junctions + 1, np.int32)
    joined = np.empty((len(links), 2), np.int32)
    metres = np.empty(len(links), np.float32)
    count = 0
    for state in range(len(number)):
        if number[state] == INSIDE:
            continue
        for link in range(first[state], first[state + 1]):
            end, ms, chain_m = _chain(first, links, links_m, number, state, link)
            if end >= 0 and end != state:
                joined[count, 0] = number[end]
                joined[count, 1] = ms
                metres[count] = chain_m
                count += 1
        begins[number[state] + 1] = count
    return begins, joined[:count].copy(), metres[:count].copy()


@compiled
def chain_ends(
    first: Ints, links: Ints, links_m: Metres, number: Ints, states: Ints, own_ms: Ints, own_m: Floats
) -> tuple[Ints, Ints, Floats]:
    """The junctions at which chains through `states` end, with ms and metres to there added to the states' own."""
    room = 0
    for state in states:
        room += 1 + first[state + 1] - first[state]
    ends, ends_ms, ends_m = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float64)
    count = 0
    for at in range(len(states)):
        state = states[at]
        if number[state] != INSIDE:
            ends[count], ends_ms[count], ends_m[count] = number[state], own_ms[at], own_m[at]
            count += 1
            continue
        for link in range(first[state], first[state + 1]):
            end, ms, metres = _chain(first, links, links_m, number, state, link)
            if end >= 0:
                ends[count], ends_ms[count], ends_m[count] = number[end], own_ms[at] + ms, own_m[at] + metres
                count += 1
    return ends[:count], ends_ms[:count], ends_m[:count]


@compiled
def ways_out(
    first: Ints,
    links: Ints,
    links_m: Metres,
    number: Ints,
    starts: Ints,
    ends: Ints,
    ends_ms: Ints,
    ends_m: Floats,
) -> tuple[Ints, Ints, Floats]:
    """How each of `starts` [k] gets on: columns 0 and 1 are the ends of its chain, column 2 the target inside it.

    Junction numbers (-1 for none), ms and metres, each [k, 3]. The target lies `ends_ms`, `ends_m` behind `ends`; in
    column 2 these are included, and the number is 0 where the chain leads to it, else -1.
    """
    way = np.full((len(starts), 3), -1, np.int32)
    ms = np.zeros((len(starts), 3), np.int32)
    metres = np.zeros((len(starts), 3), np.float64)
    for at in range(len(starts)):
        start = starts[at]
        if number[start] != INSIDE:
            way[at, 0] = number[start]
            continue
        _note_target(start, 0, 0.0, ends, ends_ms, ends_m, way[at], ms[at], metres[at])
        side = 0
        for link in range(first[start], first[start + 1]):
            if side == 2 or _has_quicker_twin(first, links, start, link):
                continue
            before, state = start, links[link, 0]
            total, length = int(links[link, 1]), float(links_m[link])
            while state != start and number[state] == INSIDE:
                _note_target(state, total, length, ends, ends_ms, ends_m, way[at], ms[at], metres[at])
                on = _go_on(first, links, state, before)
                if on < 0:
                    break
                before, state = state, links[on, 0]
                total += links[on, 1]
                length += links_m[on]
            if number[state] != INSIDE:
                way[at, side], ms[at, side], metres[at, side] = number[state], total, length
                side += 1
    return way, ms, metres


@compiled
def _has_quicker_twin(first: Ints, links: Ints, state: int, link: int) -> bool:
    """Whether another link of `state` leads to the same neighbour quicker, or as quick and comes first."""
    for other in range(first[state], first[state + 1]):
        if links[other, 0] == links[link, 0] and (links[other, 1], other) < (links[link, 1], link):
            return True
    return False


@compiled
def _note_target(
    state: int,
    total: int,
    length: float,
    ends: Ints,
    ends_ms: Ints,
    ends_m: Floats,
    way: Ints,
    ms: Ints,
    metres: Floats,
) -> None:
    """If the target lies behind `state`, keep the quickest way to it in column 2."""
    for end in range(len(ends)):
        if ends[end] == state and (way[2] < 0 or total + ends_ms[end] < ms[2]):
            way[2], ms[2], metres[2] = 0, total + ends_ms[end], length + ends_m[end]


def best_way(way: Ints, ms: Ints, times_ms: Ints) -> tuple[Ints, NDArray[np.int64]]:
    """For each start the column of its quickest way on [k], and ms to the target by it (NEVER for none)."""
    totals = np.full(way.shape, NEVER, np.int64)
    out = way[:, :2] >= 0
    if len(times_ms):
        beyond = times_ms[np.where(out, way[:, :2], 0)].astype(np.int64)
        totals[:, :2] = np.where(out & (beyond != NEVER), beyond + ms[:, :2], NEVER)
    totals[:, 2] = np.where(way[:, 2] >= 0, ms[:, 2], NEVER)
    column = totals.argmin(axis=1)
    return column.astype(np.int32), totals[np.arange(len(way)), column]
