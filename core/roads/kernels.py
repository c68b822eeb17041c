"""The exact search, as machine code that releases the GIL.

Dijkstra's algorithm on a ring of buckets, each `1 << BUCKET_SHIFT` ms wide. The states of one bucket are scanned in any
order, and again if they improve within it, so that the answer is exact without a heap. Buckets are lists that run
through the states themselves. The same kernel runs either way: it is given the arrays of one direction.
"""

import numpy as np

from core.roads.compiled import compiled
from core.roads.segments import Ints

NEVER = 2_147_483_647  # ms of a state that was not reached
BUCKET_SHIFT = 11
_NONE = -1
_OUT = -2  # what `before` says of a state that is in no bucket


@compiled
def search(
    first: Ints, neighbour: Ints, cost_ms: Ints, seeds: Ints, seeds_ms: Ints, wanted: Ints, longest_ms: int
) -> Ints:
    """Times [q] from the nearest seed (each starts with its own ms) to every state, NEVER where not reached.

    Stops once all `wanted` states are final; then all times up to the latest of theirs are final, and others are upper
    bounds or NEVER. With no `wanted` states everything is searched. `longest_ms` is the largest of `cost_ms` and
    `seeds_ms`, and sizes the ring.
    """
    states = len(first) - 1
    time_ms = np.full(states, NEVER, np.int32)
    after = np.empty(states, np.int32)
    before = np.full(states, _OUT, np.int32)
    awaited, missing = _marked(wanted, states)
    stops = missing > 0
    ring = _empty_ring(longest_ms)
    mask = len(ring) - 1
    queued = 0
    for at in range(len(seeds)):
        if seeds_ms[at] < time_ms[seeds[at]]:
            queued += _enqueue(seeds[at], int(seeds_ms[at]), time_ms, ring, before, after)
    bucket = 0
    while queued > 0 and not (stops and missing == 0):
        slot = bucket & mask
        while ring[slot] != _NONE:
            state = ring[slot]
            _unlink(state, slot, ring, before, after)
            queued -= 1
            if awaited[state]:
                awaited[state] = False
                missing -= 1
            now_ms = time_ms[state]
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
def _marked(wanted: Ints, states: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], int]:
    marks = np.zeros(states, np.bool_)
    count = 0
    for state in wanted:
        if not marks[state]:
            marks[state] = True
            count += 1
    return marks, count


@compiled
def _empty_ring(longest_ms: int) -> Ints:
    """A power of two of buckets, enough that no two times in the queue share one unless they belong together."""
    size = 1
    while size < (longest_ms >> BUCKET_SHIFT) + 2:
        size *= 2
    return np.full(size, _NONE, np.int32)
