"""What sixteen teams at a time reach within their limits, as ranges of places, by one sweep down the hierarchy.

Each team's times climb to its ancestors; then every junction takes its times from those above it, all teams at once in
one processor instruction (PHAST, Delling, Goldberg, Nowatzyk and Werneck 2013). Everything below a junction that no
team reaches, and above which no team comes down to it, is skipped: the cost follows what is reached, not the map.
Ranges are written as the sweep goes, since it meets the places in their order.
"""

from typing import NamedTuple

import numpy as np

from core.roads.compiled import compiled, inlined
from core.roads.customise import CLOSED_MS, quickest_arc
from core.roads.segments import Ints

LANES = 16


class Ground(NamedTuple):
    """What the sweep reads of a hierarchy and a network; see there."""

    up_first: Ints
    up_head: Ints
    up_ms: Ints
    last: Ints
    chain_first: Ints
    chain_other: Ints
    slot_first: Ints
    junction_place: Ints
    first_place: Ints
    chain_place: Ints
    from_owner: Ints
    from_other: Ints
    sweep_first: Ints
    sweep_head: Ints
    sweep_ms: Ints
    twins: Ints
    twin_of: Ints
    places: int


class Scratch(NamedTuple):
    """Room for one sweep at a time; what is left in it from the last one does no harm.

    `round` [1] counts sweeps; a junction or chain marked with its number belongs to it.
    """

    round: Ints
    times: Ints  # [j, lanes] ms, at junctions that are near
    near: Ints  # [j] lanes that reach the junction in time, at junctions that were looked at
    seen: Ints  # [j] the round in which it was looked at
    climbed: Ints  # [j] the round in which a team below it was
    own: Ints  # [c] the round in which a team stood inside it


class Seeds(NamedTuple):
    """Where the lanes begin: junctions with ms, and pieces of chains from slot to slot that are reached directly."""

    lane: Ints
    junction: Ints
    ms: Ints
    own_lane: Ints
    own_chain: Ints
    own_begin: Ints
    own_end: Ints  # the slot after the last


def new_scratch(junctions: int, chains: int, lanes: int) -> Scratch:
    return Scratch(
        np.zeros(1, np.int32),
        np.empty((junctions, lanes), np.int32),
        np.zeros(junctions, np.int32),
        np.zeros(junctions, np.int32),
        np.zeros(junctions, np.int32),
        np.zeros(chains, np.int32),
    )


@compiled
def sweep(ground: Ground, scratch: Scratch, seeds: Seeds, owners: Ints, limits: Ints) -> Ints:
    """Rows of lane, first place and the place after the last, for each lane in rising order but for split nodes.

    `limits` [lanes] are ms, below 0 for a lane that reaches nothing; `owners` are the junctions of `seeds.own_chain`.
    """
    _climb(ground, scratch, seeds, owners, limits)
    _descend(ground, scratch, limits)
    return _ranges(ground, scratch, seeds, limits)


@compiled
def _descend(ground: Ground, scratch: Scratch, limits: Ints) -> None:
    """Times of all junctions that are reached or lie above a team; `seen` is -round where all below is out of reach."""
    # Told apart once: to read an array out of a tuple costs as much as the work of a whole junction.
    up_first, up_head, last = ground.up_first, ground.up_head, ground.last
    sweep_first, sweep_head, sweep_ms = ground.sweep_first, ground.sweep_head, ground.sweep_ms
    rounds, times, near, seen, climbed, _ = scratch
    now = rounds[0]
    bits = np.left_shift(1, np.arange(len(limits))).astype(np.int32)
    row = np.empty(len(limits), np.int32)
    here = 0
    while here < len(last):
        row[:] = CLOSED_MS
        if climbed[here] == now:
            row[:] = times[here]
        for link in range(sweep_first[here], sweep_first[here + 1]):
            if near[sweep_head[link]] != 0:
                _lower(row, times[sweep_head[link]], sweep_ms[link])
        mask = _left(row, limits, bits, 0)
        near[here], seen[here] = mask, now
        if mask != 0:
            times[here] = row
        elif climbed[here] != now and _all_far(near, up_head, up_first[here], up_first[here + 1]):
            seen[here] = -now
            here = last[here]
            continue
        here += 1


