"""A real city: 200 units to one incident are SciPy's times at every unit, and routes on real streets hold together."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.segments import lengths_m
from core.roads.snap import Snap

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def porto(porto_pbf):
    return RoadEngine(build_graph(road_segments(read_osm_ways(porto_pbf))))


@pytest.fixture(scope="module")
def places(porto):
    graph = porto.graph
    nodes = np.random.default_rng(7).choice(graph.nodes, 220, replace=False)
    shift = np.random.default_rng(8).normal(scale=2e-4, size=(220, 2))
    spots = np.column_stack([graph.node_lat[nodes], graph.node_lon[nodes]]) + shift
    found = [porto.snap(float(lat), float(lon)) for lat, lon in spots]
    return [place for place in found if isinstance(place, Snap)][:203]


def with_places(graph, cost_ms, sources, target):
    """The graph for SciPy with the target and each source as further vertices; vertex 0 is the target."""
    rows, columns, costs = [], [], []
    tail = np.repeat(np.arange(graph.states), np.diff(graph.first_out))
    begin = len(sources) + 1
    for arc, along in target.arriving:
        rows.append(begin + tail[arc])
        columns.append(0)
        costs.append(round(float(cost_ms[arc]) * along))
    for at, source in enumerate(sources, start=1):
        for arc, along in source.leaving:
            rows.append(at)
            columns.append(begin + int(graph.head[arc]))
            costs.append(int(cost_ms[arc]) - round(float(cost_ms[arc]) * along))
    size = begin + graph.states
    rows, columns = np.concatenate([rows, begin + tail]), np.concatenate([columns, begin + graph.head])
    # SciPy may take a stored 0 for no link, so a millionth stands for it; rounding takes it off again.
    costs = np.concatenate([costs, cost_ms]).astype(float)
    order = np.lexsort((costs, columns, rows))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(rows[order]) != 0) | (np.diff(columns[order]) != 0)
    kept = order[first]
    matrix = csr_array((np.maximum(costs[kept], 1e-6), (rows[kept], columns[kept])), shape=(size, size))
    return matrix.T.tocsr()


@pytest.mark.parametrize("siren", [True, False])
def test_that_200_units_to_one_incident_are_scipys_times(porto, places, siren):
    target, sources = places[0], places[3:]
    cost_ms = porto.graph.siren_ms if siren else porto.graph.travel_ms
    exact = dijkstra(with_places(porto.graph, cost_ms, sources, target), indices=0)[1 : len(sources) + 1]
    etas = porto.etas_to(target, sources, siren)
    assert len(sources) == 200
    assert etas.tolist() == [-1 if np.isinf(ms) else round(ms) for ms in exact]


def test_that_only_restricted_nodes_were_split_and_most_vertices_are_inside_chains(porto):
    graph = porto.graph
    assert 100 < graph.states - graph.nodes < 1000
    assert porto.hierarchy.junctions < 0.2 * graph.states


def test_that_routes_are_as_long_as_their_lines_and_take_their_etas(porto, places):
    target, sources = places[1], places[3:43]
    journeys = porto.journeys_to(target, sources, siren=True)
    for source, ms, metres in zip(sources, journeys.ms.tolist(), journeys.metres.tolist(), strict=True):
        if ms < 0:
            continue
        route = porto.route(source, target, siren=True)
        lat, lon = np.array(route.points).T
        assert route.time_ms == ms
        assert route.length_m == pytest.approx(metres, rel=1e-4, abs=0.1)
        assert lengths_m(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum() == pytest.approx(metres, rel=1e-3, abs=1)
        assert all(step.text.endswith(".") for step in route.steps)


def test_that_the_nearest_unit_is_the_one_with_the_least_eta(porto, places):
    target, sources = places[2], places[3:]
    etas = porto.etas_to(target, sources, siren=True)
    reached = etas[etas >= 0]
    assert porto.nearest_to(target, sources, siren=True) == (
        int(np.flatnonzero(etas == reached.min())[0]),
        reached.min(),
    )
