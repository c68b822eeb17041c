"""From many places to one, as machine code: up the hierarchy from the target, then down to the sources alone.

Each junction's quickest way to the target climbs to some junction and descends from there. The target's times are
carried up to its ancestors once; then each source's ancestors learn their times from those above them.
"""

from typing import NamedTuple

import numpy as np

from core.roads.compiled import compiled
from core.roads.customise import CLOSED_MS, Metres, find_shortcut, quickest_arc
from core.roads.segments import Floats, Ints

UNKNOWN = -1
OWNER, OTHER, INSIDE = 0, 1, 2  # how one gets on from a place: to either end of its chain, or the target is inside


@compiled
def ways_in(
    where: Ints,
    slot_chain: Ints,
    slot_first: Ints,
    chain_owner: Ints,
    chain_other: Ints,
    step_out: Ints,
    step_back: Ints,
    head: Ints,
    arc_end: Ints,
    cost_ms: Ints,
    length_m: Metres,
    states: Ints,
    states_ms: Ints,
    states_m: Floats,
) -> tuple[Ints, Ints, Floats, Ints]:
    """The junctions next to a target, which lies `states_ms`, `states_m` behind `states`; ms and metres from there.

    The last tells which of `states` that is [., 0], and by which side of its chain [., 1]: OWNER, OTHER or INSIDE.
    """
    found, found_ms = np.empty(2 * len(states), np.int32), np.empty(2 * len(states), np.int32)
    found_m, origin = np.empty(2 * len(states), np.float64), np.empty((2 * len(states), 2), np.int32)
    count = 0
    for at in range(len(states)):
        if where[states[at]] >= 0:
            found[count], found_ms[count], found_m[count] = where[states[at]], states_ms[at], states_m[at]
            origin[count, 0], origin[count, 1] = at, INSIDE
            count += 1
            continue
        goal = ~where[states[at]]
        chain = slot_chain[goal]
        for side in range(2):
            junction = chain_owner[chain] if side == OWNER else chain_other[chain]
            if junction < 0:
                continue
            total, metres = states_ms[at], states_m[at]
            slot = goal if side == OWNER else goal + 1
            while slot_first[chain] <= slot <= slot_first[chain + 1] and total < CLOSED_MS:
                arc = step_out[slot + chain] if side == OWNER else step_back[slot + chain]
                if arc < 0:
                    total = CLOSED_MS
                    break
                arc = quickest_arc(arc, head, cost_ms, arc_end[slot + chain, side])
                total += cost_ms[arc]
                metres += length_m[arc]
                slot += -1 if side == OWNER else 1
            if total < CLOSED_MS:
                found[count], found_ms[count], found_m[count] = junction, total, metres
                origin[count, 0], origin[count, 1] = at, side
                count += 1
    return found[:count], found_ms[:count], found_m[:count], origin[:count]


@compiled
def ways_out(
    where: Ints,
    slot_chain: Ints,
    slot_first: Ints,
    chain_owner: Ints,
    chain_other: Ints,
    step_out: Ints,
    step_back: Ints,
    head: Ints,
    arc_end: Ints,
    cost_ms: Ints,
    length_m: Metres,
    starts: Ints,
    goals: Ints,
    goals_ms: Ints,
    goals_m: Floats,
) -> tuple[Ints, Ints, Floats]:
    """How each of the states `starts` [k] gets on: junction (-1 for none), ms and metres, each [k, 3].

    Columns OWNER and OTHER are the ends of its chain; a junction is its own owner. Column INSIDE is for a target in the
    same chain, `goals_ms`, `goals_m` behind the states `goals`; these are included, and the number is the goal's index.
    """
    way = np.full((len(starts), 3), UNKNOWN, np.int32)
    ms, metres = np.full((len(starts), 3), CLOSED_MS, np.int32), np.zeros((len(starts), 3))
    for at in range(len(starts)):
        if where[starts[at]] >= 0:
            way[at, OWNER], ms[at, OWNER] = where[starts[at]], 0
            continue
        begin = ~where[starts[at]]
        chain = slot_chain[begin]
        for side in range(2):
            total, length = 0, 0.0
            slot = begin
            while total < CLOSED_MS and slot_first[chain] <= slot < slot_first[chain + 1]:
                for goal in range(len(goals)):
                    if where[goals[goal]] == ~slot and total + goals_ms[goal] < ms[at, INSIDE]:
                        way[at, INSIDE], ms[at, INSIDE] = goal, total + goals_ms[goal]
                        metres[at, INSIDE] = length + goals_m[goal]
                step = slot if side == OWNER else slot + 1
                arc = step_back[step + chain] if side == OWNER else step_out[step + chain]
                if arc < 0:
                    total = CLOSED_MS
                    break
                arc = quickest_arc(arc, head, cost_ms, arc_end[step + chain, 1 - side])
                total += cost_ms[arc]
                length += length_m[arc]
                slot += -1 if side == OWNER else 1
            if total < CLOSED_MS:
                way[at, side] = chain_owner[chain] if side == OWNER else chain_other[chain]
                ms[at, side], metres[at, side] = total, length
    return way, ms, metres


