"""Writes what was closed long ago into one file for keeping elsewhere: a zip of JSON lines that any program can read.

Each incident comes as it ended and with all of its events, exactly as their desks signed them; a manifest tells how
many there are and their SHA-256.
"""

import asyncio
import json
import zipfile
from collections import OrderedDict
from functools import partial as partial_of
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, column, select, table

from core.domain.board import Board, Incident
from core.domain.fold import apply_event
from core.errors import Unavailable
from core.merge.run import Run
from core.store.backup import sync_folder
from core.store.trouble import told_plainly
from sync.server.database import Database
from sync.server.log import Indexed, run_of
from sync.server.picture import strand_of

FORMAT = 1
_REMEMBERED_RUNS = 256
_AT_ONCE = 200  # incidents in one transaction
_events = table("events", *(column(name) for name in ("place", "run", "i", "kind", "incident", "flag")))
_runs = table("runs", column("seq"), column("payload"))


class Archived(Struct, frozen=True):
    """What an archive holds."""

    incidents: int
    events: int


async def archive(database: Database, target: Path, closed_before_ms: int) -> Archived:
    """Write incidents that were closed before then, oldest first. Raises Unavailable; then `target` is as it was."""
    partial = target.with_name(f"{target.name}.part")
    with told_plainly(target):
        _check_target(target)
        try:
            written = await _write(database, partial, closed_before_ms)
            await asyncio.to_thread(read_back, partial)
            partial.replace(target)
            sync_folder(target.parent)
        finally:
            partial.unlink(missing_ok=True)
    return written


def _check_target(target: Path) -> None:
    if target.exists():
        raise Unavailable(f"There is a file {target} already.", "It was left as it is.", "Give another file.")


async def _write(database: Database, partial: Path, closed_before_ms: int) -> Archived:
    digest, incidents, events = sha256(), 0, 0
    ids = await database.run(lambda connection: opened_before(connection, closed_before_ms), write=False)
    reader = StrandReader()
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("incidents.jsonl", "w", force_zip64=True) as lines:
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                entries = partial_of(reader.entries, ids=some, before_ms=closed_before_ms)
                for line, count in await database.run(entries, write=False):
                    lines.write(line)
                    digest.update(line)
                    incidents, events = incidents + 1, events + count
        manifest = {"format": FORMAT, "incidents": incidents, "events": events, "sha256": digest.hexdigest()}
        file.writestr("manifest.json", json.dumps(manifest, indent=2))
    return Archived(incidents, events)


def opened_before(connection: Connection, before_ms: int) -> list[str]:
    """Ids of incidents that were opened before then, oldest first."""
    opened = (_events.c.kind == "incident.opened") & (_events.c.flag != "refused")
    earliest = before_ms.to_bytes(6, "big")
    query = select(_events.c.incident).where(opened, _events.c.place < earliest).order_by(_events.c.place)
    return list(connection.scalars(query))


class StrandReader:
    """Reads incidents out of the log; neighbours are often in one run, so some are remembered."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Run] = OrderedDict()

    def entries(self, connection: Connection, *, ids: list[str], before_ms: int) -> list[tuple[bytes, int]]:
        """A line for each of them that was closed by then, and how many events it holds."""
        found = []
        for id_ in ids:
            strand = self._strand(connection, id_)
            incident = _folded(strand, id_)
            if incident is not None and _was_closed(incident, before_ms):
                found.append((_line(incident, strand), len(strand)))
        return found

    def closed(self, connection: Connection, incident: str, before_ms: int) -> bool:
        """Whether that incident was closed before then."""
        folded = _folded(self._strand(connection, incident), incident)
        return folded is not None and _was_closed(folded, before_ms)

    def _strand(self, connection: Connection, incident: str) -> list[tuple[Indexed, Run]]:
        query = select(_events.c.place, _events.c.run, _events.c.i).where(_events.c.incident == incident)
        indexed = [Indexed(bytes(row.place), row.run, row.i) for row in connection.execute(query)]
        indexed.sort(key=lambda one: one.place)
        return [(one, self._run(connection, one.run)) for one in indexed]

    def _run(self, connection: Connection, seq: int) -> Run:
        run = self._known.pop(seq, None)
        if run is None:
            run = run_of(connection.execute(select(_runs.c.payload).where(_runs.c.seq == seq)).scalar_one())
        self._known[seq] = run
        while len(self._known) > _REMEMBERED_RUNS:
            self._known.popitem(last=False)
        return run


def _folded(strand: list[tuple[Indexed, Run]], incident: str) -> Incident | None:
    alone = Board()
    for entry in strand_of(strand):
        apply_event(alone, entry.event, entry.place)
    return alone.incidents.get(incident)


def _was_closed(incident: Incident, before_ms: int) -> bool:
    return incident.closed_at is not None and incident.closed_at < before_ms


def _line(incident: Incident, strand: list[tuple[Indexed, Run]]) -> bytes:
    events: list[dict[str, Any]] = []
    for indexed, run in strand:
        wire = run.events[indexed.i]
        event = {"desk": run.desk, "n": run.first_n + indexed.i, "id": wire.id.hex(), "operator": wire.operator}
        body = msgspec.Raw(wire.body) if wire.flag != "refused" else None
        events.append({**event, "at": wire.at, "place": indexed.place.hex(), "flag": wire.flag, "body": body})
    return msgspec.json.encode({"incident": incident, "events": events}) + b"\n"


def read_back(path: Path) -> Archived:
    """What an archive holds, after reading it all. Raises Unavailable where it is not what was written."""
    try:
        with zipfile.ZipFile(path) as file:
            manifest = json.loads(file.read("manifest.json"))
            digest = sha256()
            with file.open("incidents.jsonl") as lines:
                incidents = 0
                for line in lines:
                    digest.update(line)
                    incidents += 1
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Unavailable(f"{path} is no archive.", "Nothing was changed.", "Name another file.") from error
    if digest.hexdigest() != manifest["sha256"] or incidents != manifest["incidents"]:
        raise Unavailable(f"{path} is damaged.", "Nothing was changed.", "Write the archive again.")
    return Archived(incidents, manifest["events"])
