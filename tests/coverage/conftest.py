"""Small networks with every oddity, teams upon them, and SciPy as the judge of who reaches what."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from core.coverage.teams import Team
from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.segments import RoadSegments
from core.roads.snap import Snap
from core.roads.speeds import RoadClass

CLASSES = (RoadClass.RESIDENTIAL, RoadClass.TRUNK, RoadClass.SERVICE)


@st.composite
def _cities(draw: st.DrawFn) -> RoadEngine:
    """Coarse grids: duplicates, zero lengths, loops, islands, dead ends, one-way traps, forbidden turns, chains."""
    count = draw(st.integers(2, 14))
    spot = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda p: (p[0] * 0.003, p[1] * 0.003))
    nodes = draw(st.lists(spot, min_size=count, max_size=count))
    node = st.integers(0, count - 1)
    segments: list[tuple[int, int, int]] = []
    ways = draw(st.lists(st.lists(node, min_size=2, max_size=5), min_size=1, max_size=14))
    for way, road in enumerate(ways):
        for one, other in itertools.pairwise(road):
            before = one
            for share in draw(st.sampled_from([(), (), (0.5,), (0.2, 0.4, 0.8)])):
                nodes.append(tuple(a + share * (b - a) for a, b in zip(nodes[one], nodes[other], strict=True)))
                segments.append((before, len(nodes) - 1, way))
                before = len(nodes) - 1
            segments.append((before, other, way))
    each = range(len(ways))
    bans = [
        (draw(st.sampled_from(meeting)), via, draw(st.sampled_from(meeting)), draw(st.integers(0, 3)) == 0)
        for via in draw(st.lists(node, max_size=10))
        if (meeting := [way for way in each if via in ways[way]])
    ]
    table, banned = np.array(segments, np.int32), np.array(bans, np.int32).reshape(-1, 4)
    roads = RoadSegments(
        node_lat=np.array([lat for lat, _ in nodes], np.float64),
        node_lon=np.array([lon for _, lon in nodes], np.float64),
        from_node=table[:, 0],
        to_node=table[:, 1],
        way=table[:, 2],
        way_class=np.array([draw(st.sampled_from(CLASSES)) for _ in each], np.uint8),
        way_name=np.full(len(ways), -1, np.int32),
        way_speed_kmh=np.zeros(len(ways), np.float32),
        way_oneway=np.array([draw(st.sampled_from([0, 0, 0, 1, -1])) for _ in each], np.int8),
        way_flags=np.zeros(len(ways), np.uint8),
        ban_from=banned[:, 0],
        ban_via=banned[:, 1],
        ban_to=banned[:, 2],
        ban_only=banned[:, 3].astype(np.bool_),
    )
    return RoadEngine(build_graph(roads))


@pytest.fixture(scope="session")
def cities() -> st.SearchStrategy[RoadEngine]:
    """Engines on such networks, some of them with no road at all."""
    return _cities()


def _place(draw: st.DrawFn, engine: RoadEngine) -> Snap:
    graph = engine.graph
    segment = draw(st.integers(0, len(graph.segment_a) - 1))
    along = draw(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
    a, b = graph.segment_a[segment], graph.segment_b[segment]
    lat = graph.node_lat[a] + along * (graph.node_lat[b] - graph.node_lat[a])
    lon = graph.node_lon[a] + along * (graph.node_lon[b] - graph.node_lon[a])
    place = engine.snap(float(lat), float(lon))
    assert isinstance(place, Snap)
    return place


def _team(draw: st.DrawFn, engine: RoadEngine, callsign: str) -> Team:
    return Team(
        callsign,
        _place(draw, engine),
        frozenset(draw(st.sets(st.sampled_from(["als", "bls", "engine"]), max_size=2))),
        draw(st.sampled_from([0, 0, 5_000, 61_234])),
        draw(st.booleans()),
        draw(st.integers(0, 4)) > 0,
    )


@pytest.fixture(scope="session")
def draw_team() -> Callable[[st.DrawFn, RoadEngine, str], Team]:
    return _team


@pytest.fixture(scope="session")
def draw_place() -> Callable[[st.DrawFn, RoadEngine], Snap]:
    return _place


def _arrival_ms(engine: RoadEngine, team: Team) -> np.ndarray:
    """Ms from alarm to arrival at every node by SciPy's Dijkstra over the states; infinity for never."""
    graph = engine.graph
    cost = engine.network(team.siren).cost_ms.astype(float)
    tail = np.repeat(np.arange(graph.states), np.diff(graph.first_out))
    order = np.lexsort((cost, graph.head, tail))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(graph.head[order]) != 0)
    kept = order[first & (cost[order] < 2**29)]
    matrix = csr_array((cost[kept], (tail[kept], graph.head[kept])), shape=(graph.states,) * 2)
    if team.place.node >= 0:
        starts = [(team.place.node, 0.0)]
    else:
        starts = [
            (int(graph.head[arc]), cost[arc] - round(cost[arc] * along))
            for arc, along in team.place.leaving
            if cost[arc] < 2**29
        ]
    times = np.full(graph.states, np.inf)
    for state, ms in starts:
        times = np.minimum(times, dijkstra(matrix, indices=state) + ms)
    by_node = np.full(graph.nodes, np.inf)
    np.minimum.at(by_node, graph.node_of_state, times)
    return by_node + team.turnout_ms


@pytest.fixture(scope="session")
def arrival_ms() -> Callable[[RoadEngine, Team], np.ndarray]:
    return _arrival_ms


@pytest.fixture(scope="session")
def porto(porto_pbf: Path) -> RoadEngine:
    return RoadEngine(build_graph(road_segments(read_osm_ways(porto_pbf))))
