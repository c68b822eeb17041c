"""Roads as any source can give them: plain arrays of nodes, straight segments, ways and turn restrictions.

OpenStreetMap extracts, an agency's centrelines and AequilibraE networks all fill this; only `build_graph` reads it.
Every vertex is a node and every segment is straight, so no geometry is kept beside the graph.
"""

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