class Room(NamedTuple):
    """Where one question is worked out; new memory for each would cost more than the answer. By junction.

    After `times_to` these tell the way: the shortcut up from each junction, UNKNOWN where the descent begins; then the
    junction below and the shortcut down to it, UNKNOWN where the target is next.
    """

    times: Ints  # ms to the target, UNKNOWN between questions
    metres: Floats
    above: Ints
    after: Ints  # ms by descent alone, CLOSED_MS between questions
    after_m: Floats
    below: Ints
    below_link: Ints
    climb: Ints


def new_room(junctions: int) -> Room:
    return Room(
        np.full(junctions, UNKNOWN, np.int32),
        np.empty(junctions),
        np.empty(junctions, np.int32),
        np.full(junctions, CLOSED_MS, np.int32),
        np.empty(junctions),
        np.empty(junctions, np.int32),
        np.empty(junctions, np.int32),
        np.empty(junctions, np.int32),
    )


@compiled
def clear(up_first: Ints, up_head: Ints, room: Room, seeds: Ints, wanted: Ints) -> None:
    """Make the room ready for the next question."""
    times, after = room.times, room.after
    for at in range(len(seeds)):
        here = seeds[at]
        while here >= 0:
            after[here] = CLOSED_MS
            here = up_head[up_first[here + 1] - 1] if up_first[here + 1] > up_first[here] else UNKNOWN
    for at in range(len(wanted)):
        here = wanted[at]
        while here >= 0 and times[here] != UNKNOWN:
            times[here] = UNKNOWN
            here = up_head[up_first[here + 1] - 1] if up_first[here + 1] > up_first[here] else UNKNOWN


@compiled
def carry_up(
    room: Room,
    up_first: Ints,
    up_head: Ints,
    down_ms: Ints,
    down_m: Metres,
    seeds: Ints,
    seeds_ms: Ints,
    seeds_m: Floats,
) -> None:
    """Enter ms and metres by descent alone to the target, `seeds_ms`, `seeds_m` behind the junctions `seeds`."""
    after, after_m, below, below_link = room.after, room.after_m, room.below, room.below_link
    for at in range(len(seeds)):
        if seeds_ms[at] < after[seeds[at]]:
            after[seeds[at]], after_m[seeds[at]], below[seeds[at]] = seeds_ms[at], seeds_m[at], UNKNOWN
    for at in range(len(seeds)):
        here = seeds[at]
        while here >= 0:
            for link in range(up_first[here], up_first[here + 1]):
                high, total = up_head[link], down_ms[link] + after[here]
                if total < after[high]:
                    after[high], after_m[high] = total, down_m[link] + after_m[here]
                    below[high], below_link[high] = here, link
            here = up_head[up_first[here + 1] - 1] if up_first[here + 1] > up_first[here] else UNKNOWN


