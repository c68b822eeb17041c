"""Finds the layers of an agency's own data: in a folder, a GeoPackage, an AequilibraE project, or as a TOML file says.

A source file names what cannot be guessed; every key but `file` may be left out:

    name = "Glendale"
    licence = "City of Glendale, internal use"
    attribution = "City of Glendale GIS"
    provenance = ["Received from the GIS office on 2026-03-02."]
    aequilibrae = "project_database.sqlite"   # in place of [streets]: an AequilibraE project with links and zones

    [streets]                     # also: addresses, zones, places, water, land, buildings
    file = "centerlines.gdb"      # relative to this file
    layer = "RoadCenterline"
    crs = "EPSG:2223"             # only where the file does not say
    speed_unit = "mph"            # km/h otherwise
    columns = { name = "FULLNAME", speed = "SPEEDLIMIT", oneway = "ONEWAY", class = "FUNC_CLASS" }
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyogrio

from core.errors import Refused
from core.pack.agency_columns import ADDRESS_COLUMNS, ZONE_COLUMNS, guess_columns
from core.pack.words import fold

ROLES = ("streets", "addresses", "zones", "places", "water", "land", "buildings")
_SUFFIXES = frozenset({".shp", ".geojson", ".json", ".gpkg", ".fgb", ".gdb", ".sqlite", ".kml", ".gml", ".parquet"})
_ROLE_WORDS = {
    "addresses": ("address", "addr", "direcc", "morada"),
    "streets": ("street", "road", "centerline", "centreline", "link", "calle", "rua", "eje"),
    "buildings": ("building", "footprint", "edific"),
    "water": ("water", "river", "lake", "hydro", "agua"),
    "land": ("landuse", "land use", "park", "vegetation"),
    "places": ("station", "hospital", "police", "place", "poi", "facilit"),
    "zones": ("zone", "beat", "district", "tract", "population", "census", "block group", "sector"),
}
_LAYER_KEYS = frozenset({"file", "layer", "crs", "speed_unit", "columns"})
_NOT_BUILT = "No map pack was built."


@dataclass(frozen=True, slots=True)
class LayerSource:
    """One layer to read. `columns` overrides guesses; `sql` is read in place of the layer."""

    role: str
    path: Path
    layer: str | None = None
    crs: str | None = None
    mph: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    sql: str | None = None
    leave_out: tuple[str, ...] = ()  # classes that are no streets

    @property
    def title(self) -> str:
        return self.path.name if self.layer in (None, self.path.stem) else f"{self.path.name}, layer {self.layer}"


@dataclass(frozen=True, slots=True)
class AgencySource:
    name: str
    layers: list[LayerSource]
    licence: str = "not stated"
    attribution: str = ""
    provenance: tuple[str, ...] = ()


def find_source(path: Path) -> AgencySource:
    """The layers at `path`. Raises Refused where there is nothing to build from."""
    if path.suffix == ".toml":
        return _from_toml(path)
    project = path / "project_database.sqlite" if path.is_dir() else path
    if _is_aequilibrae(project):
        return _from_aequilibrae(project)
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES) if _is_folder(path) else [path]
    layers = [layer for file in files for layer in _layers_in(file)]
    if not any(layer.role == "streets" for layer in layers):
        raise Refused(
            f"{path} has no layer of streets that could be recognised.",
            _NOT_BUILT,
            "Give an OpenStreetMap extract (.osm.pbf), a folder or GeoPackage with a layer of street centrelines, or a "
            "TOML file that says which layer holds the streets.",
        )
    return AgencySource(_title(path.stem), layers)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and path.suffix.lower() != ".gdb"


def _title(stem: str) -> str:
    return stem.replace("_", " ").replace("-", " ").title()


def _layers_in(path: Path) -> list[LayerSource]:
    names = [name for name, geometry in pyogrio.list_layers(path).tolist() if geometry is not None]
    layers = [LayerSource(_guess_role(path, name, len(names)), path, name) for name in names]
    return [layer for layer in layers if layer.role]


def _guess_role(path: Path, layer: str, siblings: int) -> str:
    """What a layer is for, by its name and else by its geometry and columns; "" when nothing fits."""
    words = fold(layer if siblings > 1 else f"{path.stem} {layer}")
    info = pyogrio.read_info(path, layer=layer)
    geometry = str(info["geometry_type"])
    role = next((role for role, names in _ROLE_WORDS.items() if any(name in words for name in names)), "")
    if "Line" in geometry:
        return "water" if role == "water" else "streets"
    if "Polygon" in geometry:
        people = "population" in guess_columns(info["fields"], ZONE_COLUMNS)
        return role if role in {"zones", "water", "land", "buildings"} else "zones" if people else ""
    if "Point" in geometry:
        houses = {"number", "whole"} & guess_columns(info["fields"], ADDRESS_COLUMNS).keys()
        return role if role in {"addresses", "places"} else "addresses" if houses else ""
    return ""


def _from_toml(path: Path) -> AgencySource:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path} is not a readable TOML file: {error}.", _NOT_BUILT, "Correct that line.") from error
    known = {*ROLES, "name", "licence", "attribution", "provenance", "aequilibrae"}
    wrong = [f"the key {key} is unknown" for key in content if key not in known]
    layers: list[LayerSource] = []
    project = path.parent / str(content.get("aequilibrae", ""))
    if "aequilibrae" in content and _is_aequilibrae(project):
        layers += _from_aequilibrae(project).layers
    elif "aequilibrae" in content:
        wrong.append(f"{content['aequilibrae']} is not an AequilibraE project")
    for role in ROLES:
        if isinstance(entry := content.get(role), dict):
            wrong += [f"[{role}] has an unknown key {key}" for key in entry if key not in _LAYER_KEYS]
            wrong += _wrong_file(role, entry, path)
            layers.append(_layer_from(role, entry, path))
    if not {"streets", "aequilibrae"} & content.keys():
        wrong.append("there is no [streets]")
    if wrong:
        raise Refused(f"{path} has mistakes: {'; '.join(wrong)}.", _NOT_BUILT, f"Known are {', '.join(sorted(known))}.")
    return AgencySource(
        name=str(content.get("name", _title(path.stem))),
        layers=layers,
        licence=str(content.get("licence", "not stated")),
        attribution=str(content.get("attribution", "")),
        provenance=tuple(map(str, content.get("provenance", ()))),
    )


def _wrong_file(role: str, entry: dict[str, Any], path: Path) -> list[str]:
    if "file" not in entry:
        return [f"[{role}] has no file"]
    return (
        [] if (path.parent / str(entry["file"])).exists() else [f"[{role}] names {entry['file']}, which is not there"]
    )


def _layer_from(role: str, entry: dict[str, Any], path: Path) -> LayerSource:
    return LayerSource(
        role=role,
        path=path.parent / str(entry.get("file", "")),
        layer=entry.get("layer"),
        crs=entry.get("crs"),
        mph=entry.get("speed_unit", "km/h") == "mph",
        columns={str(key): str(value) for key, value in entry.get("columns", {}).items()},
    )


def _is_aequilibrae(path: Path) -> bool:
    if path.suffix != ".sqlite" or not path.is_file():
        return False
    layers = {name for name, _ in pyogrio.list_layers(path).tolist()}
    return {"links", "nodes", "zones"} <= layers


def _from_aequilibrae(path: Path) -> AgencySource:
    """An AequilibraE project: table links (name, direction 1/0/-1, link_type, speed_ab and speed_ba in km/h) and zones.

    Centroid connectors are inventions of the travel model, not streets. Whole-number columns are read through SQL,
    since the driver would cut fractions of people and node numbers beyond 32 bits.
    """
    speeds = ", ".join(f"CAST({column} AS REAL) AS {column}" for column in ("speed_ab", "speed_ba"))
    streets = f"SELECT name, direction, link_type, {speeds}, geometry FROM links"
    zones = "SELECT CAST(zone_id AS TEXT) AS name, CAST(population AS REAL) AS population, geometry FROM zones"
    return AgencySource(
        _title(path.parent.name),
        [
            LayerSource("streets", path, "links", sql=streets, leave_out=("centroid_connector",)),
            LayerSource("zones", path, "zones", sql=zones),
        ],
    )
