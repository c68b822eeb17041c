"""The stretch of road that is pointed at, and that closing it closes the same on the map that is open."""

import pytest

from core.roads.closures import closed_arcs
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.path import tails
from core.roads.speeds import RoadClass
from core.roads.stretch import stretch_at
from tests.made_roads import RoadLine, segments_from_lines

STEP = 0.002  # degrees, about 200 m


@pytest.fixture(scope="module")
def town() -> RoadEngine:
    """A street with junctions at its second and third corner and a bend between, and a bridge that crosses over it."""
    street = [(0.0, 0.0), (0.0, STEP), (0.0002, 1.4 * STEP), (0.0, 2 * STEP), (0.0, 3 * STEP)]
    lanes = [[(0.0, at * STEP), (STEP, at * STEP)] for at in (1, 2)]
    bridge = [(-STEP, 1.7 * STEP), (STEP, 1.7 * STEP)]
    lines = [
        RoadLine(street, RoadClass.RESIDENTIAL, name="Colón"),
        *(RoadLine(lane, RoadClass.RESIDENTIAL, oneway=1) for lane in lanes),
        RoadLine([(STEP, STEP), (STEP, 1.7 * STEP), (STEP, 2 * STEP)], RoadClass.RESIDENTIAL),
        RoadLine(bridge, RoadClass.PRIMARY, name="Puente"),
    ]
    return RoadEngine(build_graph(segments_from_lines(lines)))


def ends(engine: RoadEngine, arcs) -> set[tuple[float, ...]]:
    graph = engine.graph
    pairs = zip(graph.node_of_state[tails(graph, arcs)], graph.node_of_state[graph.head[arcs]], strict=True)
    east = (graph.node_lon / STEP).round(2)
    return {(min(east[a], east[b]), max(east[a], east[b])) for a, b in pairs}


def test_that_the_stretch_runs_from_junction_to_junction_in_order(town) -> None:
    found = stretch_at(town, 0.0, 1.2 * STEP)
    assert found is not None
    assert found.road == "Colón"
    along = [round(lon / STEP, 2) for _, lon in found.points]
    assert along in ([1.0, 1.4, 2.0], [2.0, 1.4, 1.0])


def test_that_nothing_is_meant_far_from_any_road(town) -> None:
    assert stretch_at(town, 0.0, 10 * STEP) is None
    assert stretch_at(town, 95.0, 0.0) is None


def test_that_closing_the_stretch_closes_it_both_ways_and_nothing_else(town) -> None:
    found = stretch_at(town, 0.0, 1.2 * STEP)
    arcs = closed_arcs(town, found.points)
    assert ends(town, arcs) == {(1.0, 1.4), (1.4, 2.0)}
    assert len(arcs) == 4


def test_that_what_crosses_over_a_closed_stretch_stays_open(town) -> None:
    bridge = stretch_at(town, -0.9 * STEP, 1.7 * STEP)
    assert bridge.road == "Puente"
    street = stretch_at(town, 0.0, 1.2 * STEP)
    one, other = closed_arcs(town, bridge.points), closed_arcs(town, street.points)
    assert not set(one.tolist()) & set(other.tolist())


def test_that_a_one_way_part_of_a_stretch_is_closed_too(town) -> None:
    found = stretch_at(town, 0.5 * STEP, STEP)
    assert len(found.points) == 3, "the corner at the lane's end is no junction"
    assert len(closed_arcs(town, found.points)) == 3, "the lane one way, the cross street both ways"


def test_that_a_ring_road_is_closed_along_its_line_and_not_as_an_area() -> None:
    ring = [(0.0, STEP), (STEP, STEP), (STEP, 2 * STEP), (0.0, 2 * STEP), (0.0, STEP)]
    inside = [(0.5 * STEP, 1.2 * STEP), (0.5 * STEP, 1.8 * STEP)]
    lines = [RoadLine([(0.0, 0.0), (0.0, STEP)], RoadClass.RESIDENTIAL)]
    lines += [RoadLine(ring, RoadClass.RESIDENTIAL), RoadLine(inside, RoadClass.RESIDENTIAL)]
    engine = RoadEngine(build_graph(segments_from_lines(lines)))
    found = stretch_at(engine, STEP, 1.5 * STEP)
    assert found.points[0] != found.points[-1]
    assert (1.2, 1.8) not in ends(engine, closed_arcs(engine, found.points))
