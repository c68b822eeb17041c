"""Reads the agency's TOML file whole or not at all, and brings the units on the board in line with its roster."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from core.domain.agency import (
    Agency,
    CoverageRules,
    Disposition,
    IncidentType,
    ModelRules,
    RadioRules,
    RosterEntry,
    SeverityRules,
    Standards,
    StationEntry,
    UnitKind,
)
from core.domain.board import Board
from core.domain.commands import Command, Enrol, Retire
from core.domain.statuses import Priority, UnitStatus
from core.domain.toml_table import TomlTable
from core.errors import Unavailable

SHAPES = ("circle", "square", "triangle", "diamond", "pentagon")
SEVERITIES = ("critical", "high", "moderate", "low")
RADIO_MAY = ("set", "propose", "off")
_DAY_S = 86_400
_IDENTITY = {"type": "code", "kind": "code", "disposition": "code", "station": "name", "unit": "callsign"}

Entry = TypeVar("Entry")


def read_agency(path: Path) -> Agency:
    """The agency that a file describes; raises Unavailable with every mistake and the key it is at."""
    mistakes: list[str] = []
    agency = _agency(TomlTable(_merged(path, mistakes, ()), "", mistakes), path)
    if mistakes:
        listed = "\n".join(f"  {mistake}" for mistake in mistakes)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise Unavailable(
            f"The agency file {path} has {count}:\n{listed}\n",
            "Nothing of it is used.",
            "Correct the file and start again.",
        )
    return agency


def read_to_hand_on(path: Path) -> Agency:
    """The agency of a file that goes alone to other machines. Raises Unavailable also where it extends another file."""
    base = _load(path).get("extends")
    if base:
        raise Unavailable(
            f"The agency file {path.name} extends {base}, which does not travel with it.",
            "Nothing of it is used.",
            "Write what it takes from there into the file itself, take that line out, and publish it again.",
        )
    return read_agency(path)


def roster_commands(agency: Agency, board: Board) -> tuple[Command, ...]:
    """What brings the board's units in line with the roster; units still on an incident are left alone."""
    wanted = {entry.callsign for entry in agency.roster}
    retired = [Retire(u.callsign) for u in board.units.values() if u.callsign not in wanted and not u.incident]
    enrolled = []
    for entry in agency.roster:
        place = agency.stations.get(entry.station)
        lat, lon = (place.lat, place.lon) if place else (None, None)
        enrolled.append(Enrol(entry.callsign, entry.kind, entry.capabilities, entry.station, lat, lon))
    return (*retired, *enrolled)


def _load(path: Path, extended_by: str = "") -> dict[str, Any]:
    """What the file says; a file of which nothing can be read makes every other mistake meaningless."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as trouble:
        wanted = f", which {extended_by} extends" if extended_by else ""
        raise _unread(f"There is no agency file {path}{wanted}.", "Check its path and start again.") from trouble
    except OSError as trouble:
        reason = trouble.strerror or "the disk refused it"
        raise _unread(f"The agency file {path} cannot be read: {reason}.", "Check it and start again.") from trouble
    except UnicodeDecodeError as trouble:
        raise _unread(f"The agency file {path} is not UTF-8 text.", "Give a text file and start again.") from trouble
    except (tomllib.TOMLDecodeError, RecursionError) as trouble:
        told = f"The agency file {path} is not TOML: {trouble}."
        raise _unread(told, "Correct that line and start again.") from trouble


def _unread(happened: str, do: str) -> Unavailable:
    return Unavailable(happened, "Nothing was opened.", do)


def _merged(path: Path, mistakes: list[str], seen: tuple[Path, ...]) -> dict[str, Any]:
    """The file's values over those of the file it extends."""
    values = _load(path, seen[-1].name if seen else "")
    base_name = values.pop("extends", "")
    if not base_name:
        _note_repeated(values, mistakes)
        return values
    if not isinstance(base_name, str) or path.parent / base_name in (*seen, path):
        told = f"In the agency file {path}, extends = {base_name!r} is not the name of another file."
        raise _unread(told, "Correct that line and start again.")
    base = _merged(path.parent / base_name, mistakes, (*seen, path))
    _note_repeated(values, mistakes)
    return _over(values, base)