@compiled
def times_to(
    room: Room,
    up_first: Ints,
    up_head: Ints,
    up_ms: Ints,
    down_ms: Ints,
    up_m: Metres,
    down_m: Metres,
    seeds: Ints,
    seeds_ms: Ints,
    seeds_m: Floats,
    wanted: Ints,
) -> None:
    """Enter ms and metres to the target for all `wanted` junctions and those above them.

    The target lies `seeds_ms`, `seeds_m` behind the junctions `seeds`.
    """
    times, metres, above, after, after_m, climb = (
        room.times,
        room.metres,
        room.above,
        room.after,
        room.after_m,
        room.climb,
    )
    carry_up(room, up_first, up_head, down_ms, down_m, seeds, seeds_ms, seeds_m)
    for at in range(len(wanted)):
        height, here = 0, wanted[at]
        while here >= 0 and times[here] == UNKNOWN:
            climb[height] = here
            height += 1
            here = up_head[up_first[here + 1] - 1] if up_first[here + 1] > up_first[here] else UNKNOWN
        while height > 0:
            height -= 1
            here = climb[height]
            best, best_link = after[here], UNKNOWN
            for link in range(up_first[here], up_first[here + 1]):
                total = up_ms[link] + times[up_head[link]]
                if total < best:
                    best, best_link = total, link
            times[here], above[here] = best, best_link
            metres[here] = after_m[here] if best_link < 0 else up_m[best_link] + metres[up_head[best_link]]


@compiled
def chains_along(
    up_first: Ints,
    up_head: Ints,
    up_by: Ints,
    down_by: Ints,
    above: Ints,
    below: Ints,
    below_link: Ints,
    start: int,
    low_of: Ints,
) -> tuple[Ints, int]:
    """The chains from a junction to the target's, by `times_to`: rows of chain and 1 for towards its owner, else 0.

    And the junction at which the target is next. `low_of` [e] is the lower junction of each shortcut.
    """
    links = np.empty((64, 2), np.int32)
    size = 0
    here = start
    while above[here] >= 0:
        links = _with_room(links, size)
        links[size, 0], links[size, 1] = above[here], 0
        size += 1
        here = up_head[above[here]]
    while below[here] >= 0:
        links = _with_room(links, size)
        links[size, 0], links[size, 1] = below_link[here], 1
        size += 1
        here = below[here]
    chains = np.empty((256, 2), np.int32)
    count = 0
    stack = np.empty((64, 2), np.int32)
    for at in range(size):
        stack[0, 0], stack[0, 1] = links[at, 0], links[at, 1]
        height = 1
        while height > 0:
            height -= 1
            link, down = stack[height, 0], stack[height, 1]
            by = down_by[link] if down else up_by[link]
            if by < 0:
                chains = _with_room(chains, count)
                chains[count, 0], chains[count, 1] = ~by, down
                count += 1
                continue
            low = find_shortcut(up_first, up_head, by, low_of[link])
            high = find_shortcut(up_first, up_head, by, up_head[link])
            stack = _with_room(_with_room(stack, height), height + 1)
            stack[height, 0], stack[height, 1] = (low, 0) if down else (high, 0)
            stack[height + 1, 0], stack[height + 1, 1] = (high, 1) if down else (low, 1)
            height += 2
    return chains[:count], here


@compiled
def arcs_along(pieces: Ints, step_out: Ints, step_back: Ints, head: Ints, arc_end: Ints, cost_ms: Ints) -> Ints:
    """The arcs of pieces of chains, rows of: chain, 1 for towards its owner, lowest and highest step (see `Chains`)."""
    count = 0
    for row in range(len(pieces)):
        count += max(0, pieces[row, 3] - pieces[row, 2] + 1)
    arcs = np.empty(count, np.int32)
    at = 0
    for row in range(len(pieces)):
        chain, back, begin, end = pieces[row, 0], pieces[row, 1], pieces[row, 2], pieces[row, 3]
        for step in range(end - begin + 1):
            index = (end - step if back else begin + step) + chain
            arc = step_back[index] if back else step_out[index]
            arcs[at] = quickest_arc(arc, head, cost_ms, arc_end[index, back])
            at += 1
    return arcs


@compiled
def _with_room(rows: Ints, size: int) -> Ints:
    if size < len(rows):
        return rows
    return np.concatenate((rows, np.empty_like(rows)))
