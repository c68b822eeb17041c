"""The exact search, as machine code that releases the GIL.

Dijkstra's algorithm on a ring of buckets, each `1 << BUCKET_SHIFT` ms wide. The states of one bucket are scanned in any
order, and again if they improve within it, so that the answer is exact without a heap. Buckets are lists that run
through the states themselves. All that is kept about a state lies together, and so do the two facts about a link, for
the search waits for memory more than for anything else. It runs either way: it is given the links of one direction.
"""

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import Floats, Ints

NEVER = 2_147_483_647  # ms of a state that was not reached
BUCKET_SHIFT = 10
_NONE = -1
_OUT = -2  # what BEFORE says of a state that is in no bucket
# A state's record: its time, its neighbours in the bucket, and what is awaited of it.
_TIME, _BEFORE, _AFTER, _AWAITED = 0, 1, 2, 3


@compiled
def search(
    first: Ints,
    links: Ints,
    seeds: Ints,
    seeds_ms: Ints,
    wanted: Ints,
    wanted_ms: Ints,
    nearest_only: bool,
    longest_ms: int,
) -> Ints:
    """Times [q] from the nearest seed (each starts with its own ms) to every state, NEVER where not reached.

    `links` [m, 2] hold neighbour and ms, `first` [q + 1] where those of each state begin. Stops once all `wanted`
    states are final, or with `nearest_only` once that one is whose time plus its own `wanted_ms` is least. Then all
    times up to there are final, and others are upper bounds or NEVER. With no `wanted` states everything is searched.
    `longest_ms` is the largest ms of `links` and `seeds_ms`, and sizes the ring.
    """
    record = _new_records(len(first) - 1)
    missing = _await(wanted, wanted_ms, record)
    everything = missing == 0
    limit_ms = NEVER
    ring = _empty_ring(longest_ms)
    queued = 0
    for at in range(len(seeds)):
        if seeds_ms[at] < record[seeds[at], _TIME]:
            queued += _enqueue(seeds[at], int(seeds_ms[at]), record, ring)
    bucket = 0
    while queued > 0 and (everything or missing > 0) and (bucket << BUCKET_SHIFT) <= limit_ms:
        slot = bucket & (len(ring) - 1)
        while ring[slot] != _NONE:
            state = ring[slot]
            _unlink(state, slot, record, ring)
            queued -= 1
            now_ms = record[state, _TIME]
            if record[state, _AWAITED] >= 0:
                if nearest_only:
                    limit_ms = min(limit_ms, now_ms + record[state, _AWAITED])
                else:
                    record[state, _AWAITED] = _NONE
                    missing -= 1
            for link in range(first[state], first[state + 1]):
                reached_ms = now_ms + links[link, 1]
                if reached_ms < record[links[link, 0], _TIME]:
                    queued += _enqueue(links[link, 0], reached_ms, record, ring)
        bucket += 1
    return record[:, _TIME].copy()


@compiled
def _new_records(states: int) -> NDArray[np.int32]:
    record = np.empty((states, 4), np.int32)
    for state in range(states):
        record[state, _TIME] = NEVER
        record[state, _BEFORE] = _OUT
        record[state, _AWAITED] = _NONE
    return record


@compiled
def _await(wanted: Ints, wanted_ms: Ints, record: NDArray[np.int32]) -> int:
    """Note the least of its `wanted_ms` with each wanted state; how many are wanted."""
    count = 0
    for at in range(len(wanted)):
        state = wanted[at]
        if record[state, _AWAITED] < 0:
            record[state, _AWAITED] = wanted_ms[at]
            count += 1
        else:
            record[state, _AWAITED] = min(record[state, _AWAITED], wanted_ms[at])
    return count


@compiled
def _empty_ring(longest_ms: int) -> Ints:
    """A power of two of buckets, enough that no two times in the queue share one unless they belong together."""
    size = 1
    while size < (longest_ms >> BUCKET_SHIFT) + 2:
        size *= 2
    return np.full(size, _NONE, np.int32)


@compiled
def _enqueue(state: int, reached_ms: int, record: NDArray[np.int32], ring: Ints) -> int:
    """Give `state` its better time and move it to the bucket of that; 1 if it was in none, else 0."""
    mask = len(ring) - 1
    slot = (reached_ms >> BUCKET_SHIFT) & mask
    added = 1
    if record[state, _BEFORE] != _OUT:
        added = 0
        old = (record[state, _TIME] >> BUCKET_SHIFT) & mask
        if old == slot:
            record[state, _TIME] = reached_ms
            return 0
        _unlink(state, old, record, ring)
    record[state, _TIME] = reached_ms
    following = ring[slot]
    record[state, _BEFORE] = _NONE
    record[state, _AFTER] = following
    if following != _NONE:
        record[following, _BEFORE] = state
    ring[slot] = state
    return added


@compiled
def _unlink(state: int, slot: int, record: NDArray[np.int32], ring: Ints) -> None:
    previous, following = record[state, _BEFORE], record[state, _AFTER]
    if previous == _NONE:
        ring[slot] = following
    else:
        record[previous, _AFTER] = following
    if following != _NONE:
        record[following, _BEFORE] = previous
    record[state, _BEFORE] = _OUT


@compiled
def driven_m(
    first: Ints,
    links: Ints,
    links_m: NDArray[np.float32],
    times_ms: Ints,
    starts: Ints,
    ends: Ints,
    ends_ms: Ints,
    ends_m: Floats,
) -> Floats:
    """Metres along the quickest way from each state of `starts` [k] to a target, NaN where it is not reached.

    `links` lead forwards. The target lies `ends_ms` and `ends_m` behind the states `ends`; `times_ms` come from a
    backward search seeded with these, and are final on the way.
    """
    metres = np.full(len(starts), np.nan)
    for at in range(len(starts)):
        state = starts[at]
        if state < 0 or times_ms[state] == NEVER:
            continue
        total = 0.0
        end = _end_at(state, times_ms[state], ends, ends_ms)
        while end < 0:
            for link in range(first[state], first[state + 1]):
                if links[link, 1] + np.int64(times_ms[links[link, 0]]) == times_ms[state]:
                    total += links_m[link]
                    state = links[link, 0]
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
