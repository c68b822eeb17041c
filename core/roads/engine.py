"""Travel times and routes: the one object that dispatch, map and demo ask.

Everything is answered by one search backwards from the target, which stops once all sources are reached. A route is
read off the same times, so that its duration is the ETA, to the millisecond.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from core.errors import Refused
from core.roads.directions import Step, describe
from core.roads.graph import RoadGraph
from core.roads.kernels import NEVER, driven_m, search
from core.roads.path import Path, passed_ms, tails, trace, within_one_arc
from core.roads.segments import Floats, Ints
from core.roads.snap import NotOnRoad, Snap, snap

UNREACHABLE = -1


@dataclass(frozen=True, slots=True)
class Route:
    """`points` are (lat, lon) along the road from source to target, both included; `point_ms` when each is passed."""

    points: list[tuple[float, float]]
    point_ms: list[int]
    length_m: float
    time_ms: int
    steps: list[Step]


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """Ms of each source [k], UNREACHABLE for none, and the metres of road, NaN for none."""

    ms: NDArray[np.int32]
    metres: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """One way of driving: the time of each arc, the same in the order of the reverse arcs, and the largest."""

    out_ms: Ints
    in_ms: Ints
    longest_ms: int


class RoadEngine:
    """Exact answers on one graph, from any thread: nothing in it changes after it is made."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        self._first_out = np.asarray(graph.first_out)
        self._head = np.asarray(graph.head)
        self._first_in = np.asarray(graph.first_in)
        self._in_tail = np.asarray(graph.in_tail)
        self._weights = {False: self._weighed(graph.travel_ms), True: self._weighed(graph.siren_ms)}

    def _weighed(self, out_ms: Ints) -> _Weights:
        times = np.asarray(out_ms)
        return _Weights(times, times[self.graph.in_arc], int(times.max()) if len(times) else 1)

    def snap(self, lat: float, lon: float) -> Snap | NotOnRoad:
        """The point of the road nearest to a position in degrees, or why there is none."""
        return snap(self.graph, lat, lon)

    def warm_up(self) -> None:
        """Compile the kernels, or load them from the cache, so that the first answer is as quick as the next."""
        if not self.graph.nodes:
            return
        here = self.snap(float(self.graph.node_lat[0]), float(self.graph.node_lon[0]))
        if isinstance(here, Snap):
            self.journeys_to(here, [here], siren=True)

    def etas_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> NDArray[np.int32]:
        """Milliseconds from each source [k] to the target by the quickest legal way, UNREACHABLE (-1) for none."""
        weights = self._weights[siren]
        starts = _Starts.of(self.graph, weights.out_ms, sources)
        times = self._times_to(_Ends.of(self.graph, weights.out_ms, target), starts, weights)
        return _least(starts, times, _direct(target, sources, starts, weights.out_ms), len(sources))

    def journeys_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> Journeys:
        """Times as `etas_to` gives them, with the metres of road that each takes."""
        weights = self._weights[siren]
        starts = _Starts.of(self.graph, weights.out_ms, sources)
        ends = _Ends.of(self.graph, weights.out_ms, target)
        times = self._times_to(ends, starts, weights)
        direct = _direct(target, sources, starts, weights.out_ms)
        best_ms = _least(starts, times, direct, len(sources))
        metres = np.full(len(sources), np.nan)
        chosen = np.flatnonzero(starts.totals(times) == best_ms[starts.owner])
        heads = starts.heads[chosen]
        lengths = self.graph.length_m
        beyond = driven_m(
            self._first_out,
            self._head,
            weights.out_ms,
            lengths,
            times,
            heads,
            ends.states,
            ends.passed_ms,
            ends.passed_m,
        )
        metres[starts.owner[chosen]] = beyond + lengths[starts.arcs[chosen]] * (1.0 - starts.along[chosen])
        for at, ms, arc in direct:
            if ms == best_ms[at]:
                metres[at] = within_one_arc(sources[at], target, arc, ms).length_m(self.graph)
        return Journeys(best_ms, metres)

    def nearest_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> tuple[int, int] | None:
        """Which source is quickest at the target, and its ms; None if none can reach it. Searches no farther."""
        weights = self._weights[siren]
        starts = _Starts.of(self.graph, weights.out_ms, sources)
        times = self._times_to(_Ends.of(self.graph, weights.out_ms, target), starts, weights, nearest_only=True)
        best_ms = _least(starts, times, _direct(target, sources, starts, weights.out_ms), len(sources))
        reached = np.flatnonzero(best_ms != UNREACHABLE)
        if not len(reached):
            return None
        at = int(reached[best_ms[reached].argmin()])
        return at, int(best_ms[at])

    def route(self, source: Snap, target: Snap, siren: bool) -> Route:
        """The quickest legal way in points and words. Raises Refused where no road joins the two."""
        weights = self._weights[siren]
        path = self._path(source, target, weights)
        if path is None:
            raise Refused(
                "No road leads from there to the scene.", "No route is shown.", "Send a unit that can reach it."
            )
        length_m = float(path.arc_lengths_m(self.graph).sum())
        point_ms = [0, *accumulate(path.arc_ms)]
        return Route(path.points(self.graph), point_ms, length_m, path.time_ms, describe(self.graph, path))

    def _path(self, source: Snap, target: Snap, weights: _Weights) -> Path | None:
        starts = _Starts.of(self.graph, weights.out_ms, [source])
        times = self._times_to(_Ends.of(self.graph, weights.out_ms, target), starts, weights)
        totals = starts.totals(times)
        best_ms = int(totals.min(initial=NEVER))
        _, direct_ms, arc = min(_direct(target, [source], starts, weights.out_ms), default=(0, NEVER, -1))
        if min(best_ms, direct_ms) == NEVER:
            return None
        if direct_ms <= best_ms:
            return within_one_arc(source, target, arc, direct_ms)
        first = int(totals.argmin())
        chosen = (int(starts.arcs[first]), float(starts.along[first]))
        return trace(self.graph, weights.out_ms, times, source, target, chosen)

    def _times_to(self, ends: "_Ends", starts: "_Starts", weights: _Weights, *, nearest_only: bool = False) -> Ints:
        """Times [q] to the target, final at the heads of those starts from which it can be reached at all."""
        joined = self.graph.weak[starts.heads] == ends.component
        if not joined.any():
            return np.full(self.graph.states, NEVER, np.int32)
        return search(
            self._first_in,
            self._in_tail,
            weights.in_ms,
            ends.states,
            ends.passed_ms,
            starts.heads[joined],
            starts.driven_ms[joined],
            nearest_only,
            weights.longest_ms,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """All ways to arrive at a target: the state before it, ms and metres from there; and its weak component."""

    states: Ints
    passed_ms: Ints
    passed_m: Floats
    component: int

    @classmethod
    def of(cls, graph: RoadGraph, cost_ms: Ints, target: Snap) -> "_Ends":
        arcs = np.array([arc for arc, _ in target.arriving], np.int64)
        along = np.array([along for _, along in target.arriving], np.float64)
        return cls(tails(graph, arcs), passed_ms(cost_ms, arcs, along), graph.length_m[arcs] * along, target.component)


@dataclass(frozen=True, slots=True, eq=False)
class _Starts:
    """All ways to set out from some sources: arc, fraction behind, the state it leads to, ms to it, whose it is."""

    arcs: NDArray[np.int64]
    along: Floats
    heads: Ints
    driven_ms: Ints
    owner: NDArray[np.int64]

    @classmethod
    def of(cls, graph: RoadGraph, cost_ms: Ints, sources: Sequence[Snap]) -> "_Starts":
        arcs = np.array([arc for source in sources for arc, _ in source.leaving], np.int64)
        along = np.array([along for source in sources for _, along in source.leaving], np.float64)
        owner = np.repeat(np.arange(len(sources)), [len(source.leaving) for source in sources])
        return cls(arcs, along, graph.head[arcs], cost_ms[arcs] - passed_ms(cost_ms, arcs, along), owner)

    def totals(self, times_ms: Ints) -> NDArray[np.int64]:
        """Ms to the target by way of each start, NEVER where it leads nowhere."""
        beyond = times_ms[self.heads].astype(np.int64)
        return np.where(beyond == NEVER, NEVER, beyond + self.driven_ms)


Direct = tuple[int, int, int]


def _least(starts: _Starts, times_ms: Ints, direct: list[Direct], sources: int) -> NDArray[np.int32]:
    """The quickest way of each source [k], UNREACHABLE for none."""
    best = np.full(sources, NEVER, np.int64)
    np.minimum.at(best, starts.owner, starts.totals(times_ms))
    for at, direct_ms, _ in direct:
        best[at] = min(best[at], direct_ms)
    return np.where(best == NEVER, UNREACHABLE, best).astype(np.int32)


def _direct(target: Snap, sources: Sequence[Snap], starts: _Starts, cost_ms: Ints) -> list[Direct]:
    """(source, ms, arc) for those who are already on the target's arc and behind it; arc -1 for the same place."""
    found = [(at, 0, -1) for at, source in enumerate(sources) if source.node == target.node >= 0]
    arriving = dict(target.arriving)
    for hit in np.flatnonzero(np.isin(starts.arcs, list(arriving))).tolist():
        arc, behind = int(starts.arcs[hit]), float(starts.along[hit])
        if behind <= arriving[arc]:
            cost = float(cost_ms[arc])
            found.append((int(starts.owner[hit]), round(cost * arriving[arc]) - round(cost * behind), arc))
    return found
