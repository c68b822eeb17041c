"""The piece of road that is pointed at, and what closing it closes on the map that is open."""

from core.roads.closures import closed_arcs, piece_at
from core.roads.graph import build_graph
from core.roads.segments import RoadLine, segments_from_lines
from core.roads.speeds import RoadClass

STEP = 0.002  # degrees, about 200 m


def town(shift: float = 0.0):
    """A street of three pieces from west to east, a bridge that crosses over its middle piece, a one-way at the end."""
    street = [(shift, 0.0), (shift, STEP), (shift, 2 * STEP), (shift, 3 * STEP)]
    bridge = [(shift - STEP, 1.5 * STEP), (shift + STEP, 1.5 * STEP)]
    lane = [(shift, 3 * STEP), (shift + STEP, 3 * STEP)]
    lines = [
        RoadLine(street, RoadClass.RESIDENTIAL, name="Colón"),
        RoadLine(bridge, RoadClass.PRIMARY, name="Puente"),
        RoadLine(lane, RoadClass.RESIDENTIAL, oneway=1),
    ]
    return build_graph(segments_from_lines(lines))


def ends(graph, arcs):
    tails = [int(graph.first_out.searchsorted(arc, "right")) - 1 for arc in arcs]
    return {
        (int(graph.node_of_state[t]), int(graph.node_of_state[graph.head[a]])) for t, a in zip(tails, arcs, strict=True)
    }


def test_that_the_nearest_piece_is_named_with_its_ends() -> None:
    piece = piece_at(town(), 0.0001, 0.5 * STEP)
    assert piece is not None
    assert piece.road == "Colón"
    assert sorted(piece.points) == [(0.0, 0.0), (0.0, STEP)]


def test_that_nothing_is_named_far_from_any_road() -> None:
    assert piece_at(town(), 0.0, 10 * STEP) is None


def test_that_a_piece_is_closed_both_ways_and_a_one_way_its_own() -> None:
    graph = town()
    two_ways = closed_arcs(graph, [((0.0, 0.0), (0.0, STEP))])
    assert len(two_ways) == 2
    (a, b), (c, d) = sorted(ends(graph, two_ways))
    assert (a, b) == (d, c)
    assert len(closed_arcs(graph, [((0.0, 3 * STEP), (STEP, 3 * STEP))])) == 1


def test_that_what_crosses_over_a_closed_piece_stays_open() -> None:
    graph = town()
    street = closed_arcs(graph, [((0.0, STEP), (0.0, 2 * STEP))])
    bridge = closed_arcs(graph, [((-STEP, 1.5 * STEP), (STEP, 1.5 * STEP))])
    assert len(street) == len(bridge) == 2
    assert not set(street.tolist()) & set(bridge.tolist())


def test_that_a_closure_is_found_again_on_a_map_that_moved_a_little_and_not_on_another_city() -> None:
    closure = ((0.0, 0.0), (0.0, STEP))
    assert len(closed_arcs(town(shift=0.0001), [closure])) == 2
    assert len(closed_arcs(town(shift=0.5), [closure])) == 0
    assert len(closed_arcs(town(), [])) == 0