def _over(values: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in values.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = _over(value, below)
        elif isinstance(value, list) and isinstance(below, list) and key in _IDENTITY:
            merged[key] = [entry for entry in below if _name(key, entry) not in {_name(key, v) for v in value}] + value
        else:
            merged[key] = value
    return merged


def _name(key: str, entry: object) -> str:
    return str(entry.get(_IDENTITY[key], "")).strip().upper() if isinstance(entry, dict) else ""


def _note_repeated(values: dict[str, Any], mistakes: list[str]) -> None:
    for key, identity in _IDENTITY.items():
        entries = values.get(key)
        names = [_name(key, entry) for entry in entries] if isinstance(entries, list) else []
        mistakes += [
            f'{key} "{name}" {identity}: it is there {names.count(name)} times.'
            for name in dict.fromkeys(names)
            if name and names.count(name) > 1
        ]


def _agency(top: TomlTable, path: Path) -> Agency:
    capabilities = {code: str(name) for code, name in top.table("capabilities").items()}
    kinds = {entry.code: entry for entry in (_kind(t, capabilities) for t in _each(top, "kind"))}
    stations = {entry.name: entry for entry in (_station(t) for t in _each(top, "station"))}
    agency = Agency(
        name=top.text("name"),
        desk_prefix=top.code("desk_prefix").upper(),
        types={entry.code: entry for entry in (_type(t, capabilities) for t in _each(top, "type"))},
        kinds=kinds,
        dispositions={entry.code: entry for entry in (_disposition(t) for t in _each(top, "disposition"))},
        standards=_standards(TomlTable(top.table("standards"), "standards", top.mistakes)),
        stations=stations,
        roster=tuple(_unit(t, kinds, stations, capabilities) for t in _each(top, "unit")),
        utc_offset_note=top.text("utc_offset_note", ""),
        made_up=top.yes("made_up", default=False),
        capabilities=capabilities,
        radio=_radio(TomlTable(top.table("radio"), "radio", top.mistakes)),
        coverage=_coverage(TomlTable(top.table("coverage"), "coverage", top.mistakes), kinds, capabilities),
        severity=_severity(TomlTable(top.table("severity"), "severity", top.mistakes), path),
        models=_models(TomlTable(top.table("models"), "models", top.mistakes)),
    )
    for key, entries in (("type", agency.types), ("kind", agency.kinds), ("disposition", agency.dispositions)):
        if not entries:
            top.wrong(key, f"at least one [[{key}]] is needed.")
    top.done()
    return agency


def _each(top: TomlTable, key: str) -> list[TomlTable]:
    tables = []
    for place, entry in enumerate(top.tables(key), start=1):
        name = str(entry.get(_IDENTITY[key], "")).strip() or f"number {place}"
        tables.append(TomlTable(entry, f'{key} "{name}"', top.mistakes))
    return tables


def _type(table: TomlTable, capabilities: dict[str, str]) -> IncidentType:
    entry = IncidentType(
        code=table.code("code").upper(),
        name=table.text("name"),
        priority=Priority(table.whole("priority", 1, 4)),
        severity=table.choice("severity", SEVERITIES),
        needs=table.words("needs", capabilities),
        words=table.words("words"),
    )
    table.done()
    return entry


def _kind(table: TomlTable, capabilities: dict[str, str]) -> UnitKind:
    entry = UnitKind(
        code=table.code("code"),
        name=table.text("name"),
        capabilities=table.words("capabilities", capabilities),
        shape=table.choice("shape", SHAPES, "circle"),
        lights_and_siren=table.yes("lights_and_siren", default=True),
    )
    table.done()
    return entry


def _disposition(table: TomlTable) -> Disposition:
    outcome = table.choice("outcome", SEVERITIES, default="")
    entry = Disposition(table.code("code").upper(), table.text("name"), outcome)
    table.done()
    return entry


def _station(table: TomlTable) -> StationEntry:
    entry = StationEntry(
        name=table.text("name"),
        lat=table.number("lat", -90, 90),
        lon=table.number("lon", -180, 180),
        made_up=table.yes("made_up", default=False),
    )
    table.done()
    return entry


def _unit(
    table: TomlTable, kinds: dict[str, UnitKind], stations: dict[str, StationEntry], capabilities: dict[str, str]
) -> RosterEntry:
    entry = RosterEntry(
        callsign=table.code("callsign").upper(),
        kind=table.choice("kind", kinds),
        station=table.choice("station", stations),
        capabilities=table.words("capabilities", capabilities),
    )
    table.done()
    return entry


def _radio(table: TomlTable) -> RadioRules:
    usual = RadioRules()
    meanings = TomlTable(table.table("status"), "radio.status", table.mistakes)
    allowed = [*(status.value for status in UnitStatus if status is not UnitStatus.DISPATCHED), "emergency", "contact"]
    rules = RadioRules(
        presets=table.choice("presets", RADIO_MAY, usual.presets),
        arrival=table.choice("arrival", RADIO_MAY, usual.arrival),
        scene_radius_m=table.number("scene_radius_m", 10, 5000, usual.scene_radius_m),
        station_radius_m=table.number("station_radius_m", 10, 5000, usual.station_radius_m),
        statuses={code.strip().upper(): meanings.choice(code, allowed) for code in meanings.names()},
    )
    meanings.done()
    table.done()
    return rules


def _coverage(table: TomlTable, kinds: dict[str, UnitKind], capabilities: dict[str, str]) -> CoverageRules:
    usual = CoverageRules()
    turnout = TomlTable(table.table("turnout_s"), "coverage.turnout_s", table.mistakes)
    for name in turnout.names():
        if name not in kinds:
            turnout.wrong(name, "there is no [[kind]] of that code.")
    rules = CoverageRules(
        target_s=table.whole("target_s", 60, 7200, usual.target_s),
        teams=table.whole("teams", 1, 3, usual.teams),
        capability=table.choice("capability", ("", *capabilities), usual.capability),
        turnout_s={name: turnout.whole(name, 0, 1800) for name in turnout.names()},
        turnout_else_s=table.whole("turnout_else_s", 0, 1800, usual.turnout_else_s),
    )
    turnout.done()
    table.done()
    return rules


def _severity(table: TomlTable, path: Path) -> SeverityRules:
    own = table.text("red_flags", "")
    rules = SeverityRules(
        person_first=table.yes("person_first", default=False),
        red_flags=str((path.parent / own).absolute()) if own else "",
    )
    table.done()
    return rules


def _models(table: TomlTable) -> ModelRules:
    usual = ModelRules()
    rules = ModelRules(
        every_days=table.whole("every_days", 0, 3650, usual.every_days),
        new_outcomes=table.whole("new_outcomes", 0, 1_000_000, usual.new_outcomes),
        on_alarm=table.yes("on_alarm", default=usual.on_alarm),
        fewest_days=table.whole("fewest_days", 1, 365, usual.fewest_days),
        quiet_from_hour=table.whole("quiet_from_hour", 0, 23, usual.quiet_from_hour),
        quiet_to_hour=table.whole("quiet_to_hour", 0, 24, usual.quiet_to_hour),
        most_open_incidents=table.whole("most_open_incidents", 0, 1000, usual.most_open_incidents),
    )
    table.done()
    return rules


def _standards(table: TomlTable) -> Standards:
    usual = Standards()
    waiting = TomlTable(table.table("waiting_s"), "standards.waiting_s", table.mistakes)
    status = TomlTable(table.table("status_s"), "standards.status_s", table.mistakes)
    standards = Standards(
        waiting_s={priority: waiting.whole(priority.name, 1, 7 * _DAY_S) for priority in Priority},
        status_s={s: status.whole(s.value, 1, 7 * _DAY_S) for s in UnitStatus if s.committed},
        par_s=table.whole("par_s", 1, _DAY_S, usual.par_s),
        position_stale_s=table.whole("position_stale_s", 1, _DAY_S, usual.position_stale_s),
        duplicate_radius_m=table.number("duplicate_radius_m", 0, 100_000, usual.duplicate_radius_m),
        duplicate_window_s=table.whole("duplicate_window_s", 0, 7 * _DAY_S, usual.duplicate_window_s),
    )
    for part in (waiting, status, table):
        part.done()
    return standards
