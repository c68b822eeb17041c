"""The command `foredesk posts`: the planner's question where n units should stand, answered with its proof."""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Refused
from workstation.coverage_commands import demand_words
from workstation.coverage_inputs import (
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
    from core.coverage.coverage_map import CoverageMap
    from core.coverage.demand import Demand
    from core.coverage.posts import Effort, PostPlan
    from core.coverage.posts_file import Post
    from core.coverage.units_file import UnitEntry
    from core.domain.agency import Agency
    from core.roads.snap import Snap

FORMATS = (".csv", ".geojson", ".gpkg", ".png")
MOST_UNITS, MOST_SITES = 1000, 1000
STATION_KINDS = ("station", "fire_station")
_LISTED = 40
_ON_ROAD = "\0"  # begins the names of places on roads: no station is called so


@dataclass(frozen=True, slots=True)
class _Question:
    units: int
    limit_s: float
    turnout_s: float
    busy: float
    capability: str


def add_posts_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `posts`; it sets `run`."""
    parser = subparsers.add_parser(
        "posts",
        help="find the best posts for a number of units",
        description="Looks for the posts from which most demand is reached in time (MCLP), or with --busy is expected "
        "to be by a unit that is free (MEXCLP), and says how much better any other choice could be at most.",
    )
    add_shared_arguments(parser)
    parser.add_argument("-n", "--number", default="", metavar="N", help="how many units (as many as in --units)")
    parser.add_argument("--units", type=Path, metavar="FILE", help="where the units are now, to compare with")
    parser.add_argument("--capability", default="", metavar="C", help="plan for those of --units that can do this")
    parser.add_argument("--busy", default="0", metavar="SHARE", help="share of time in which a unit is not free (0)")
    parser.add_argument(
        "--sites", choices=("stations", "roads", "both"), default="both", help="where posts may be (both)"
    )
    parser.add_argument(
        "--candidates", default="120", metavar="C", help="how many places on roads to choose from (120)"
    )
    parser.add_argument("--gap", default="0.1", metavar="PERCENT", help="stop when no plan can be better by more (0.1)")
    parser.add_argument("--time-limit", default="60", metavar="SECONDS", help="stop after this time (60)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="posts as .csv or .geojson, their coverage as .gpkg or .png"
    )
    parser.set_defaults(run=run_posts)


def run_posts(args: argparse.Namespace) -> int:
    """Compute, print, export. Raises Refused and Unavailable."""
    begin()
    agency = read_rules(args)
    limit_s, turnout = threshold_s(args, agency), turnout_s(args, agency)
    busy = number_between("--busy, the share of time,", args.busy, 0, 0.95)
    effort = _effort(args)
    candidates = round(number_between("--candidates, places on roads,", args.candidates, 1, MOST_SITES))
    if not args.number and args.units is None:
        raise Refused("How many units are to be posted?", "Nothing was computed.", "Give -n, or --units with a file.")
    number = round(number_between("-n, the number of units,", args.number, 1, MOST_UNITS)) if args.number else 0
    check_output(args.output, FORMATS)
    if args.capability and args.units is None:
        raise Refused("--capability chooses among the units of a file.", "Nothing was computed.", "Give --units too.")
    area = open_area(args.pack)
    fleet = read_fleet(args.units, agency, args.capability) if args.units else []
    able = [unit for unit in fleet if args.capability in {*unit.capabilities, ""}]
    question = _Question(number or len(able), limit_s, turnout, busy, args.capability)
    demand = read_demand(area, args.demand)
    sites = _sites(area, demand, args.sites, candidates, agency)
    print(_asked(area, question, demand, len(sites)))
    _answer(args, area, question, demand, sites, able, effort)
    return 0


def _effort(args: argparse.Namespace) -> "Effort":
    from core.coverage.posts import Effort

    gap = number_between("--gap, in per cent,", args.gap, 0, 50) / 100
    limit_s = number_between("--time-limit, in seconds,", args.time_limit, 1, 86_400)
    return Effort(gap, limit_s, time.monotonic)


def _answer(
    args: argparse.Namespace,
    area: Area,
    question: _Question,
    demand: "Demand",
    sites: "dict[str, Snap]",
    fleet: "list[UnitEntry]",
    effort: "Effort",
) -> None:
    from core.coverage.posts import best_posts

    with ThreadPoolExecutor() as pool:
        plan = best_posts(
            area.engine,
            sites,
            demand,
            question.units,
            question.limit_s,
            busy=question.busy,
            turnout_s=question.turnout_s,
            effort=effort,
            spread=pool.map,
        )
    posts = _posts(area, plan, sites, question)
    planned = _covered(area, question, posts)
    before = _before(area, question, demand, fleet) if fleet else None
    _print_plan(plan, planned, before, demand, question)
    for post in posts[:_LISTED]:
        print(f"  {post.callsign:<6} {post.lat:.5f}, {post.lon:.5f}  {post.place}")
    if len(posts) > _LISTED:
        print(f"  and {len(posts) - _LISTED} more, all of them with -o")
    if args.output:
        _write(area, planned, posts, question, args.output)
        print(f"\n{args.output} was written.")


def _asked(area: Area, question: _Question, demand: "Demand", sites: int) -> str:
    return (
        f"{area.pack.info.name}: posts for {question.units} units among {sites} sites. Demand: {demand_words(demand)}. "
        f"{question.limit_s / 60:g} minutes, turnout {question.turnout_s:g} s, busy {question.busy:.0%} of the time.\n"
    )


def _sites(area: Area, demand: "Demand", kind: str, count: int, agency: "Agency") -> "dict[str, Snap]":
    from core.coverage.post_sites import sites_on_roads
    from core.roads.snap import Snap

    sites: dict[str, Snap] = {}
    if kind != "roads":
        stations = [(place.name, place.lat, place.lon) for place in area.pack.places if place.kind in STATION_KINDS]
        stations += [(entry.name, entry.lat, entry.lon) for entry in agency.stations.values()]
        for name, lat, lon in stations:
            place = area.engine.snap(lat, lon)
            if isinstance(place, Snap):
                sites.setdefault(name if name not in sites else f"{name} at {lat:.4f}, {lon:.4f}", place)
    if kind == "stations" and not sites:
        raise Refused(
            "The map has no stations.", "Nothing was computed.", "Use --sites roads, or give the agency file with them."
        )
    if kind != "stations":
        sites |= {
            f"{_ON_ROAD}{at}": place for at, place in enumerate(sites_on_roads(area.engine, demand, count), start=1)
        }
    return sites


def _posts(area: Area, plan: "PostPlan", sites: "dict[str, Snap]", question: _Question) -> "list[Post]":
    from core.coverage.posts_file import Post

    posts: list[Post] = []
    able = (question.capability,) if question.capability else ()
    with area.pack.gazetteer() as gazetteer:
        for name, count in plan.units.items():
            site = sites[name]
            on_road = name.startswith(_ON_ROAD)
            hit = gazetteer.reverse(site.lat, site.lon) if on_road else None
            place = hit.text if hit else "a road without a name" if on_road else name
            posts += [Post(f"P{len(posts) + at}", site.lat, site.lon, place, able) for at in range(1, count + 1)]
    return posts


def _covered(area: Area, question: _Question, posts: "list[Post]") -> "CoverageMap":
    from core.coverage.coverage_map import CoverageMap
    from core.coverage.units_file import UnitEntry, placed

    units = [UnitEntry(post.callsign, post.lat, post.lon, "", frozenset(post.capabilities)) for post in posts]
    coverage = CoverageMap(area.engine, question.limit_s)
    coverage.put(placed(units, area.engine, question.turnout_s).teams if units else ())
    return coverage


def _before(area: Area, question: _Question, demand: "Demand", fleet: "list[UnitEntry]") -> "tuple[int, list[float]]":
    """How many units stand on the roads now, and the shares that exactly 0, 1, 2 ... of them reach."""
    from core.coverage.coverage_map import CoverageMap
    from core.coverage.units_file import placed

    now = placed(fleet, area.engine, question.turnout_s)
    for warning in now.warnings:
        sys.stderr.write(f"{warning}\n")
    coverage = CoverageMap(area.engine, question.limit_s)
    coverage.put(now.teams)
    return len(now.teams), coverage.shares(demand, most=len(now.teams))


def _print_plan(
    plan: "PostPlan",
    planned: "CoverageMap",
    before: "tuple[int, list[float]] | None",
    demand: "Demand",
    question: _Question,
) -> None:
    what = "expected to be reached in time by a free unit" if question.busy else "reached in time"
    if before:
        number, shares = before
        now = sum(share * (1 - question.busy**teams) for teams, share in enumerate(shares) if teams)
        print(f"Now, {number} units: {now:.1%} is {what}.")
    print(f"With these posts: {plan.share:.1%} is {what}; by one unit or more {planned.share(demand):.1%}, ", end="")
    print(f"by two or more {planned.share(demand, at_least=2):.1%}.")
    print(f"No choice of {question.units} among these sites exceeds {plan.bound:.2%}", end="")
    print(f" (this one has {plan.share:.2%}); a unit at every site would reach {plan.within_reach:.1%}.\n")


def _write(area: Area, planned: "CoverageMap", posts: "list[Post]", question: _Question, path: Path) -> None:
    from core.coverage.posts_file import write_posts

    if path.suffix.lower() in (".gpkg", ".png"):
        write_coverage(planned, path, area.origin(), capability="", at_least=1)
        return
    origin = area.origin()
    facts = {
        "title": f"{origin.map_name}: posts for {question.units} units, {question.limit_s / 60:g} minutes",
        "computed_at": origin.computed_at,
        "attribution": origin.attribution,
        "licence": origin.licence,
    }
    write_posts(posts, facts, path)
