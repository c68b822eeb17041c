"""How far a team gets in a given time, as ranges over the places: what the coverage map adds and takes away."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.customise import CLOSED_MS
from core.roads.engine import RoadEngine
from core.roads.segments import Ints
from core.roads.snap import Snap

T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """How pieces of work are spread over cores: `in_turn`, or the `map` of a thread pool."""

    def __call__(self, work: Callable[[T], R], pieces: Iterable[T], /) -> Iterator[R]: ...


def in_turn(work: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
    """One piece after the other, on the caller's thread."""
    return map(work, pieces)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reach begins, by which speeds, and the ms that may pass (below 0: it reaches nothing)."""

    place: Snap
    siren: bool
    limit_ms: int


class Reaches:
    """Reaches over one engine. `node_at` [n] tells which node each place is; every node is one place."""

    def __init__(self, engine: RoadEngine) -> None:
        self.engine = engine
        self.node_at: Ints = np.arange(engine.graph.nodes, dtype=np.int32)

    def of(self, starts: Sequence[Start], spread: Spread = in_turn) -> list[Ints]:
        """For each start the ranges [r, 2] of places whose nodes are reached within its limit."""
        return list(spread(self._one, starts))

    def _one(self, start: Start) -> Ints:
        graph = self.engine.graph
        cost_ms = self.engine.network(start.siren).cost_ms
        if start.place.node >= 0:
            seeds = np.array([start.place.node], np.int32)
            seeds_ms = np.zeros(1, np.int32)
        else:
            arcs = np.array([arc for arc, _ in start.place.leaving], np.int64)
            along = np.array([along for _, along in start.place.leaving])
            seeds = graph.head[arcs]
            seeds_ms = (cost_ms[arcs] - np.rint(cost_ms[arcs] * along)).astype(np.int32)
        first, head = np.asarray(graph.first_out), np.asarray(graph.head)
        states = bounded_tree(first, head, np.asarray(cost_ms), seeds, seeds_ms, start.limit_ms)
        return ranges_of(np.unique(graph.node_of_state[states]))


def ranges_of(places: NDArray[np.int32]) -> Ints:
    """Sorted places as ranges [r, 2]."""
    if not len(places):
        return np.zeros((0, 2), np.int32)
    gaps = np.flatnonzero(np.diff(places) != 1)
    begins = places[np.concatenate([[0], gaps + 1])]
    ends = places[np.concatenate([gaps, [len(places) - 1]])] + 1
    return np.column_stack([begins, ends]).astype(np.int32)


@compiled
def bounded_tree(first: Ints, head: Ints, cost_ms: Ints, seeds: Ints, seeds_ms: Ints, limit_ms: int) -> Ints:
    """The states within the limit of the nearest seed, each of which begins with its own ms."""
    times = np.full(len(first) - 1, CLOSED_MS, np.int32)
    touched = np.empty(len(first) - 1, np.int32)
    queue = np.empty(len(head) + len(seeds) + 1, np.int64)
    size, count = 0, 0
    for at in range(len(seeds)):
        if seeds_ms[at] <= limit_ms and seeds_ms[at] < times[seeds[at]]:
            if times[seeds[at]] == CLOSED_MS:
                touched[count] = seeds[at]
                count += 1
            times[seeds[at]] = seeds_ms[at]
            size = _push(queue, size, (np.int64(seeds_ms[at]) << 32) | seeds[at])
    while size > 0:
        entry = queue[0]
        size = _drop(queue, size)
        state, now_ms = entry & 0xFFFFFFFF, entry >> 32
        if now_ms != times[state]:
            continue
        for arc in range(first[state], first[state + 1]):
            reached_ms = now_ms + cost_ms[arc]
            if reached_ms <= limit_ms and reached_ms < times[head[arc]]:
                if times[head[arc]] == CLOSED_MS:
                    touched[count] = head[arc]
                    count += 1
                times[head[arc]] = reached_ms
                size = _push(queue, size, (np.int64(reached_ms) << 32) | head[arc])
    return touched[:count].copy()


@compiled
def _push(queue: NDArray[np.int64], size: int, entry: int) -> int:
    at = size
    while at > 0 and queue[(at - 1) >> 1] > entry:
        queue[at] = queue[(at - 1) >> 1]
        at = (at - 1) >> 1
    queue[at] = entry
    return size + 1


@compiled
def _drop(queue: NDArray[np.int64], size: int) -> int:
    size -= 1
    entry, at = queue[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and queue[child + 1] < queue[child]:
            child += 1
        if queue[child] >= entry:
            break
        queue[at] = queue[child]
        at = child
    queue[at] = entry
    return size
