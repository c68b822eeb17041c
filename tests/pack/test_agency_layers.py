"""An agency's own layers in many shapes, and what is wrong with them said clearly."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from core.errors import Refused
from core.pack.agency_columns import STREET_COLUMNS, class_of, direction_of, guess_columns, number, place_kind, said
from core.pack.agency_layers import read_agency_city
from core.pack.build import build_pack
from core.pack.pack import open_pack
from core.pack.road_table import road_segments
from workstation.cli import main

UTM = "EPSG:32629"
EAST, NORTH = 530_000.0, 4_560_000.0


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def write(folder: Path, name: str, geometry: list[Any], crs: str | None = UTM, **columns: list[Any]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    gpd.GeoDataFrame(columns, geometry=geometry, crs=crs).to_file(path)
    return path


def town_folder(folder: Path) -> Path:
    """Centrelines with address ranges, address points, zones and stations as shapefiles in metres."""
    write(
        folder,
        "centerlines.shp",
        [line((0, 0), (100, 0)), line((100.2, 0), (200, 0)), line((100, 0), (100, 90)), line((200, 0), (200, 90))],
        FULLNAME=["Main Street", "Main Street", "Oak Avenue", "Elm Street"],
        SPEEDLIMIT=[30, 30, 25, 0],
        ONEWAY=["B", "FT", "", None],
        ROADCLASS=["Collector", "Collector", "Local", "Alley"],
        L_F_ADD=[1, 101, 0, 0],
        L_T_ADD=[99, 199, 0, 0],
        R_F_ADD=[2, 102, 0, 0],
        R_T_ADD=[98, 198, 0, 0],
    )
    points = [shapely.Point(EAST + 110, NORTH + 50), shapely.Point(EAST + 90, NORTH + 60)]
    write(folder, "address_points.shp", points, ADDR_NUM=["12", "14"], STREETNAME=["Oak Avenue"] * 2, CITY=["Town"] * 2)
    box = shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)
    write(folder, "zones.shp", [box, shapely.affinity.translate(box, 100)], ZONE=["A", "B"], POP=[1200.5, 800.5])
    stations = [shapely.Point(EAST + 10, NORTH + 10), shapely.Point(EAST + 150, NORTH + 10)]
    write(folder, "stations.shp", stations, NAME=["Fire Station 1", "County Hospital"], TYPE=["Fire", "Hospital"])
    return folder


def test_that_a_folder_of_layers_becomes_a_city(tmp_path: Path) -> None:
    city = read_agency_city(town_folder(tmp_path / "springfield"))
    assert city.name == "Springfield"
    assert [place.kind for place in city.places] == ["fire_station", "hospital"]
    assert [(address.number, address.street, address.locality) for address in city.addresses] == [
        ("12", "Oak Avenue", "Town"),
        ("14", "Oak Avenue", "Town"),
    ]
    assert sum(city.zones.columns["population"]) == pytest.approx(2001)
    west, south, east, north = city.bounds
    assert -9 < west < east < -8
    assert 41 < south < north < 42


def test_that_line_ends_a_hand_breadth_apart_are_one_junction(tmp_path: Path) -> None:
    roads = road_segments(read_agency_city(town_folder(tmp_path / "town")).ways)
    assert len(roads.node_lat) == 5
    assert roads.way_oneway.tolist() == [0, 1, 0, 0]
    assert roads.way_speed_kmh.tolist() == [30, 30, 25, 0]


def test_that_streets_that_hardly_meet_are_pointed_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line((0, 300 * number), (100, 300 * number)) for number in range(5)]
    write(tmp_path / "town", "streets.gpkg", lines, NAME=[f"Street {number}" for number in range(5)])
    assert main(["map", "build", str(tmp_path / "town"), "-o", str(tmp_path / "town.fdpack")]) == 0
    assert "Only 20% of its road nodes are joined" in capsys.readouterr().out


def test_that_a_layer_without_a_coordinate_system_is_refused_with_what_to_add(tmp_path: Path) -> None:
    folder = town_folder(tmp_path / "town")
    (folder / "zones.prj").unlink()
    with pytest.raises(Refused) as refused:
        build_pack(folder, tmp_path / "town.fdpack")
    assert "zones" in refused.value.happened
    assert "coordinate reference system" in refused.value.happened
    assert ".prj" in refused.value.do
    assert 'crs = "EPSG:' in refused.value.do
    assert list(tmp_path.glob("*.fdpack*")) == []


def test_that_a_source_file_supplies_what_the_layers_do_not_say(tmp_path: Path) -> None:
    folder = town_folder(tmp_path / "town")
    (folder / "centerlines.prj").unlink()
    source = folder / "town.toml"
    source.write_text(
        f"""
        name = "Our town"
        licence = "internal"
        attribution = "Town GIS"
        provenance = ["From the GIS office."]
        [streets]
        file = "centerlines.shp"
        crs = "{UTM}"
        speed_unit = "mph"
        columns = {{ name = "FULLNAME", class = "ROADCLASS" }}
        """
    )
    city = read_agency_city(source)
    assert (city.name, city.licence, city.attribution) == ("Our town", "internal", "Town GIS")
    assert city.provenance[0] == "From the GIS office."
    assert city.ways.speed_kmh.tolist() == pytest.approx([48.28, 48.28, 40.23, 0], abs=0.01)
    assert city.ways.kind == ["tertiary", "tertiary", "residential", "service"]
    assert city.addresses == []


def test_that_all_mistakes_in_a_source_file_are_told_together(tmp_path: Path) -> None:
    source = tmp_path / "town.toml"
    source.write_text('colour = 1\n[zones]\nfile = "nowhere.shp"\nlair = 1\n[places]\n')
    with pytest.raises(Refused) as refused:
        read_agency_city(source)
    for word in ("colour", "nowhere.shp", "lair", "[places] has no file", "there is no [streets]"):
        assert word in refused.value.happened


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("name = ", "TOML"),
        ('[streets]\nfile = "a.shp"\ncolumns = { name = "NOPE" }', "NOPE"),
        ('aequilibrae = "x"', "x is"),
    ],
)
def test_that_a_source_file_that_cannot_work_is_refused(tmp_path: Path, content: str, word: str) -> None:
    write(tmp_path, "a.shp", [line((0, 0), (1, 1))], NAME=["A"])
    (tmp_path / "town.toml").write_text(content)
    with pytest.raises(Refused, match=word):
        read_agency_city(tmp_path / "town.toml")


def test_that_coordinates_outside_the_world_point_to_a_wrong_system(tmp_path: Path) -> None:
    write(tmp_path / "town", "streets.gpkg", [line((0, 0), (100, 0))], crs="EPSG:4326", NAME=["A"])
    with pytest.raises(Refused, match="outside the world"):
        read_agency_city(tmp_path / "town")


def test_that_a_folder_without_streets_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "town", "zones.gpkg", [shapely.box(0, 0, 1, 1)], POP=[3])
    with pytest.raises(Refused, match="no layer of streets"):
        read_agency_city(tmp_path / "town")


def test_that_a_geopackage_is_read_layer_by_layer(tmp_path: Path) -> None:
    path = write(tmp_path, "data.gpkg", [line((0, 0), (100, 0))], NAME=["High Street"])
    path.rename(tmp_path / "city.gpkg")
    frame = gpd.GeoDataFrame({"POPULATION": [5]}, geometry=[shapely.box(EAST, NORTH, EAST + 9, NORTH + 9)], crs=UTM)
    frame.to_file(tmp_path / "city.gpkg", layer="census")
    city = read_agency_city(tmp_path / "city.gpkg")
    assert city.ways.name == ["High Street"]
    assert city.zones.columns["population"] == [5]


def test_that_a_number_is_placed_along_the_range_of_its_block(tmp_path: Path) -> None:
    build_pack(town_folder(tmp_path / "town"), tmp_path / "town.fdpack")
    pack = open_pack(tmp_path / "town.fdpack", tmp_path / "cache")
    with pack.gazetteer() as gazetteer:
        hit = gazetteer.search("51 Main Street")[0]
        exact = gazetteer.search("14 oak ave")[0]
    assert hit.text == "51 Main Street"
    assert hit.detail == "approximate: along the block 1 to 99"
    west, _, east, _ = pack.bounds
    assert hit.lon == pytest.approx(west + (east - west) * 0.25, abs=2e-5)
    assert (exact.text, exact.detail) == ("14 Oak Avenue", "Town")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("motorway", "motorway"), ("S1100", "motorway"), ("S1400", "residential"), ("Interstate", "motorway"),
        ("Minor Arterial", "secondary"), ("Principal Arterial", "primary"), ("Ramp", "motorway_link"), ("3", "primary"),
        ("S1710", "path"), ("Local", "residential"), (None, "residential"), (5.0, "tertiary"), ("Alley", "service"),
    ],
)  # fmt: skip
def test_that_road_classes_are_understood(value: Any, kind: str) -> None:
    assert class_of(value) == kind


def test_that_cells_are_read_as_they_come() -> None:
    assert [said(value) for value in (None, float("nan"), 3.0, 2.5, " x ")] == ["", "", "3", "2.5", "x"]
    assert [number(value) for value in ("35 MPH", None, "", "1,5", 7)] == [35, 0, 0, 1, 7]
    assert [direction_of(value) for value in ("FT", "TF", "B", 1, -1.0, None, "Yes", "N")] == [1, -1, 0, 1, -1, 0, 1, 0]
    assert [place_kind(text) for text in ("Fire Station 3", "EMS", "Police HQ", "Library")] == [
        "fire_station",
        "station",
        "police",
        "library",
    ]
    assert guess_columns(["OBJECTID", "FullName", "Speed_Limit"], STREET_COLUMNS) == {
        "name": "FullName",
        "speed": "Speed_Limit",
    }