@compiled
def _ranges(ground: Ground, scratch: Scratch, seeds: Seeds, limits: Ints) -> Ints:
    """Read the ranges off what `_descend` left in the scratch. See `sweep`."""
    last, chain_first, chain_other, slot_first = (
        ground.last, ground.chain_first, ground.chain_other, ground.slot_first,
    )  # fmt: skip
    junction_place, first_place, chain_place = ground.junction_place, ground.first_place, ground.chain_place
    from_owner, from_other = ground.from_owner, ground.from_other
    rounds, times, near, seen, _, own = scratch
    now, lanes = rounds[0], len(limits)
    bits = np.left_shift(1, np.arange(lanes)).astype(np.int32)
    rows, opened = np.empty((8192, 3), np.int32), np.zeros(lanes, np.int32)
    current, count, here = 0, 0, 0
    while here < len(last):
        begin, end = chain_first[here], chain_first[here + 1]
        rows = _with_room(rows, count + lanes * (4 * (end - begin) + slot_first[end] - slot_first[begin] + 2))
        if seen[here] == -now:
            current, count = _turn(current, 0, first_place[here], opened, rows, count)
            here = last[here]
            continue
        mask = near[here]
        if junction_place[here] >= 0:
            current, count = _turn(current, mask, junction_place[here], opened, rows, count)
        for chain in range(begin, end):
            first, after, other = slot_first[chain], slot_first[chain + 1], chain_other[chain]
            if first == after:
                continue
            other_mask = near[other] if other >= 0 else 0
            whole, some = _from_end(mask, times, here, limits, bits, from_owner[first], from_owner[after - 1])
            if other_mask != 0:
                more = _from_end(other_mask, times, other, limits, bits, from_other[after - 1], from_other[first])
                whole, some = whole | more[0], some | more[1]
            inside = _own_lanes(seeds.own_chain, seeds.own_lane, chain) if own[chain] == now else 0
            part = (some | inside) & ~whole
            place = chain_place[chain]
            current, count = _turn(current, whole | (current & part), place, opened, rows, count)
            for lane in range(lanes if part != 0 else 0):
                if (part >> lane) & 1:
                    left_ms = (
                        _left_ms(mask, times, here, limits, lane),
                        _left_ms(other_mask, times, other, limits, lane),
                    )
                    direct = _own_slots(seeds, chain, lane)
                    current, count = _cross(
                        from_owner,
                        from_other,
                        left_ms,
                        (first, after),
                        direct,
                        lane,
                        place,
                        current,
                        opened,
                        rows,
                        count,
                    )
        here += 1
    rows = _with_room(rows, count + lanes)
    current, count = _turn(current, 0, ground.places, opened, rows, count)
    return _split_nodes(ground, scratch, lanes, rows, count)


@inlined
def _from_end(
    mask: int, times: Ints, junction: int, limits: Ints, bits: Ints, near_ms: int, far_ms: int
) -> tuple[int, int]:
    """The lanes that pass through a whole chain from one end, and those that get at least to the slot that is near."""
    if mask == 0:
        return 0, 0
    return _left(times[junction], limits, bits, far_ms), _left(times[junction], limits, bits, near_ms)


@inlined
def _left_ms(mask: int, times: Ints, junction: int, limits: Ints, lane: int) -> int:
    """The ms that one lane has left at a junction, -1 if it does not get there."""
    return int(limits[lane] - times[junction, lane]) if (mask >> lane) & 1 else -1


@inlined
def _lower(row: Ints, above: Ints, ms: int) -> None:
    for lane in range(len(row)):
        row[lane] = min(row[lane], np.int32(above[lane] + ms))


@inlined
def _left(times: Ints, limits: Ints, bits: Ints, ms: int) -> int:
    """The lanes that may drive on for `ms`."""
    mask = np.int32(0)
    for lane in range(len(bits)):
        mask |= bits[lane] if np.int32(times[lane] + ms) <= limits[lane] else np.int32(0)
    return int(mask)


