"""Reads a file of units, so that coverage can be computed for a fleet that is on no board."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.coverage.place_table import (
    LAT,
    LON,
    Mistakes,
    PlaceRow,
    position_of,
    read_places,
    refused_file,
    require_columns,
)
from core.coverage.teams import ANY, Team
from core.domain.agency import Agency, UnitKind
from core.domain.agency_file import read_agency
from core.roads.engine import RoadEngine
from core.roads.snap import Snap

CALLSIGN = ("callsign", "unit", "name", "id")
KIND = ("kind", "type")
CAPABILITIES = ("capabilities", "capability")


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """A unit of the file. Its capabilities are its own and those of its kind."""

    callsign: str
    lat: float
    lon: float
    kind: str = ""
    capabilities: frozenset[str] = frozenset()
    siren: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    """The units that stand on a road, as teams, and a sentence for each that does not."""

    teams: tuple[Team, ...]
    warnings: tuple[str, ...]


def read_units(path: Path, kinds: Mapping[str, UnitKind]) -> list[UnitEntry]:
    """The units of a CSV, GeoJSON or TOML file, or of an agency file's roster at their stations. Raises Unavailable.

    A row needs a callsign, latitude and longitude; kind and capabilities (apart by commas, semicolons or spaces) are
    optional. What a kind can do is told by `kinds`.
    """
    if is_agency(path):
        return _roster(path, read_agency(path))
    rows = read_places(path, table="unit")
    require_columns(path, rows, {"callsign": CALLSIGN, "lat": LAT, "lon": LON})
    mistakes, units = Mistakes(path), dict[str, UnitEntry]()
    for row in rows:
        callsign, position = row.text(*CALLSIGN), position_of(row, mistakes)
        if not callsign:
            mistakes.add(row, "it has no callsign.")
        elif callsign in units:
            mistakes.add(row, f"the callsign {callsign} is there twice.")
        elif position:
            units[callsign] = _unit(row, callsign, position, kinds)
    mistakes.check()
    return list(units.values())


def placed(
    units: Sequence[UnitEntry], engine: RoadEngine, turnout_s: float = 0.0, by_kind_s: Mapping[str, float] | None = None
) -> Placed:
    """Each unit as a free team at the nearest point of a road, with the turnout time of its kind or else `turnout_s`.

    Raises Unavailable if none stands on a road.
    """
    teams, warnings = [], []
    for unit in units:
        place = engine.snap(unit.lat, unit.lon)
        if not isinstance(place, Snap):
            where = f"{unit.callsign} at {unit.lat:.5f}, {unit.lon:.5f}"
            warnings.append(f"{where} does not count: {place.sentence[0].lower()}{place.sentence[1:]}")
            continue
        if place.island:
            warnings.append(f"{unit.callsign} reaches little: {place.note[0].lower()}{place.note[1:]}")
        own_s = (by_kind_s or {}).get(unit.kind, turnout_s)
        teams.append(Team(unit.callsign, place, unit.capabilities, round(1000 * own_s), unit.siren))
    if not teams:
        raise refused_file(
            f"None of the units ({len(units)}) stands on a road of this map.",
            "Check that the two belong together.",
        )
    return Placed(tuple(teams), tuple(warnings))


def check_capability(capability: str, units: Sequence[UnitEntry]) -> None:
    """Raise Unavailable for a capability that no unit has: it is misspelt more often than it is missing."""
    known: Collection[str] = sorted({name for unit in units for name in unit.capabilities})
    if capability != ANY and capability not in known:
        has = f"They have: {', '.join(known)}." if known else "The file tells of none."
        raise refused_file(
            f'None of the units ({len(units)}) has the capability "{capability}". {has}',
            "Name one of those." if known else "Give the units their capabilities.",
        )


def _unit(row: PlaceRow, callsign: str, position: tuple[float, float], kinds: Mapping[str, UnitKind]) -> UnitEntry:
    kind = kinds.get(row.text(*KIND))
    own = _words(next((row.values[name] for name in CAPABILITIES if row.values.get(name)), ()))
    capabilities = own | frozenset(kind.capabilities if kind else ())
    return UnitEntry(callsign, *position, row.text(*KIND), capabilities, kind is None or kind.lights_and_siren)


def _words(value: object) -> frozenset[str]:
    texts = value if isinstance(value, list | tuple) else [value]
    return frozenset(word for text in texts for word in re.split(r"[\s,;|]+", str(text)) if word)


def is_agency(path: Path) -> bool:
    """Whether that is an agency file, as far as can be seen at a glance."""
    if path.suffix.lower() != ".toml":
        return False
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return False  # read_places tells what is wrong
    return "desk_prefix" in values or "extends" in values


def _roster(path: Path, agency: Agency) -> list[UnitEntry]:
    units = []
    for entry in agency.roster:
        station, kind = agency.stations.get(entry.station), agency.kinds[entry.kind]
        if station:
            capabilities = frozenset(kind.capabilities) | frozenset(entry.capabilities)
            unit = UnitEntry(entry.callsign, station.lat, station.lon, kind.code, capabilities, kind.lights_and_siren)
            units.append(unit)
    if not units:
        raise refused_file(
            f"The agency file {path} has no unit at a station.", "Give each unit of the roster a station."
        )
    return units
