"""Builds a map pack from a source, whole or not at all."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pyogrio
import shapely
import sqlcipher3

from core.errors import Refused, Unavailable
from core.pack.agency_layers import read_agency_city
from core.pack.archive import part_of, write_archive
from core.pack.basemap import write_basemap
from core.pack.city import EMERGENCY_KINDS, City
from core.pack.drawing import layers_of
from core.pack.gazetteer_build import build_gazetteer
from core.pack.info import BASEMAP, FORMAT, GAZETTEER, PLACES, ROADS, ZONES, PackCounts, PackInfo
from core.pack.osm_city import is_osm, read_osm_city
from core.pack.place import Place
from core.pack.road_table import road_segments
from core.roads.graph import build_graph
from core.roads.hierarchy import contraction

Progress = Callable[[str, float], None]

_GDAL_ERRORS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError)
NOT_BUILT = "No map pack was built."
# Step: the share of the whole at which it begins, from the times of Porto.
_STEPS = {
    "Reading the source": 0.0, "Building the road graph": 0.15, "Indexing addresses and streets": 0.3,
    "Drawing the map": 0.45, "Packing": 0.85, "Done": 1.0,
}  # fmt: skip


def _silent(_step: str, _done: float) -> None:
    return


def build_pack(
    source: Path,
    out: Path,
    *,
    progress: Progress = _silent,
    name: str = "",
    built_at: str = "",
    places: tuple[Place, ...] = (),
) -> PackInfo:
    """Read `source` (an OpenStreetMap extract, or an agency's layers) and write the pack to `out`.

    `out` is replaced in one move at the end; until then, and whenever anything fails, it stays as it was. `places` are
    added to those of the source. Raises Refused for a source that cannot make a pack, and Unavailable when the machine
    cannot write one.
    """
    source, out = source.absolute(), out.absolute()
    if not source.exists():
        raise Refused(f"There is no {source}.", NOT_BUILT, "Check the path of the source.")
    if out.is_dir():
        raise Refused(f"{out} is a folder; a pack is one file.", NOT_BUILT, "Give the name of a file after -o.")
    try:
        with tempfile.TemporaryDirectory(prefix="foredesk-pack-") as work:
            with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}-", suffix=".part") as file:
                part = Path(file.name)  # made first, so that a folder nobody can write to is known before the work
            try:
                return _build(source, out, part, Path(work), progress, (name, built_at, places))
            finally:
                part.unlink(missing_ok=True)
    except (OSError, sqlcipher3.Error, *_GDAL_ERRORS) as error:
        raise Unavailable(
            f"The map pack {out} could not be written: {_reason(error)}.",
            "No map pack was built; one that was there before is untouched.",
            "Give a folder that can be written to, with room for three times the source.",
        ) from error


def _reason(error: Exception) -> str:
    """The system's own words; numpy says only how many bytes it got rid of."""
    if isinstance(error, OSError):
        return error.strerror or "the disk took only a part of it"
    return str(error)


def _build(
    source: Path, out: Path, part: Path, work: Path, progress: Progress, extra: tuple[str, str, tuple[Place, ...]]
) -> PackInfo:
    name, built_at, places = extra
    progress("Reading the source", 0.0)
    city = _read(source, work)
    city.name = name or city.name
    city.places += places
    if not city.ways.drivable.any():
        raise Refused(f"{source} has no roads that can be driven.", NOT_BUILT, "Give a source with streets.")
    folder = work / "parts"
    folder.mkdir()
    counts = _write_parts(city, folder, work, progress)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    info = _describe(city, built_at, counts, folder, names)
    write_archive(part, info, folder, _within("Packing", progress))
    part.replace(out)
    progress("Done", 1.0)
    return info


def _read(source: Path, work: Path) -> City:
    try:
        return read_osm_city(source, work) if is_osm(source) else read_agency_city(source)
    except PermissionError as error:
        raise Refused(f"{source} may not be read by this user.", NOT_BUILT, "Change its permissions.") from error
    except _GDAL_ERRORS as error:
        reason = str(error).partition("; It might help")[0].rstrip(".")  # GDAL's advice is about its own drivers
        raise Refused(f"{source} cannot be read as map data: {reason}.", NOT_BUILT, "Give a sound file.") from error


def _write_parts(city: City, folder: Path, work: Path, progress: Progress) -> PackCounts:
    progress("Building the road graph", _STEPS["Building the road graph"])
    segments = road_segments(city.ways)
    graph = build_graph(segments)
    graph = replace(graph, order=contraction(graph))
    graph.save(folder / ROADS)
    progress("Indexing addresses and streets", _STEPS["Indexing addresses and streets"])
    found = build_gazetteer(city, folder / GAZETTEER)
    tell = _within("Drawing the map", progress)
    tell(0.0)
    tiles = write_basemap(layers_of(city), folder / BASEMAP, work, city.bounds, city.attribution, tell)
    signs = [place for place in city.places if place.kind in EMERGENCY_KINDS]
    (folder / PLACES).write_bytes(msgspec.json.encode(signs))
    if len(city.zones):
        _write_zones(city, folder / ZONES)
    return PackCounts(
        nodes=graph.nodes,
        road_pieces=graph.arcs,
        connected=round(float(np.mean(graph.strong[: graph.nodes] == graph.main_strong[0])), 4),
        turn_restrictions=len(segments.ban_via),
        addresses=found.addresses,
        streets=found.streets,
        intersections=found.intersections,
        places=found.places,
        zones=len(city.zones),
        population=round(sum(city.zones.columns.get("population", []))),
        tiles=tiles,
    )


def _within(step: str, progress: Progress) -> Callable[[float], None]:
    """Progress of one step as progress of the whole."""
    starts = list(_STEPS.values())
    start, end = _STEPS[step], starts[list(_STEPS).index(step) + 1]
    return lambda share: progress(step, start + share * (end - start))


def _write_zones(city: City, path: Path) -> None:
    columns = city.zones.columns
    pyogrio.raw.write(
        str(path),
        geometry=shapely.to_wkb(city.zones.geometry),
        field_data=[np.array(columns["name"], dtype=object), np.array(columns["population"], np.float64)],
        fields=["name", "population"],
        driver="GeoJSON",
        geometry_type="Unknown",
        crs="EPSG:4326",
        layer_options={"COORDINATE_PRECISION": "6"},
    )


def _describe(city: City, built_at: str, counts: PackCounts, folder: Path, names: list[str]) -> PackInfo:
    west, south, east, north = city.bounds
    return PackInfo(
        format=FORMAT,
        name=city.name,
        bounds=(west, south, east, north),
        centre=((south + north) / 2, (west + east) / 2),
        licence=city.licence,
        attribution=city.attribution,
        provenance=tuple(city.provenance),
        built_at=built_at,
        counts=counts,
        parts={name: part_of(folder / name) for name in names},
    )
