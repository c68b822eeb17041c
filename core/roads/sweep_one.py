"""What one team reaches: the sweep of sweep.py for a single lane, in a third of its time.

Most of the time it is one unit that moved. Then a time is a number rather than a row, and what is covered so far is
where the last range began.
"""

import numpy as np

from core.roads.compiled import compiled
from core.roads.customise import CLOSED_MS
from core.roads.segments import Ints
from core.roads.sweep import Ground, Scratch, Seeds, mark_above, parent


@compiled
def sweep_one(ground: Ground, scratch: Scratch, seeds: Seeds, owners: Ints, limit_ms: int) -> Ints:
    """The ranges [r, 2] of places within the limit, in rising order but for split nodes."""
    scratch.round[0] += 1
    _climb_one(ground, scratch, seeds, owners, limit_ms)
    _descend_one(ground, scratch, limit_ms)
    return _ranges_of_one(ground, scratch, seeds, limit_ms)


@compiled
def _climb_one(ground: Ground, scratch: Scratch, seeds: Seeds, owners: Ints, limit_ms: int) -> None:
    up_first, up_head, up_ms, times = ground.up_first, ground.up_head, ground.up_ms, scratch.times[:, 0]
    for at in range(len(owners)):
        mark_above(up_first, up_head, scratch, owners[at])
    for at in range(len(seeds.junction)):
        mark_above(up_first, up_head, scratch, seeds.junction[at])
        times[seeds.junction[at]] = min(times[seeds.junction[at]], seeds.ms[at])
    for at in range(len(seeds.junction)):
        here = seeds.junction[at]
        while here >= 0:
            if times[here] <= limit_ms:
                for link in range(up_first[here], up_first[here + 1]):
                    times[up_head[link]] = min(times[up_head[link]], times[here] + up_ms[link])
            here = parent(up_first, up_head, here)


@compiled
def _descend_one(ground: Ground, scratch: Scratch, limit_ms: int) -> None:
    """Times of all junctions that are looked at; `seen` is -round where all below is out of reach."""
    up_first, up_head, last = ground.up_first, ground.up_head, ground.last
    sweep_first, sweep_head, sweep_ms = ground.sweep_first, ground.sweep_head, ground.sweep_ms
    times, seen, climbed, now = scratch.times[:, 0], scratch.seen, scratch.climbed, scratch.round[0]
    here = 0
    while here < len(last):
        ms = times[here] if climbed[here] == now else CLOSED_MS
        for link in range(sweep_first[here], sweep_first[here + 1]):
            ms = min(ms, times[sweep_head[link]] + sweep_ms[link])
        times[here] = min(ms, CLOSED_MS)
        seen[here] = now
        if ms > limit_ms and climbed[here] != now:
            reached = False
            for link in range(up_first[here], up_first[here + 1]):
                reached = reached or times[up_head[link]] <= limit_ms
            if not reached:
                seen[here] = -now
                here = last[here]
                continue
        here += 1


@compiled
def _ranges_of_one(ground: Ground, scratch: Scratch, seeds: Seeds, limit_ms: int) -> Ints:
    """Read the ranges off what `_descend_one` left in the scratch."""
    last, chain_first, chain_other, slot_first = ground.last, ground.chain_first, ground.chain_other, ground.slot_first
    junction_place, first_place, chain_place = ground.junction_place, ground.first_place, ground.chain_place
    from_owner, from_other = ground.from_owner, ground.from_other
    times, seen, climbed, now = scratch.times[:, 0], scratch.seen, scratch.climbed, scratch.round[0]
    rows = np.empty((256, 2), np.int32)
    count, begun, here = 0, -1, 0  # `begun` is where the range began that is still open
    while here < len(last):
        if seen[here] == -now:
            rows, count = _end(rows, count, begun, first_place[here])
            begun = -1
            here = last[here]
            continue
        left_ms = limit_ms - times[here]
        if junction_place[here] >= 0 and (left_ms >= 0) != (begun >= 0):
            rows, count = _end(rows, count, begun, junction_place[here])
            begun = junction_place[here] if left_ms >= 0 else -1
        for chain in range(chain_first[here], chain_first[here + 1]):
            first, after, other = slot_first[chain], slot_first[chain + 1], chain_other[chain]
            if first == after or (begun >= 0 and from_owner[after - 1] <= left_ms):
                continue
            other_ms = limit_ms - times[other] if other >= 0 else -1
            own = _own_slots(seeds, chain) if climbed[here] == now else (0, 0)
            for slot in range(first, after):
                reached = from_owner[slot] <= left_ms or from_other[slot] <= other_ms or own[0] <= slot < own[1]
                if reached != (begun >= 0):
                    rows, count = _end(rows, count, begun, chain_place[chain] + slot - first)
                    begun = chain_place[chain] + slot - first if reached else -1
        here += 1
    rows, count = _end(rows, count, begun, ground.places)
    return _split_nodes(ground, times, seen, now, limit_ms, rows, count)


@compiled
def _end(rows: Ints, count: int, begun: int, place: int) -> tuple[Ints, int]:
    """Write the open range, if there is one."""
    if begun < 0:
        return rows, count
    if count == len(rows):
        rows = np.concatenate((rows, np.empty_like(rows)))
    rows[count, 0], rows[count, 1] = begun, place
    return rows, count + 1


@compiled
def _own_slots(seeds: Seeds, chain: int) -> tuple[int, int]:
    """The slots of a chain that the team reaches from inside it, which touch each other; (0, 0) for none."""
    begin, end = 0, 0
    for at in range(len(seeds.own_chain)):
        if seeds.own_chain[at] == chain:
            begin = min(begin, int(seeds.own_begin[at])) if end else int(seeds.own_begin[at])
            end = max(end, int(seeds.own_end[at]))
    return begin, end


@compiled
def _split_nodes(ground: Ground, times: Ints, seen: Ints, now: int, limit_ms: int, rows: Ints, count: int) -> Ints:
    """A node is reached as well by who only reaches one of its added states. See sweep.py."""
    reached = False
    for at in range(len(ground.twins)):
        junction, main = ground.twins[at], ground.twin_of[at]
        if at == 0 or ground.twin_of[at - 1] != main:
            reached = seen[main] == now and times[main] <= limit_ms
        if not reached and seen[junction] == now and times[junction] <= limit_ms:
            rows, count = _end(rows, count, ground.junction_place[main], ground.junction_place[main] + 1)
            reached = True
    return rows[:count].copy()
