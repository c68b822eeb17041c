"""Turns the drivable ways of any source into the arrays that the road graph is built from."""

from dataclasses import replace

import numpy as np

from core.pack.ways import AGAINST, ALONG, BOTH, Ways
from core.roads.segments import UNNAMED, RoadSegments
from core.roads.speeds import RoadClass, road_class

# What a vehicle finds on ways that are no road of their own class.
_FOOT_CLASS = RoadClass.PEDESTRIAN


def road_segments(ways: Ways) -> RoadSegments:
    """The drivable part of `ways`, every point a node. A way with two speeds becomes two one-way ways."""
    ways = _with_one_speed(_drivable(ways))
    numbers, first_point, index = np.unique(ways.node, return_index=True, return_inverse=True)
    index = index.reshape(-1).astype(np.int32)
    way = ways.way_of_point().astype(np.int32)
    same = (way[1:] == way[:-1]) & (index[1:] != index[:-1])
    names = tuple(sorted({name for name in ways.name if name}))
    position = {name: at for at, name in enumerate(names)}
    speed = np.where(ways.oneway == AGAINST, ways.speed_back_kmh, ways.speed_kmh)
    bans = _bans(ways, numbers)
    return RoadSegments(
        node_lat=ways.lat[first_point],
        node_lon=ways.lon[first_point],
        from_node=index[:-1][same],
        to_node=index[1:][same],
        way=way[1:][same],
        way_class=np.array([_class_of(kind) for kind in ways.kind], np.uint8),
        way_name=np.array([position.get(name, UNNAMED) for name in ways.name], np.int32),
        way_speed_kmh=speed.astype(np.float32),
        way_oneway=ways.oneway,
        way_flags=ways.flags,
        names=names,
        ban_from=bans[:, 0],
        ban_via=bans[:, 1],
        ban_to=bans[:, 2],
        ban_only=bans[:, 3].astype(np.bool_),
    )


def _class_of(kind: str) -> RoadClass:
    known = road_class(kind)
    return _FOOT_CLASS if known is None else known


def _drivable(ways: Ways) -> Ways:
    return _take(ways, np.flatnonzero(ways.drivable))


def _with_one_speed(ways: Ways) -> Ways:
    """Two-way ways whose speeds differ by direction, each as two one-way ways."""
    differ = np.flatnonzero((ways.oneway == BOTH) & (ways.speed_kmh != ways.speed_back_kmh))
    if not len(differ):
        return ways
    count = len(ways)
    doubled = _take(ways, np.concatenate([np.arange(count), differ]))
    oneway = doubled.oneway.copy()
    oneway[differ], oneway[count:] = ALONG, AGAINST
    return replace(doubled, oneway=oneway)


def _take(ways: Ways, rows: np.ndarray) -> Ways:
    """The ways at `rows`, in that order, with their points."""
    sizes = np.diff(ways.first)[rows]
    first = np.concatenate([[0], np.cumsum(sizes)])
    points = np.arange(first[-1]) + np.repeat(ways.first[:-1][rows] - first[:-1], sizes)
    return replace(
        ways,
        node=ways.node[points],
        lat=ways.lat[points],
        lon=ways.lon[points],
        first=first,
        ref=ways.ref[rows],
        kind=[ways.kind[row] for row in rows],
        name=[ways.name[row] for row in rows],
        oneway=ways.oneway[rows],
        speed_kmh=ways.speed_kmh[rows],
        speed_back_kmh=ways.speed_back_kmh[rows],
        drivable=ways.drivable[rows],
        flags=ways.flags[rows],
        house_ranges=None if ways.house_ranges is None else ways.house_ranges[rows],
    )


def _bans(ways: Ways, numbers: np.ndarray) -> np.ndarray:
    """Rows of from way, via node, to way, only; rules about ways or nodes that are not here are left out."""
    node_at = {int(number): at for at, number in enumerate(numbers)} if ways.rules else {}
    rows_at: dict[int, list[int]] = {}
    wanted = {ref for rule in ways.rules for ref in (rule.from_ref, rule.to_ref)}
    for row, ref in enumerate(ways.ref.tolist()):
        if ref in wanted:
            rows_at.setdefault(ref, []).append(row)
    rows = [
        (from_way, node_at[rule.via], to_way, rule.only)
        for rule in ways.rules
        if rule.via in node_at
        for from_way in rows_at.get(rule.from_ref, ())
        for to_way in rows_at.get(rule.to_ref, ())
        if _touches(ways, from_way, rule.via) and _touches(ways, to_way, rule.via)
    ]
    return np.array(rows, np.int32).reshape(-1, 4)


def _touches(ways: Ways, row: int, node: int) -> bool:
    return node in ways.node[ways.first[row] : ways.first[row + 1]]
