"""A position on the road: the exact nearest point, the ways on from it, and the sentences where there is none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.roads.engine import UNREACHABLE
from core.roads.grid import METRES_PER_DEGREE, build_grid, nearest_segment
from core.roads.snap import NotOnRoad, Snap

KM = 1 / 111.19508
LINE = [(0, 0), (0, KM)]


def nearest_by_looking_at_all(lat, lon, ends):
    found = []
    for at, (a_lat, a_lon, b_lat, b_lon) in enumerate(ends):
        stretch = math.cos(math.radians(lat))
        ax, ay = (a_lon - lon) * stretch, a_lat - lat
        dx, dy = (b_lon - a_lon) * stretch, b_lat - a_lat
        size = dx * dx + dy * dy
        along = min(1, max(0, -(ax * dx + ay * dy) / size)) if size else 0
        found.append((METRES_PER_DEGREE * math.hypot(ax + along * dx, ay + along * dy), at))
    return min(found)


degrees = st.integers(-300, 300).map(lambda n: n / 10_000)


@given(st.lists(st.tuples(degrees, degrees, degrees, degrees), min_size=1, max_size=12), degrees, degrees)
def test_that_the_nearest_segment_is_found_as_by_looking_at_all(ends, lat, lon):
    a_lat, a_lon, b_lat, b_lon = np.array(ends, float).T.copy()
    grid = build_grid(a_lat, a_lon, b_lat, b_lon)
    count = len(ends)
    a, b = np.arange(count, dtype=np.int32), np.arange(count, 2 * count, dtype=np.int32)
    lats, lons = np.concatenate([a_lat, b_lat]), np.concatenate([a_lon, b_lon])
    cells = (grid.frame, grid.shape, grid.cell_first, grid.cell_segment)
    segment, along, metres = nearest_segment(lat, lon, 500.0, False, np.ones(count, np.bool_), *cells, a, b, lats, lons)
    truth, _ = nearest_by_looking_at_all(lat, lon, ends)
    if truth > 500:
        assert segment == -1
    else:
        assert metres == pytest.approx(truth, abs=1e-6)
        assert 0 <= along <= 1


def test_that_a_snap_is_the_foot_of_the_perpendicular(sketch):
    place = sketch(LINE, [(0, 1)]).engine().snap(0.0001, KM / 4)
    assert (place.road_lat, place.road_lon) == pytest.approx((0, KM / 4), abs=1e-9)
    assert place.offset_m == pytest.approx(11.12, abs=0.01)
    assert sorted(along for _, along in place.leaving) == pytest.approx([0.25, 0.75])
    assert place.note == ""


def test_that_a_one_way_street_is_left_and_reached_along_it_only(sketch):
    place = sketch(LINE, [(0, 1)], oneway={0: 1}).engine().snap(0, KM / 4)
    assert [along for _, along in place.leaving] == [along for _, along in place.arriving] == pytest.approx([0.25])


def test_that_a_target_ahead_on_the_same_one_way_street_is_driven_to_directly(sketch):
    engine = sketch([*LINE, (KM, 0)], [(0, 1), (1, 2), (2, 0)], oneway={0: 1, 1: 1, 2: 1}).engine()
    behind, ahead = engine.snap(0, KM * 0.2), engine.snap(0, KM * 0.8)
    route = engine.route(behind, ahead, siren=False)
    assert route.length_m == pytest.approx(600, abs=1)
    assert route.time_ms == pytest.approx(600 / 28 * 3600, abs=2)
    assert len(route.points) == 2


def test_that_a_target_behind_on_the_same_one_way_street_is_reached_all_the_way_round(sketch):
    engine = sketch([*LINE, (KM, 0)], [(0, 1), (1, 2), (2, 0)], oneway={0: 1, 1: 1, 2: 1}).engine()
    behind, ahead = engine.snap(0, KM * 0.2), engine.snap(0, KM * 0.8)
    route = engine.route(ahead, behind, siren=False)
    assert route.length_m == pytest.approx(200 + 1414 + 1000 + 200, abs=2)
    assert engine.etas_to(behind, [ahead], siren=False)[0] == route.time_ms


def test_that_one_who_is_there_needs_no_time(sketch):
    engine = sketch(LINE, [(0, 1)], oneway={0: 1}).engine()
    for lon in (0, KM / 3, KM):
        place = engine.snap(0, lon)
        route = engine.route(place, place, siren=True)
        assert (route.time_ms, route.length_m) == (0, 0)
        assert route.steps[-1].text in {"You are at the scene.", "The scene is on the road here."}


@pytest.mark.parametrize(
    ("lat", "lon", "sentence"),
    [
        (0.0055, KM * 0.6, "There is no road within 500 m."),
        (10, 10, "It is off the map."),
        (0, 179.9, "It is off the map."),
        (math.nan, 0, "These coordinates are not a place on earth."),
        (0, math.inf, "These coordinates are not a place on earth."),
        (91, 0, "These coordinates are not a place on earth."),
    ],
)
def test_that_a_position_off_the_road_gets_a_sentence_instead_of_a_guess(sketch, lat, lon, sentence):
    engine = sketch([*LINE, (0.02, 0)], [(0, 1), (0, 2)]).engine()
    assert engine.snap(lat, lon) == NotOnRoad(sentence)


def test_that_500_metres_is_the_limit(sketch):
    engine = sketch(LINE, [(0, 1)]).engine()
    assert isinstance(engine.snap(0.499 * KM, KM / 2), Snap)
    assert isinstance(engine.snap(0.501 * KM, KM / 2), NotOnRoad)


def test_that_an_island_says_so_and_is_unreachable(sketch):
    spots = [(0, 0), (0, KM), (0, 2 * KM), (KM, 0), (KM, KM)]
    engine = sketch(spots, [(0, 1, 2), (3, 4)]).engine()
    main, island = engine.snap(0, KM / 2), engine.snap(KM, KM / 2)
    assert (main.island, island.island) == (False, True)
    assert "do not connect" in island.note
    assert engine.etas_to(main, [island, main], siren=True).tolist() == [UNREACHABLE, 0]
    with pytest.raises(Refused, match="No road leads"):
        engine.route(island, main, siren=True)


def test_that_units_on_the_same_island_reach_each_other(sketch):
    spots = [(0, 0), (0, KM), (0, 2 * KM), (KM, 0), (KM, KM)]
    engine = sketch(spots, [(0, 1, 2), (3, 4)]).engine()
    ends = engine.snap(KM, 0.1 * KM), engine.snap(KM, 0.9 * KM)
    assert engine.etas_to(ends[0], [ends[1]], siren=False)[0] == pytest.approx(800 / 28 * 3600, abs=2)


def test_that_a_joined_road_wins_over_a_nearer_fragment_within_the_receivers_error(sketch):
    gap = 20 / 1000 * KM
    spots = [(0, 0), (0, KM), (0, 2 * KM), (gap, 0), (gap, KM)]
    engine = sketch(spots, [(0, 1, 2), (3, 4)]).engine()
    assert not engine.snap(0.9 * gap, KM / 2).island
    assert engine.snap(2.5 * gap, KM / 2).island


def test_that_one_standing_at_a_node_may_leave_it_any_way(sketch):
    engine = sketch([*LINE, (0, -KM)], [(1, 0), (0, 2)], bans=[(0, 0, 1, False)]).engine()
    at_node, beyond, before = engine.snap(0, 0), engine.snap(0, -KM / 2), engine.snap(0, KM / 2)
    assert at_node.node >= 0
    assert engine.etas_to(beyond, [at_node, before], siren=False).tolist()[0] != UNREACHABLE


def test_that_a_dead_end_of_one_way_roads_can_be_reached_but_not_left(sketch):
    engine = sketch([*LINE, (0, 2 * KM)], [(0, 1), (1, 2)], oneway={1: 1}).engine()
    trap, main = engine.snap(0, 2 * KM), engine.snap(0, KM / 2)
    assert trap.leaving == ()
    assert engine.etas_to(main, [trap], siren=False)[0] == UNREACHABLE
    assert engine.etas_to(trap, [main, trap], siren=False).tolist()[1] == 0
    assert engine.etas_to(trap, [main], siren=False)[0] > 0


def test_that_nobody_to_ask_about_gives_an_empty_answer(sketch):
    engine = sketch(LINE, [(0, 1)]).engine()
    place = engine.snap(0, 0)
    assert engine.etas_to(place, [], siren=False).tolist() == []
    assert engine.nearest_to(place, [], siren=False) is None
