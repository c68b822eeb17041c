"""Vector tiles: the layers the map page draws, each once in a tile."""

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from core.pack.coast import sea_of
from core.pack.drawing import ROAD_KINDS, drawn_kind
from core.pack.osm_tags import CAR_ROADS
from core.pack.pack import MapPack


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 0x80:
            return value, at


def messages(data: bytes) -> list[tuple[int, bytes]]:
    """The length-delimited fields of a protocol buffer message; other kinds are stepped over."""
    found, at = [], 0
    while at < len(data):
        head, at = varint(data, at)
        value, at = varint(data, at)
        if head & 7 == 2:
            found.append((head >> 3, data[at : at + value]))
            at += value
    return found


def layer_names(tile: bytes) -> list[str]:
    """Names of the layers (field 3) of a vector tile; a layer's name is its field 1."""
    layers = [content for field, content in messages(gzip.decompress(tile)) if field == 3]
    return [next(name for field, name in messages(layer) if field == 1).decode() for layer in layers]


def test_that_tiles_cover_the_zooms_with_every_layer_once(town_pack: MapPack) -> None:
    assert town_pack.basemap_path is not None
    seen: dict[int, set[str]] = {}
    with Path(town_pack.basemap_path).open("rb") as file:
        source = MmapSource(file)
        header, about = Reader(source).header(), Reader(source).metadata()
        for (zoom, _, _), tile in all_tiles(source):
            names = layer_names(tile)
            assert max(Counter(names).values()) == 1
            seen.setdefault(zoom, set()).update(names)
    assert (header["min_zoom"], header["max_zoom"]) == (6, 14)
    assert about["attribution"] == town_pack.info.attribution
    assert seen[6] >= {"roads"}
    assert seen[14] == {"roads", "buildings", "places", "pois"}


def test_that_every_class_of_road_has_a_kind_that_is_drawn() -> None:
    assert {drawn_kind(kind) for kind in CAR_ROADS} <= set(ROAD_KINDS)
    assert drawn_kind("motorway_link") == "motorway"
    assert drawn_kind("footway") == drawn_kind("steps") == "path"


def test_that_the_sea_lies_on_the_right_of_the_shore() -> None:
    shore = np.array([shapely.LineString([(0.5, -1), (0.5, 2)])])  # northwards: the sea is in the east
    sea = sea_of(shore, (0.0, 0.0, 1.0, 1.0))
    assert len(sea) == 1
    assert sea[0].contains(shapely.Point(0.75, 0.5))
    assert not sea[0].contains(shapely.Point(0.25, 0.5))


def test_that_an_island_is_left_dry() -> None:
    island = shapely.LineString([(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6), (0.4, 0.4)])  # land on the left
    sea = sea_of(np.array([island]), (0.0, 0.0, 1.0, 1.0))
    assert [face.contains(shapely.Point(0.5, 0.5)) for face in sea] == [False]


@pytest.mark.parametrize("line", [[(0.3, 0.3), (0.7, 0.7)], [(5.0, 5.0), (6.0, 6.0)]])
def test_that_a_shore_with_gaps_draws_no_sea(line: list[tuple[float, float]]) -> None:
    assert sea_of(np.array([shapely.LineString(line)]), (0.0, 0.0, 1.0, 1.0)) == []
