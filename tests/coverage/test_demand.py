"""Demand is people, addresses or calls put on nodes; nothing gets lost, and shares follow the counts."""

import json

import numpy as np
import pytest

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import demand_by_points, demand_by_road, demand_by_zones
from core.coverage.teams import Team
from core.errors import Unavailable
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.snap import Snap
from core.roads.speeds import RoadClass
from tests.made_roads import RoadLine, segments_from_lines

STEP = 0.001


@pytest.fixture(scope="module")
def street() -> RoadEngine:
    """Eleven nodes from west to east, and a motorway on which nobody lives."""
    lines = [
        RoadLine([(0, at * STEP) for at in range(11)], RoadClass.RESIDENTIAL),
        RoadLine([(0, 10 * STEP), (0, 20 * STEP)], RoadClass.MOTORWAY),
    ]
    return RoadEngine(build_graph(segments_from_lines(lines)))


def team_at(engine: RoadEngine, lon: float, callsign: str = "M1") -> Team:
    place = engine.snap(0, lon * STEP)
    assert isinstance(place, Snap)
    return Team(callsign, place)


def zones_file(folder, *zones):
    features = []
    for name, people, west, east in zones:
        ring = [
            [west * STEP, -STEP],
            [east * STEP, -STEP],
            [east * STEP, STEP],
            [west * STEP, STEP],
            [west * STEP, -STEP],
        ]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"name": name, "population": people}, "geometry": shape})
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_that_roads_count_by_their_metres_and_motorways_not_at_all(street):
    demand = demand_by_road(street.graph)
    assert demand.total == pytest.approx(10 * STEP * 111_195, rel=1e-3)
    assert demand.weights[street.graph.node_lon > 15 * STEP].sum() == 0


def test_that_zones_keep_their_people_even_without_a_road(street, tmp_path):
    path = zones_file(tmp_path, ("West", 100, -0.5, 5.5), ("East", 50, 5.5, 10.5), ("Bank", 7, 10.6, 12))
    demand = demand_by_zones(street, path)
    assert demand.total == pytest.approx(157)
    assert demand.zone_names == ("West", "East", "Bank")
    west = demand.zone == 0
    assert demand.weights[west].sum() == pytest.approx(100)


def test_that_zones_that_cannot_be_read_say_so(street, tmp_path):
    path = tmp_path / "zones.geojson"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(Unavailable):
        demand_by_zones(street, path)


def test_that_points_go_to_the_node_at_the_nearer_end(street):
    demand = demand_by_points(street, [(0, 2.4 * STEP, 3.0), (0, 2.6 * STEP, 1.0), (5.0, 5.0, 9.0)], "calls")
    lon = np.rint(street.graph.node_lon / STEP).astype(int)
    assert demand.weights[lon == 2].sum() == 3
    assert demand.weights[lon == 3].sum() == 1
    assert demand.total == 4


def test_that_shares_and_weak_zones_follow_the_counts(street, tmp_path):
    demand = demand_by_zones(street, zones_file(tmp_path, ("West", 60, -0.5, 5.5), ("East", 50, 5.5, 10.5)))
    coverage = CoverageMap(street, 20)
    assert coverage.shares(demand) == [1.0, 0.0, 0.0, 0.0]
    coverage.put([team_at(street, 0), team_at(street, 1, "M2")])
    counts, weights = coverage.counts(), demand.weights
    expected = [weights[counts == k].sum() / weights.sum() for k in (0, 1, 2, 3)]
    assert coverage.shares(demand) == pytest.approx(expected)
    assert coverage.share(demand, at_least=2) == pytest.approx(expected[2] + expected[3])
    weak = coverage.weak_zones(demand)
    assert [zone.name for zone in weak] == ["East", "West"]
    assert weak[0].share == 0.0
    assert sum(zone.uncovered for zone in weak) == pytest.approx(expected[0] * weights.sum())
    assert coverage.without(["M1", "M2"], demand).after == pytest.approx(0.0, abs=1e-12)
    assert coverage.shares(demand, "als") == [1.0, 0.0, 0.0, 0.0]
