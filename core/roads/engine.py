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
from core.roads.chains import Metres, best_way, chain_ends, ways_out
from core.roads.directions import Step, describe
from core.roads.ends import Direct, Ends, Starts, direct_ways
from core.roads.graph import RoadGraph
from core.roads.kernels import NEVER, driven_m, search
from core.roads.network import Links, Network, junction_numbers
from core.roads.path import Path, trace, within_one_arc
from core.roads.segments import Floats, Ints
from core.roads.snap import NotOnRoad, Snap, snap

UNREACHABLE = -1


_Chained = tuple[Ints, Ints, Floats]


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


class RoadEngine:
    """Exact answers on one graph, from any thread: nothing in it changes after it is made."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        self._number = junction_numbers(graph)
        self._networks = {
            False: Network.of(graph, graph.travel_ms, self._number),
            True: Network.of(graph, graph.siren_ms, self._number),
        }

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
        return self._solve(target, sources, siren).best_ms

    def journeys_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> Journeys:
        """Times as `etas_to` gives them, with the metres of road that each takes."""
        solved = self._solve(target, sources, siren)
        return Journeys(solved.best_ms, self._metres(solved, target, sources, self._networks[siren]))

    def nearest_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> tuple[int, int] | None:
        """Which source is quickest at the target, and its ms; None if none can reach it. Searches no farther."""
        best_ms = self._solve(target, sources, siren, nearest_only=True).best_ms
        reached = np.flatnonzero(best_ms != UNREACHABLE)
        if not len(reached):
            return None
        at = int(reached[best_ms[reached].argmin()])
        return at, int(best_ms[at])

    def route(self, source: Snap, target: Snap, siren: bool) -> Route:
        """The quickest legal way in points and words. Raises Refused where no road joins the two."""
        path = self._path(source, target, self._networks[siren])
        if path is None:
            raise Refused(
                "No road leads from there to the scene.", "No route is shown.", "Send a unit that can reach it."
            )
        points, point_ms = path.points(self.graph), [0, *accumulate(path.arc_ms)]
        return Route(points, point_ms, path.length_m(self.graph), path.time_ms, describe(self.graph, path))

    def _solve(self, target: Snap, sources: Sequence[Snap], siren: bool, *, nearest_only: bool = False) -> "_Solved":
        network = self._networks[siren]
        starts = Starts.of(self.graph, network.cost_ms, sources)
        ends = Ends.of(self.graph, network.cost_ms, target)
        ways = ways_out(*_chains(network.out), self._number, starts.heads, ends.states, ends.passed_ms, ends.passed_m)
        behind = chain_ends(*_chains(network.into), self._number, ends.states, ends.passed_ms, ends.passed_m)
        times = self._times(network.junction_into, behind, ways, starts, ends, nearest_only)
        column, beyond_ms = best_way(ways[0], ways[1], times)
        totals = np.where(beyond_ms == NEVER, NEVER, beyond_ms + starts.driven_ms)
        best = np.full(len(sources), NEVER, np.int64)
        np.minimum.at(best, starts.owner, totals)
        direct = direct_ways(target, sources, starts, network.cost_ms)
        for at, direct_ms, _ in direct:
            best[at] = min(best[at], direct_ms)
        best_ms = np.where(best == NEVER, UNREACHABLE, best).astype(np.int32)
        return _Solved(best_ms, starts, totals, ways, column, times, behind, direct)

    def _times(
        self, links: Links, behind: _Chained, ways: _Chained, starts: Starts, ends: Ends, nearest_only: bool
    ) -> Ints:
        """Times of the junctions, final at those that `ways` lead to and from which the target can be reached."""
        numbers, ways_ms, _ = ways
        joined = (self.graph.weak[starts.heads] == ends.component)[:, None]
        wanted = (numbers[:, :2] >= 0) & joined
        seeds, seeds_ms, _ = behind
        if not (wanted.any() and len(seeds)):
            return np.full(len(links.first) - 1, NEVER, np.int32)
        wanted_ms = (ways_ms[:, :2] + starts.driven_ms[:, None])[wanted]
        longest_ms = max(links.longest_ms, int(seeds_ms.max()))
        return search(
            links.first, links.links, seeds, seeds_ms, numbers[:, :2][wanted], wanted_ms, nearest_only, longest_ms
        )

    def _metres(self, solved: "_Solved", target: Snap, sources: Sequence[Snap], network: Network) -> Floats:
        """Metres of road for each source by its quickest way, NaN for none."""
        metres = np.full(len(sources), np.nan)
        starts, links = solved.starts, network.junction_out
        chosen = np.flatnonzero(solved.totals == solved.best_ms[starts.owner])
        column = solved.column[chosen]
        numbers, _, ways_m = solved.ways
        beyond_m = driven_m(
            links.first,
            links.links,
            links.metres,
            solved.times_ms,
            np.where(column < 2, numbers[chosen, column], -1).astype(np.int32),
            *solved.behind,
        )
        own_m = starts.driven_m[chosen] + ways_m[chosen, column]
        metres[starts.owner[chosen]] = own_m + np.where(column < 2, beyond_m, 0.0)
        for at, ms, arc in solved.direct:
            if ms == solved.best_ms[at]:
                metres[at] = within_one_arc(sources[at], target, arc, ms).length_m(self.graph)
        return metres

    def _path(self, source: Snap, target: Snap, network: Network) -> Path | None:
        cost_ms = network.cost_ms
        starts, ends = Starts.of(self.graph, cost_ms, [source]), Ends.of(self.graph, cost_ms, target)
        _, direct_ms, arc = min(direct_ways(target, [source], starts, cost_ms), default=(0, NEVER, -1))
        totals = np.full(1, NEVER, np.int64)
        times = np.full(0, NEVER, np.int32)
        if source.component == target.component and len(starts.arcs):
            links = network.into
            seeds = (ends.states, ends.passed_ms)
            times = search(links.first, links.links, *seeds, starts.heads, starts.driven_ms, False, links.longest_ms)
            beyond_ms = times[starts.heads].astype(np.int64)
            totals = np.where(beyond_ms == NEVER, NEVER, beyond_ms + starts.driven_ms)
        if min(int(totals.min()), direct_ms) == NEVER:
            return None
        if direct_ms <= totals.min():
            return within_one_arc(source, target, arc, direct_ms)
        first = int(totals.argmin())
        chosen = (int(starts.arcs[first]), float(starts.along[first]))
        return trace(self.graph, cost_ms, times, source, target, chosen)


def _chains(links: Links) -> tuple[Ints, Ints, Metres]:
    return links.first, links.links, links.metres


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """One question answered, with what its answer came from."""

    best_ms: NDArray[np.int32]  # by source
    starts: Starts
    totals: NDArray[np.int64]  # by start
    ways: _Chained  # by start
    column: Ints  # by start
    times_ms: Ints  # by junction
    behind: _Chained  # the junctions around the target
    direct: list[Direct]
