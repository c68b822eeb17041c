"""Travel times on the hierarchy: each shortcut's least ms either way, and what it stands for. Milliseconds for a city.

A shortcut stands for the chain that is quickest, told as ~chain, or for the way down to a junction below both of its
ends and up again, told as that junction. Metres are those of what it stands for.
"""

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import Ints

Metres = NDArray[np.float32]

CLOSED_MS = 1 << 29  # nobody drives there; times are below it, so that two of them can be added as int32


@compiled
def quickest_arc(arc: int, head: Ints, cost_ms: Ints, end: int) -> int:
    """The quickest of the arcs that follow `arc` with the same head, up to `end` where its tail's arcs end."""
    best = arc
    other = arc + 1
    while other < end and head[other] == head[arc]:
        if cost_ms[other] < cost_ms[best]:
            best = other
        other += 1
    return best


@compiled
def chain_times(
    slot_first: Ints, step_out: Ints, step_back: Ints, head: Ints, arc_end: Ints, cost_ms: Ints, length_m: Metres
) -> tuple[Ints, Ints, Ints, Ints, Metres, Metres]:
    """Ms from the owner and from the other end to each slot; ms and metres of the whole chain out and back.

    CLOSED_MS where there is no way. `arc_end` [s + c, 2] bounds the arcs that run beside each step's, out and back.
    """
    chains = len(slot_first) - 1
    slots = slot_first[chains]
    from_owner, from_other = np.empty(slots, np.int32), np.empty(slots, np.int32)
    out_ms, back_ms = np.empty(chains, np.int32), np.empty(chains, np.int32)
    out_m, back_m = np.empty(chains, np.float32), np.empty(chains, np.float32)
    for chain in range(chains):
        begin, end = slot_first[chain], slot_first[chain + 1]
        total, metres = 0, 0.0
        for slot in range(begin, end + 1):
            arc = step_out[slot + chain]
            if arc >= 0 and total < CLOSED_MS:
                arc = quickest_arc(arc, head, cost_ms, arc_end[slot + chain, 0])
                total = min(CLOSED_MS, total + cost_ms[arc])
                metres += length_m[arc]
            else:
                total = CLOSED_MS
            if slot < end:
                from_owner[slot] = total
        out_ms[chain], out_m[chain] = total, metres
        total, metres = 0, 0.0
        for back in range(end - begin + 1):
            slot = end - back
            arc = step_back[slot + chain]
            if arc >= 0 and total < CLOSED_MS:
                arc = quickest_arc(arc, head, cost_ms, arc_end[slot + chain, 1])
                total = min(CLOSED_MS, total + cost_ms[arc])
                metres += length_m[arc]
            else:
                total = CLOSED_MS
            if slot > begin:
                from_other[slot - 1] = total
        back_ms[chain], back_m[chain] = total, metres
    return from_owner, from_other, out_ms, back_ms, out_m, back_m


@compiled
def find_shortcut(up_first: Ints, up_head: Ints, low: int, high: int) -> int:
    """The shortcut from junction `low` to `high` above it, which exists."""
    begin, end = up_first[low], up_first[low + 1]
    while begin < end:
        middle = (begin + end) >> 1
        if up_head[middle] < high:
            begin = middle + 1
        else:
            end = middle
    return int(begin)


@compiled
def customise(
    up_first: Ints,
    up_head: Ints,
    chain_owner: Ints,
    chain_other: Ints,
    out_ms: Ints,
    back_ms: Ints,
    out_m: Metres,
    back_m: Metres,
) -> tuple[Ints, Ints, Metres, Metres, Ints, Ints]:
    """Ms up and down each shortcut (CLOSED_MS for no way), metres, and what it stands for either way."""
    size = len(up_head)
    up_ms, down_ms = np.full(size, CLOSED_MS, np.int32), np.full(size, CLOSED_MS, np.int32)
    up_m, down_m = np.zeros(size, np.float32), np.zeros(size, np.float32)
    up_by, down_by = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    for chain in range(len(chain_owner)):
        low, high = chain_owner[chain], chain_other[chain]
        if high < 0 or high == low:
            continue
        link = find_shortcut(up_first, up_head, low, high)
        if out_ms[chain] < up_ms[link]:
            up_ms[link], up_m[link], up_by[link] = out_ms[chain], out_m[chain], ~chain
        if back_ms[chain] < down_ms[link]:
            down_ms[link], down_m[link], down_by[link] = back_ms[chain], back_m[chain], ~chain
    for back in range(len(up_first) - 1):
        here = len(up_first) - 2 - back
        for near in range(up_first[here], up_first[here + 1]):
            link = up_first[up_head[near]]
            for far in range(up_first[here], near):
                while up_head[link] < up_head[far]:
                    link += 1
                total = down_ms[near] + up_ms[far]
                if total < up_ms[link]:
                    up_ms[link], up_m[link], up_by[link] = total, down_m[near] + up_m[far], here
                total = down_ms[far] + up_ms[near]
                if total < down_ms[link]:
                    down_ms[link], down_m[link], down_by[link] = total, down_m[far] + up_m[near], here
    return up_ms, down_ms, up_m, down_m, up_by, down_by


@compiled
def needed_downwards(up_first: Ints, up_head: Ints, up_ms: Ints, down_ms: Ints) -> tuple[Ints, Ints, Ints]:
    """The shortcuts that a sweep downwards needs: those down which nothing else is quicker. First, junction, ms."""
    least_up, least_down = up_ms.copy(), down_ms.copy()
    count = len(up_first) - 1
    for here in range(count):
        for near in range(up_first[here], up_first[here + 1]):
            link = up_first[up_head[near]]
            for far in range(up_first[here], near):
                while up_head[link] < up_head[far]:
                    link += 1
                least_up[far] = min(least_up[far], least_up[near] + least_up[link])
                least_down[far] = min(least_down[far], least_down[link] + least_down[near])
                least_up[near] = min(least_up[near], least_up[far] + least_down[link])
                least_down[near] = min(least_down[near], least_up[link] + least_down[far])
    first = np.zeros(count + 1, np.int32)
    heads, ms = np.empty(len(up_head), np.int32), np.empty(len(up_head), np.int32)
    size = 0
    for here in range(count):
        for link in range(up_first[here], up_first[here + 1]):
            if down_ms[link] < CLOSED_MS and down_ms[link] == least_down[link]:
                heads[size], ms[size] = up_head[link], down_ms[link]
                size += 1
        first[here + 1] = size
    return first, heads[:size].copy(), ms[:size].copy()
