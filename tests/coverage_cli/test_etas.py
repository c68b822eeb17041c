"""Times of the first, second and third team agree with the counts and with searches from each team alone."""

import numpy as np
import pytest

from core.coverage.coverage_map import CoverageMap
from core.coverage.etas import NEVER, team_etas_ms, weighted_quantile
from core.coverage.teams import Team
from core.roads.engine import RoadEngine
from core.roads.snap import Snap


@pytest.fixture(scope="module")
def teams(engine: RoadEngine) -> list[Team]:
    """Anywhere in town, on crossings and between them, as different as they come."""
    rng, found = np.random.default_rng(7), []
    south, west, north, east = engine.graph.bounds
    while len(found) < 12:
        place = engine.snap(rng.uniform(south, north), rng.uniform(west, east))
        if isinstance(place, Snap):
            at = len(found)
            able = frozenset({"als"}) if at % 2 else frozenset[str]()
            found.append(Team(f"U{at}", place, able, 10_000 * (at % 3), siren=at % 4 > 0, free=at != 5))
    return found


@pytest.mark.parametrize("capability", ["", "als"])
@pytest.mark.parametrize("minutes", [1, 3, 6])
def test_that_times_agree_with_counts(engine: RoadEngine, teams: list[Team], capability: str, minutes: int) -> None:
    coverage = CoverageMap(engine, 60 * minutes)
    coverage.put(teams)
    etas_ms = team_etas_ms(engine, teams, capability, 3)
    in_time = (etas_ms <= 60_000 * minutes).sum(axis=0)
    assert np.array_equal(in_time, np.minimum(coverage.counts(capability), 3))


def test_that_each_is_the_least_of_the_teams_alone(engine: RoadEngine, teams: list[Team]) -> None:
    alone = np.concatenate([team_etas_ms(engine, [team], k=1) for team in teams])
    assert np.array_equal(team_etas_ms(engine, teams, k=4), np.sort(alone, axis=0)[:4])


def test_that_nobody_never_comes(engine: RoadEngine, teams: list[Team]) -> None:
    assert (team_etas_ms(engine, [], k=2) == NEVER).all()
    assert (team_etas_ms(engine, teams[:2], k=3)[2] == NEVER).all()


def test_that_quantiles_go_by_weight() -> None:
    values, weights = np.array([30, 10, 20], np.int32), np.array([1.0, 8.0, 1.0])
    assert [weighted_quantile(values, weights, share) for share in (0.5, 0.8, 0.9, 1.0)] == [10, 10, 20, 30]
    assert weighted_quantile(values, np.zeros(3), 0.5) == NEVER
