"""However units move, change status and roads close, the counts kept are those counted anew, and SciPy's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import demand_by_road
from core.coverage.teams import ANY
from core.roads.conditions import weighting_at

CALLSIGNS = st.sampled_from(["M1", "M2", "E1", "E2", "T1"])


class Desk(RuleBasedStateMachine):
    """One desk on one small city; the fixtures are given to a subclass."""

    cities: ClassVar[Any]
    draw_team: ClassVar[Callable[..., Any]]
    arrival_ms: ClassVar[Callable[..., Any]]

    @initialize(data=st.data(), threshold_s=st.sampled_from([0, 20, 60, 150, 600]), strict=st.booleans())
    def open_map(self, data, threshold_s, strict):
        self.plain = data.draw(self.cities.filter(lambda engine: engine.graph.arcs > 0))
        self.demand = demand_by_road(self.plain.graph)
        self.closed: set[int] = set()
        self.hour = None
        self.coverage = CoverageMap(self.plain, threshold_s, strict=strict)

    @rule(callsign=CALLSIGNS, data=st.data())
    def move(self, callsign, data):
        self.coverage.put([self.draw_team(data.draw, self.plain, callsign)])

    @rule(callsign=CALLSIGNS)
    def change_status(self, callsign):
        if team := self.coverage.teams.get(callsign):
            self.coverage.put([replace(team, free=not team.free)])

    @rule(callsign=CALLSIGNS)
    def sign_off(self, callsign):
        self.coverage.remove([callsign])

    @rule(data=st.data())
    def close_or_reopen_a_road(self, data):
        self.closed ^= {data.draw(st.integers(0, self.plain.graph.arcs - 1))}
        self.drive()

    @rule(hour=st.sampled_from([None, 3, 8, 18]))
    def let_an_hour_pass(self, hour):
        self.hour = hour
        self.drive()

    def drive(self):
        closed = np.array(sorted(self.closed), np.int64)
        self.coverage.drive_on(self.plain.weighted(weighting_at(self.hour, closed=closed)))

    @rule(callsigns=st.sets(CALLSIGNS), at_least=st.integers(1, 2))
    def ask_without_them(self, callsigns, at_least):
        before = self.coverage.counts().tolist()
        change = self.coverage.without(callsigns, self.demand, at_least=at_least)
        rest = self.fresh([team for name, team in self.coverage.teams.items() if name not in callsigns])
        assert change.before == pytest.approx(self.coverage.share(self.demand, at_least=at_least))
        assert change.after == pytest.approx(rest.share(self.demand, at_least=at_least))
        assert self.coverage.counts().tolist() == before

    def fresh(self, teams):
        fresh = CoverageMap(self.coverage.engine, self.coverage.threshold_s, strict=self.coverage.strict)
        fresh.put(teams)
        return fresh

    @invariant()
    def the_counts_are_those_counted_anew(self):
        if hasattr(self, "coverage"):
            fresh = self.fresh(list(self.coverage.teams.values()))
            for capability in (ANY, "als", "bls", "engine"):
                assert self.coverage.counts(capability).tolist() == fresh.counts(capability).tolist()

    def teardown(self):
        if hasattr(self, "coverage"):
            late_ms = 1000 * self.coverage.threshold_s - self.coverage.strict
            counts = np.zeros(self.plain.graph.nodes, int)
            for team in self.coverage.teams.values():
                counts += team.free & (self.arrival_ms(self.coverage.engine, team) <= late_ms)
            assert self.coverage.counts().tolist() == counts.tolist()


def test_that_counts_kept_are_counts_made_anew(cities, draw_team, arrival_ms):
    facts = {"cities": cities, "draw_team": staticmethod(draw_team), "arrival_ms": staticmethod(arrival_ms)}
    run_state_machine_as_test(type("Desk", (Desk,), facts), settings=settings(max_examples=40, stateful_step_count=20))
