"""Files of units as people have them, and every mistake in them told with its line."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.coverage.place_table import read_places
from core.coverage.units_file import UnitEntry, read_units
from core.domain.agency import UnitKind
from core.errors import Unavailable

KINDS = {
    "medic": UnitKind("medic", "Medic", ("als", "bls")),
    "patrol": UnitKind("patrol", "Patrol", (), "circle", False),
}


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_that_a_table_is_read_whatever_parts_it(tmp_path: Path) -> None:
    wanted = [
        UnitEntry("M1", 41.5, -8.25, "medic", frozenset({"als", "bls", "boat"})),
        UnitEntry("P2", 41.25, -8.5, "patrol", frozenset(), siren=False),
    ]
    plain = "\ufeffunit,latitude,longitude,kind,capabilities\nM1,41.5,-8.25,medic,boat\nP2,41.25,-8.5,patrol,\n"
    european = 'Callsign;Lon;Lat;Kind;Capability\n"M1";-8,25;41,5;medic;boat als\n\nP2;-8,5;41,25;patrol;\n'
    assert read_units(_written(tmp_path, "plain.csv", plain), KINDS) == wanted
    assert read_units(_written(tmp_path, "european.csv", european), KINDS) == wanted


def test_that_geojson_and_toml_are_read(
    tmp_path: Path, layer: Callable[..., Path], feature: Callable[..., dict[str, Any]]
) -> None:
    wanted = [UnitEntry("M1", 41.5, -8.25, "medic", frozenset({"als", "bls", "boat"}))]
    point = feature("Point", [-8.25, 41.5, 12.0], callsign="M1", kind="medic", capabilities=["boat"])
    toml = '[[unit]]\ncallsign = "M1"\nlat = 41.5\nlon = -8.25\nkind = "medic"\ncapabilities = ["boat"]\n'
    assert read_units(layer(tmp_path / "units.geojson", [point]), KINDS) == wanted
    assert read_units(_written(tmp_path, "units.toml", toml), KINDS) == wanted


def test_that_an_agency_file_gives_its_roster_at_its_stations(repository: Path, tmp_path: Path) -> None:
    for name in ("default.toml", "demo.toml"):
        source = repository / "resources" / "agency" / name
        if source.is_file():
            _written(tmp_path, name, source.read_text(encoding="utf-8"))
    own = 'extends = "default.toml"\n[[station]]\nname = "One"\nlat = 41.5\nlon = -8.25\n'
    own += '[[unit]]\ncallsign = "E1"\nkind = "engine"\nstation = "One"\ncapabilities = ["rescue"]\n'
    units = read_units(_written(tmp_path, "mine.toml", own), {})
    assert units == [UnitEntry("E1", 41.5, -8.25, "engine", frozenset({"engine", "rescue"}))]


def test_that_all_mistakes_are_told_with_their_lines(tmp_path: Path) -> None:
    rows = ["callsign,lat,lon", "A,41.0,-8.0", "B,91,0", ",41,-8", "A,41,-8", "C,north,-8", "D,,"]
    with pytest.raises(Unavailable) as told:
        read_units(_written(tmp_path, "units.csv", "\n".join(rows)), {})
    lines = [line.strip() for line in told.value.happened.splitlines()[1:]]
    assert [line.split(":")[0] for line in lines] == ["Line 3", "Line 4", "Line 5", "Line 6", "Line 7"]
    assert "91, 0 is no place on earth" in lines[0]
    assert "it has no callsign" in lines[1]
    assert "the callsign A is there twice" in lines[2]


def test_that_many_mistakes_are_counted(tmp_path: Path) -> None:
    rows = ["callsign,lat,lon", *(f"U{at},x,y" for at in range(30))]
    with pytest.raises(Unavailable, match=r"30 mistakes(.|\n)*and 22 more"):
        read_units(_written(tmp_path, "units.csv", "\n".join(rows)), {})


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("units.csv", "", "holds no units"),
        ("units.csv", "callsign,lat,lon\n", "holds no units"),
        ("units.csv", "callsign,east,north\nA,1,2\n", "has no column lat"),
        ("units.csv", "lat,lon\n1,2\n", "has no column callsign"),
        ("units.csv", 'callsign,lat,lon\n"A,1,2\n', "is no table"),
        ("units.toml", "[[unit]\n", "is not TOML"),
        ("units.toml", "unit = 3\n", "no array of tables"),
        ("units.toml", "", "holds no units"),
        ("units.geojson", "[1, 2]", "no GeoJSON FeatureCollection"),
        ("units.geojson", '{"features": [3]}', "no GeoJSON FeatureCollection"),
        ("units.geojson", '{"features": []}', "holds no units"),
        ("units.xlsx", "x", "none of .csv, .geojson and .toml"),
    ],
)
def test_that_a_file_of_no_use_is_told(name: str, text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as told:
        read_units(_written(tmp_path, name, text), {})
    assert sentence in str(told.value)
    assert "Nothing was computed." in str(told.value)


def test_that_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_bytes(b"\xff\xfe\x00c")
    with pytest.raises(Unavailable, match="is not UTF-8 text"):
        read_units(path, {})
    with pytest.raises(Unavailable, match="There is no file"):
        read_units(tmp_path / "none.csv", {})
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        read_units(tmp_path / "folder.csv", {})


@given(st.text(max_size=200), st.sampled_from([".csv", ".toml", ".geojson"]))
def test_that_no_text_does_worse_than_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_text(text, encoding="utf-8", errors="replace")
    with suppress(Unavailable):
        assert read_places(path, table="unit")
