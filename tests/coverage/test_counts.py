"""Counts are exact at every node: SciPy's, for any network, teams, threshold and strictness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.coverage.coverage_map import CoverageMap
from core.coverage.etas import NEVER, team_etas_ms
from core.coverage.teams import ANY, Team
from core.roads.conditions import weighting_at
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.snap import Snap
from core.roads.speeds import RoadClass
from tests.made_roads import RoadLine, segments_from_lines

STEP = 0.001


def expected(engine, teams, capability, arrival_ms, threshold_s, strict=False):
    counts = np.zeros(engine.graph.nodes, int)
    for team in teams:
        if team.free and capability in {*team.capabilities, ANY}:
            times = arrival_ms(engine, team)
            counts += times < 1000 * threshold_s if strict else times <= 1000 * threshold_s
    return counts.tolist()


@settings(max_examples=150)
@given(data=st.data())
def test_that_counts_are_scipys_at_every_node(data, cities, draw_team, arrival_ms):
    engine = data.draw(cities)
    if not engine.graph.arcs:
        return
    if data.draw(st.booleans()):
        closed = data.draw(st.lists(st.integers(0, engine.graph.arcs - 1), max_size=4))
        engine = engine.weighted(weighting_at(8, snow=True, closed=np.array(closed, np.int64)))
    teams = [draw_team(data.draw, engine, f"U{at}") for at in range(data.draw(st.integers(0, 20)))]
    threshold_s, strict = data.draw(st.sampled_from([0, 5, 60, 62, 120, 900])), data.draw(st.booleans())
    coverage = CoverageMap(engine, threshold_s, strict=strict)
    coverage.put(teams)
    for capability in (ANY, "als", "engine"):
        found = coverage.counts(capability).tolist()
        assert found == expected(engine, teams, capability, arrival_ms, threshold_s, strict)


@settings(max_examples=80)
@given(data=st.data())
def test_that_the_first_teams_arrive_when_scipy_says(data, cities, draw_team, arrival_ms):
    engine = data.draw(cities)
    if not engine.graph.arcs:
        return
    teams = [draw_team(data.draw, engine, f"U{at}") for at in range(data.draw(st.integers(0, 8)))]
    times = np.full((3 + len(teams), engine.graph.nodes), np.inf)
    for at, team in enumerate(team for team in teams if team.free):
        times[at] = arrival_ms(engine, team)
    times = np.sort(times, axis=0)[:3]
    assert team_etas_ms(engine, teams, k=3).tolist() == np.where(np.isinf(times), NEVER, times).tolist()


def line(points, **facts):
    return RoadLine([(lat * STEP, lon * STEP) for lat, lon in points], RoadClass.RESIDENTIAL, **facts)


def town(*lines: RoadLine) -> RoadEngine:
    return RoadEngine(build_graph(segments_from_lines(list(lines))))


def team_at(engine: RoadEngine, lat: float, lon: float, callsign: str = "M1", **facts) -> Team:
    place = engine.snap(lat * STEP, lon * STEP)
    assert isinstance(place, Snap)
    return Team(callsign, place, **facts)


def covered(engine: RoadEngine, coverage: CoverageMap) -> set[tuple[int, int]]:
    nodes = np.flatnonzero(coverage.counts())
    lat, lon = engine.graph.node_lat[nodes] / STEP, engine.graph.node_lon[nodes] / STEP
    return set(zip(np.rint(lat).astype(int).tolist(), np.rint(lon).astype(int).tolist(), strict=True))


def test_that_an_island_is_not_covered_from_the_mainland():
    engine = town(line([(0, 0), (0, 1), (0, 2), (1, 2), (0, 0)]), line([(9, 9), (9, 8)]))
    coverage = CoverageMap(engine, 3600)
    coverage.put([team_at(engine, 0, 0)])
    assert covered(engine, coverage) == {(0, 0), (0, 1), (0, 2), (1, 2)}
    coverage.put([team_at(engine, 9, 9)])
    assert covered(engine, coverage) == {(9, 9), (9, 8)}


def test_that_a_team_in_a_one_way_trap_covers_only_the_trap():
    trap = line([(0, 1), (1, 1), (2, 1)], oneway=1)
    engine = town(line([(0, 0), (0, 1), (0, 2)]), trap)
    coverage = CoverageMap(engine, 3600)
    coverage.put([team_at(engine, 2, 1)])
    assert covered(engine, coverage) == {(2, 1)}
    coverage.put([team_at(engine, 0, 0)])
    assert len(covered(engine, coverage)) == 5


def test_that_a_team_in_a_courtyard_drives_from_the_nearest_road():
    engine = town(line([(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]))
    yard = team_at(engine, 1, 2)
    assert yard.place.offset_m > 50
    coverage = CoverageMap(engine, 3600)
    coverage.put([yard])
    assert len(covered(engine, coverage)) == 4


def test_that_zero_length_segments_and_duplicate_arcs_change_nothing():
    plain = town(line([(0, 0), (0, 1), (0, 2)]), line([(0, 1), (1, 1)]))
    odd = town(line([(0, 0), (0, 1), (0, 1), (0, 2)]), line([(0, 1), (1, 1)]), line([(0, 1), (1, 1)]))
    for threshold_s in (0, 10, 15, 30, 60):
        found = []
        for engine in (plain, odd):
            coverage = CoverageMap(engine, threshold_s)
            coverage.put([team_at(engine, 0, 0)])
            found.append(covered(engine, coverage))
        assert found[0] == found[1]


@pytest.mark.parametrize(("strict", "nodes"), [(False, 1), (True, 0)])
def test_that_in_no_time_a_team_covers_where_it_stands(strict, nodes):
    engine = town(line([(0, 0), (0, 1), (0, 2)]))
    coverage = CoverageMap(engine, 0, strict=strict)
    coverage.put([team_at(engine, 0, 1)])
    assert int(coverage.counts().sum()) == nodes
    coverage.put([team_at(engine, 0, 1, turnout_ms=1)])
    assert int(coverage.counts().sum()) == 0


def test_that_nobody_covers_nothing():
    coverage = CoverageMap(town(line([(0, 0), (0, 1)])), 480)
    assert coverage.follow([]) == frozenset()
    assert not coverage.counts().any()
    assert not coverage.counts("als").any()


def test_that_5000_teams_are_counted_one_by_one():
    engine = town(line([(0, at) for at in range(60)]), line([(at, 30) for at in range(60)]))
    rng = np.random.default_rng(5)
    teams = [team_at(engine, 0, float(lon), f"U{at}") for at, lon in enumerate(rng.uniform(0, 59, 5000))]
    coverage = CoverageMap(engine, 3600)
    coverage.put(teams)
    assert coverage.counts().tolist() == [5000] * engine.graph.nodes
    coverage.remove([team.callsign for team in teams[:1234]])
    assert coverage.counts().tolist() == [3766] * engine.graph.nodes


def test_that_work_spread_over_threads_counts_the_same(arrival_ms):
    from concurrent.futures import ThreadPoolExecutor

    engine = town(*(line([(at, 0), (at, 40)]) for at in range(8)), line([(0, 20), (7, 20)]))
    teams = [team_at(engine, at % 8, float(at % 37), f"U{at}") for at in range(100)]
    alone = CoverageMap(engine, 90)
    alone.put(teams)
    with ThreadPoolExecutor(3) as pool:
        spread = CoverageMap(engine, 90, spread=pool.map)
        spread.put(teams)
        assert spread.counts().tolist() == alone.counts().tolist()
