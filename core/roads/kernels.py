"""The exact search, as machine code that releases the GIL.

Dijkstra's algorithm on a ring of buckets, each `1 << BUCKET_SHIFT` ms wide. The states of one bucket are scanned in any
order, and again if they improve within it, so that the answer is exact without a heap. Buckets are lists that run
through the states themselves. The same kernel runs either way: it is given the arrays of one direction.
"""

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import Floats, Ints

NEVER = 2_147_483_647  # ms of a state that was not reached
BUCKET_SHIFT = 11
_NONE = -1
_OUT = -2  # what `before` says of a state that is in no bucket


@compiled
def search(
    first: Ints,
    neighbour: Ints,
    cost_ms: Ints,
    seeds: Ints,
    seeds_ms: Ints,
    wanted: Ints,
    wanted_ms: Ints,
    nearest_only: bool,
    longest_ms: int,
) -> Ints:
    """Times [q] from the nearest seed (each starts with its own ms) to every state, NEVER where not reached.

    Stops once all `wanted` states are final, or with `nearest_only` once that one is whose time plus its own
    `wanted_ms` is least. Then all times up to there are final, and others are upper bounds or NEVER. With no `wanted`
    states everything is searched. `longest_ms` is the largest of `cost_ms` and `seeds_ms`, and sizes the ring.
    """
    states = len(first) - 1
    time_ms = np.full(states, NEVER, np.int32)
    after = np.empty(states, np.int32)
    before = np.full(states, _OUT, np.int32)
    awaited_ms, missing = _marked(wanted, wanted_ms, states)
    everything = missing == 0
    limit_ms = NEVER
    ring = _empty_ring(longest_ms)
    mask = len(ring) - 1
    queued = 0
    for at in range(len(seeds)):
        if seeds_ms[at] < time_ms[seeds[at]]:
            queued += _enqueue(seeds[at], int(seeds_ms[at]), time_ms, ring, before, after)
    bucket = 0
    while queued > 0 and (everything or missing > 0) and (bucket << BUCKET_SHIFT) <= limit_ms:
        slot = bucket & mask
        while ring[slot] != _NONE:
            state = ring[slot]
            _unlink(state, slot, ring, before, after)
            queued -= 1
            now_ms = time_ms[state]
            if awaited_ms[state] >= 0:
                if nearest_only:
                    limit_ms = min(limit_ms, now_ms + awaited_ms[state])
                else:
                    awaited_ms[state] = -1
                    missing -= 1
            for arc in range(first[state], first[state + 1]):
                if now_ms + cost_ms[arc] < time_ms[neighbour[arc]]:
                    queued += _enqueue(neighbour[arc], now_ms + cost_ms[arc], time_ms, ring, before, after)
        bucket += 1
    return time_ms


@compiled
def _enqueue(state: int, reached_ms: int, time_ms: Ints, ring: Ints, before: Ints, after: Ints) -> int:
    """Give `state` its better time and move it to the bucket of that; 1 if it was in none, else 0."""
    mask = len(ring) - 1
    slot = (reached_ms >> BUCKET_SHIFT) & mask
    added = 1
    if before[state] != _OUT:
        added = 0
        old = (time_ms[state] >> BUCKET_SHIFT) & mask
        if old == slot:
            time_ms[state] = reached_ms
            return 0
        _unlink(state, old, ring, before, after)
    time_ms[state] = reached_ms
    following = ring[slot]
    after[state] = following
    before[state] = _NONE
    if following != _NONE:
        before[following] = state
    ring[slot] = state
    return added


@compiled
def _unlink(state: int, slot: int, ring: Ints, before: Ints, after: Ints) -> None:
    previous, following = before[state], after[state]
    if previous == _NONE:
        ring[slot] = following
    else:
        after[previous] = following
    if following != _NONE:
        before[following] = previous
    before[state] = _OUT


@compiled
def _marked(wanted: Ints, wanted_ms: Ints, states: int) -> tuple[Ints, int]:
    """The least of its `wanted_ms` for each wanted state, -1 for the others, and how many are wanted."""
    marks = np.full(states, -1, np.int32)
    count = 0
    for at in range(len(wanted)):
        state = wanted[at]
        if marks[state] < 0:
            marks[state] = wanted_ms[at]
            count += 1
        else:
            marks[state] = min(marks[state], wanted_ms[at])
    return marks, count


@compiled
def driven_m(
    first_out: Ints,
    head: Ints,
    cost_ms: Ints,
    length_m: NDArray[np.float32],
    times_ms: Ints,
    starts: Ints,
    ends: Ints,
    ends_ms: Ints,
    ends_m: Floats,
) -> Floats:
    """Metres along the quickest way from each state of `starts` [k] to a target, NaN where it is not reached.

    The target lies `ends_ms` and `ends_m` behind the states `ends`. `times_ms` come from a backward search seeded with
    these, and are final on the way.
    """
    metres = np.full(len(starts), np.nan)
    for at in range(len(starts)):
        state = starts[at]
        if times_ms[state] == NEVER:
            continue
        total = 0.0
        end = _end_at(state, times_ms[state], ends, ends_ms)
        while end < 0:
            for arc in range(first_out[state], first_out[state + 1]):
                if cost_ms[arc] + np.int64(times_ms[head[arc]]) == times_ms[state]:
                    total += length_m[arc]
                    state = head[arc]
                    break
            end = _end_at(state, times_ms[state], ends, ends_ms)
        metres[at] = total + ends_m[end]
    return metres


@compiled
def _end_at(state: int, left_ms: int, ends: Ints, ends_ms: Ints) -> int:
    """Which of `ends` is `state` with that time left; -1 for none."""
    for end in range(len(ends)):
        if ends[end] == state and ends_ms[end] == left_ms:
            return end
    return -1


@compiled
def _empty_ring(longest_ms: int) -> Ints:
    """A power of two of buckets, enough that no two times in the queue share one unless they belong together."""
    size = 1
    while size < (longest_ms >> BUCKET_SHIFT) + 2:
        size *= 2
    return np.full(size, _NONE, np.int32)