@inlined
def _all_far(near: Ints, up_head: Ints, begin: int, end: int) -> bool:
    """Whether no team comes down from above."""
    any_near = 0
    for link in range(begin, end):
        any_near |= near[up_head[link]]
    return any_near == 0


@inlined
def _cross(
    from_owner: Ints,
    from_other: Ints,
    left_ms: tuple[int, int],
    slots: tuple[int, int],
    direct: tuple[int, int],
    lane: int,
    place: int,
    current: int,
    opened: Ints,
    rows: Ints,
    count: int,
) -> tuple[int, int]:
    """One lane's part of a chain: slots within the ms left at its ends, and those that it reaches directly."""
    for slot in range(slots[0], slots[1]):
        on = from_owner[slot] <= left_ms[0] or from_other[slot] <= left_ms[1] or direct[0] <= slot < direct[1]
        if on != ((current >> lane) & 1 != 0):
            current, count = _turn(current, current ^ (1 << lane), place + slot - slots[0], opened, rows, count)
    return current, count


@inlined
def _turn(current: int, mask: int, place: int, opened: Ints, rows: Ints, count: int) -> tuple[int, int]:
    """From `place` on the lanes of `mask` are there; the new current lanes and count of rows."""
    if mask == current:
        return current, count
    return mask, _begin_and_end(current, mask, place, opened, rows, count)


@compiled
def _begin_and_end(current: int, mask: int, place: int, opened: Ints, rows: Ints, count: int) -> int:
    """Begin and end the ranges of the lanes that change; the new count of rows."""
    changed, lane = current ^ mask, 0
    while changed != 0:
        if changed & 1:
            if (mask >> lane) & 1:
                opened[lane] = place
            elif opened[lane] < place:
                rows[count, 0], rows[count, 1], rows[count, 2] = lane, opened[lane], place
                count += 1
        changed >>= 1
        lane += 1
    return count


@compiled
def _climb(ground: Ground, scratch: Scratch, seeds: Seeds, owners: Ints, limits: Ints) -> None:
    """Begin a round: the times of all junctions above a team, by way of others above it."""
    scratch.round[0] += 1
    up_first, up_head, up_ms = ground.up_first, ground.up_head, ground.up_ms
    times = scratch.times
    for at in range(len(seeds.own_chain)):
        scratch.own[seeds.own_chain[at]] = scratch.round[0]
        mark_above(up_first, up_head, scratch, owners[at])
    for at in range(len(seeds.lane)):
        mark_above(up_first, up_head, scratch, seeds.junction[at])
        times[seeds.junction[at], seeds.lane[at]] = min(times[seeds.junction[at], seeds.lane[at]], seeds.ms[at])
    for at in range(len(seeds.lane)):
        here, lane = seeds.junction[at], seeds.lane[at]
        while here >= 0:
            own_ms = times[here, lane]
            if own_ms <= limits[lane]:
                for link in range(up_first[here], up_first[here + 1]):
                    times[up_head[link], lane] = min(times[up_head[link], lane], own_ms + up_ms[link])
            here = parent(up_first, up_head, here)


@compiled
def parent(up_first: Ints, up_head: Ints, here: int) -> int:
    return int(up_head[up_first[here + 1] - 1] if up_first[here + 1] > up_first[here] else -1)


@compiled
def mark_above(up_first: Ints, up_head: Ints, scratch: Scratch, here: int) -> None:
    """No time yet for the junction and all above it; they are not skipped."""
    while here >= 0 and scratch.climbed[here] != scratch.round[0]:
        scratch.climbed[here] = scratch.round[0]
        scratch.times[here, :] = CLOSED_MS
        here = parent(up_first, up_head, here)


@compiled
def _own_lanes(own_chain: Ints, own_lane: Ints, chain: int) -> int:
    mask = 0
    for at in range(len(own_chain)):
        if own_chain[at] == chain:
            mask |= 1 << own_lane[at]
    return mask


@compiled
def _own_slots(seeds: Seeds, chain: int, lane: int) -> tuple[int, int]:
    """The first slot of a chain that a lane reaches from inside it, and the one after the last.

    Those of one team touch each other: it stands between two of them, or on one.
    """
    begin, end = 0, 0
    for at in range(len(seeds.own_chain)):
        if seeds.own_chain[at] == chain and seeds.own_lane[at] == lane:
            begin = min(begin, int(seeds.own_begin[at])) if end else int(seeds.own_begin[at])
            end = max(end, int(seeds.own_end[at]))
    return begin, end


