"""The best move-up is the best of all pairs, weighed one by one by really making each move."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import demand_by_road
from core.coverage.move_ups import best_move_up
from core.coverage.teams import ANY


@settings(max_examples=40)
@given(data=st.data(), at_least=st.integers(1, 2), capability=st.sampled_from([ANY, "als"]))
def test_that_moves_are_worth_what_making_them_brings(data, at_least, capability, cities, draw_team, draw_place):
    engine = data.draw(cities)
    if not engine.graph.arcs:
        return
    demand = demand_by_road(engine.graph)
    teams = {f"U{at}": draw_team(data.draw, engine, f"U{at}") for at in range(data.draw(st.integers(0, 6)))}
    stations = {f"S{at}": draw_place(data.draw, engine) for at in range(data.draw(st.integers(0, 4)))}
    away = set(data.draw(st.lists(st.sampled_from(sorted(teams)), max_size=2))) if teams else set()
    coverage = CoverageMap(engine, data.draw(st.sampled_from([0, 30, 100, 400])))
    coverage.put(teams.values())
    before = coverage.counts(capability).tolist()

    found = best_move_up(coverage, stations, demand, capability, away=away, at_least=at_least, most=100)

    assert coverage.counts(capability).tolist() == before
    staying = {name: team for name, team in teams.items() if name not in away}
    worth = {}
    for name, team in staying.items():
        for station, place in stations.items():
            if team.free and capability in {*team.capabilities, ANY}:
                moved = CoverageMap(engine, coverage.threshold_s)
                moved.put({**staying, name: replace(team, place=place)}.values())
                worth[name, station] = moved.share(demand, capability, at_least)
    left = CoverageMap(engine, coverage.threshold_s)
    left.put(staying.values())
    base = left.share(demand, capability, at_least)
    better = {pair: share for pair, share in worth.items() if share > base + 1e-9}
    assert {(move.callsign, move.station): move.after for move in found} == pytest.approx(better)
    assert [move.after for move in found] == sorted((move.after for move in found), reverse=True)
    assert all(move.before == pytest.approx(base) for move in found)
