"""The graph: what is kept of the roads, and how it lies on disk."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from core.errors import Unavailable
from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph, build_graph
from core.roads.speeds import RoadClass
from tests.made_roads import RoadLine, segments_from_lines

CROSS = [(0, 0), (0, -0.001), (0, 0.001), (0.001, 0), (-0.001, 0)]  # middle, west, east, north, south


def exits(graph, state):
    return sorted(graph.head[graph.first_out[state] : graph.first_out[state + 1]].tolist())


def node_at(graph, spot):
    return int(np.flatnonzero((graph.node_lat == spot[0]) & (graph.node_lon == spot[1]))[0])


def test_that_only_restricted_nodes_are_split(sketch):
    roads = [(1, 0), (0, 2), (3, 0), (0, 4)]
    free = sketch(CROSS, roads).graph()
    banned = sketch(CROSS, roads, bans=[(0, 0, 2, False)]).graph()
    assert (free.states, banned.states) == (5, 6)
    middle, north = node_at(banned, CROSS[0]), node_at(banned, CROSS[3])
    assert banned.states_of(middle) == [middle, 5]
    assert north not in banned.node_of_state[exits(banned, 5)]
    assert len(exits(banned, middle)) == 4


def test_that_arcs_with_the_same_ways_out_share_a_state(sketch):
    roads = [(1, 0), (0, 2), (3, 0), (0, 4)]
    graph = sketch(CROSS, roads, bans=[(0, 0, 3, False), (2, 0, 3, False)]).graph()
    assert graph.states == 6


def test_that_an_only_rule_leaves_one_way_out_and_no_u_turn(sketch):
    graph = sketch(CROSS, [(1, 0, 2), (3, 0), (0, 4)], bans=[(1, 0, 2, True)]).graph()
    assert graph.node_of_state[exits(graph, 5)].tolist() == [node_at(graph, CROSS[4])]


def test_that_a_u_turn_ban_lets_one_go_straight_on_along_the_same_way(sketch):
    graph = sketch(CROSS, [(1, 0, 2), (3, 0, 4)], bans=[(0, 0, 0, False)]).graph()
    middle = node_at(graph, CROSS[0])
    coming_east = next(s for s in graph.states_of(middle) if node_at(graph, CROSS[1]) not in exits(graph, s))
    assert node_at(graph, CROSS[2]) in exits(graph, coming_east)


def test_that_a_rule_about_roads_that_do_not_meet_changes_nothing(sketch):
    roads = [(1, 0), (0, 2), (3, 4)]
    assert sketch(CROSS, roads, bans=[(0, 0, 2, True), (2, 0, 0, False)]).graph().states == 5


def test_that_of_two_arcs_the_one_that_is_never_quicker_goes(sketch):
    roads = [(0, 1), (0, 1), (1, 0)]
    graph = sketch(CROSS, roads, classes={0: RoadClass.TRUNK}).graph()
    assert graph.arcs == 2
    assert set(graph.road.tolist()) == {0}


def test_that_an_arc_quicker_only_with_siren_is_kept():
    lines = [
        RoadLine([(0, 0), (0, 0.001)], RoadClass.PEDESTRIAN, speed_kmh=20, oneway=1),
        RoadLine([(0, 0), (0, 0.001)], RoadClass.SERVICE, speed_kmh=21, oneway=1),
    ]
    graph = build_graph(segments_from_lines(lines))
    assert graph.arcs == 2
    assert len(graph.segment_a) == 1


def test_that_loops_go_and_zero_length_segments_stay(sketch):
    graph = sketch([(0, 0), (0, 0), (0, 0.001)], [(0, 0, 1, 2)]).graph()
    assert graph.arcs == 4
    assert graph.travel_ms.min() == 1


def test_that_nodes_on_no_road_are_left_out(sketch):
    assert sketch([*CROSS, (5, 5)], [(1, 0)], bans=[(0, 5, 0, True)]).graph().nodes == 2


def test_that_components_tell_islands_and_one_way_traps(sketch):
    spots = [(0, 0), (0, 0.001), (0, 0.002), (1, 1), (1, 1.001)]
    graph = sketch(spots, [(0, 1), (1, 2), (3, 4)], oneway={1: 1}).graph()
    at = [node_at(graph, spot) for spot in spots]
    assert graph.weak[at[0]] == graph.weak[at[2]] != graph.weak[at[3]]
    assert graph.strong[at[0]] == graph.strong[at[1]] != graph.strong[at[2]]
    assert int(graph.segment_main.sum()) == 1


def test_that_a_saved_graph_is_read_back_the_same(tmp_path, sketch):
    made = sketch(CROSS, [(1, 0, 2), (3, 0, 4)], names=["Calle Ñuñoa 🚒", ""], bans=[(0, 0, 1, False)]).graph()
    made.save(tmp_path / "roads")
    read = RoadGraph.load(tmp_path / "roads")
    for field in fields(RoadGraph):
        before, after = getattr(made, field.name), getattr(read, field.name)
        assert np.array_equal(before, after), field.name
        assert field.name == "names" or before.dtype == after.dtype
    here, there = (RoadEngine(read).snap(*spot) for spot in CROSS[1:3])
    assert RoadEngine(read).etas_to(there, [here], siren=True)[0] > 0


def test_that_an_empty_graph_can_be_saved_and_asked(tmp_path):
    build_graph(segments_from_lines([])).save(tmp_path)
    engine = RoadEngine(RoadGraph.load(tmp_path))
    engine.warm_up()
    assert engine.snap(0, 0).sentence == "It is off the map."


def test_that_a_graph_changed_in_memory_leaves_its_files_alone(tmp_path, sketch):
    sketch(CROSS, [(1, 0, 2)]).graph().save(tmp_path)
    graph = RoadGraph.load(tmp_path)
    graph.travel_ms[:] = 1
    assert RoadGraph.load(tmp_path).travel_ms.min() > 1


def damage_nothing_there(folder):
    (folder / "head.npy").unlink()


def damage_truncated(folder):
    path = folder / "travel_ms.npy"
    path.write_bytes(path.read_bytes()[:-4])


def damage_facts(folder):
    (folder / "graph.json").write_text("[", encoding="utf-8")


def damage_lengths(folder):
    np.save(folder / "head.npy", np.zeros(1, np.int32))


@pytest.mark.parametrize("damage", [damage_nothing_there, damage_truncated, damage_facts, damage_lengths])
def test_that_a_damaged_graph_is_unavailable_and_says_so(tmp_path, sketch, damage):
    sketch(CROSS, [(1, 0, 2), (3, 0, 4)]).graph().save(tmp_path)
    damage(tmp_path)
    with pytest.raises(Unavailable, match="cannot be read"):
        RoadGraph.load(tmp_path)


def test_that_a_graph_of_another_version_says_what_to_do(tmp_path, sketch):
    sketch(CROSS, [(1, 0)]).graph().save(tmp_path)
    facts = json.loads((tmp_path / "graph.json").read_text(encoding="utf-8"))
    (tmp_path / "graph.json").write_text(json.dumps({**facts, "format": 99}), encoding="utf-8")
    with pytest.raises(Unavailable, match="format 99") as told:
        RoadGraph.load(tmp_path)
    assert "Build the map pack again" in told.value.do


def test_that_the_order_of_the_source_does_not_change_the_times(sketch):
    plain = sketch(CROSS, [(1, 0, 2), (3, 0, 4)])
    turned = replace(plain, nodes=CROSS[::-1], roads=[(3, 4, 2), (1, 4, 0)])
    etas = []
    for network in (plain, turned):
        engine = network.engine()
        here, there = engine.snap(0, -0.0007), engine.snap(0.0004, 0)
        etas.append(engine.etas_to(there, [here], siren=False)[0])
    assert etas[0] == etas[1] > 0
