"""Exports hold every road once, each piece with what holds for all of it, and replace a file only when whole."""

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from core.coverage.coverage_map import CoverageMap
from core.coverage.etas import team_etas_ms
from core.coverage.pieces import road_pieces
from core.coverage.sheet import Origin, coverage_sheet
from core.coverage.teams import Team
from core.errors import Refused, Unavailable
from core.roads.engine import RoadEngine
from core.roads.snap import Snap
from widgets.coverage_export import export_coverage

ORIGIN = Origin("Gridville", "© the town", "Free", "2026-03-02 10:00 UTC")


@pytest.fixture(scope="module")
def coverage(engine: RoadEngine) -> CoverageMap:
    result = CoverageMap(engine, 240)
    for name, lat, lon in (("A1", 41.01, -7.99), ("B1", 41.0101, -7.9899), ("C1", 41.03, -7.96)):
        place = engine.snap(lat, lon)
        assert isinstance(place, Snap)
        result.put([Team(name, place, frozenset({"als"}) if name == "A1" else frozenset())])
    return result


def test_that_every_piece_of_road_is_in_one_line(engine: RoadEngine) -> None:
    graph = engine.graph
    pieces = road_pieces(graph, np.random.default_rng(2).integers(0, 3, graph.nodes))
    vertices, owner = pieces.vertices, pieces.line_of_vertex()
    same = owner[1:] == owner[:-1]
    found = sorted(tuple(sorted(pair)) for pair in zip(vertices[:-1][same], vertices[1:][same], strict=True))
    assert found == sorted(tuple(sorted(p)) for p in zip(graph.segment_a, graph.segment_b, strict=True))


def test_that_lines_end_where_the_count_changes(engine: RoadEngine, coverage: CoverageMap) -> None:
    counts = coverage.counts()
    pieces = road_pieces(engine.graph, counts)
    for line in range(len(pieces)):
        nodes = pieces.vertices[pieces.first[line] : pieces.first[line + 1]]
        assert np.array_equal(
            np.minimum(counts[nodes[:-1]], counts[nodes[1:]]), [pieces.level[line]] * (len(nodes) - 1)
        )


def test_that_times_hold_at_the_farthest_point(coverage: CoverageMap) -> None:
    sheet = coverage_sheet(coverage, ORIGIN)
    assert np.array_equal(sheet.counts >= 1, (sheet.first_s >= 0) & (sheet.first_s <= 240))
    assert np.array_equal(sheet.counts >= 3, (sheet.third_s >= 0) & (sheet.third_s <= 240))
    first_ms = team_etas_ms(coverage.engine, coverage.teams.values())[0]
    assert sheet.first_s.max() == -(-int(first_ms.max()) // 1000)


def test_that_geojson_and_geopackage_say_the_same(coverage: CoverageMap, tmp_path: Path) -> None:
    export_coverage(coverage, tmp_path / "c.geojson", ORIGIN, capability="als")
    export_coverage(coverage, tmp_path / "c.gpkg", ORIGIN, capability="als")
    features = json.loads((tmp_path / "c.geojson").read_text(encoding="utf-8"))["features"]
    meta, _, shapes, columns = pyogrio.raw.read(tmp_path / "c.gpkg", layer="coverage")
    assert columns[1].tolist() == [feature["properties"]["teams"] for feature in features]
    assert meta["crs"] == "EPSG:4326"
    assert all(feature["properties"]["third_s"] is None for feature in features)
    assert np.isnan(columns[3]).all()
    drawn = shapely.from_wkb(shapes)
    assert all(drawn[at].equals_exact(shapely.geometry.shape(f["geometry"]), 1e-6) for at, f in enumerate(features))
    assert pyogrio.raw.read(tmp_path / "c.gpkg", layer="units")[3][0].tolist() == ["A1"]


def test_that_a_map_without_units_is_all_gaps(engine: RoadEngine, tmp_path: Path) -> None:
    empty = CoverageMap(engine, 240)
    export_coverage(empty, tmp_path / "c.gpkg", ORIGIN)
    assert (pyogrio.raw.read(tmp_path / "c.gpkg", layer="coverage")[3][1] == 0).all()


def test_that_a_failed_export_leaves_what_was_there(coverage: CoverageMap, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="could not be written"):
        export_coverage(coverage, tmp_path / "none" / "c.gpkg", ORIGIN)
    with pytest.raises(Unavailable, match="could not be written"):
        export_coverage(coverage, tmp_path / "none" / "c.geojson", ORIGIN)
    (tmp_path / "c.geojson").mkdir()
    with pytest.raises(Unavailable, match="could not be written"):
        export_coverage(coverage, tmp_path / "c.geojson", ORIGIN)
    assert [path.name for path in tmp_path.iterdir()] == ["c.geojson"]
    with pytest.raises(Refused, match="no format"):
        export_coverage(coverage, tmp_path / "c.doc", ORIGIN)
