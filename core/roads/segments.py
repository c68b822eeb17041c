"""Roads as any source can give them: plain arrays of nodes, straight segments, ways and turn restrictions.

OpenStreetMap extracts, an agency's centrelines and AequilibraE networks all fill this; only `build_graph` reads it.
Every vertex is a node and every segment is straight, so no geometry is kept beside the graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_008.8
UNNAMED = -1

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class RoadFlag(IntFlag):
    """What a way is beside its class."""

    NONE = 0
    PRIVATE = 1  # closed to the public or for emergency vehicles only; our units may use it
    ROUNDABOUT = 2


def _empty_ints() -> Ints:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class RoadSegments:
    """n nodes, s segments, w ways, r restrictions. Indices are 0-based; segments run in the way's own direction.

    A restriction says: coming along `ban_from` to node `ban_via`, do not turn into `ban_to` (`ban_only` false), or turn
    into nothing but `ban_to` (`ban_only` true). Leave out those that exempt emergency vehicles.
    """

    node_lat: Floats  # [n] WGS 84 degrees
    node_lon: Floats  # [n]
    from_node: Ints  # [s] node index
    to_node: Ints  # [s] node index
    way: Ints  # [s] way index
    way_class: NDArray[np.uint8]  # [w] RoadClass
    way_name: Ints  # [w] index into names, UNNAMED for none
    way_speed_kmh: NDArray[np.float32]  # [w] posted limit, 0 for none known
    way_oneway: NDArray[np.int8]  # [w] 0 both ways, 1 along the segments, -1 against them
    way_flags: NDArray[np.uint8]  # [w] RoadFlag
    names: tuple[str, ...] = ()
    ban_from: Ints = field(default_factory=_empty_ints)  # [r] way index
    ban_via: Ints = field(default_factory=_empty_ints)  # [r] node index
    ban_to: Ints = field(default_factory=_empty_ints)  # [r] way index
    ban_only: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))  # [r]

    def __post_init__(self) -> None:
        """Raise ValueError where lengths differ or an index points outside: a mistake of the source's reader."""
        groups = (
            ("node", (self.node_lat, self.node_lon)),
            ("segment", (self.from_node, self.to_node, self.way)),
            ("way", (self.way_class, self.way_name, self.way_speed_kmh, self.way_oneway, self.way_flags)),
            ("restriction", (self.ban_from, self.ban_via, self.ban_to, self.ban_only)),
        )
        for word, arrays in groups:
            if len({len(array) for array in arrays}) != 1:
                raise ValueError(f"the {word} arrays of these roads differ in length")
        nodes, ways = len(self.node_lat), len(self.way_class)
        _check_range("node", (self.from_node, self.to_node, self.ban_via), nodes)
        _check_range("way", (self.way, self.ban_from, self.ban_to), ways)
        _check_range("name", (self.way_name[self.way_name != UNNAMED],), len(self.names))

    @property
    def length_m(self) -> Floats:
        """Length of each segment [s] in metres."""
        a, b = self.from_node, self.to_node
        return lengths_m(self.node_lat[a], self.node_lon[a], self.node_lat[b], self.node_lon[b])


def _check_range(word: str, arrays: tuple[Ints, ...], end: int) -> None:
    for array in arrays:
        if len(array) and (array.min() < 0 or array.max() >= end):
            raise ValueError(f"these roads name a {word} that does not exist")


def lengths_m(lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike) -> Floats:
    """Metres between points of one neighbourhood, on the local plane of each pair (error below 1e-5 under 10 km)."""
    lat_1, lon_1, lat_2, lon_2 = (np.radians(np.asarray(value, np.float64)) for value in (lat_a, lon_a, lat_b, lon_b))
    east = (lon_2 - lon_1) * np.cos((lat_1 + lat_2) / 2)
    metres: Floats = EARTH_RADIUS_M * np.hypot(east, lat_2 - lat_1)
    return metres


@dataclass(frozen=True, slots=True)
class RoadLine:
    """One centreline of an agency layer: its vertices in the direction of digitising, and what is known about it."""

    points: Sequence[tuple[float, float]]  # (lat, lon)
    road_class: int
    name: str = ""
    speed_kmh: float = 0.0
    oneway: int = 0
    flags: int = RoadFlag.NONE


def segments_from_lines(lines: Sequence[RoadLine], tolerance_m: float = 0.5) -> RoadSegments:
    """Roads from centrelines that meet at their ends; ends within `tolerance_m` of each other become one node.

    Vertices inside a line join others only where they coincide exactly, so that a bridge does not join the road below
    merely by passing near it. Lines of fewer than two points are left out.
    """
    kept = [line for line in lines if len(line.points) >= 2]
    sizes = np.array([len(line.points) for line in kept], np.int64)
    points = np.array([point for line in kept for point in line.points], np.float64).reshape(-1, 2)
    last = np.cumsum(sizes) - 1
    ends = np.unique(np.concatenate([last - sizes + 1, last])) if kept else np.zeros(0, np.int64)
    points[ends] = _joined(points[ends], tolerance_m)
    nodes, index = np.unique(points, axis=0, return_inverse=True)
    way = np.repeat(np.arange(len(kept), dtype=np.int32), sizes)
    same = way[1:] == way[:-1]
    index = index.reshape(-1).astype(np.int32)
    names = tuple(sorted({line.name for line in kept if line.name}))
    position = {name: at for at, name in enumerate(names)}
    return RoadSegments(
        node_lat=nodes[:, 0].copy(),
        node_lon=nodes[:, 1].copy(),
        from_node=index[:-1][same],
        to_node=index[1:][same],
        way=way[1:][same],
        way_class=np.array([line.road_class for line in kept], np.uint8),
        way_name=np.array([position.get(line.name, UNNAMED) for line in kept], np.int32),
        way_speed_kmh=np.array([line.speed_kmh for line in kept], np.float32),
        way_oneway=np.array([line.oneway for line in kept], np.int8),
        way_flags=np.array([line.flags for line in kept], np.uint8),
        names=names,
    )


def _joined(points: Floats, tolerance_m: float) -> Floats:
    """Points [k, 2] with those closer than the tolerance moved onto the first of them."""
    if not len(points):
        return points
    from scipy.spatial import cKDTree  # only builders need it: a desk starts sooner without

    stretch = np.cos(np.radians(points[:, 0].mean()))
    plane_m = np.radians(points * np.array([1.0, stretch])) * EARTH_RADIUS_M
    pairs = cKDTree(plane_m).query_pairs(tolerance_m, output_type="ndarray")
    root = np.arange(len(points))
    while len(pairs):
        low = np.minimum(root[pairs[:, 0]], root[pairs[:, 1]])
        before = root.copy()
        np.minimum.at(root, pairs[:, 0], low)
        np.minimum.at(root, pairs[:, 1], low)
        root = root[root]
        if np.array_equal(root, before):
            break
    joined: Floats = points[root]
    return joined
