"""The picture of the scene on the printed report."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from core.report.scene_map import scene_svg
from core.roads.graph import RoadGraph, build_graph
from core.roads.speeds import RoadClass
from tests.made_roads import RoadLine, segments_from_lines


@pytest.fixture(scope="module")
def graph() -> RoadGraph:
    lines = [
        RoadLine([(0.0, -0.004), (0.0, 0.0), (0.0, 0.004)], RoadClass.PRIMARY, "Long & Straight"),
        RoadLine([(-0.003, 0.001), (0.0, 0.0), (0.003, 0.0)], RoadClass.RESIDENTIAL, "Church Lane"),
        RoadLine([(0.5, 0.5), (0.5, 0.501)], RoadClass.RESIDENTIAL, "Far Away"),
    ]
    return build_graph(segments_from_lines(lines))


def test_that_the_streets_around_the_scene_are_drawn_and_named(graph: RoadGraph) -> None:
    picture = scene_svg(graph, 0.0005, 0.0005)
    ET.fromstring(picture)
    assert "Long &amp; Straight" in picture
    assert "Church Lane" in picture
    assert "Far Away" not in picture


def test_that_a_scene_far_from_every_road_has_no_picture(graph: RoadGraph) -> None:
    assert scene_svg(graph, 40.0, 40.0) == ""


def test_that_the_scale_bar_has_the_length_it_says(graph: RoadGraph) -> None:
    picture = ET.fromstring(scene_svg(graph, 0.0, 0.0, reach_m=450.0))
    words = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}text") if t.text and t.text.endswith(" m")]
    bar = next(p.get("d") for p in picture.iter("{http://www.w3.org/2000/svg}path") if "V286" in str(p.get("d")))
    left, right = float(bar[1:].split()[0]), float(bar.split("H")[1].split("V")[0])
    metres = float(words[0].removesuffix(" m"))
    assert np.isclose((right - left) / metres, 300 / 900, rtol=0.01)
