"""Writes vector tiles: GDAL cuts each layer into tiles, and the tiles of all layers are joined into one PMTiles file.

GDAL comes inside the pyogrio wheel on every platform. It writes one layer a file, so each is written by itself; the
bytes of several layers, one after the other, are a valid tile.
"""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from core.pack.drawing import Layer

Bounds = tuple[float, float, float, float]  # west, south, east, north

_OPTIONS = {
    "NAME": "basemap",
    "MAX_SIZE": "2000000",  # bytes a tile; a limit reached would thin streets out without a word
    "MAX_FEATURES": "1000000",
    "SIMPLIFICATION": "2",
    "SIMPLIFICATION_MAX_ZOOM": "0.5",
    "BUFFER": "64",
}


def write_basemap(
    layers: list[Layer], target: Path, work: Path, bounds: Bounds, attribution: str, tell: Callable[[float], None]
) -> int:
    """Write `layers` to `target` (PMTiles) and return the number of tiles. `tell` hears the share done."""
    tiles: dict[int, bytearray] = {}
    for number, layer in enumerate(layers):
        part = work / f"{number}-{layer.name}.pmtiles"
        _write_layer(layer, part)
        _add_tiles(part, tiles)
        part.unlink()
        tell((number + 1) / (len(layers) + 1))
    _write_joined(tiles, layers, target, bounds, attribution)
    return len(tiles)


def _write_layer(layer: Layer, path: Path) -> None:
    columns = layer.shapes.columns
    zooms = {"MINZOOM": str(layer.min_zoom), "MAXZOOM": str(layer.max_zoom)}
    pyogrio.raw.write(
        str(path),
        geometry=shapely.to_wkb(layer.shapes.geometry),
        field_data=[_column(values) for values in columns.values()],
        fields=list(columns),
        layer=layer.name,
        driver="PMTiles",
        geometry_type="Unknown",
        crs="EPSG:4326",
        dataset_options=_OPTIONS | zooms,
    )


def _column(values: list[Any]) -> np.ndarray:
    if all(isinstance(value, int | float) for value in values):
        return np.asarray(np.rint(values), np.int32)
    return np.array(values, dtype=object)


def _add_tiles(path: Path, tiles: dict[int, bytearray]) -> None:
    with path.open("rb") as file:
        for zxy, data in all_tiles(MmapSource(file)):
            plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            tiles.setdefault(zxy_to_tileid(*zxy), bytearray()).extend(plain)


def _write_joined(
    tiles: dict[int, bytearray], layers: list[Layer], target: Path, bounds: Bounds, attribution: str
) -> None:
    west, south, east, north = (round(degrees * 1e7) for degrees in bounds)
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": min(layer.min_zoom for layer in layers),
        "max_zoom": max(layer.max_zoom for layer in layers),
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": 12,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }
    fields = {layer.name: dict.fromkeys(layer.shapes.columns, "") for layer in layers}
    about = {
        "name": "basemap",
        "attribution": attribution,
        "vector_layers": [{"id": name, "fields": columns} for name, columns in fields.items()],
    }
    with target.open("wb") as file:
        writer = Writer(file)
        for tile in sorted(tiles):
            writer.write_tile(tile, gzip.compress(bytes(tiles[tile]), 6, mtime=0))
        writer.finalize(header, about)