@compiled
def _split_nodes(ground: Ground, scratch: Scratch, lanes: int, rows: Ints, count: int) -> Ints:
    """A node is reached as well by those who only reach one of its added states, in each of which some turn is missing.

    `ground.twins` are grouped by node.
    """
    reached = 0
    for at in range(len(ground.twins)):
        junction, main = ground.twins[at], ground.twin_of[at]
        if at == 0 or ground.twin_of[at - 1] != main:
            reached = scratch.near[main] if scratch.seen[main] == scratch.round[0] else 0
        added = scratch.near[junction] if scratch.seen[junction] == scratch.round[0] else 0
        if added & ~reached:
            rows = _with_room(rows, count + lanes)
            for lane in range(lanes):
                if ((added & ~reached) >> lane) & 1:
                    place = ground.junction_place[main]
                    rows[count, 0], rows[count, 1], rows[count, 2] = lane, place, place + 1
                    count += 1
        reached |= added
    return rows[:count].copy()


@compiled
def _with_room(rows: Ints, size: int) -> Ints:
    while size > len(rows):
        rows = np.concatenate((rows, np.empty_like(rows)))
    return rows


@compiled
def spread_out(
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
    states: Ints,
    states_ms: Ints,
    lanes: Ints,
    limits: Ints,
) -> Seeds:
    """Where those who stand at `states` with `states_ms` gone begin: see `Seeds`."""
    room = 2 * len(states)
    lane, junction, ms = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    own_lane, own_chain = np.empty(len(states), np.int32), np.empty(len(states), np.int32)
    own_begin, own_end = np.empty(len(states), np.int32), np.empty(len(states), np.int32)
    count, owns = 0, 0
    for at in range(len(states)):
        limit_ms = limits[lanes[at]]
        if states_ms[at] > limit_ms:
            continue
        if where[states[at]] >= 0:
            lane[count], junction[count], ms[count] = lanes[at], where[states[at]], states_ms[at]
            count += 1
            continue
        begin = ~where[states[at]]
        chain = slot_chain[begin]
        own_lane[owns], own_chain[owns], own_begin[owns], own_end[owns] = lanes[at], chain, begin, begin + 1
        for out in range(2):
            total, slot = states_ms[at] + 0, begin
            while total <= limit_ms and slot_first[chain] <= slot < slot_first[chain + 1]:
                own_begin[owns], own_end[owns] = min(own_begin[owns], slot), max(own_end[owns], slot + 1)
                arc = step_out[slot + 1 + chain] if out else step_back[slot + chain]
                if arc < 0:
                    total = CLOSED_MS
                    break
                total += cost_ms[quickest_arc(arc, head, cost_ms, arc_end[slot + out + chain, 1 - out])]
                slot += 1 if out else -1
            if total <= limit_ms:
                lane[count], ms[count] = lanes[at], total
                junction[count] = chain_other[chain] if out else chain_owner[chain]
                count += 1
        owns += 1
    return Seeds(
        lane[:count],
        junction[:count],
        ms[:count],
        own_lane[:owns],
        own_chain[:owns],
        own_begin[:owns],
        own_end[:owns],
    )


@compiled
def by_lane(rows: Ints, lanes: int) -> tuple[Ints, Ints]:
    """The ranges of all lanes [r, 2], lane by lane, and where each lane's begin [lanes + 1]."""
    first = np.zeros(lanes + 1, np.int32)
    for at in range(len(rows)):
        first[rows[at, 0] + 1] += 1
    for lane in range(lanes):
        first[lane + 1] += first[lane]
    free, ranges = first[:-1].copy(), np.empty((len(rows), 2), np.int32)
    for at in range(len(rows)):
        to = free[rows[at, 0]]
        ranges[to, 0], ranges[to, 1] = rows[at, 1], rows[at, 2]
        free[rows[at, 0]] += 1
    return ranges, first
