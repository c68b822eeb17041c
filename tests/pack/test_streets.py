"""Streets, crossings and blocks worked out from ways."""

from pathlib import Path
from typing import Any

from core.pack.osm_roads import read_osm_ways
from core.pack.streets import plan_streets


def test_that_streets_are_ordered_by_importance_and_parted_by_distance(town_pbf: Path) -> None:
    streets = plan_streets(read_osm_ways(town_pbf)).streets
    names = [street.name for street in streets]
    assert names[:2] == ["Ruta 5", "Avenida José Balmaceda"]
    assert names.count("Calle Cordovez") == 2


def test_that_a_block_runs_from_crossing_to_crossing(town_pbf: Path) -> None:
    plan = plan_streets(read_osm_ways(town_pbf))
    balmaceda = next(at for at, street in enumerate(plan.streets) if street.name == "Avenida José Balmaceda")
    ends = [
        {plan.streets[block.from_street].name, plan.streets[block.to_street].name}
        for block in plan.blocks
        if block.street == balmaceda
    ]
    assert len(ends) == 2
    assert {"Gregorio Urízar", "21 de Mayo"} in ends
    assert {"21 de Mayo", "Ramón y Cajal"} in ends


def test_that_pieces_of_a_street_are_one_block_where_nothing_crosses(extract: Any, tmp_path: Path) -> None:
    at = extract.at
    extract.way(1, [at(0, 1), at(0, 0)], highway="residential", name="A")
    extract.way(2, [at(0, 1), at(0, 2)], highway="residential", name="A", maxspeed="30")
    extract.way(3, [at(0, 3), at(0, 2)], highway="residential", name="A")
    plan = plan_streets(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert [len(block.points) for block in plan.blocks] == [4]


def test_that_a_divided_road_crosses_another_once(extract: Any, tmp_path: Path) -> None:
    for number, row in enumerate((0.0, 0.0002)):
        for column in range(3):
            extract.point(10 * number + column + 1, 41.0 + row, -8.0 + column * 0.001)
    extract.way(1, [1, 2, 3], highway="primary", name="Divided", oneway="yes")
    extract.way(2, [13, 12, 11], highway="primary", name="Divided", oneway="yes")
    extract.way(3, [2, 12], highway="residential", name="Across")
    plan = plan_streets(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert len(plan.crossings) == 1


def test_that_a_ring_is_a_street_too(extract: Any, tmp_path: Path) -> None:
    at = extract.at
    ring = [at(0, 0), at(0, 1), at(1, 1), at(1, 0), at(0, 0)]
    extract.way(1, ring, highway="residential", name="Ring", junction="roundabout")
    plan = plan_streets(read_osm_ways(extract.write(tmp_path / "a.osm.pbf")))
    assert [len(block.points) for block in plan.blocks] == [5]
