"""A made-up town on a grid with two districts and two stations, as a map pack, and files of units for it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.pack.build import build_pack
from core.pack.pack import MapPack, open_pack
from core.roads.engine import RoadEngine

SIDE = 12
STEP = 0.005  # degrees
SOUTH, WEST = 41.0, -8.0
MIDDLE = WEST + STEP * (SIDE - 1) / 2


def at(row: float, column: float) -> tuple[float, float]:
    """Latitude and longitude of a crossing."""
    return SOUTH + row * STEP, WEST + column * STEP


def _feature(shape: str, coordinates: Sequence[Any], **properties: object) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write_layer(path: Path, features: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def _box(west: float, east: float) -> list[list[list[float]]]:
    south, north = SOUTH - STEP, SOUTH + STEP * SIDE
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def _town(folder: Path, *, zones: bool) -> Path:
    folder.mkdir()
    lines = [([at(row, c)[::-1] for c in range(SIDE)], f"{row + 1} Street") for row in range(SIDE)]
    lines += [([at(r, column)[::-1] for r in range(SIDE)], f"{column + 1} Avenue") for column in range(SIDE)]
    streets = [_feature("LineString", line, name=name, highway="residential") for line, name in lines]
    write_layer(folder / "streets.geojson", streets)
    stations = [_feature("Point", at(r, c)[::-1], name=n, type="Fire") for r, c, n in ((2, 2, "Old"), (9, 9, "New"))]
    write_layer(folder / "stations.geojson", stations)
    if zones:
        halves = (("West", WEST - STEP, MIDDLE, 1000), ("East", MIDDLE, WEST + STEP * SIDE, 3000))
        areas = [_feature("Polygon", _box(west, east), name=name, population=n) for name, west, east, n in halves]
        write_layer(folder / "zones.geojson", areas)
    return folder


@pytest.fixture(scope="session")
def town_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planning")
    build_pack(_town(folder / "gridville", zones=True), folder / "gridville.fdpack")
    return folder / "gridville.fdpack"


@pytest.fixture(scope="session")
def bare_town_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without districts."""
    folder = tmp_path_factory.mktemp("planning")
    build_pack(_town(folder / "plainville", zones=False), folder / "plainville.fdpack")
    return folder / "plainville.fdpack"


@pytest.fixture(scope="session")
def town(town_path: Path, tmp_path_factory: pytest.TempPathFactory) -> MapPack:
    return open_pack(town_path, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def engine(town: MapPack) -> RoadEngine:
    return RoadEngine(town.graph())


@pytest.fixture
def layer() -> Callable[[Path, list[dict[str, Any]]], Path]:
    return write_layer


@pytest.fixture
def feature() -> Callable[..., dict[str, Any]]:
    return _feature


@pytest.fixture
def crossing() -> Callable[[float, float], tuple[float, float]]:
    return at


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own; compiled kernels stay where they are."""
    monkeypatch.setenv("FOREDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    return tmp_path / "home"


@pytest.fixture
def units_csv(tmp_path: Path) -> Path:
    """Three units in the west, one of them with als; one in the east."""
    rows = [("M1", 2, 2, "medic", "als"), ("E1", 2, 2, "engine", ""), ("E2", 5, 1, "engine", "rescue;hazmat")]
    rows.append(("E3", 9, 9, "engine", ""))
    lines = ["Callsign,Lat,Lon,Kind,Capabilities"]
    lines += [f"{name},{at(r, c)[0]:.6f},{at(r, c)[1]:.6f},{kind},{able}" for name, r, c, kind, able in rows]
    path = tmp_path / "units.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
