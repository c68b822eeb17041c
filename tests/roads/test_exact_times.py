"""Every travel time equals that of an oracle over pairs of arcs, and SciPy's Dijkstra on the same graph."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Refused
from core.roads.engine import UNREACHABLE, RoadEngine
from core.roads.graph import build_graph
from core.roads.snap import Snap
from core.roads.speeds import RoadClass

NETWORKS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def bent(road, nodes, draw):
    """The road with up to two more nodes between each two, so that there are chains."""
    yield road[0]
    for a, b in itertools.pairwise(road):
        for share in draw(st.sampled_from([(), (), (0.5,), (0.3, 0.6)])):
            nodes.append(tuple(start + share * (end - start) for start, end in zip(nodes[a], nodes[b], strict=True)))
            yield len(nodes) - 1
        yield b


@st.composite
def networks(draw, sketch):
    """Few nodes on a coarse grid, so that duplicates, zero lengths, loops, islands and dead ends are frequent."""
    count = draw(st.integers(2, 10))
    spot = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda p: (p[0] * 0.002, p[1] * 0.002))
    nodes = draw(st.lists(spot, min_size=count, max_size=count))
    node = st.integers(0, count - 1)
    roads = draw(st.lists(st.lists(node, min_size=2, max_size=4).map(tuple), min_size=1, max_size=16))
    ways = range(len(roads))
    oneway = {w: draw(st.sampled_from([0, 0, 1, -1])) for w in ways}
    classes = {w: draw(st.sampled_from([RoadClass.RESIDENTIAL, RoadClass.TRUNK, RoadClass.SERVICE])) for w in ways}
    roads = [tuple(bent(road, nodes, draw)) for road in roads]
    bans = []
    for via in draw(st.lists(node, max_size=12)):
        if meeting := [w for w in ways if via in roads[w]]:
            way = st.sampled_from(meeting)
            bans.append((draw(way), via, draw(way), draw(st.integers(0, 3)) == 0))
    return sketch(nodes, roads, oneway=oneway, classes=classes, bans=bans)


def places_on(engine, draw, count):
    """Points at nodes, and between nodes, wherever the network snaps them."""
    graph = engine.graph
    found = []
    for _ in range(count):
        segment = draw(st.integers(0, len(graph.segment_a) - 1))
        along = draw(st.sampled_from([0.0, 0.25, 0.4, 0.75, 1.0]))
        a, b = graph.segment_a[segment], graph.segment_b[segment]
        lat = graph.node_lat[a] + along * (graph.node_lat[b] - graph.node_lat[a])
        lon = graph.node_lon[a] + along * (graph.node_lon[b] - graph.node_lon[a])
        place = engine.snap(lat, lon)
        assert isinstance(place, Snap)
        found.append(place)
    return found


@NETWORKS
@given(data=st.data(), siren=st.booleans())
def test_that_every_eta_equals_the_line_graph_oracle(data, siren, sketch, oracle):
    segments = data.draw(networks(sketch)).segments()
    engine = RoadEngine(build_graph(segments))
    if not engine.graph.arcs:
        return
    sources, target = places_on(engine, data.draw, 6), places_on(engine, data.draw, 1)[0]
    truth = oracle(segments, engine.graph, siren)
    assert engine.etas_to(target, sources, siren).tolist() == [truth.eta_ms(s, target) for s in sources]


@NETWORKS
@given(data=st.data(), siren=st.booleans())
def test_that_routes_journeys_and_the_nearest_agree_with_the_etas(data, siren, sketch):
    engine = data.draw(networks(sketch)).engine()
    if not engine.graph.arcs:
        return
    sources, target = places_on(engine, data.draw, 5), places_on(engine, data.draw, 1)[0]
    etas = engine.etas_to(target, sources, siren).tolist()
    journeys = engine.journeys_to(target, sources, siren)
    assert journeys.ms.tolist() == etas
    reached = [eta for eta in etas if eta != UNREACHABLE]
    nearest = engine.nearest_to(target, sources, siren)
    assert (nearest[1] if nearest else None) == (min(reached) if reached else None)
    for source, eta, metres in zip(sources, etas, journeys.metres.tolist(), strict=True):
        if eta == UNREACHABLE:
            assert np.isnan(metres)
            with pytest.raises(Refused):
                engine.route(source, target, siren)
            continue
        route = engine.route(source, target, siren)
        assert route.time_ms == eta == sum(step.time_ms for step in route.steps)
        assert route.length_m == pytest.approx(sum(step.length_m for step in route.steps), abs=1e-6)
        assert route.points[0] == pytest.approx((source.road_lat, source.road_lon), abs=1e-12)
        assert route.points[-1] == pytest.approx((target.road_lat, target.road_lon), abs=1e-6)
