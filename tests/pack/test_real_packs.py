"""Real cities: the demo city that ships, and the maps beside the repository."""

from pathlib import Path

import pytest

from core.domain.values import LocationSource
from core.pack.build import build_pack
from core.pack.gazetteer import Gazetteer
from core.pack.gazetteer_build import build_gazetteer
from core.pack.osm_city import read_osm_city
from core.pack.pack import open_pack


@pytest.fixture(scope="module")
def demo_path(repository: Path) -> Path:
    path = repository / "resources" / "demo" / "la-serena.fdpack"
    if not path.is_file():
        pytest.skip("The demo city is not built; run packaging/demo_pack.py.")
    return path


def test_that_the_demo_city_is_whole_and_small_enough_to_ship(demo_path: Path, tmp_path: Path) -> None:
    assert demo_path.stat().st_size <= 8_000_000
    pack = open_pack(demo_path, tmp_path)
    counts = pack.info.counts
    assert (counts.zones, counts.population) == (133, 451_899)
    assert counts.nodes > 15_000
    assert "OpenStreetMap" in pack.info.attribution
    assert "ODbL" in pack.info.licence
    assert "AequilibraE" in pack.info.provenance[0]
    assert len(pack.places) >= 5
    assert all(place.made_up for place in pack.places)
    assert pack.graph().nodes == counts.nodes


@pytest.mark.parametrize("text", ["Balmaceda & Cordovez", "balmaceda y cordovez", "cordobez / balmaseda"])
def test_that_the_demo_citys_corners_are_found(demo_path: Path, tmp_path: Path, text: str) -> None:
    with open_pack(demo_path, tmp_path).gazetteer() as gazetteer:
        hit = gazetteer.search(text)[0]
    assert hit.kind is LocationSource.INTERSECTION
    assert (hit.lat, hit.lon) == pytest.approx((-29.9032, -71.25), abs=0.001)


@pytest.mark.shared_data
def test_that_copenhagen_finds_its_addresses(shared_data: Path, tmp_path: Path) -> None:
    info = build_pack(shared_data / "maps" / "copenhagen.osm.pbf", tmp_path / "a.fdpack")
    assert info.counts.addresses > 35_000
    assert info.counts.places > 2_000
    pack = open_pack(tmp_path / "a.fdpack", tmp_path / "cache")
    assert {"hospital", "police", "fire_station"} <= {place.kind for place in pack.places}
    with pack.gazetteer() as gazetteer:
        assert gazetteer.search("istedgade 12")[0].text == "Istedgade 12"
        assert gazetteer.search("norebrogade")[0].text == "Nørrebrogade"
        assert gazetteer.search("Enghavevej 169")[0].kind is LocationSource.ADDRESS
        found = gazetteer.search("istedgade 12")[0]
        back = gazetteer.reverse(found.lat, found.lon)
    assert back is not None
    assert back.text == "Istedgade 12"


@pytest.mark.shared_data
def test_that_an_extract_out_of_order_gives_its_buildings_addresses(shared_data: Path, tmp_path: Path) -> None:
    city = read_osm_city(shared_data / "maps" / "reisterstown.osm.pbf", tmp_path)
    counts = build_gazetteer(city, tmp_path / "a.sqlite")
    assert counts.addresses > 15_700
    with Gazetteer(tmp_path / "a.sqlite", city.bounds) as gazetteer:
        assert gazetteer.search("10369 reisterstown rd")[0].text == "10369 Reisterstown Road"  # the number stands first


@pytest.mark.shared_data
def test_that_porto_is_one_command(porto_pbf: Path, tmp_path: Path) -> None:
    from workstation.cli import main

    out = tmp_path / "porto.fdpack"
    assert main(["map", "build", str(porto_pbf), "-o", str(out)]) == 0
    pack = open_pack(out, tmp_path / "cache")
    assert pack.graph().nodes > 276_000
    with pack.gazetteer() as gazetteer:
        assert gazetteer.search("r sta catarina")[0].text.endswith("Santa Catarina")
