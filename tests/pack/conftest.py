"""A small made-up town, as an OpenStreetMap extract and as an agency's layers, and the pack that is built from it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import osmium
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.pack.build import build_pack
from core.pack.gazetteer import Gazetteer
from core.pack.pack import MapPack, open_pack

STEP = 0.001  # degrees between the streets of the town: about 111 m
SOUTH, WEST = 41.0, -8.0


@dataclass
class Extract:
    """Writes an .osm.pbf, numbering nodes by their place on a grid so that streets which cross share them."""

    nodes: dict[int, tuple[float, float, dict[str, str]]] = field(default_factory=dict)
    ways: list[tuple[int, list[int], dict[str, str]]] = field(default_factory=list)
    relations: list[tuple[int, list[tuple[str, int, str]], dict[str, str]]] = field(default_factory=list)

    def at(self, row: int, column: int) -> int:
        number = 1000 + row * 100 + column
        self.nodes.setdefault(number, (WEST + column * STEP, SOUTH + row * STEP, {}))
        return number

    def point(self, number: int, lat: float, lon: float, **tags: str) -> None:
        self.nodes[number] = (lon, lat, {key.replace("__", ":"): value for key, value in tags.items()})

    def way(self, number: int, nodes: list[int], **tags: str) -> None:
        self.ways.append((number, nodes, {key.replace("__", ":"): value for key, value in tags.items()}))

    def rule(self, number: int, members: list[tuple[str, int, str]], **tags: str) -> None:
        words = {key.replace("__", ":"): value for key, value in tags.items()}
        self.relations.append((number, members, {"type": "restriction", **words}))

    def write(self, path: Path) -> Path:
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for number, (lon, lat, tags) in sorted(self.nodes.items()):
                writer.add_node(osmium.osm.mutable.Node(id=number, location=(lon, lat), tags=tags))
            for number, nodes, tags in sorted(self.ways):
                writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=tags))
            for number, members, tags in sorted(self.relations):
                writer.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=tags))
        return path


def town() -> Extract:
    """Streets on a grid of 5 rows and 6 columns, with house numbers, a hospital, a fire station and two villages."""
    extract = Extract()
    at = extract.at
    extract.way(1, [at(0, c) for c in range(6)], highway="primary", name="Avenida José Balmaceda", maxspeed="60")
    extract.way(2, [at(2, c) for c in range(6)], highway="residential", name="Calle Cordovez", oneway="yes")
    extract.way(3, [at(4, c) for c in range(6)], highway="residential", name="Rua de São João")
    extract.way(4, [at(r, 0) for r in range(5)], highway="tertiary", name="Gregorio Urízar")
    extract.way(5, [at(r, 3) for r in range(5)], highway="residential", name="21 de Mayo")
    extract.way(6, [at(r, 5) for r in range(5)], highway="secondary", name="Ramón y Cajal")
    extract.way(7, [at(4, 0), at(30, 0)], highway="trunk", name="Ruta 5")
    extract.way(8, [at(30, 0), at(30, 5)], highway="residential", name="Calle Cordovez")
    extract.way(9, [at(2, 1), at(3, 1)], highway="footway", name="Pasaje Chico")
    for number in (2, 4, 6, 10, 20):
        house = {"addr__housenumber": str(number), "addr__street": "Calle Cordovez"}
        extract.point(number, SOUTH + 2 * STEP + 0.0001, WEST + number * STEP / 10, **house)
    extract.point(
        50, SOUTH + 4 * STEP, WEST + STEP, addr__housenumber="12B", addr__street="Rua de São João", addr__city="Villa"
    )
    extract.point(60, SOUTH + 0.0005, WEST + 0.0015, amenity="hospital", name="Hospital San Juan de Dios")
    extract.point(61, SOUTH + 0.0025, WEST + 0.0015, amenity="fire_station", name="Primera Compañía")
    extract.point(62, SOUTH + 0.0025, WEST + 0.0045, shop="bakery", name="Panadería Ñandú")
    extract.point(70, SOUTH + 2 * STEP, WEST + 2 * STEP, place="suburb", name="Centro")
    extract.point(71, SOUTH + 30 * STEP, WEST + 2 * STEP, place="village", name="Altovalsol")
    for corner, (row, column) in enumerate(((1.0, 1.0), (1.0, 2.0), (1.5, 2.0), (1.5, 1.0))):
        extract.point(900 + corner, SOUTH + row * STEP, WEST + column * STEP)
    extract.way(20, [900, 901, 902, 903, 900], building="yes")
    return extract


@pytest.fixture
def extract() -> Extract:
    return Extract()


@pytest.fixture(scope="session")
def town_pbf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town().write(tmp_path_factory.mktemp("town") / "villa-alta.osm.pbf")


@pytest.fixture(scope="session")
def town_pack_path(town_pbf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pack") / "town.fdpack"
    build_pack(town_pbf, path, built_at="2026-03-02 10:00")
    return path


@pytest.fixture(scope="session")
def pack_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def town_pack(town_pack_path: Path, pack_cache: Path) -> MapPack:
    return open_pack(town_pack_path, pack_cache)


@pytest.fixture
def gazetteer(town_pack: MapPack) -> Iterator[Gazetteer]:
    with town_pack.gazetteer() as opened:
        yield opened
