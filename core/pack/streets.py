"""Works out streets, crossings and blocks from ways, so that people can name places the way they speak of them.

A street is all ways of one name that lie near each other: two streets of one name in two villages are two streets.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from core.pack.drawing import ROAD_KINDS, drawn_kind
from core.pack.ways import Ways
from core.pack.words import key
from core.roads.segments import EARTH_RADIUS_M, lengths_m

SAME_STREET_WITHIN_M = 600.0
SAME_CROSSING_WITHIN_M = 60.0

Points = npt.NDArray[np.float64]  # rows of lat, lon


@dataclass(frozen=True, slots=True)
class Street:
    """`lat`/`lon` is the point on the street nearest to its middle."""

    name: str
    lat: float
    lon: float
    length_m: float
    rank: int  # 0 for motorways, more for smaller streets


@dataclass(frozen=True, slots=True)
class Crossing:
    a: int  # street
    b: int  # street, a < b
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a street between two crossings; a street number of -1 at an end that crosses nothing named."""

    street: int
    from_street: int
    to_street: int
    points: Points


@dataclass(frozen=True, slots=True)
class StreetPlan:
    """The streets of a city by number, the most important first."""

    streets: list[Street]
    of_way: npt.NDArray[np.int64]  # street of each way, -1 for none
    crossings: list[Crossing]
    blocks: list[Block]


def plan_streets(ways: Ways) -> StreetPlan:
    """Streets, crossings and blocks of all named ways, driven or not."""
    streets, of_way = _streets(ways)
    met = _streets_at_nodes(ways, of_way)
    return StreetPlan(streets, of_way, _crossings(ways, met), _blocks(ways, of_way, met))


def _streets(ways: Ways) -> tuple[list[Street], npt.NDArray[np.int64]]:
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(ways.name):
        if name:
            rows_of[key(name)].append(row)
    groups = [group for rows in rows_of.values() for group in _near_each_other(ways, np.array(rows))]
    found = [_street(ways, rows) for rows in groups]
    order = sorted(range(len(found)), key=lambda at: (found[at].rank, -found[at].length_m, found[at].name))
    of_way = np.full(len(ways), -1, np.int64)
    for number, at in enumerate(order):
        of_way[groups[at]] = number
    return [found[at] for at in order], of_way


def _near_each_other(ways: Ways, rows: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """The ways of one name, parted where more than SAME_STREET_WITHIN_M lies between them."""
    if len(rows) == 1:
        return [rows]
    middle = (ways.first[rows] + ways.first[rows + 1]) // 2
    points = np.concatenate([ways.first[rows], middle, ways.first[rows + 1] - 1])
    of_point = np.tile(np.arange(len(rows)), 3)
    stretch = np.cos(np.radians(ways.lat[points[0]]))
    plane_m = np.radians(np.column_stack([ways.lat[points], ways.lon[points] * stretch])) * EARTH_RADIUS_M
    if np.ptp(plane_m, axis=0).max() <= SAME_STREET_WITHIN_M:
        return [rows]
    pairs = cKDTree(plane_m).query_pairs(SAME_STREET_WITHIN_M, output_type="ndarray")
    a, b = of_point[pairs[:, 0]], of_point[pairs[:, 1]]
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(rows), len(rows)))
    count, label = connected_components(graph, directed=False)
    return [rows[label == number] for number in range(count)]


def _street(ways: Ways, rows: npt.NDArray[np.int64]) -> Street:
    points = np.concatenate([np.arange(ways.first[row], ways.first[row + 1]) for row in rows])
    lat, lon = ways.lat[points], ways.lon[points]
    at = int(np.argmin(lengths_m(lat, lon, lat.mean(), lon.mean())))
    length_m = sum(
        float(lengths_m(ways.lat[a : b - 1], ways.lon[a : b - 1], ways.lat[a + 1 : b], ways.lon[a + 1 : b]).sum())
        for a, b in zip(ways.first[rows].tolist(), ways.first[rows + 1].tolist(), strict=True)
    )
    names = [ways.name[row] for row in rows]
    rank = min(ROAD_KINDS.index(drawn_kind(ways.kind[row])) for row in rows)
    name = max(set(names), key=lambda name: (names.count(name), name))
    return Street(name, float(lat[at]), float(lon[at]), length_m, rank)


