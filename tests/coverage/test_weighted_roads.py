"""Another hour, snow and closed roads: times and routes stay exact, and the roads themselves stay as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.coverage.teams import Team
from core.errors import Refused
from core.roads.closures import closed_arcs
from core.roads.conditions import weighting_at
from core.roads.engine import UNREACHABLE, RoadEngine
from core.roads.graph import build_graph
from core.roads.path import tails
from core.roads.snap import Snap
from core.roads.speeds import RoadClass
from tests.made_roads import RoadLine, segments_from_lines

STEP = 0.001


@given(data=st.data(), siren=st.booleans())
def test_that_weighted_times_are_scipys_and_routes_take_them(data, siren, cities, draw_place, arrival_ms):
    plain = data.draw(cities)
    if not plain.graph.arcs:
        return
    closed = np.array(data.draw(st.lists(st.integers(0, plain.graph.arcs - 1), max_size=5)), np.int64)
    engine = plain.weighted(weighting_at(data.draw(st.sampled_from([None, 3, 18])), snow=True, closed=closed))
    target = draw_place(data.draw, engine)
    if target.node < 0:
        return
    sources = [draw_place(data.draw, engine) for _ in range(5)]
    etas = engine.etas_to(target, sources, siren).tolist()
    for source, eta in zip(sources, etas, strict=True):
        exact = arrival_ms(engine, Team("U", source, siren=siren))[target.node]
        assert eta == (UNREACHABLE if np.isinf(exact) else exact)
        if eta == UNREACHABLE:
            with pytest.raises(Refused):
                engine.route(source, target, siren)
        else:
            assert engine.route(source, target, siren).time_ms == eta


@pytest.fixture
def block() -> RoadEngine:
    """Two ways from west to east: a short one over a bridge, and a longer one to the north."""
    bridge = [(0, at * STEP) for at in range(7)]
    north = [(0, 0), (4 * STEP, 0), (4 * STEP, 6 * STEP), (0, 6 * STEP)]
    spur = [(0, -STEP), (0, 0)]
    lines = (bridge, north, spur, [(0, 6 * STEP), (0, 7 * STEP)])
    return RoadEngine(build_graph(segments_from_lines([RoadLine(points, RoadClass.RESIDENTIAL) for points in lines])))


def place(engine: RoadEngine, lat: float, lon: float) -> Snap:
    found = engine.snap(lat * STEP, lon * STEP)
    assert isinstance(found, Snap)
    return found


def columns(engine: RoadEngine, arcs) -> set[tuple[int, int]]:
    """The ends of arcs along the bridge, in steps."""
    lon = engine.graph.node_lon[engine.graph.node_of_state]
    ends = zip(lon[tails(engine.graph, arcs)], lon[engine.graph.head[arcs]], strict=True)
    return {tuple(sorted((round(float(a) / STEP), round(float(b) / STEP)))) for a, b in ends}


def test_that_a_point_closes_its_road_from_junction_to_junction(block):
    arcs = closed_arcs(block, [(0.0001 * STEP, 2.4 * STEP)])
    assert columns(block, arcs) == {(at, at + 1) for at in range(6)}
    assert len(arcs) == 12


def test_that_points_along_a_road_close_what_lies_between(block):
    assert columns(block, closed_arcs(block, [(0, 1.5 * STEP), (0, 3.5 * STEP)])) == {(1, 2), (2, 3), (3, 4)}


def test_that_a_ring_closes_every_road_that_touches_it(block):
    ring = [(-STEP, 2.2 * STEP), (STEP, 2.2 * STEP), (STEP, 2.8 * STEP), (-STEP, 2.8 * STEP), (-STEP, 2.2 * STEP)]
    assert columns(block, closed_arcs(block, ring)) == {(2, 3)}


def test_that_points_on_no_road_close_none(block):
    assert len(closed_arcs(block, [(1.0, 1.0)])) == 0
    assert len(closed_arcs(block, [])) == 0


def test_that_a_closed_bridge_sends_units_round_and_opens_again(block):
    west, east = place(block, 0, -1), place(block, 0, 7)
    straight = block.route(west, east, siren=True)
    closed = block.weighted(weighting_at(closed=closed_arcs(block, [(0, 2.5 * STEP)])))
    round_ = closed.route(west, east, siren=True)
    assert max(lat for lat, _ in straight.points) < STEP < max(lat for lat, _ in round_.points)
    assert round_.time_ms > straight.time_ms
    assert block.route(west, east, siren=True).time_ms == straight.time_ms


def test_that_who_stands_on_a_closed_road_is_reached_by_nobody(block):
    closed = block.weighted(weighting_at(closed=closed_arcs(block, [(0, 2.5 * STEP)])))
    assert closed.etas_to(place(block, 0, 2.5), [place(block, 0, -1)], siren=True).tolist() == [UNREACHABLE]


def test_that_rush_hour_costs_sirens_less_and_an_empty_road_gives_them_nothing():
    for road_class in RoadClass:
        rush, night = weighting_at(18), weighting_at(3)
        assert rush.normal[road_class] > rush.siren[road_class] > 1.0
        assert night.normal[road_class] < 1.0 == night.siren[road_class]
    assert weighting_at().plain
    assert not weighting_at(snow=True).plain
