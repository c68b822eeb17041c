"""`foredesk coverage`: what it prints, what it writes, and a sentence for whatever cannot be computed."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from workstation.cli import main

pytestmark = pytest.mark.usefixtures("home")
Capture = pytest.CaptureFixture[str]


def test_that_shares_times_and_weak_zones_are_printed(town_path: Path, units_csv: Path, capsys: Capture) -> None:
    assert main(["coverage", str(town_path), str(units_csv), "-t", "4"]) == 0
    said = capsys.readouterr().out
    assert "Gridville: 4 units count. 4 minutes, turnout 60 or 80 s." in said
    assert "Of 4,000 people these shares are reached in time:" in said
    shares = [float(text) for text in re.findall(r"([\d.]+)%", said)]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    assert all(share > 0 for share in shares)
    assert re.search(r"First team +\d+:\d\d +\d+:\d\d", said)
    assert re.search(r"Third team +\d+:\d\d +\d+:\d\d", said)
    assert re.findall(r"(East|West)$", said, re.MULTILINE) == ["East", "West"]


def test_that_only_units_with_the_capability_count(town_path: Path, units_csv: Path, capsys: Capture) -> None:
    assert main(["coverage", str(town_path), str(units_csv), "--capability", "hazmat"]) == 0
    said = capsys.readouterr().out
    assert "1 of 4 units (those with hazmat) count" in said
    assert re.search(r"Second team +never +never", said)


def test_that_a_kind_brings_its_capabilities(town_path: Path, units_csv: Path, capsys: Capture) -> None:
    assert main(["coverage", str(town_path), str(units_csv), "--capability", "engine"]) == 0
    assert "3 of 4 units (those with engine) count" in capsys.readouterr().out


def test_that_the_agency_says_what_is_covered(
    town_path: Path, units_csv: Path, tmp_path: Path, repository: Path, capsys: Capture
) -> None:
    base = (repository / "resources" / "agency" / "default.toml").read_text(encoding="utf-8")
    (tmp_path / "base.toml").write_text(base, encoding="utf-8")
    own = 'extends = "base.toml"\n[coverage]\ntarget_s = 270\nteams = 2\nturnout_else_s = 45\n'
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    assert main(["coverage", str(town_path), str(units_csv), "--agency", str(tmp_path / "own.toml")]) == 0
    said = capsys.readouterr().out
    assert "4.5 minutes, turnout 45 or 80 s." in said
    assert "fewer than 2 teams" in said


def test_that_turnout_costs_coverage(town_path: Path, units_csv: Path, capsys: Capture) -> None:
    uncovered = []
    for turnout in ("0", "60"):
        assert main(["coverage", str(town_path), str(units_csv), "-t", "4", "--turnout", turnout]) == 0
        found = re.search(r"by no team +([\d.]+)%", capsys.readouterr().out)
        assert found
        uncovered.append(float(found[1]))
    assert uncovered[0] < uncovered[1]


def test_that_a_zone_may_be_asked_for_two_teams(town_path: Path, units_csv: Path, capsys: Capture) -> None:
    assert main(["coverage", str(town_path), str(units_csv), "-t", "20", "--teams", "1"]) == 0
    assert "There is no zone of which no team" in capsys.readouterr().out
    assert main(["coverage", str(town_path), str(units_csv), "-t", "4", "--teams", "3"]) == 0
    assert "fewer than 3 teams in time (2 zones in all)" in capsys.readouterr().out


def test_that_a_map_without_people_is_measured_by_roads(bare_town_path: Path, units_csv: Path, capsys: Capture) -> None:
    assert main(["coverage", str(bare_town_path), str(units_csv), "-t", "4"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"Of \d+ km of road", said)
    assert re.search(r"\d km +41\.\d+, -7\.\d+  \d+ (Street|Avenue)", said)


def test_that_past_calls_can_be_the_demand(
    town_path: Path, units_csv: Path, tmp_path: Path, crossing: Callable[..., tuple[float, float]], capsys: Capture
) -> None:
    calls = tmp_path / "calls.csv"
    near, far = crossing(2, 2), crossing(11, 0)
    calls.write_text(f"latitude;longitude;calls\n{near[0]};{near[1]};30\n{far[0]};{far[1]};10\n", encoding="utf-8")
    assert main(["coverage", str(town_path), str(units_csv), "-t", "2", "--turnout", "0", "--demand", str(calls)]) == 0
    said = capsys.readouterr().out
    assert "Of 40 calls" in said
    assert re.search(r"by no team +25\.0%", said)


def test_that_units_off_the_map_are_named_and_the_others_count(
    town_path: Path, units_csv: Path, capsys: Capture
) -> None:
    with units_csv.open("a", encoding="utf-8") as file:
        file.write("X9,48.1,2.5,engine,\n")
    assert main(["coverage", str(town_path), str(units_csv)]) == 0
    said = capsys.readouterr()
    assert said.err.endswith("X9 at 48.10000, 2.50000 does not count: it is off the map.\n")
    assert "4 of 5 units count" in said.out


def test_that_a_fleet_of_another_city_is_refused(town_path: Path, tmp_path: Path, capsys: Capture) -> None:
    units = tmp_path / "units.csv"
    units.write_text("callsign,lat,lon\nX1,48.1,2.5\n", encoding="utf-8")
    assert main(["coverage", str(town_path), str(units)]) == 1
    assert "None of the units (1)" in capsys.readouterr().err


def test_that_roads_are_exported_with_their_facts(town_path: Path, units_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "coverage.geojson"
    assert main(["coverage", str(town_path), str(units_csv), "-t", "4", "-o", str(out)]) == 0
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["metadata"]["minutes"] == "4"
    assert document["metadata"]["map"] == "Gridville"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", document["metadata"]["computed_at"])
    assert {feature["properties"]["teams"] for feature in document["features"]} >= {0, 1, 2, 3}


def test_that_a_geopackage_can_be_opened_elsewhere(town_path: Path, units_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "coverage.gpkg"
    assert main(["coverage", str(town_path), str(units_csv), "-t", "4", "-o", str(out)]) == 0
    assert dict(pyogrio.list_layers(out)) == {"coverage": "LineString", "units": "Point"}
    assert pyogrio.read_info(out, layer="coverage")["layer_metadata"]["minutes"] == "4"
    assert [path.name for path in tmp_path.glob("*.part*")] == []


def test_that_a_picture_says_what_it_shows(town_path: Path, units_csv: Path, tmp_path: Path, qtbot: QtBot) -> None:
    out = tmp_path / "coverage.png"
    assert main(["coverage", str(town_path), str(units_csv), "-t", "4", "--teams", "2", "-o", str(out)]) == 0
    image = QImage(str(out))
    assert image.width() > 1000
    assert image.text("title") == "Gridville: 4 units, 4 minutes"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-t", "0"], "must be a number from more than 0 to 240, not 0."),
        (["-t", "-3"], "must be a number from more than 0 to 240, not -3."),
        (["-t", "soon"], "must be a number from more than 0 to 240, not soon."),
        (["--turnout", "nan"], "must be a number from 0 to 3600, not nan."),
        (["--teams", "0"], "must be a number from 1 to 50, not 0."),
        (["--capability", "helicopter"], 'None of the units (4) has the capability "helicopter". They have: als,'),
        (["-o", "coverage.docx"], "Name it .geojson, .gpkg or .png."),
        (["-o", "no/such/folder/coverage.png"], "There is no folder"),
        (["--demand", "nowhere.csv"], "There is no file nowhere.csv."),
    ],
)
def test_that_what_makes_no_sense_is_told(
    town_path: Path, units_csv: Path, options: list[str], sentence: str, capsys: Capture
) -> None:
    assert main(["coverage", str(town_path), str(units_csv), *options]) == 1
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Nothing was computed." in said.err
    assert not said.out


def test_that_a_map_without_zones_has_no_population(bare_town_path: Path, units_csv: Path, capsys: Capture) -> None:
    assert main(["coverage", str(bare_town_path), str(units_csv), "--demand", "population"]) == 1
    assert "has no zones with population" in capsys.readouterr().err


def test_that_a_missing_map_is_told(units_csv: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["coverage", str(tmp_path / "none.fdpack"), str(units_csv)]) == 1
    assert "There is no map pack" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"name": "A"}, "has no column population."),
        ({"name": "A", "population": "many"}, 'Feature 1: "many" is no number of at least 0.'),
        ({"name": "A", "population": 0}, "lies on the roads of this map."),
    ],
)
def test_that_zones_of_no_use_are_told(
    town_path: Path,
    units_csv: Path,
    tmp_path: Path,
    layer: Callable[..., Path],
    feature: Callable[..., dict[str, object]],
    properties: dict[str, object],
    sentence: str,
    capsys: Capture,
) -> None:
    square = [[[-8.0, 41.0], [-7.95, 41.0], [-7.95, 41.05], [-8.0, 41.0]]]
    zones = layer(tmp_path / "zones.geojson", [feature("Polygon", square, **properties)])
    assert main(["coverage", str(town_path), str(units_csv), "--demand", str(zones)]) == 1
    assert sentence in capsys.readouterr().err


def test_that_own_zones_are_measured(
    town_path: Path,
    units_csv: Path,
    tmp_path: Path,
    layer: Callable[..., Path],
    feature: Callable[..., dict[str, object]],
    capsys: Capture,
) -> None:
    square = [[[-8.0, 41.0], [-7.95, 41.0], [-7.95, 41.05], [-8.0, 41.0]]]
    zones = layer(tmp_path / "zones.geojson", [feature("Polygon", square, name="Triangle", population=77)])
    assert main(["coverage", str(town_path), str(units_csv), "-t", "3", "--demand", str(zones)]) == 0
    said = capsys.readouterr().out
    assert "Of 77 people" in said
    assert said.count("Triangle") == 1


def test_that_the_manual_names_every_option(repository: Path, capsys: Capture) -> None:
    page = (repository / "resources" / "manual" / "planning.md").read_text(encoding="utf-8")
    known = set()
    for command in ("coverage", "posts"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        known |= set(re.findall(r"(--?[a-z][a-z-]*)", capsys.readouterr().out.replace("-by", " ")))
    assert set(re.findall(r"(?<=[ `])(--?[a-z][a-z-]*)", page)) <= known