def _streets_at_nodes(ways: Ways, of_way: npt.NDArray[np.int64]) -> dict[int, list[int]]:
    """Node number to the streets that meet there, where two or more do."""
    street = of_way[ways.way_of_point()]
    named = street >= 0
    pairs = np.unique(np.column_stack([ways.node[named], street[named]]), axis=0)
    nodes, first, count = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    several = count > 1
    return {
        int(node): pairs[start : start + number, 1].tolist()
        for node, start, number in zip(nodes[several], first[several], count[several], strict=True)
    }


def _crossings(ways: Ways, met: dict[int, list[int]]) -> list[Crossing]:
    """One crossing for each pair of streets at each place; the nodes of a divided road's crossing are one place."""
    numbers, first_point = np.unique(ways.node, return_index=True)
    found: dict[tuple[int, int], list[Crossing]] = defaultdict(list)
    for node, streets in met.items():
        point = first_point[np.searchsorted(numbers, node)]
        lat, lon = float(ways.lat[point]), float(ways.lon[point])
        for a, b in ((a, b) for a in streets for b in streets if a < b):
            near = any(lengths_m(lat, lon, old.lat, old.lon) < SAME_CROSSING_WITHIN_M for old in found[a, b])
            if not near:
                found[a, b].append(Crossing(a, b, lat, lon))
    return [crossing for crossings in found.values() for crossing in crossings]


def _blocks(ways: Ways, of_way: npt.NDArray[np.int64], met: dict[int, list[int]]) -> list[Block]:
    """Every named way cut at its crossings, and the pieces of one street joined where nothing crosses."""
    blocks = []
    pieces: dict[int, list[npt.NDArray[np.int64]]] = defaultdict(list)
    crossing = np.isin(ways.node, np.fromiter(met, np.int64, len(met)))
    for row in np.flatnonzero(of_way >= 0):
        a, b = int(ways.first[row]), int(ways.first[row + 1])
        cuts = [a, *(a + 1 + np.flatnonzero(crossing[a + 1 : b - 1])).tolist(), b - 1]
        pieces[int(of_way[row])] += [np.arange(low, high + 1) for low, high in pairwise(cuts)]
    for street, parts in pieces.items():
        for points in _chained(ways.node, parts, met):
            ends = [_other(met.get(int(ways.node[at]), []), street) for at in (points[0], points[-1])]
            blocks.append(Block(street, ends[0], ends[1], np.column_stack([ways.lat[points], ways.lon[points]])))
    return blocks


def _other(streets: list[int], street: int) -> int:
    """The most important street met that is not this one."""
    return min((other for other in streets if other != street), default=-1)


def _chained(
    node: npt.NDArray[np.int64], parts: list[npt.NDArray[np.int64]], met: dict[int, list[int]]
) -> list[npt.NDArray[np.int64]]:
    """Pieces joined end to end at nodes that exactly two of them share and no other street meets."""
    at_node: dict[int, list[int]] = defaultdict(list)
    for number, part in enumerate(parts):
        for end in {int(node[part[0]]), int(node[part[-1]])}:
            at_node[end].append(number)
    free = set(range(len(parts)))
    chains = []
    while free:
        chain = parts[free.pop()]
        for _ in range(2):  # grow at the end, turn round, grow at the other end
            while (follower := _follower(node, chain, at_node, met, free)) is not None:
                free.discard(follower)
                part = parts[follower]
                part = part if node[part[0]] == node[chain[-1]] else part[::-1]
                chain = np.concatenate([chain, part[1:]])
            chain = chain[::-1]
        chains.append(chain)
    return chains


def _follower(
    node: npt.NDArray[np.int64],
    chain: npt.NDArray[np.int64],
    at_node: dict[int, list[int]],
    met: dict[int, list[int]],
    free: set[int],
) -> int | None:
    end = int(node[chain[-1]])
    if end in met or len(at_node[end]) != 2:
        return None
    return next((number for number in at_node[end] if number in free), None)
