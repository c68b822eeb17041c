"""Travel times and routes: the one object that dispatch, map, coverage and demo ask.

Everything is answered on the hierarchy (see hierarchy.py). A route is unpacked from the same answer, so that its
duration is the ETA, to the millisecond.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from core.errors import Refused
from core.roads.customise import CLOSED_MS
from core.roads.directions import Step, describe
from core.roads.ends import Ends, Starts, direct_ways
from core.roads.graph import RoadGraph
from core.roads.hierarchy import Hierarchy, build_hierarchy, contraction
from core.roads.labels import Labels
from core.roads.network import Network, arc_ends
from core.roads.path import Path, within_one_arc
from core.roads.queries import Room, arcs_along, clear, new_room
from core.roads.segments import Floats, Ints
from core.roads.snap import NotOnRoad, Snap, snap
from core.roads.solving import Solved, pieces_of, solve
from core.roads.weighting import Weighting

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


class RoadEngine:
    """Exact answers on one graph, from any thread: nothing in it changes after it is made.

    Journeys of more than six days count as none.
    """

    def __init__(
        self, graph: RoadGraph, *, weighting: Weighting | None = None, like: "RoadEngine | None" = None
    ) -> None:
        """With `like`, an engine on the same graph, only the times are made anew. See `weighted`."""
        self.graph = graph
        self.weighting = weighting or Weighting()
        self.plain: RoadEngine = like.plain if like else self  # with no weighting
        self.hierarchy: Hierarchy = like.hierarchy if like else _hierarchy(graph)
        self._rooms: list[Room] = []  # taken and put back: each is in use by one thread at a time
        self.arc_end: Ints = like.arc_end if like else arc_ends(graph, self.hierarchy)
        self._low_of: Ints = (
            like._low_of
            if like
            else np.repeat(np.arange(self.hierarchy.junctions, dtype=np.int32), np.diff(self.hierarchy.up_first))
        )

    @cached_property
    def _normal(self) -> Network:
        return self._network(siren=False)

    @cached_property
    def _siren(self) -> Network:
        return self._network(siren=True)

    @cached_property
    def _normal_labels(self) -> Labels:
        return Labels(self.graph, self.hierarchy, self.arc_end, self._normal)

    @cached_property
    def _siren_labels(self) -> Labels:
        return Labels(self.graph, self.hierarchy, self.arc_end, self._siren)

    def _network(self, *, siren: bool) -> Network:
        cost_ms = self.weighting.cost_ms(self.graph, siren=siren)
        return Network.of(self.graph, self.hierarchy, self.arc_end, cost_ms)

    def network(self, siren: bool) -> Network:
        """The times of one way of driving; made when it is first asked for, in some hundredths of a second."""
        return self._siren if siren else self._normal

    def weighted(self, weighting: Weighting) -> "RoadEngine":
        """The same roads at another hour, in snow, or with some of them closed; this engine stays as it is.

        Takes some hundredths of a second for a city. Places snapped by either engine serve both.
        """
        return RoadEngine(self.graph, weighting=weighting, like=self)

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
            self.etas_to(here, [here], siren=False)

    def etas_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> NDArray[np.int32]:
        """Milliseconds from each source [k] to the target by the quickest legal way, UNREACHABLE (-1) for none.

        Quickest for sources that are the same objects as in an earlier question.
        """
        labels = self._siren_labels if siren else self._normal_labels
        room = self._room()
        least, near = labels.etas_ms(target, sources, room)
        self._rooms.append(room)
        etas = np.where(least < CLOSED_MS, least, UNREACHABLE).astype(np.int32)
        if near:
            etas[near] = self.journeys_to(target, [sources[at] for at in near], siren).ms
        return etas

    def journeys_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> Journeys:
        """Times as `etas_to` gives them, with the metres of road that each takes."""
        with self._solved(target, sources, siren) as solved:
            return self._journeys(solved, target, sources, siren)

    def _journeys(self, solved: Solved, target: Snap, sources: Sequence[Snap], siren: bool) -> Journeys:
        best = np.full(len(sources), CLOSED_MS, np.int64)
        metres = np.full(len(sources), np.nan)
        # The last of a source's starts to be written is its quickest, and of equals the first: as `path` takes it.
        order = np.lexsort((-np.arange(len(solved.total_ms)), -solved.total_ms))
        owner = solved.starts.owner[order]
        best[owner] = solved.total_ms[order]
        metres[owner] = solved.total_m[order]
        for at, ms, arc in direct_ways(target, sources, solved.starts, self.network(siren).cost_ms):
            if ms <= best[at]:
                best[at] = ms
                metres[at] = within_one_arc(sources[at], target, arc, ms).length_m(self.graph)
        reached = best < CLOSED_MS
        return Journeys(np.where(reached, best, UNREACHABLE).astype(np.int32), np.where(reached, metres, np.nan))

    def nearest_to(self, target: Snap, sources: Sequence[Snap], siren: bool) -> tuple[int, int] | None:
        """Which source is quickest at the target, and its ms; None if none can reach it."""
        best_ms = self.etas_to(target, sources, siren)
        reached = np.flatnonzero(best_ms != UNREACHABLE)
        if not len(reached):
            return None
        at = int(reached[best_ms[reached].argmin()])
        return at, int(best_ms[at])

    def route(self, source: Snap, target: Snap, siren: bool) -> Route:
        """The quickest legal way in points and words. Raises Refused where no road joins the two."""
        path = self.path(source, target, siren)
        if path is None:
            raise Refused(
                "No road leads from there to the scene.", "No route is shown.", "Send a unit that can reach it."
            )
        points, point_ms = path.points(self.graph), [0, *accumulate(path.arc_ms)]
        return Route(points, point_ms, path.length_m(self.graph), path.time_ms, describe(self.graph, path))

    def _room(self) -> Room:
        try:
            return self._rooms.pop()
        except IndexError:
            return new_room(self.hierarchy.junctions)

    @contextmanager
    def _solved(self, target: Snap, sources: Sequence[Snap], siren: bool) -> Iterator[Solved]:
        """The answer, good until the block ends."""
        h, network = self.hierarchy, self.network(siren)
        starts = Starts.of(self.graph, network.cost_ms, sources)
        ends = Ends.of(self.graph, network.cost_ms, target)
        room = self._room()
        solved = solve(self.graph, h, self.arc_end, network, starts, ends, room)
        yield solved
        clear(h.up_first, h.up_head, room, solved.behind[0], solved.wanted)
        self._rooms.append(room)

    def path(self, source: Snap, target: Snap, siren: bool) -> Path | None:
        """The quickest legal way as arcs; None where no road joins the two."""
        with self._solved(target, [source], siren) as solved:
            return self._unpacked(solved, source, target, siren)

    def _unpacked(self, solved: Solved, source: Snap, target: Snap, siren: bool) -> Path | None:
        cost_ms = self.network(siren).cost_ms
        best_ms = int(solved.total_ms.min(initial=CLOSED_MS))
        _, direct_ms, arc = min(direct_ways(target, [source], solved.starts, cost_ms), default=(0, CLOSED_MS, -1))
        if min(best_ms, direct_ms) >= CLOSED_MS:
            return None
        if direct_ms <= best_ms:
            return within_one_arc(source, target, arc, direct_ms)
        first = int(solved.total_ms.argmin())
        pieces, end = pieces_of(solved, first, self.hierarchy, self.network(siren), self._low_of)
        h = self.hierarchy
        between = arcs_along(pieces, h.step_out, h.step_back, self.graph.head, self.arc_end, cost_ms)
        starts, ends = solved.starts, solved.ends
        left = [int(starts.arcs[first])] if starts.arcs[first] >= 0 else []
        left_ms = [int(starts.driven_ms[first])] if left else []
        return Path(
            source,
            target,
            (*left, *between.tolist(), int(ends.arcs[end])),
            float(starts.along[first]),
            float(ends.along[end]),
            (*left_ms, *cost_ms[between].tolist(), int(ends.passed_ms[end])),
        )


def _hierarchy(graph: RoadGraph) -> Hierarchy:
    return build_hierarchy(graph, graph.order if len(graph.order) else contraction(graph))
