"""How far each team gets in a given time, as ranges over the places: what the coverage map adds and takes away."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from core.roads.customise import CLOSED_MS
from core.roads.engine import RoadEngine
from core.roads.segments import Ints
from core.roads.snap import Snap
from core.roads.stands import stands
from core.roads.sweep import LANES, Ground, Scratch, by_lane, new_scratch, spread_out, sweep
from core.roads.sweep_one import sweep_one

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
    """Reaches over one engine, from any thread. `node_at` [n] tells which node each place is; every node is one."""

    def __init__(self, engine: RoadEngine) -> None:
        self.engine = engine
        self.node_at: Ints = engine.hierarchy.node_at
        # By lanes. Taken and put back: each is in use by one thread at a time.
        self._spare: dict[int, list[Scratch]] = {1: [], LANES: []}
        self._grounds: dict[bool, Ground] = {}

    def of(self, starts: Sequence[Start], spread: Spread = in_turn) -> list[Ints]:
        """For each start the ranges [r, 2] of places whose nodes are reached within its limit; none overlap."""
        found = [np.zeros((0, 2), np.int32)] * len(starts)
        groups = list(self._groups(starts))
        for group, ranges in zip(groups, spread(lambda group: self._sweep(starts, group), groups), strict=True):
            for at, own in zip(group, ranges, strict=True):
                found[at] = own
        return found

    def _groups(self, starts: Sequence[Start]) -> Iterator[list[int]]:
        """Indices of starts that are swept together: neighbours with the same speeds."""
        for siren in (False, True):
            chosen = [at for at, start in enumerate(starts) if start.siren is siren and start.limit_ms >= 0]
            if len(chosen) > 1:
                chosen.sort(key=lambda at: self._rank(starts[at].place))
            for begin in range(0, len(chosen), LANES):
                yield chosen[begin : begin + LANES]

    def _rank(self, place: Snap) -> int:
        """A number that is near for places below the same junctions."""
        h = self.engine.hierarchy
        state = place.node if place.node >= 0 else int(self.engine.graph.head[place.leaving[0][0]])
        junction = int(h.where[state])
        return junction if junction >= 0 else int(h.chain_owner[h.slot_chain[~junction]])

    def _sweep(self, starts: Sequence[Start], group: list[int]) -> list[Ints]:
        siren = starts[group[0]].siren
        h, graph, network = self.engine.hierarchy, self.engine.graph, self.engine.network(siren)
        lanes = 1 if len(group) == 1 else LANES  # the unused ones cost nothing
        limits = np.full(lanes, -1, np.int32)
        limits[: len(group)] = [min(starts[at].limit_ms, CLOSED_MS - 1) for at in group]
        stood = stands(graph, [starts[at].place for at in group], network.cost_ms)
        chains = (h.where, h.slot_chain, h.slot_first, h.chain_owner, h.chain_other, h.step_out, h.step_back)
        driving = (graph.head, self.engine.arc_end, network.cost_ms)
        seeds = spread_out(*chains, *driving, *stood, limits)
        spare = self._spare[lanes]
        try:
            scratch = spare.pop()
        except IndexError:
            scratch = new_scratch(h.junctions, len(h.chain_owner), lanes)
        owners = h.chain_owner[seeds.own_chain]
        if lanes == 1:
            alone = sweep_one(self._ground(siren), scratch, seeds, owners, int(limits[0]))
            spare.append(scratch)
            return [alone]
        rows = sweep(self._ground(siren), scratch, seeds, owners, limits)
        spare.append(scratch)
        ranges, first = by_lane(rows, lanes)
        return [ranges[first[lane] : first[lane + 1]] for lane in range(len(group))]

    def _ground(self, siren: bool) -> Ground:
        if siren not in self._grounds:
            h, network = self.engine.hierarchy, self.engine.network(siren)
            self._grounds[siren] = Ground(
                h.up_first,
                h.up_head,
                network.up_ms,
                h.last,
                h.chain_first,
                h.chain_other,
                h.slot_first,
                h.junction_place,
                h.first_place,
                h.chain_place,
                network.from_owner,
                network.from_other,
                network.sweep_first,
                network.sweep_head,
                network.sweep_ms,
                h.twins,
                h.twin_of,
                len(h.node_at),
            )
        return self._grounds[siren]
