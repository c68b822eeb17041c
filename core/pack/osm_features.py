"""Reads what is not a street from an OpenStreetMap extract: addresses, named places, water, land use, buildings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
import shapely

from core.pack.city import Address, Shapes
from core.pack.place import Place

LAND_KINDS = {
    "forest": "wood", "wood": "wood", "scrub": "wood", "nature_reserve": "wood", "grass": "park", "grassland": "park",
    "meadow": "park", "park": "park", "garden": "park", "pitch": "park", "golf_course": "park", "cemetery": "park",
    "recreation_ground": "park", "village_green": "park", "orchard": "farmland", "vineyard": "farmland",
    "farmland": "farmland", "residential": "residential", "commercial": "residential", "retail": "residential",
    "industrial": "industrial", "railway": "industrial", "quarry": "bare", "bare_rock": "bare", "scree": "bare",
    "sand": "bare", "beach": "bare",
}  # fmt: skip
WATERWAYS = frozenset({"river", "stream", "canal"})
SETTLEMENTS = frozenset({"city", "town", "village", "suburb", "quarter", "neighbourhood", "hamlet", "locality"})
_EMERGENCY = {"hospital": "hospital", "fire_station": "fire_station", "police": "police"}
_NAMED = ("amenity", "healthcare", "tourism", "shop", "leisure", "historic", "office", "railway", "aeroway", "natural")
_KEYS = ("building", "landuse", "waterway", "place", "emergency", "addr:housenumber", *_NAMED)
_SPLIT_NUMBERS = re.compile(r"\s*[;,]\s*")


@dataclass(slots=True)
class _Table:
    """Rows of one layer: geometry as WKB in hex, and what is said about it."""

    wkb: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)

    def shapes(self) -> Shapes:
        return Shapes(shapely.from_wkb(np.array(self.wkb, dtype=object)), {"kind": self.kind})


@dataclass(slots=True)
class OsmFeatures:
    """What `read_osm_features` found."""

    addresses: list[Address] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    land: _Table = field(default_factory=_Table)
    water: _Table = field(default_factory=_Table)
    waterways: _Table = field(default_factory=_Table)
    coast: _Table = field(default_factory=_Table)
    buildings: _Table = field(default_factory=_Table)


def read_osm_features(path: Path, work: Path) -> OsmFeatures:
    """All that the file holds beside streets. A file whose objects are not in order is put in order in `work` first.

    Raises RuntimeError as osmium does on a broken file.
    """
    try:
        return _read(path)
    except RuntimeError as error:
        if "out of order" not in str(error):
            raise
    return _read(_in_order(path, work / "ordered.osm.pbf"))


def _in_order(path: Path, target: Path) -> Path:
    merge = osmium.MergeInputReader()
    merge.add_file(str(path))
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        merge.apply(_Copier(writer), simplify=False)
    return target


class _Copier(osmium.SimpleHandler):  # type: ignore[misc]
    """Hands every object on to a writer."""

    def __init__(self, writer: "osmium.SimpleWriter") -> None:
        super().__init__()
        self.node, self.way, self.relation = writer.add_node, writer.add_way, writer.add_relation


def _read(path: Path) -> OsmFeatures:
    found = OsmFeatures()
    factory = osmium.geom.WKBFactory()
    wanted = osmium.filter.KeyFilter(*_KEYS)
    kinds = osmium.filter.EntityFilter(osmium.osm.NODE | osmium.osm.WAY | osmium.osm.AREA)
    for thing in osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(kinds).with_filter(wanted):
        try:
            if thing.is_node():
                _take_point(dict(thing.tags), thing.location.lat, thing.location.lon, found)
            elif thing.is_area():
                _take_area(dict(thing.tags), factory.create_multipolygon(thing), found)
            else:
                _take_line(dict(thing.tags), thing, factory, found)
        except (osmium.InvalidLocationError, RuntimeError) as error:
            if not _is_about_geometry(error):
                raise
    return found


def _is_about_geometry(error: Exception) -> bool:
    """One object without a usable shape, such as a way cut by the extract's edge, is passed over."""
    return isinstance(error, osmium.InvalidLocationError) or "invalid" in str(error) or "need at least" in str(error)


def _take_line(tags: Mapping[str, str], way: "osmium.osm.Way", factory: object, found: OsmFeatures) -> None:
    if tags.get("waterway") in WATERWAYS:
        table, kind = found.waterways, tags["waterway"]
    elif tags.get("natural") == "coastline":
        table, kind = found.coast, "coastline"
    else:
        return
    table.wkb.append(factory.create_linestring(way))  # type: ignore[attr-defined]
    table.kind.append(kind)


def _take_area(tags: Mapping[str, str], wkb: str, found: OsmFeatures) -> None:
    table, kind = None, ""
    if tags.get("building", "no") != "no":
        table, kind = found.buildings, "building"
    elif "water" in (tags.get("natural"), tags.get("landuse")) or tags.get("waterway") in {"riverbank", "dock"}:
        table, kind = found.water, "water"
    elif land := _land_kind(tags):
        table, kind = found.land, land
    if table is not None:
        table.wkb.append(wkb)
        table.kind.append(kind)
    if _has_a_point(tags):
        point = shapely.point_on_surface(shapely.from_wkb(wkb))
        _take_point(tags, point.y, point.x, found)


def _land_kind(tags: Mapping[str, str]) -> str:
    return next((LAND_KINDS[tags[key]] for key in ("landuse", "natural", "leisure") if tags.get(key) in LAND_KINDS), "")


def _has_a_point(tags: Mapping[str, str]) -> bool:
    return "addr:housenumber" in tags or "name" in tags or _emergency_kind(tags) != ""


def _take_point(tags: Mapping[str, str], lat: float, lon: float, found: OsmFeatures) -> None:
    street = tags.get("addr:street") or tags.get("addr:place")
    if street and "addr:housenumber" in tags:
        locality = tags.get("addr:suburb") or tags.get("addr:city") or ""
        numbers = _SPLIT_NUMBERS.split(tags["addr:housenumber"].strip())
        found.addresses += [Address(street, number, lat, lon, locality) for number in numbers if number]
    if kind := _place_kind(tags):
        name = tags.get("name") or kind.replace("_", " ").capitalize()
        found.places.append(Place(name, kind, lat, lon))


def _emergency_kind(tags: Mapping[str, str]) -> str:
    if tags.get("emergency") == "ambulance_station":
        return "station"
    return _EMERGENCY.get(tags.get("amenity", ""), "")


def _place_kind(tags: Mapping[str, str]) -> str:
    """The kind to list the object under, or "" when it is neither named nor an emergency place."""
    if kind := _emergency_kind(tags):
        return kind
    if "name" not in tags:
        return ""
    if tags.get("place") in SETTLEMENTS:
        return tags["place"]
    if tags.get("railway") == "station":
        return "railway_station"
    return next((key if tags[key] == "yes" else tags[key] for key in _NAMED if key in tags), "")
