"""Small road networks made of plain numbers, and an oracle that knows nothing of how the product finds its answers."""

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from core.roads.arcs import arcs_of
from core.roads.engine import UNREACHABLE, RoadEngine
from core.roads.graph import RoadGraph, build_graph, numbered_by_place
from core.roads.path import tails
from core.roads.segments import RoadSegments
from core.roads.snap import Snap
from core.roads.speeds import RoadClass


@dataclass
class Sketch:
    """A network as a test writes it: nodes by (lat, lon), one way per road, bans by road index."""

    nodes: Sequence[tuple[float, float]]
    roads: list[tuple[int, ...]]  # node indices along each way
    names: list[str] = field(default_factory=list)
    oneway: dict[int, int] = field(default_factory=dict)
    flags: dict[int, int] = field(default_factory=dict)
    classes: dict[int, RoadClass] = field(default_factory=dict)
    bans: list[tuple[int, int, int, bool]] = field(default_factory=list)  # from road, via node, to road, only

    def segments(self) -> RoadSegments:
        pairs = [(a, b, w) for w, road in enumerate(self.roads) for a, b in itertools.pairwise(road)]
        named = sorted({name for name in self.names if name})
        ways = range(len(self.roads))
        names = [self.names[w] if w < len(self.names) else "" for w in ways]
        bans = np.array(self.bans, np.int32).reshape(-1, 4)
        return RoadSegments(
            node_lat=np.array([lat for lat, _ in self.nodes], np.float64),
            node_lon=np.array([lon for _, lon in self.nodes], np.float64),
            from_node=np.array([a for a, _, _ in pairs], np.int32),
            to_node=np.array([b for _, b, _ in pairs], np.int32),
            way=np.array([w for _, _, w in pairs], np.int32),
            way_class=np.array([self.classes.get(w, RoadClass.RESIDENTIAL) for w in ways], np.uint8),
            way_name=np.array([named.index(name) if name else -1 for name in names], np.int32),
            way_speed_kmh=np.zeros(len(self.roads), np.float32),
            way_oneway=np.array([self.oneway.get(w, 0) for w in ways], np.int8),
            way_flags=np.array([self.flags.get(w, 0) for w in ways], np.uint8),
            names=tuple(named),
            ban_from=bans[:, 0],
            ban_via=bans[:, 1],
            ban_to=bans[:, 2],
            ban_only=bans[:, 3].astype(np.bool_),
        )

    def graph(self) -> RoadGraph:
        return build_graph(self.segments())

    def engine(self) -> RoadEngine:
        return RoadEngine(self.graph())


@pytest.fixture(scope="session")
def sketch() -> type[Sketch]:
    return Sketch


class LineGraphOracle:
    """Shortest times over pairs of consecutive arcs, each pair allowed or forbidden by the source's own words."""

    def __init__(self, segments: RoadSegments, graph: RoadGraph, siren: bool) -> None:
        self._graph = graph
        self._siren = siren
        numbered = numbered_by_place(segments)
        arcs = arcs_of(numbered)
        self._tail, self._head = arcs.tail.tolist(), arcs.head.tolist()
        self._way = arcs.way.tolist()
        self._ms = (arcs.siren_ms if siren else arcs.travel_ms).tolist()
        rows = zip(
            numbered.ban_from.tolist(),
            numbered.ban_via.tolist(),
            numbered.ban_to.tolist(),
            numbered.ban_only.tolist(),
            strict=True,
        )
        self._bans = list(rows)
        self._next = [self._followers(arc) for arc in range(len(self._tail))]

    def _followers(self, arc: int) -> list[int]:
        leaving = [other for other in range(len(self._tail)) if self._tail[other] == self._head[arc]]
        back = {other for other in leaving if self._head[other] == self._tail[arc]}
        here = [ban for ban in self._bans if ban[1] == self._head[arc] and ban[0] == self._way[arc]]
        bidden: set[int] = set()
        forbidden: set[int] = set()
        for way_in, _, way_out, only in here:
            onto = {other for other in leaving if self._way[other] == way_out}
            if only:
                bidden |= onto - back
            elif way_in == way_out:
                forbidden |= onto & back
            else:
                forbidden |= onto
        return [other for other in leaving if other not in forbidden and (not bidden or other in bidden)]

    def eta_ms(self, source: Snap, target: Snap) -> int:
        if source.node == target.node >= 0:
            return 0
        starts, ends = self._arcs_of(source.leaving), self._arcs_of(target.arriving)
        found = []
        queue = []
        for arc, along in starts.items():
            cost = self._ms[arc]
            if arc in ends and along <= ends[arc]:
                found.append(round(cost * ends[arc]) - round(cost * along))
            queue.append((cost - round(cost * along), arc))
        heapq.heapify(queue)
        done: set[int] = set()
        while queue:
            ms, arc = heapq.heappop(queue)
            if arc in done:
                continue
            done.add(arc)
            for other in self._next[arc]:
                if other in ends:
                    found.append(ms + round(self._ms[other] * ends[other]))
                heapq.heappush(queue, (ms + self._ms[other], other))
        return min(found, default=UNREACHABLE)

    def _arcs_of(self, places: Sequence[tuple[int, float]]) -> dict[int, float]:
        """The product's arcs as arcs of the oracle: those between the same two nodes."""
        result = {}
        for arc, along in places:
            tail = self._graph.node_of_state[tails(self._graph, np.array([arc]))[0]]
            head = self._graph.node_of_state[self._graph.head[arc]]
            for other in range(len(self._tail)):
                if (self._tail[other], self._head[other]) == (tail, head):
                    result[other] = along
        return result


@pytest.fixture(scope="session")
def oracle() -> Callable[[RoadSegments, RoadGraph, bool], LineGraphOracle]:
    return LineGraphOracle
