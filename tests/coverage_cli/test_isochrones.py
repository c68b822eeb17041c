"""Areas that a unit reaches: drawn around the roads that it reaches and nowhere else."""

import shapely

from core.coverage.etas import team_etas_ms
from core.coverage.isochrones import BESIDE_M, isochrones
from core.coverage.teams import Team
from core.roads.engine import RoadEngine
from core.roads.grid import METRES_PER_DEGREE
from core.roads.snap import Snap


def test_that_areas_hold_what_is_reached_and_grow(engine: RoadEngine) -> None:
    place = engine.snap(41.02, -7.98)
    assert isinstance(place, Snap)
    teams = [Team("A1", place, turnout_ms=30_000)]
    graph, etas_ms = engine.graph, team_etas_ms(engine, teams, k=1)[0]
    areas = isochrones(engine, teams, [20, 150, 300])
    assert areas[0].is_empty
    assert all(area.is_valid for area in areas)
    assert areas[2].contains(areas[1])
    points = shapely.points(graph.node_lon, graph.node_lat)
    for limit_s, area in ((150, areas[1]), (300, areas[2])):
        reached = etas_ms <= 1000 * limit_s
        assert shapely.contains(area, points[reached]).all()
        far = shapely.distance(area, points) > 2 * BESIDE_M / METRES_PER_DEGREE
        assert not (far & reached).any()
        assert (~shapely.contains(area, points[~reached])).any()


def test_that_nobody_reaches_nothing(engine: RoadEngine) -> None:
    assert isochrones(engine, [], [300])[0].is_empty
