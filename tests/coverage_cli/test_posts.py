"""Plans of posts are the best there are: against every choice tried one by one, and against the map itself."""

import itertools
import re
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import Demand, demand_by_road, demand_by_zones
from core.coverage.post_gains import Gains, gains_of
from core.coverage.post_sites import sites_on_roads
from core.coverage.posts import Effort, best_posts, solve_posts
from core.coverage.reaches import Reaches, Start
from core.coverage.teams import Team
from core.pack.pack import MapPack
from core.roads.engine import RoadEngine
from core.roads.snap import Snap
from workstation.cli import main

EXACT = Effort(gap=1e-6, limit_s=30, seconds=time.monotonic)


def choices(sites: int, units: int, busy: float) -> Iterable[np.ndarray]:
    several = itertools.combinations_with_replacement if busy else itertools.combinations
    return (np.bincount(chosen, minlength=sites).astype(float) for chosen in several(range(sites), units))


@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([0.0, 0.25, 0.6]))
def test_that_no_choice_is_better(seed: int, units: int, busy: float) -> None:
    rng = np.random.default_rng(seed)
    groups, sites = int(rng.integers(1, 40)), int(rng.integers(4, 8))
    reached = (rng.random((groups, sites)) < 0.3).astype(float)
    reached[np.arange(groups), rng.integers(0, sites, groups)] = 1.0
    weights = rng.random(groups)
    blocks = np.unique(np.linspace(0, groups, 6).astype(np.int32))
    gains = Gains(csr_array(reached), weights / weights.sum() / 1.2, blocks, busy)
    best = max(gains.worth(chosen) for chosen in choices(sites, units, busy))
    plan = solve_posts(gains, [f"S{at}" for at in range(sites)], units, EXACT)
    assert plan.share == pytest.approx(best, abs=2e-6)
    assert best - 2e-6 <= plan.bound <= plan.share + 2e-6
    assert sum(plan.units.values()) == units


@pytest.fixture(scope="module")
def people(town: MapPack, engine: RoadEngine) -> Demand:
    assert town.zones_path
    return demand_by_zones(engine, town.zones_path)


@pytest.fixture(scope="module")
def sites(engine: RoadEngine, people: Demand) -> dict[str, Snap]:
    return {f"S{at}": place for at, place in enumerate(sites_on_roads(engine, people, 70))}


def test_that_the_plan_holds_on_the_map(engine: RoadEngine, people: Demand, sites: dict[str, Snap]) -> None:
    plan = best_posts(engine, sites, people, 3, 200, turnout_s=20, effort=EXACT)
    coverage = CoverageMap(engine, 200)
    coverage.put(Team(name, sites[name], turnout_ms=20_000) for name in plan.units)
    assert coverage.share(people) == pytest.approx(plan.share)
    assert plan.share <= plan.bound <= plan.within_reach + 1e-9
    assert plan.gap <= EXACT.gap


def test_that_busy_units_are_doubled_where_people_are(
    engine: RoadEngine, people: Demand, sites: dict[str, Snap]
) -> None:
    plan = best_posts(engine, sites, people, 4, 240, busy=0.5, effort=EXACT)
    coverage = CoverageMap(engine, 240)
    posted = [name for name, count in plan.units.items() for _ in range(count)]
    coverage.put(Team(f"{name}-{at}", sites[name]) for at, name in enumerate(posted))
    shares = coverage.shares(people, most=4)
    assert sum(share * (1 - 0.5**teams) for teams, share in enumerate(shares)) == pytest.approx(plan.share)


def test_that_groups_keep_every_node(engine: RoadEngine, sites: dict[str, Snap]) -> None:
    demand, reaches = demand_by_road(engine.graph), Reaches(engine)
    ranges = reaches.of([Start(place, True, 100_000) for place in sites.values()])
    gains = gains_of(reaches, ranges, demand, 0.0)
    for at, name in enumerate(sites):
        coverage = CoverageMap(engine, 100)
        coverage.put([Team(name, sites[name])])
        assert gains.worth(np.eye(len(sites))[at]) == pytest.approx(coverage.share(demand))


def test_that_sites_are_spread_and_on_roads_where_somebody_is(engine: RoadEngine, people: Demand) -> None:
    found = sites_on_roads(engine, people, 10)
    assert len({(place.lat, place.lon) for place in found}) == 10
    assert all(people.weights[place.node] > 0 for place in found)
    nobody = Demand(np.zeros(engine.graph.nodes), "people", people.zone, people.zone_names)
    assert sites_on_roads(engine, nobody, 10) == []


def test_that_nothing_to_reach_and_no_unit_give_an_empty_plan(
    engine: RoadEngine, people: Demand, sites: dict[str, Snap]
) -> None:
    assert best_posts(engine, sites, people, 0, 200).units == {}
    assert best_posts(engine, {}, people, 3, 200).units == {}
    assert best_posts(engine, sites, people, 3, 200, turnout_s=300).share == 0


def test_that_more_units_than_sites_take_all_sites(engine: RoadEngine, people: Demand, sites: dict[str, Snap]) -> None:
    few = dict(itertools.islice(sites.items(), 3))
    plan = best_posts(engine, few, people, 9, 200, effort=EXACT)
    assert plan.units == dict.fromkeys(few, 1)
    assert plan.share == pytest.approx(plan.within_reach)


@pytest.mark.usefixtures("home")
class TestCommand:
    """`foredesk posts`."""

    def test_that_the_plan_is_compared_and_can_be_given_back(
        self, town_path: Path, units_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "posts.csv"
        arguments = ["posts", str(town_path), "--units", str(units_csv), "-t", "4", "-o", str(out)]
        assert main(arguments) == 0
        said = capsys.readouterr().out
        found = re.search(r"Now, 4 units: ([\d.]+)%", said), re.search(r"With these posts: ([\d.]+)%", said)
        assert found[0]
        assert found[1]
        assert float(found[0][1]) < float(found[1][1])
        assert "No choice of 4 among these sites exceeds" in said
        assert main(["coverage", str(town_path), str(out), "-t", "4"]) == 0
        none = re.search(r"by no team +([\d.]+)%", capsys.readouterr().out)
        assert none
        assert float(none[1]) == pytest.approx(100 - float(found[1][1]), abs=0.11)

    def test_that_posts_may_be_kept_to_stations(
        self, town_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "posts.geojson"
        command = ["posts", str(town_path), "-n", "3", "--busy", "0.4", "--sites", "stations", "-o", str(out)]
        assert main(command) == 0
        said = capsys.readouterr().out
        assert "among 2 sites" in said
        assert "is expected to be reached in time by a free unit" in said
        assert set(re.findall(r"(Old|New)$", said, re.MULTILINE)) <= {"Old", "New"}
        assert main(["coverage", str(town_path), str(out)]) == 0
        assert "3 units count" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ([], "Give -n, or --units with a file."),
            (["-n", "0"], "-n, the number of units, must be a number from 1 to 1000, not 0."),
            (["-n", "2", "--busy", "1"], "--busy, the share of time, must be a number from 0 to 0.95, not 1."),
            (["-n", "2", "--capability", "als"], "Give --units too."),
            (["-n", "2", "-o", "posts.xlsx"], "Name it .csv, .geojson, .gpkg or .png."),
            (["-n", "2", "-t", "0"], "must be a number from more than 0 to 240, not 0."),
        ],
    )
    def test_that_what_makes_no_sense_is_told(
        self, town_path: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["posts", str(town_path), *options]) == 1
        assert sentence in capsys.readouterr().err
