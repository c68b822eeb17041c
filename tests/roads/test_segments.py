"""What a source of roads may hand over, and what it is told when it hands over nonsense."""

from dataclasses import replace

import numpy as np
import pytest

from core.roads.graph import build_graph
from core.roads.speeds import CLASS_SPEEDS_KMH, RoadClass, road_class, speeds_kmh, travel_ms
from tests.made_roads import RoadLine, segments_from_lines

STREET = RoadClass.RESIDENTIAL


def test_that_a_bridge_does_not_join_the_road_below_it():
    crossing = [RoadLine([(0, -0.001), (0, 0.001)], STREET), RoadLine([(-0.001, 0), (0.001, 0)], STREET)]
    graph = build_graph(segments_from_lines(crossing))
    assert len(set(graph.weak.tolist())) == 2


def test_that_lines_sharing_an_inner_vertex_are_joined_there():
    crossing = [
        RoadLine([(0, -0.001), (0, 0), (0, 0.001)], STREET),
        RoadLine([(-0.001, 0), (0, 0), (0.001, 0)], STREET),
    ]
    graph = build_graph(segments_from_lines(crossing))
    assert (graph.nodes, len(set(graph.weak.tolist()))) == (5, 1)


def test_that_lines_of_one_point_and_no_lines_at_all_make_an_empty_network():
    assert build_graph(segments_from_lines([])).nodes == 0
    assert build_graph(segments_from_lines([RoadLine([(1, 1)], STREET)])).nodes == 0


def test_that_names_limits_and_directions_of_lines_are_kept():
    line = RoadLine([(0, 0), (0, 0.001)], RoadClass.TRUNK, name="Ruta 5", speed_kmh=100, oneway=-1, flags=1)
    segments = segments_from_lines([line])
    assert segments.names == ("Ruta 5",)
    assert (segments.way_oneway[0], segments.way_speed_kmh[0], segments.way_flags[0]) == (-1, 100, 1)
    assert segments.length_m == pytest.approx(111.195, abs=0.01)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("to_node", np.array([9], np.int32), "node that does not exist"),
        ("to_node", np.array([-1], np.int32), "node that does not exist"),
        ("way", np.array([3], np.int32), "way that does not exist"),
        ("way_name", np.array([0], np.int32), "name that does not exist"),
        ("way", np.zeros(2, np.int32), "segment arrays of these roads differ in length"),
    ],
)
def test_that_arrays_that_contradict_each_other_are_refused(field, value, words):
    segments = segments_from_lines([RoadLine([(0, 0), (0, 0.001)], STREET)])
    with pytest.raises(ValueError, match=words):
        replace(segments, **{field: value})


def test_that_lights_and_siren_are_never_slower_than_normal_driving():
    assert set(CLASS_SPEEDS_KMH) == set(RoadClass)
    assert all(siren >= normal > 0 for normal, siren in CLASS_SPEEDS_KMH.values())


def test_that_a_posted_limit_replaces_the_class_speed_and_nonsense_limits_do_not():
    classes = np.full(4, STREET, np.uint8)
    normal, siren = speeds_kmh(classes, np.array([0, 50, 2, 900], np.float32))
    assert normal.tolist() == pytest.approx([28, 42.5, 28, 28])
    assert siren.tolist() == pytest.approx([36, 42.5 * 36 / 28, 36, 36])


def test_that_no_arc_is_free_of_time():
    assert travel_ms(np.array([0.0, 1e-6, 100.0]), np.array([36.0, 36.0, 36.0])).tolist() == [1, 1, 10_000]


def test_that_only_classes_that_vehicles_drive_on_have_a_code():
    assert road_class("motorway_link") is RoadClass.MOTORWAY_LINK
    assert road_class("steps") is None
