"""One function that writes coverage in the format that a file's name says, for the window and the command line."""

from pathlib import Path

from core.coverage.coverage_map import CoverageMap
from core.coverage.export import WRITERS, whole_file
from core.coverage.sheet import CoverageSheet, Origin, coverage_sheet
from core.coverage.teams import ANY
from core.errors import Refused

FORMATS = {".geojson": "GeoJSON", ".gpkg": "GeoPackage", ".png": "Picture"}


def export_coverage(
    coverage: CoverageMap, path: Path, origin: Origin, *, capability: str = ANY, at_least: int = 1
) -> None:
    """Write the roads with how many teams reach them in time. A second or two for a city.

    GeoJSON and GeoPackage hold all counts; a picture colours what fewer than `at_least` teams reach, and needs a
    QGuiApplication. What was at `path` before stays unless the whole file was written. Raises Refused and Unavailable.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS and suffix != ".png":
        raise Refused(
            f"{path.name} is no format that can be written.",
            "Nothing was exported.",
            "Name the file .geojson, .gpkg or .png.",
        )
    sheet = coverage_sheet(coverage, origin, capability=capability)
    if suffix == ".png":
        _write_picture(sheet, path, at_least)
    else:
        WRITERS[suffix](sheet, path)


def _write_picture(sheet: CoverageSheet, path: Path, at_least: int) -> None:
    from widgets.coverage_picture import draw_coverage, png_of

    data = png_of(draw_coverage(sheet, at_least=at_least))
    with whole_file(path) as part:
        part.write_bytes(data)
