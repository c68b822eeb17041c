"""What the survey tells the map and the panel, from plain values."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import demand_by_road
from core.coverage.teams import teams_of
from core.desk import Desk
from core.domain.commands import MoveUp, SetStatus
from core.domain.statuses import UnitStatus
from core.roads.closures import closed_arcs
from core.roads.engine import RoadEngine
from core.roads.unit_snaps import UnitSnaps
from core.roads.weighting import Weighting
from widgets.coverage.survey import Question, Survey
from widgets.map.look import NOBODY, SOON


@pytest.fixture
def question(desk: Desk, engine: RoadEngine) -> Question:
    rules = desk.agency.coverage
    return Question(desk.board, desk.agency, engine, None, rules.target_s, "", 1)


def states(answer) -> np.ndarray:
    return np.frombuffer(answer.states, np.uint8)


def test_that_states_are_the_counts_of_the_engine_room(question, desk, engine) -> None:
    told = states(Survey().answer(question))
    coverage = CoverageMap(engine, question.target_s)
    coverage.follow(teams_of(desk.board, desk.agency, UnitSnaps(engine), desk.agency.turnout_s))
    lived_on = demand_by_road(engine.graph).weights > 0
    assert (told[lived_on] == coverage.counts()[lived_on]).all()
    assert (told[~lived_on] == NOBODY).all()
    assert (~lived_on).any()
    assert {0, 4} <= set(told[lived_on].tolist()), "all four at one corner, nobody at the other"


def test_that_nothing_is_told_twice(question) -> None:
    survey = Survey()
    assert survey.answer(question).states is not None
    assert survey.answer(question).states is None


def test_that_states_for_gaps_alone_do_not_change_with_every_further_team(question, desk) -> None:
    survey, gaps = Survey(), replace(question, counts=False)
    assert set(states(survey.answer(gaps)).tolist()) == {0, 1, NOBODY}
    desk.do(SetStatus("E1", UnitStatus.OUT_OF_SERVICE))
    assert survey.answer(gaps).states is None
    assert survey.answer(question).states is not None


def test_that_what_would_become_a_gap_is_marked(question, nodes_at: Callable[[int, int], int], desk) -> None:
    survey = Survey()
    alone = replace(question, capability="engine", away=("E1",))
    told = states(survey.answer(alone))
    assert told[nodes_at(0, 0)] == 1 + SOON
    assert told[nodes_at(10, 10)] == 0, "a gap already is not one that would open"
    two = replace(question, capability="als", away=("M1",))
    assert told[nodes_at(0, 0)] & SOON
    assert not (states(survey.answer(two)) & SOON)[nodes_at(0, 0)], "the other medic stays"
    pair = replace(two, away=("M1", "M2"))
    assert states(survey.answer(pair))[nodes_at(0, 0)] == 2 + SOON
    assert not (states(survey.answer(replace(pair, capability="engine"))) == 1 + SOON).any()


def test_that_figures_and_advice_come_when_they_are_asked(question) -> None:
    survey = Survey()
    unasked = survey.answer(replace(question, measure=False))
    assert (unasked.figures, unasked.advice) == (None, None)
    asked = replace(question, capability="als", away=("M1", "M2"), away_capability="als", costs=(("M1", "als"),))
    answer = survey.answer(asked)
    assert sum(answer.figures.shares) == pytest.approx(1)
    assert answer.figures.unit == "m of road"
    assert 0 < answer.figures.covered < 1
    assert answer.advice.costs[("M1", "als")].before == answer.advice.costs[("M1", "als")].after
    assert answer.advice.together.after < 1e-9
    assert answer.advice.remedy is None, "there is no third medic"


def test_that_the_best_move_goes_where_nobody_is_and_makes_up_for_a_dispatch(question, desk) -> None:
    survey = Survey()
    moves = survey.answer(replace(question, capability="als")).figures.moves
    assert [move.station for move in moves] == ["North (made up)"] * 2
    assert {move.callsign for move in moves} == {"M1", "M2"}
    assert moves[0].after > moves[0].before
    advice = survey.answer(replace(question, away=("M1", "E1"), away_capability="bls")).advice
    assert advice.remedy is None, "M2 and A1 still cover what those two did"
    desk.do(MoveUp("M1", "North (made up)"))
    later = survey.answer(replace(question, capability="als")).figures.moves
    assert "M1" not in {move.callsign for move in later}, "it is under way"


def test_that_weak_zones_say_where_the_middle_of_the_gap_is(question) -> None:
    zones = Survey().answer(question).figures.zones
    assert zones
    assert zones[0].uncovered >= zones[-1].uncovered
    assert zones[0].lat > -29.912, "the far corner is in the north-east"


def test_that_another_target_and_other_roads_are_counted_anew(question, engine, place) -> None:
    survey = Survey()
    short = survey.answer(replace(question, target_s=60)).figures.covered
    long = survey.answer(question).figures.covered
    assert short < long
    closed = [closed_arcs(engine, [place(0, 0), end]) for end in (place(0, 1), place(1, 0))]
    shut = engine.weighted(Weighting(closed=np.unique(np.concatenate(closed))))
    assert survey.answer(replace(question, engine=shut)).figures.covered < 0.05
    assert survey.answer(question).figures.covered == pytest.approx(long)
