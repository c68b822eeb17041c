"""The commands `foredesk map build` and `foredesk map info`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from core.pack.archive import damaged_parts, read_description, remove_copy, unpacked_copy
from core.pack.info import PackInfo
from workstation.paths import cache_folder

_POORLY_CONNECTED = 0.8
_BAR = 30  # characters


def add_map_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `map` with its two commands; each sets `run`, which takes the arguments and returns an exit code."""
    parser = subparsers.add_parser("map", help="build a map pack, or say what is in one")
    commands = parser.add_subparsers(title="map commands", metavar="COMMAND", required=True)
    build = commands.add_parser(
        "build",
        help="turn an OpenStreetMap extract, or an agency's layers, into a map pack",
        description="SOURCE is an OpenStreetMap extract (.osm.pbf), a folder or GeoPackage with an agency's own layers "
        "(street centrelines, address points, zones with population), an AequilibraE project, or a TOML file that says "
        "which layer and which columns hold what.",
    )
    build.add_argument("source", type=Path, metavar="SOURCE")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="PACK", help="the file to write (.fdpack)")
    build.add_argument("--name", default="", help="the area's name, where the source's own will not do")
    build.set_defaults(run=run_build)
    info = commands.add_parser("info", help="say what a map pack holds, and whether it is sound")
    info.add_argument("pack", type=Path, metavar="PACK")
    info.set_defaults(run=run_info)


def run_build(args: argparse.Namespace) -> int:
    """Build a pack with a progress bar. Raises Refused and Unavailable."""
    from core.pack.build import build_pack

    out = args.output if args.output.suffix == ".fdpack" else args.output.with_name(args.output.name + ".fdpack")
    bar = _ProgressBar()
    try:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        info = build_pack(args.source, out, progress=bar, name=args.name, built_at=now)
    finally:
        bar.end()
    print(f"{out} holds {info.name}: {_counts(info)}.")
    if info.counts.connected < _POORLY_CONNECTED:
        print(f"Only {info.counts.connected:.0%} of its road nodes are joined to each other.")
        print("Units on the others are reported as unreachable by road: do the streets meet at shared points?")
    return 0


def run_info(args: argparse.Namespace) -> int:
    """Print what a pack says about itself and check it; 1 when it is damaged. Raises Unavailable."""
    info, checksum = read_description(args.pack)
    damaged = damaged_parts(args.pack, info)
    west, south, east, north = info.bounds
    rows = [
        ("Name", info.name),
        ("Area", f"latitude {south:.4f} to {north:.4f}, longitude {west:.4f} to {east:.4f}"),
        ("Holds", _counts(info)),
        ("Roads", f"{info.counts.connected:.1%} of the nodes can be driven to from each other"),
        ("From", info.provenance[0] if info.provenance else "not stated"),
        *(("", line) for line in info.provenance[1:]),
        ("Licence", info.licence),
        ("Attribution", info.attribution or "none asked for"),
        ("Built", f"{info.built_at} UTC" if info.built_at else "not stated"),
        ("Format", str(info.format)),
        ("Size", _sizes(args.pack, info)),
        ("Pack", f"sha256 {checksum}"),
        ("Checksums", f"damaged: {', '.join(damaged)}" if damaged else f"all {len(info.parts)} parts are sound"),
        ("Unpacked", _look_into_copy(args.pack)),
    ]
    for title, text in rows:
        print(f"{title:<12} {text}")
    return 1 if damaged else 0


def _look_into_copy(path: Path) -> str:
    """What became of the pack's copy in the cache; a damaged one is cleared away."""
    copy = unpacked_copy(path, cache_folder() / "packs")
    if copy is None:
        return "not on this machine yet"
    folder, damaged = copy
    if not damaged:
        return f"sound, in {folder}"
    told = f"damaged ({', '.join(damaged)}) in {folder}"
    try:
        remove_copy(folder)
    except OSError as error:
        return f"{told}: it cannot be cleared away ({error.strerror}); close the desk and run this again"
    return f"{told}: cleared away; it is unpacked anew when the map is opened next"


def _counts(info: PackInfo) -> str:
    words = (
        ("nodes", "road nodes"),
        ("turn_restrictions", "turn restrictions"),
        ("streets", "streets"),
        ("addresses", "addresses"),
        ("intersections", "intersections"),
        ("places", "places"),
        ("zones", "zones"),
        ("population", "people"),
        ("tiles", "map tiles"),
    )
    return ", ".join(f"{getattr(info.counts, key):,} {word}" for key, word in words if getattr(info.counts, key))


def _sizes(path: Path, info: PackInfo) -> str:
    groups: dict[str, int] = {}
    for name, part in info.parts.items():
        group = name.partition("/")[0].partition(".")[0]
        groups[group] = groups.get(group, 0) + part.size
    parts = ", ".join(f"{group} {size / 1e6:.1f} MB" for group, size in groups.items())
    return f"{path.stat().st_size / 1e6:.1f} MB as a file; unpacked: {parts}"


class _ProgressBar:
    """One bar that redraws itself on a terminal; a line for each new step elsewhere."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._step = ""

    def __call__(self, step: str, done: float) -> None:
        if self._on_terminal:
            filled = round(done * _BAR)
            sys.stderr.write(f"\r[{'#' * filled}{'.' * (_BAR - filled)}] {done:4.0%} {step:<34}")
            sys.stderr.flush()
        elif step != self._step:
            sys.stderr.write(f"{done:4.0%} {step}\n")
        self._step = step

    def end(self) -> None:
        if self._on_terminal and self._step:
            sys.stderr.write("\n")
