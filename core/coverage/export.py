"""Writes a coverage sheet as GeoJSON or GeoPackage, with its licence, for other programs; whole files or none."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from core.coverage.sheet import CoverageSheet
from core.errors import Unavailable

_DECIMALS = 6  # of degrees: a tenth of a metre


def write_geojson(sheet: CoverageSheet, path: Path) -> None:
    """One LineString for each piece; the facts stand under "metadata". Raises Unavailable."""
    degrees = np.round(sheet.pieces.lonlat(sheet.graph), _DECIMALS).tolist()
    first, counts = sheet.pieces.first.tolist(), sheet.counts.tolist()
    rows = zip(counts, sheet.first_s.tolist(), sheet.third_s.tolist(), strict=True)
    features = [
        {
            "type": "Feature",
            "properties": {
                "street": sheet.street(piece),
                "teams": teams,
                "first_s": first_s if first_s >= 0 else None,
                "third_s": third_s if third_s >= 0 else None,
            },
            "geometry": {"type": "LineString", "coordinates": degrees[first[piece] : first[piece + 1]]},
        }
        for piece, (teams, first_s, third_s) in enumerate(rows)
    ]
    document = {"type": "FeatureCollection", "name": "coverage", "metadata": sheet.facts(), "features": features}
    with whole_file(path) as part:
        part.write_bytes(msgspec.json.encode(document))


def write_geopackage(sheet: CoverageSheet, path: Path) -> None:
    """The layers `coverage` (lines) and `units` (points), WGS 84, both with the facts. Raises Unavailable."""
    import pyogrio  # half a second, and only for those who export
    import shapely

    lines = shapely.linestrings(sheet.pieces.lonlat(sheet.graph), indices=sheet.pieces.line_of_vertex())
    streets = np.array([sheet.street(piece) for piece in range(len(sheet.pieces))], object)
    places = shapely.points(np.array([(team.place.lon, team.place.lat) for team in sheet.teams]).reshape(-1, 2))
    callsigns = np.array([team.callsign for team in sheet.teams], object)
    abilities = np.array([", ".join(sorted(team.capabilities)) for team in sheet.teams], object)
    never = np.stack([sheet.first_s < 0, sheet.third_s < 0])

    def write(part: Path, layer: str, shapes: object, columns: Mapping[str, object], **options: object) -> None:
        pyogrio.raw.write(
            str(part),
            shapely.to_wkb(shapes),
            list(columns.values()),
            list(columns),
            layer=layer,
            driver="GPKG",
            crs="EPSG:4326",
            layer_metadata=sheet.facts(),
            **options,
        )

    columns = {"street": streets, "teams": sheet.counts, "first_s": sheet.first_s, "third_s": sheet.third_s}
    with whole_file(path) as part:
        try:
            masks = [None, None, never[0], never[1]]
            write(part, "coverage", lines, columns, geometry_type="LineString", field_mask=masks)
            units = {"callsign": callsigns, "capabilities": abilities}
            write(part, "units", places, units, geometry_type="Point", append=True)
        except pyogrio.errors.DataSourceError as error:
            raise _unwritten(path, str(error)) from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, which takes its place in the end; trouble leaves what was there before."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        part.unlink(missing_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise _unwritten(path, error.strerror or str(error)) from error
    finally:
        if part.exists():
            part.unlink()


Writer = Callable[[CoverageSheet, Path], None]
WRITERS: dict[str, Writer] = {".geojson": write_geojson, ".json": write_geojson, ".gpkg": write_geopackage}


def _unwritten(path: Path, reason: str) -> Unavailable:
    return Unavailable(f"{path} could not be written: {reason}.", "Nothing was exported.", "Choose another place.")
