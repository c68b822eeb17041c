"""Streets and turn restrictions from an extract."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.segments import RoadFlag
from core.roads.speeds import RoadClass


def test_that_every_node_of_a_street_becomes_a_node_of_the_graph(extract: Any, tmp_path: Path) -> None:
    extract.way(1, [extract.at(0, column) for column in range(4)], highway="residential", name="Main Street")
    roads = road_segments(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert len(roads.node_lat) == 4
    assert len(roads.from_node) == 3
    assert roads.names == ("Main Street",)
    assert roads.way_class.tolist() == [RoadClass.RESIDENTIAL]


def test_that_footways_areas_ferries_and_private_roads_are_not_driven(extract: Any, tmp_path: Path) -> None:
    extract.way(1, [extract.at(0, 0), extract.at(0, 1)], highway="residential")
    extract.way(2, [extract.at(1, 0), extract.at(1, 1)], highway="footway")
    extract.way(3, [extract.at(2, 0), extract.at(2, 1)], highway="service", area="yes")
    extract.way(4, [extract.at(3, 0), extract.at(3, 1)], route="ferry", motor_vehicle="yes")
    extract.way(5, [extract.at(4, 0), extract.at(4, 1)], highway="service", access="private")
    extract.way(6, [extract.at(5, 0), extract.at(5, 1)], highway="service", access="private", emergency="yes")
    roads = road_segments(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert len(roads.way_class) == 2
    assert roads.way_flags.tolist() == [RoadFlag.NONE, RoadFlag.PRIVATE]


def test_that_a_way_is_cut_where_a_node_lies_outside_the_extract(extract: Any, tmp_path: Path) -> None:
    nodes = [extract.at(0, column) for column in range(5)]
    extract.way(1, nodes, highway="residential")
    del extract.nodes[nodes[2]]
    roads = road_segments(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert len(roads.from_node) == 2
    assert roads.length_m.max() < 100  # nothing was drawn across the hole


def test_that_a_way_against_its_nodes_keeps_its_direction(extract: Any, tmp_path: Path) -> None:
    extract.way(1, [extract.at(0, 0), extract.at(0, 1)], highway="residential", oneway="-1")
    assert road_segments(read_osm_ways(extract.write(tmp_path / "a.osm.pbf"))).way_oneway.tolist() == [-1]


def test_that_two_limits_on_one_way_become_two_one_way_ways(extract: Any, tmp_path: Path) -> None:
    tags = {"maxspeed__forward": "80", "maxspeed__backward": "50"}
    extract.way(1, [extract.at(0, 0), extract.at(0, 1)], highway="primary", **tags)
    roads = road_segments(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert sorted(zip(roads.way_oneway.tolist(), roads.way_speed_kmh.tolist(), strict=True)) == [(-1, 50), (1, 80)]


def test_that_turn_restrictions_name_ways_and_node(extract: Any, tmp_path: Path) -> None:
    at = extract.at
    extract.way(1, [at(0, 0), at(0, 1)], highway="residential")
    extract.way(2, [at(0, 1), at(0, 2)], highway="residential")
    extract.way(3, [at(0, 1), at(1, 1)], highway="residential")
    members = [("w", 1, "from"), ("n", at(0, 1), "via"), ("w", 3, "to")]
    extract.rule(1, members, restriction="no_left_turn")
    extract.rule(2, members, restriction__motorcar="no_left_turn")
    extract.rule(3, members, restriction="no_left_turn", **{"except": "emergency"})
    extract.rule(4, [("w", 1, "from"), ("n", at(0, 1), "via"), ("w", 2, "to")], restriction="only_straight_on")
    extract.rule(5, [("w", 1, "from"), ("w", 2, "via"), ("w", 3, "to")], restriction="no_left_turn")
    extract.rule(6, [("w", 1, "from"), ("n", at(0, 1), "via"), ("w", 99, "to")], restriction="no_left_turn")
    roads = road_segments(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    via = int(np.flatnonzero((roads.node_lat == 41.0) & np.isclose(roads.node_lon, -7.999))[0])
    assert roads.ban_via.tolist() == [via, via]
    assert list(zip(roads.ban_from.tolist(), roads.ban_to.tolist(), roads.ban_only.tolist(), strict=True)) == [
        (0, 2, False),
        (0, 1, True),
    ]


@pytest.mark.shared_data
def test_that_porto_keeps_nearly_all_of_its_357_restrictions(porto_pbf: Path) -> None:
    ways = read_osm_ways(porto_pbf)
    roads = road_segments(ways)
    assert 320 <= len(roads.ban_via) <= 357
    assert len(roads.node_lat) > 276_000
