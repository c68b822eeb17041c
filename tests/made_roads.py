"""Roads that tests make themselves: lines that meet where their points coincide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.roads.segments import UNNAMED, RoadFlag, RoadSegments


@dataclass(frozen=True, slots=True)
class RoadLine:
    """One street: its points (lat, lon) in its own direction, and what is known about it."""

    points: Sequence[tuple[float, float]]
    road_class: int
    name: str = ""
    speed_kmh: float = 0.0
    oneway: int = 0
    flags: int = RoadFlag.NONE


def segments_from_lines(lines: Sequence[RoadLine]) -> RoadSegments:
    """Points that coincide become one node; lines of fewer than two points are left out."""
    kept = [line for line in lines if len(line.points) >= 2]
    sizes = np.array([len(line.points) for line in kept], np.int64)
    points = np.array([point for line in kept for point in line.points], np.float64).reshape(-1, 2)
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
