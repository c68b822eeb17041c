"""Reads an agency's own layers into a city: centrelines, address points, zones with population, places."""

from array import array
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from core.errors import Refused
from core.pack.agency_columns import (
    ADDRESS_COLUMNS,
    PLACE_COLUMNS,
    SHAPE_COLUMNS,
    STREET_COLUMNS,
    ZONE_COLUMNS,
    class_of,
    direction_of,
    guess_columns,
    number,
    place_kind,
    said,
)
from core.pack.agency_source import LayerSource, find_source
from core.pack.city import Address, City, Shapes
from core.pack.house_numbers import readings
from core.pack.osm_tags import FASTEST_KMH, FOOT_ROADS, MPH_KMH
from core.pack.place import Place
from core.pack.ways import WayCollector, Ways
from core.roads.segments import EARTH_RADIUS_M

JOIN_ENDS_M = 0.5  # line ends closer than this are one junction; drawn by hand, they seldom meet exactly
_NOT_BUILT = "No map pack was built."
_WANTED = {
    "streets": STREET_COLUMNS,
    "addresses": ADDRESS_COLUMNS,
    "zones": ZONE_COLUMNS,
    "places": PLACE_COLUMNS,
}


def read_agency_city(path: Path) -> City:
    """The city in a folder, a GeoPackage, an AequilibraE project, or what a TOML file names. Raises Refused."""
    source = find_source(path)
    tables = [(layer, *_read_layer(layer)) for layer in source.layers]
    streets = [(layer, table, columns) for layer, table, columns in tables if layer.role == "streets"]
    city = City(
        name=source.name,
        ways=_ways(streets),
        licence=source.licence,
        attribution=source.attribution,
        provenance=[*source.provenance, *(_origin(layer, table, columns) for layer, table, columns in tables)],
    )
    for layer, table, columns in tables:
        _take(layer.role, table, columns, city)
    return city


def _origin(layer: LayerSource, table: gpd.GeoDataFrame, columns: dict[str, str]) -> str:
    unit = f"; {columns['speed']} read as {'mph' if layer.mph else 'km/h'}" if "speed" in columns else ""
    used = ", ".join(f"{purpose} from {column}" for purpose, column in columns.items()) or "no columns used"
    return f"{layer.role}: {layer.title}, {len(table)} features ({used}{unit})"


def _take(role: str, table: gpd.GeoDataFrame, columns: dict[str, str], city: City) -> None:
    if role == "addresses":
        city.addresses += _addresses(table, columns)
    elif role == "places":
        city.places += _places(table, columns)
    elif role == "zones":
        names = [said(value) for value in _column(table, columns, "name")]
        people = [number(value) for value in _column(table, columns, "population")]
        city.zones = Shapes(np.asarray(table.geometry), {"name": names, "population": people})
    elif role == "buildings":
        city.buildings = Shapes(np.asarray(table.geometry), {"kind": ["building"] * len(table)})
    elif role == "land":
        city.land = _kinds(table, columns, "land")
    elif role == "water":
        lines = table.geom_type.isin(["LineString", "MultiLineString"])
        city.water = _kinds(table[~lines], columns, "water")
        city.waterways = _kinds(table[lines], columns, "stream")


def _kinds(table: gpd.GeoDataFrame, columns: dict[str, str], default: str) -> Shapes:
    kinds = [said(value) or default for value in _column(table, columns, "kind")]
    return Shapes(np.asarray(table.geometry), {"kind": kinds})


def _read_layer(layer: LayerSource) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """The layer in degrees WGS 84, flat and without empty geometries, and what its columns mean."""
    if layer.sql:
        table = pyogrio.read_dataframe(layer.path, sql=layer.sql)
        columns = _columns(layer, list(table.columns))
    else:
        columns = _columns(layer, list(pyogrio.read_info(layer.path, layer=layer.layer)["fields"]))
        table = pyogrio.read_dataframe(layer.path, layer=layer.layer, columns=sorted(set(columns.values())))
    if table.crs is None and layer.crs is None:
        raise Refused(
            f"The {layer.role} layer {layer.title} does not say in which coordinate reference system it is.",
            _NOT_BUILT,
            f"Add the .prj file that belongs to it, or name the system under [{layer.role}] in a TOML source file, for "
            'example crs = "EPSG:2223".',
        )
    table = table.set_crs(layer.crs) if table.crs is None else table
    table = table.to_crs("EPSG:4326")
    table["geometry"] = shapely.force_2d(np.asarray(table.geometry))
    if layer.leave_out and "class" in columns:
        table = table[~table[columns["class"]].isin(layer.leave_out)]
    table = table[table.geometry.notna() & ~table.geometry.is_empty].reset_index(drop=True)
    _check_on_earth(layer, table)
    return table, columns


def _columns(layer: LayerSource, fields: list[str]) -> dict[str, str]:
    missing = [column for column in layer.columns.values() if column not in fields]
    if missing:
        raise Refused(
            f"{layer.title} has no column {', '.join(missing)}.", _NOT_BUILT, f"Its columns are {', '.join(fields)}."
        )
    return guess_columns(fields, _WANTED.get(layer.role, SHAPE_COLUMNS)) | layer.columns


