"""The road graph as it lies in a pack and in memory: flat arrays over states, in both directions, mapped from disk.

A state is a node, or a node entered along a road from which some turns are forbidden (see arcs.py).
"""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.roads.arcs import Arcs, arcs_of, split_restricted, without_slower_twins
from core.roads.grid import SegmentGrid, build_grid
from core.roads.segments import Floats, Ints, RoadSegments

FORMAT = 1
_FACTS = "graph.json"
_ORDER = "order"  # packs built before there was one have none


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """n nodes, q states (the first n are the nodes), m arcs sorted by tail, w ways, g segments for snapping.

    Times are int32 milliseconds, at least 1. Arrays may be mapped from files: copy before changing one.
    """

    node_lat: Floats  # [n] WGS 84 degrees
    node_lon: Floats  # [n]
    node_of_state: Ints  # [q]; the added states are sorted by node
    first_out: Ints  # [q + 1] into the arcs
    head: Ints  # [m] state
    travel_ms: Ints  # [m] normal driving
    siren_ms: Ints  # [m] lights and siren
    length_m: NDArray[np.float32]  # [m]
    road: Ints  # [m] way
    first_in: Ints  # [q + 1] into the two below
    in_tail: Ints  # [m] state, grouped by head
    in_arc: Ints  # [m] arc, grouped by head
    road_class: NDArray[np.uint8]  # [w] RoadClass
    road_name: Ints  # [w] index into names, -1 for none
    road_flags: NDArray[np.uint8]  # [w] RoadFlag
    weak: Ints  # [q] component, arcs taken both ways
    strong: Ints  # [q] component within which every state reaches every other
    main_strong: Ints  # [1] the largest of those
    segment_a: Ints  # [g] node
    segment_b: Ints  # [g] node
    segment_main: NDArray[np.bool_]  # [g] whether it can be driven within the largest strong component
    grid_frame: Floats  # [4] see SegmentGrid
    grid_shape: Ints  # [2]
    cell_first: Ints
    cell_segment: Ints
    names: tuple[str, ...] = ()
    order: Ints = field(default_factory=lambda: np.zeros(0, np.int32))  # hierarchy.contraction; empty: not yet known

    @property
    def nodes(self) -> int:
        return len(self.node_lat)

    @property
    def states(self) -> int:
        return len(self.node_of_state)

    @property
    def arcs(self) -> int:
        return len(self.head)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """South, west, north, east in degrees; all 0 for a graph with no nodes."""
        if not self.nodes:
            return (0.0, 0.0, 0.0, 0.0)
        lat, lon = self.node_lat, self.node_lon
        return (float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max()))

    def states_of(self, node: int) -> list[int]:
        """The node itself and its states for those who arrive along a restricted road."""
        extra = self.node_of_state[self.nodes :]
        low, high = np.searchsorted(extra, node), np.searchsorted(extra, node, "right")
        return [node, *range(self.nodes + int(low), self.nodes + int(high))]

    def save(self, folder: Path) -> None:
        """Write each array as NAME.npy, and graph.json; the folder is made. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _array_names():
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        facts = {"format": FORMAT, "nodes": self.nodes, "states": self.states, "arcs": self.arcs, "names": self.names}
        (folder / _FACTS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "RoadGraph":
        """Map the arrays that `save` wrote; milliseconds, whatever the size. Raises Unavailable."""
        try:
            facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
            if facts["format"] != FORMAT:
                raise Unavailable(
                    f"The road graph in {folder} has format {facts['format']}; this version reads format {FORMAT}.",
                    "There are no travel times until it is replaced.",
                    "Build the map pack again with foredesk map build.",
                )
            known = [name for name in _array_names() if name != _ORDER or (folder / f"{_ORDER}.npy").exists()]
            arrays = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in known}
            graph = cls(**arrays, names=tuple(facts["names"]))
            if (graph.nodes, graph.states, graph.arcs) != (facts["nodes"], facts["states"], facts["arcs"]):
                raise ValueError("the arrays do not have the lengths that graph.json gives")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                f"The road graph in {folder} cannot be read: {error}.",
                "There are no travel times until it is replaced.",
                "Build the map pack again with foredesk map build.",
            ) from error
        return graph


def _array_names() -> list[str]:
    return [each.name for each in fields(RoadGraph) if each.name != "names"]


def build_graph(segments: RoadSegments) -> RoadGraph:
    """The graph of those roads. Small components stay, so that a place on an island is known to be one."""
    segments = numbered_by_place(segments)
    nodes = len(segments.node_lat)
    split, node_of_extra = split_restricted(segments, arcs_of(segments))
    arcs = without_slower_twins(split)
    node_of_state = np.concatenate([np.arange(nodes, dtype=np.int32), node_of_extra])
    states = len(node_of_state)
    by_head = np.argsort(arcs.head, kind="stable").astype(np.int32)
    weak, strong, main = _components(arcs, states)
    segment_a, segment_b, segment_main = _snap_segments(arcs, node_of_state, strong == main)
    lat, lon = segments.node_lat, segments.node_lon
    grid = build_grid(lat[segment_a], lon[segment_a], lat[segment_b], lon[segment_b])
    return _assembled(
        segments,
        arcs,
        grid,
        node_of_state=node_of_state,
        first_out=_offsets(arcs.tail, states),
        first_in=_offsets(arcs.head, states),
        in_tail=arcs.tail[by_head],
        in_arc=by_head,
        weak=weak,
        strong=strong,
        main_strong=np.array([main], np.int32),
        segment_a=segment_a,
        segment_b=segment_b,
        segment_main=segment_main,
    )


def _assembled(segments: RoadSegments, arcs: Arcs, grid: SegmentGrid, **arrays: NDArray[np.generic]) -> RoadGraph:
    return RoadGraph(
        node_lat=segments.node_lat,
        node_lon=segments.node_lon,
        head=arcs.head,
        travel_ms=arcs.travel_ms,
        siren_ms=arcs.siren_ms,
        length_m=arcs.length_m,
        road=arcs.way,
        road_class=segments.way_class,
        road_name=segments.way_name,
        road_flags=segments.way_flags,
        grid_frame=grid.frame,
        grid_shape=grid.shape,
        cell_first=grid.cell_first,
        cell_segment=grid.cell_segment,
        names=segments.names,
        **arrays,  # type: ignore[arg-type]
    )


def _offsets(sorted_or_not: Ints, states: int) -> Ints:
    counts = np.bincount(sorted_or_not, minlength=states)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _components(arcs: Arcs, states: int) -> tuple[Ints, Ints, int]:
    """Weak and strong component of each state, and the strong one with the most states (-1 for no states)."""
    from scipy.sparse import csr_array  # only builders need it: a desk starts sooner without
    from scipy.sparse.csgraph import connected_components

    links = csr_array((np.ones(len(arcs.tail), np.int8), (arcs.tail, arcs.head)), shape=(states, states))
    weak = connected_components(links, directed=True, connection="weak")[1]
    strong = connected_components(links, directed=True, connection="strong")[1]
    main = int(np.bincount(strong).argmax()) if states else -1
    return weak.astype(np.int32), strong.astype(np.int32), main


def _snap_segments(arcs: Arcs, node_of_state: Ints, main: NDArray[np.bool_]) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Each pair of nodes joined by an arc either way, once, and whether one of its arcs lies in the main component."""
    tail, head = node_of_state[arcs.tail].astype(np.int64), node_of_state[arcs.head].astype(np.int64)
    nodes = max(1, len(node_of_state))
    pairs, index = np.unique(np.minimum(tail, head) * nodes + np.maximum(tail, head), return_inverse=True)
    inside = np.zeros(len(pairs), np.bool_)
    inside[index[main[arcs.tail] & main[arcs.head]]] = True
    return (pairs // nodes).astype(np.int32), (pairs % nodes).astype(np.int32), inside


def numbered_by_place(segments: RoadSegments) -> RoadSegments:
    """The same roads with unused nodes left out and neighbours numbered alike (Z-order), for the processor's caches."""
    used = np.zeros(len(segments.node_lat), np.bool_)
    used[segments.from_node] = True
    used[segments.to_node] = True
    kept = np.flatnonzero(used)
    order = kept[np.argsort(_z_order(segments.node_lat[kept], segments.node_lon[kept]), kind="stable")]
    rank = np.full(len(used), -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    known = used[segments.ban_via]
    return RoadSegments(
        node_lat=np.ascontiguousarray(segments.node_lat[order], np.float64),
        node_lon=np.ascontiguousarray(segments.node_lon[order], np.float64),
        from_node=rank[segments.from_node],
        to_node=rank[segments.to_node],
        way=segments.way.astype(np.int32),
        way_class=segments.way_class.astype(np.uint8),
        way_name=segments.way_name.astype(np.int32),
        way_speed_kmh=segments.way_speed_kmh.astype(np.float32),
        way_oneway=segments.way_oneway,
        way_flags=segments.way_flags.astype(np.uint8),
        names=segments.names,
        ban_from=segments.ban_from[known],
        ban_via=rank[segments.ban_via[known]],
        ban_to=segments.ban_to[known],
        ban_only=segments.ban_only[known],
    )


def _z_order(lat: Floats, lon: Floats) -> NDArray[np.uint64]:
    """The position of each point on a curve that keeps neighbours together: bits of both coordinates interleaved."""
    code = np.zeros(len(lat), np.uint64)
    for shift, values in ((0, lon), (1, lat)):
        if not len(values):
            continue
        bits = ((values - values.min()) / (np.ptp(values) + 1e-12) * 0xFFFF).astype(np.uint64)
        for step, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            bits = (bits | (bits << np.uint64(step))) & np.uint64(mask)
        code |= bits << np.uint64(shift)
    return code
