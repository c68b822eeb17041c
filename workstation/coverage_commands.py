"""The command `foredesk coverage`: how well a file of units covers a map, in figures and for other programs."""

import argparse
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.coverage_inputs import (
    MOST_TEAMS,
    Area,
    add_shared_arguments,
    begin,
    check_output,
    number_between,
    open_area,
    read_demand,
    read_fleet,
    read_rules,
    threshold_s,
    turnout_s,
    write_coverage,
)

if TYPE_CHECKING:
    from core.coverage.coverage_map import ZoneCover
    from core.coverage.demand import Demand
    from core.coverage.summary import Summary

_ZONES = 10  # weakest zones listed
_ORDINALS = ("First", "Second", "Third")
_SQUARE = re.compile(r"-?[\d.]+, -?[\d.]+")  # how demand.squares names them


def add_coverage_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `coverage`; it sets `run`."""
    parser = subparsers.add_parser(
        "coverage",
        help="say how much of a map a file of units reaches in time",
        description="UNITS is a table (.csv, .geojson, .toml) with callsign, lat and lon, and where known capabilities "
        "and kind; or an agency file, whose units are taken to be at their stations.",
    )
    add_shared_arguments(parser)
    parser.add_argument("units", type=Path, metavar="UNITS", help="the units and where they are")
    parser.add_argument(
        "--capability", default="", metavar="C", help="count only units that can do this, for example als"
    )
    parser.add_argument("--teams", default="", metavar="K", help="how many teams a place should have (the agency's: 1)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the roads with their teams as .geojson, .gpkg or .png"
    )
    parser.set_defaults(run=run_coverage)


def run_coverage(args: argparse.Namespace) -> int:
    """Compute, print, export. Raises Refused and Unavailable."""
    begin()
    agency = read_rules(args)
    limit_s, turnout = threshold_s(args, agency), turnout_s(args, agency)
    teams = args.teams or str(agency.coverage.teams)
    wanted = round(number_between("--teams, the teams that a place should have,", teams, 1, MOST_TEAMS))
    check_output(args.output)
    area = open_area(args.pack)
    from core.coverage.coverage_map import CoverageMap
    from core.coverage.summary import summarise
    from core.coverage.units_file import is_agency, placed

    units = read_fleet(args.units, agency, args.capability)
    by_kind_s = {} if args.turnout else agency.turnout_s
    fleet = placed(units, area.engine, turnout, by_kind_s)
    demand = read_demand(area, args.demand)
    began_s = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        coverage = CoverageMap(area.engine, limit_s, spread=pool.map)
        coverage.put(fleet.teams)
    summary = summarise(coverage, demand, args.capability, wanted)
    took_s = time.perf_counter() - began_s
    for warning in fleet.warnings:
        sys.stderr.write(f"{warning}\n")
    counting = len(coverage.counting_teams(args.capability))
    of_all = f"{counting} of {len(units)} units" if counting < len(units) else f"{counting} units"
    able = f" (those with {args.capability})" if args.capability else ""
    turnouts = sorted({team.turnout_ms / 1000 for team in fleet.teams})
    told = " or ".join(f"{seconds:g}" for seconds in turnouts)
    print(f"{area.pack.info.name}: {of_all}{able} count. {limit_s / 60:g} minutes, turnout {told} s.\n")
    _print_figures(summary, demand, area, wanted)
    print(f"\nComputed for each of {area.engine.graph.nodes:,} nodes of the roads in {took_s:.2f} s.")
    if args.output:
        origin = area.origin(made_up=agency.made_up and is_agency(args.units))
        write_coverage(coverage, args.output, origin, capability=args.capability, at_least=wanted)
        print(f"{args.output} was written.")
    return 0


def _print_figures(summary: "Summary", demand: "Demand", area: Area, wanted: int) -> None:
    print(f"Of {demand_words(demand)} these shares are reached in time:")
    for teams, share in enumerate(summary.shares):
        print(f"  {('by no team', 'by 1 team', 'by 2 teams', 'by 3 teams or more')[teams]:<20}{share:>8.1%}")
    print("\nFrom alarm to arrival:    half within   90 % within")
    for ordinal, times in zip(_ORDINALS, summary.arrivals, strict=True):
        print(f"  {ordinal + ' team':<20}{clock(times.median_ms):>15}{clock(times.most_ms):>14}")
    missing = "no team" if wanted == 1 else f"fewer than {wanted} teams"
    if not summary.weak_zones:
        print(f"\nThere is no zone of which {missing} would be in time for a part.")
        return
    print(f"\nWhere most is reached by {missing} in time ({len(summary.weak_zones)} zones in all):")
    listed = summary.weak_zones[:_ZONES]
    for zone, name in zip(listed, _names(listed, area), strict=True):
        missed, whole = amount(zone.uncovered, demand.unit), amount(zone.demand, demand.unit)
        print(f"  {missed:>16} of {whole:<16} {name}")


def _names(zones: "list[ZoneCover]", area: Area) -> list[str]:
    """The zones' names; squares, which are named by coordinates, with the place that lies there."""
    if not all(_SQUARE.fullmatch(zone.name) for zone in zones):
        return [f"zone {zone.name}" if zone.name.isdigit() else zone.name for zone in zones]
    with area.pack.gazetteer() as gazetteer:
        hits = [gazetteer.reverse(*map(float, zone.name.split(", "))) for zone in zones]
    return [f"{zone.name}  {hit.text}" if hit else zone.name for zone, hit in zip(zones, hits, strict=True)]


def demand_words(demand: "Demand") -> str:
    """What coverage is measured by, with its sum."""
    return (
        f"{demand.total / 1000:,.0f} km of road" if demand.unit == "m of road" else f"{demand.total:,.0f} {demand.unit}"
    )


def amount(value: float, unit: str) -> str:
    """An amount of demand."""
    return f"{value / 1000:,.1f} km" if unit == "m of road" else f"{value:,.0f} {unit}"


def clock(ms: int) -> str:
    """Minutes and seconds, whole seconds begun."""
    from core.coverage.etas import NEVER

    seconds = -(-ms // 1000)
    return "never" if ms == NEVER else f"{seconds // 60}:{seconds % 60:02}"
