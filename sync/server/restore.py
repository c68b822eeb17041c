"""Puts a backup in a server's place: a new life of the log; desks notice it, and offer what it lacks."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, text

from core.errors import Unavailable
from core.store.backup import sync_folder
from core.store.trouble import told_plainly
from sync.server.backup import Verified, tables_of, verify
from sync.server.database import EMBEDDED_NAME, Database, EmbeddedDatabase, connect_embedded
from sync.server.upgrade import bring_up_now

_AT_ONCE = 500
_BESIDE = ("", "-wal", "-shm")


def restore_embedded(source: Path, folder: Path, now_ms: int) -> tuple[Verified, Path | None]:
    """Put the backup in the place of the folder's database; returns what it holds, and where the old one was moved.

    The caller holds the folder's lock. Raises Unavailable; then everything is as it was.
    """
    verified = verify(source)
    target = folder / EMBEDDED_NAME
    partial = target.with_name(f"{target.name}.part")
    with told_plainly(target):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, partial)
        partial.chmod(0o600)
        _make_ours(partial)
        moved = _move_aside(target, now_ms)
        partial.replace(target)
        sync_folder(folder)
    return verified, moved


def _make_ours(partial: Path) -> None:
    """Bring it to this version, and number PostgreSQL's rows as one writer would have."""
    database = EmbeddedDatabase(partial)
    try:
        bring_up_now(database)
    finally:
        database.close_now()
    raw = connect_embedded(partial)
    try:
        raw.execute("PRAGMA application_id = 0")
        if raw.execute("SELECT max(xid) FROM runs").fetchone()[0]:
            _number_anew(raw)
        raw.execute("PRAGMA journal_mode = DELETE")
    finally:
        raw.close()


def _number_anew(raw: Any) -> None:
    """Cursors of PostgreSQL's order mean nothing in the new one: their epochs are forgotten, and desks begin anew."""
    raw.execute("BEGIN")
    raw.execute(
        "CREATE TEMP TABLE renumbered AS SELECT seq AS was, row_number() OVER (ORDER BY era, xid, seq) AS seq FROM runs"
    )
    raw.execute("CREATE UNIQUE INDEX temp.renumbered_by_was ON renumbered (was)")
    raw.execute("UPDATE runs SET seq = -seq")  # so that no two have one number on the way
    raw.execute("UPDATE runs SET xid = 0, seq = (SELECT r.seq FROM renumbered r WHERE r.was = -runs.seq)")
    raw.execute("UPDATE events SET run = (SELECT r.seq FROM renumbered r WHERE r.was = events.run)")
    for (era,) in raw.execute("SELECT era FROM eras").fetchall():
        first = raw.execute("SELECT coalesce(min(seq), 1) FROM runs WHERE era >= ?", (era,)).fetchone()[0]
        raw.execute("UPDATE eras SET epoch = ?, first_seq = ? WHERE era = ?", (token_hex(8), first, era))
    raw.execute("COMMIT")


def _move_aside(target: Path, now_ms: int) -> Path | None:
    if not target.exists():
        return None
    at = datetime.fromtimestamp(now_ms / 1000).astimezone()
    moved = target.with_name(f"{target.name}.replaced-{at:%Y%m%d-%H%M%S}")
    for ending in _BESIDE:
        beside = target.with_name(f"{target.name}{ending}")
        if beside.exists():
            beside.rename(moved.with_name(f"{moved.name}{ending}"))
    return moved


async def restore_postgresql(source: Path, database: Database, *, replace: bool) -> Verified:
    """Fill PostgreSQL's tables from the backup, in one transaction. Raises Unavailable; then they are as they were.

    Refused while a server is connected, and where there are events already, unless they shall be replaced.
    """
    verified = await asyncio.to_thread(verify, source)
    raw = connect_embedded(source)
    try:
        await database.run(lambda connection: _fill(connection, raw, replace=replace))
    finally:
        raw.execute("PRAGMA journal_mode = DELETE")
        raw.close()
    return verified


def _fill(connection: Connection, raw: Any, *, replace: bool) -> None:
    serving = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name"
    if connection.scalar(text(serving), {"name": "foredesk log"}):
        raise Unavailable(
            "A server is connected to this database.", "Nothing was changed.", "Stop every replica, then try again."
        )
    if not replace and connection.scalar(text("SELECT count(*) FROM (SELECT 1 FROM runs LIMIT 1) AS found")):
        raise Unavailable(
            "This database holds a server's events already.",
            "Nothing was changed.",
            "Name an empty database, or say --replace to lose what is in this one.",
        )
    tables = tables_of(raw)
    connection.execute(text(f"TRUNCATE {', '.join((*tables, 'sessions', 'attempts'))}"))
    for name, columns in tables.items():
        _fill_table(connection, raw, name, columns)
    for name, column in (("runs", "seq"), ("quarantine", "id")):
        newest = f"SELECT coalesce(max({column}), 0) + 1 FROM {name}"
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), ({newest}), false)"))
    connection.execute(text("UPDATE eras SET life = 'restored'"))  # so that the next start begins an era


def _fill_table(connection: Connection, raw: Any, name: str, columns: list[tuple[str, str]]) -> None:
    values = ", ".join(f"CAST(CAST(:{c} AS TEXT) AS xid8)" if c == "xid" else f":{c}" for c, _ in columns)
    names = ", ".join(f'"{column}"' for column, _ in columns)
    statement = text(f"INSERT INTO {name} ({names}) VALUES ({values})")
    rows = raw.execute(f"SELECT * FROM {name}")
    while batch := rows.fetchmany(_AT_ONCE):
        connection.execute(statement, [_values(row, columns) for row in batch])


def _values(row: Any, columns: list[tuple[str, str]]) -> dict[str, object]:
    """A row as PostgreSQL wants it: SQLite keeps truth as a number, and xid goes as text."""
    values: dict[str, object] = {}
    for value, (column, kind) in zip(row, columns, strict=True):
        if column == "xid":
            values[column] = str(value)
        else:
            values[column] = bool(value) if kind == "BOOLEAN" and value is not None else value
    return values