def _check_on_earth(layer: LayerSource, table: gpd.GeoDataFrame) -> None:
    if not len(table):
        return
    west, south, east, north = table.total_bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused(
            f"{layer.title} has coordinates outside the world in the coordinate reference system that it states.",
            _NOT_BUILT,
            f'Name the right one under [{layer.role}] in a TOML source file, for example crs = "EPSG:4326".',
        )


def _column(table: gpd.GeoDataFrame, columns: dict[str, str], purpose: str) -> list[Any]:
    return table[columns[purpose]].tolist() if purpose in columns else [None] * len(table)


def _names(table: gpd.GeoDataFrame, columns: dict[str, str], purpose: str) -> list[str]:
    """Street names, put together from the parts that the layer keeps apart."""
    parts = [_column(table, columns, part) for part in ("before", purpose, "type", "after")]
    return [" ".join(word for word in map(said, row) if word) for row in zip(*parts, strict=True)]


def _addresses(table: gpd.GeoDataFrame, columns: dict[str, str]) -> list[Address]:
    points = shapely.centroid(np.asarray(table.geometry))
    rows = zip(
        _names(table, columns, "street"),
        map(said, _column(table, columns, "number")),
        map(said, _column(table, columns, "whole")),
        map(said, _column(table, columns, "locality")),
        shapely.get_y(points).tolist(),
        shapely.get_x(points).tolist(),
        strict=True,
    )
    found = []
    for street, house, whole, locality, lat, lon in rows:
        if street and house:
            found.append(Address(street, house, lat, lon, locality))
        elif reading := next(iter(readings(whole)), None):
            found.append(Address(reading.street, reading.number, lat, lon, locality))
    return found


def _places(table: gpd.GeoDataFrame, columns: dict[str, str]) -> list[Place]:
    points = shapely.point_on_surface(np.asarray(table.geometry))
    names, kinds = _column(table, columns, "name"), _column(table, columns, "kind")
    rows = zip(names, kinds, shapely.get_y(points).tolist(), shapely.get_x(points).tolist(), strict=True)
    return [
        Place(said(name) or said(kind), place_kind(said(kind) or said(name)), lat, lon)
        for name, kind, lat, lon in rows
        if said(name) or said(kind)
    ]


def _ways(streets: list[tuple[LayerSource, gpd.GeoDataFrame, dict[str, str]]]) -> Ways:
    table = WayCollector()
    for layer, frame, columns in streets:
        _collect(layer, frame, columns, table)
    lat, lon = np.array(table.lat), np.array(table.lon)
    table.node = array("q", _node_numbers(lat, lon, np.array(table.first)).tobytes())
    return table.ways()


def _collect(layer: LayerSource, frame: gpd.GeoDataFrame, columns: dict[str, str], table: WayCollector) -> None:
    factor = MPH_KMH if layer.mph or "mph" in columns.get("speed", "").casefold() else 1.0
    purposes = ("class", "oneway", "speed", "speed_back", "left_from", "left_to", "right_from", "right_to")
    cells = zip(*(_column(frame, columns, purpose) for purpose in purposes), strict=True)
    rows = zip(np.asarray(frame.geometry), _names(frame, columns, "name"), cells, strict=True)
    for geometry, name, (kind, oneway, speed, speed_back, *ranges) in rows:
        word, ahead, back = class_of(kind), _speed_kmh(speed, factor), _speed_kmh(speed_back, factor)
        speeds = (ahead or back, back or ahead)
        parts = shapely.get_parts(geometry)
        houses = tuple(int(number(value)) for value in ranges) if len(parts) == 1 else (0, 0, 0, 0)
        for part in parts:
            points = shapely.get_coordinates(part)
            table.lon.extend(points[:, 0].tolist())
            table.lat.extend(points[:, 1].tolist())
            table.node.extend([0] * len(points))
            before = len(table.ref)
            table.end_way(before, word, name, direction_of(oneway), speeds, word not in FOOT_ROADS)
            table.house_ranges += [houses] * (len(table.ref) - before)  # type: ignore[list-item]


def _speed_kmh(value: Any, factor: float) -> float:
    kmh = number(value) * factor
    return kmh if 0 < kmh <= FASTEST_KMH else 0.0


def _node_numbers(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], first: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Equal numbers for vertices at one place, and for line ends within JOIN_ENDS_M of each other.

    Inner vertices join only where they coincide, so a bridge does not join the road below by passing near it.
    """
    if not len(lat):
        return np.zeros(0, np.int64)
    _, number_of = np.unique(np.rint(np.column_stack([lat, lon]) * 1e8), axis=0, return_inverse=True)
    number_of = number_of.reshape(-1).astype(np.int64)
    ends = np.unique(np.concatenate([first[:-1], first[1:] - 1]))
    stretch = np.cos(np.radians(lat.mean()))
    plane_m = np.radians(np.column_stack([lat[ends], lon[ends] * stretch])) * EARTH_RADIUS_M
    pairs = number_of[ends[cKDTree(plane_m).query_pairs(JOIN_ENDS_M, output_type="ndarray")]].reshape(-1, 2)
    size = int(number_of.max()) + 1
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    joined = connected_components(links, directed=False)[1]
    return np.asarray(joined, np.int64)[number_of]
