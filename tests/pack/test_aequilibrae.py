"""An AequilibraE project as a source."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.pack.agency_layers import read_agency_city


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "small_city"
    folder.mkdir()
    path = folder / "project_database.sqlite"
    corners = [(-71.25, -29.90), (-71.249, -29.90), (-71.249, -29.901)]
    links = gpd.GeoDataFrame(
        {
            "name": ["Prat", "Colón", "connector"],
            "direction": [0, 1, 0],
            "link_type": ["primary", "residential", "centroid_connector"],
            "speed_ab": [60.0, 30.0, None],
            "speed_ba": [40.0, None, None],
        },
        geometry=[shapely.LineString(corners[:2]), shapely.LineString(corners[1:]), shapely.LineString(corners[::2])],
        crs="EPSG:4326",
    )
    nodes = gpd.GeoDataFrame({"node_id": [1]}, geometry=[shapely.Point(corners[0])], crs="EPSG:4326")
    zones = gpd.GeoDataFrame(
        {"zone_id": [1, 2], "population": [10.4, 20.3]},
        geometry=[shapely.box(-71.25, -29.91, -71.24, -29.9), shapely.box(-71.26, -29.91, -71.25, -29.9)],
        crs="EPSG:4326",
    )
    for name, frame in (("links", links), ("nodes", nodes), ("zones", zones)):
        frame.to_file(path, layer=name, driver="SQLite", engine="pyogrio")
    return path


def test_that_links_become_streets_without_the_models_connectors(project: Path) -> None:
    ways = read_agency_city(project).ways
    assert ways.name == ["Prat", "Colón"]
    assert ways.kind == ["primary", "residential"]
    assert ways.oneway.tolist() == [0, 1]
    assert list(zip(ways.speed_kmh.tolist(), ways.speed_back_kmh.tolist(), strict=True)) == [(60, 40), (30, 30)]


def test_that_a_project_folder_is_taken_for_its_database(project: Path) -> None:
    city = read_agency_city(project.parent)
    assert city.name == "Small City"
    assert sum(city.zones.columns["population"]) == pytest.approx(30.7)  # people are not cut to whole numbers
