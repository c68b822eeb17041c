"""What the planner's commands read before they compute: map, units, demand, minutes; mistakes are told in sentences."""

import argparse
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Refused
from workstation.maps import prepare_kernels
from workstation.paths import cache_folder, data_folder

if TYPE_CHECKING:
    from core.coverage.coverage_map import CoverageMap
    from core.coverage.demand import Demand
    from core.coverage.sheet import Origin
    from core.coverage.units_file import UnitEntry
    from core.domain.agency import Agency
    from core.pack.pack import MapPack
    from core.roads.engine import RoadEngine

MOST_MINUTES = 240.0
MOST_TEAMS = 50
POPULATION, ROADS = "population", "roads"
FORMATS = (".geojson", ".gpkg", ".png")


@dataclass(frozen=True, slots=True)
class Area:
    """An opened map."""

    pack: "MapPack"
    engine: "RoadEngine"

    def origin(self, *, made_up: bool = False) -> "Origin":
        """What an export says about where it comes from."""
        from core.coverage.sheet import Origin

        info, now = self.pack.info, datetime.now(UTC)
        note = "Units are made up." if made_up else ""
        return Origin(info.name, info.attribution, info.licence, f"{now:%Y-%m-%d %H:%M} UTC", note)


def add_shared_arguments(parser: argparse.ArgumentParser) -> None:
    """What both commands take: the map, minutes, capability, demand, turnout, agency."""
    parser.add_argument("pack", type=Path, metavar="PACK", help="the map pack, made by foredesk map build")
    parser.add_argument(
        "-t", "--minutes", default="", metavar="MINUTES", help="how long a team may take (the agency's target: 8)"
    )
    parser.add_argument(
        "--demand",
        default="",
        metavar="WHAT",
        help="population (of the map's zones), roads (metres of street), or a file of zones or points; population "
        "where the map has it",
    )
    parser.add_argument(
        "--turnout", default="", metavar="SECONDS", help="from alarm to wheels turning (the agency's, 60 as it ships)"
    )
    parser.add_argument(
        "--agency", type=Path, metavar="FILE", help="the agency file that says what kinds of unit can do"
    )


def begin() -> None:
    """Before anything of core is imported: where kernels are kept, and a word where they must be compiled first."""
    prepare_kernels()
    if not any(Path(os.environ["NUMBA_CACHE_DIR"]).glob("*")):
        sys.stderr.write("The first time, this machine translates the road search for itself: half a minute or so.\n")


def open_area(path: Path) -> Area:
    """Open the pack for computing. Raises Unavailable."""
    from core.pack.pack import open_pack
    from core.roads.engine import RoadEngine

    pack = open_pack(path, cache_folder() / "packs")
    return Area(pack, RoadEngine(pack.graph()))


def read_rules(args: argparse.Namespace) -> "Agency":
    """The agency file that was asked for, else the units' file if it is one, else the desk's. Raises Unavailable."""
    from core.coverage.units_file import is_agency
    from workstation.compose import find_agency

    units: Path | None = args.units
    own = units if units is not None and is_agency(units) else None
    return find_agency(args.agency or own, data_folder())


def read_fleet(path: Path, agency: "Agency", capability: str) -> list["UnitEntry"]:
    """The units of a file; `capability` must be one that some of them have. Raises Unavailable."""
    from core.coverage.units_file import check_capability, read_units

    units = read_units(path, agency.kinds)
    check_capability(capability, units)
    return units


def read_demand(area: Area, asked: str) -> "Demand":
    """The demand that was asked for. Raises Refused and Unavailable."""
    from core.coverage.demand import demand_by_road, demand_by_zones
    from core.coverage.demand_file import demand_from_file

    zones = area.pack.zones_path
    word = asked or (POPULATION if zones else ROADS)
    if word == ROADS:
        return demand_by_road(area.engine.graph)
    if word != POPULATION:
        return demand_from_file(area.engine, Path(asked))
    if zones is None:
        raise Refused(
            f"The map pack {area.pack.path.name} has no zones with population.",
            "Nothing was computed.",
            "Use --demand roads, or give a file of zones or of past calls.",
        )
    return demand_by_zones(area.engine, zones)


def number_between(name: str, text: str, low: float, high: float, *, above: bool = False) -> float:
    """A number of an argument; `above`: more than `low`. Raises Refused."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if (low < value if above else low <= value) and value <= high:
        return value
    least = f"more than {low:g}" if above else f"{low:g}"
    raise Refused(f"{name} must be a number from {least} to {high:g}, not {text}.", "Nothing was computed.")


def threshold_s(args: argparse.Namespace, agency: "Agency") -> float:
    """The seconds that a team may take. Raises Refused."""
    if not args.minutes:
        return float(agency.coverage.target_s)
    return 60 * number_between("-t, the minutes that a team may take,", args.minutes, 0, MOST_MINUTES, above=True)


def turnout_s(args: argparse.Namespace, agency: "Agency") -> float:
    """Seconds from alarm to wheels turning, of kinds for which the agency tells none. Raises Refused."""
    if not args.turnout:
        return float(agency.coverage.turnout_else_s)
    return number_between("--turnout, the seconds from alarm to wheels turning,", args.turnout, 0, 3600)


def check_output(path: Path | None, formats: tuple[str, ...] = FORMATS) -> None:
    """Raise Refused for a file that could not be written in the end: better before the work than after it."""
    if path is None:
        return
    if path.suffix.lower() not in formats:
        raise Refused(
            f"{path.name} is no format that can be written.", "Nothing was computed.", f"Name it {_either(formats)}."
        )
    if not path.absolute().parent.is_dir():
        raise Refused(f"There is no folder {path.absolute().parent}.", "Nothing was computed.", "Make it first.")


def write_coverage(coverage: "CoverageMap", path: Path, origin: "Origin", *, capability: str, at_least: int) -> None:
    """Export a computed map in the format that the file's name says. Raises Unavailable."""
    from widgets.coverage_export import export_coverage

    if path.suffix.lower() == ".png":
        from workstation.qt import start_qt

        application = start_qt(windows=False)  # held: text cannot be drawn without
        export_coverage(coverage, path, origin, capability=capability, at_least=at_least)
        del application
    else:
        export_coverage(coverage, path, origin, capability=capability, at_least=at_least)


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
