"""Copies everything a server keeps into one file, while it works, and puts such a file in a server's place.

The file is an embedded server's database, whichever database the server works on, so that a backup of PostgreSQL can be
opened, verified and restored without it, and a server can move from one to the other. It holds the server's keys.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, text
from sqlcipher3 import dbapi2 as sqlcipher

from core.errors import Unavailable
from core.merge.run import BrokenRun, hashes
from core.store.backup import sync_folder
from core.store.trouble import told_plainly
from sync.server.database import Database, EmbeddedDatabase, connect_embedded
from sync.server.log import run_of
from sync.server.upgrade import bring_up_now

APPLICATION_ID = 0x46444B53  # "FDKS", in the file's header
_AT_ONCE = 500
_NOT_COPIED = ("sessions", "attempts")  # who is signed in is nobody's business later
_PLAIN = b"SQLite format 3\x00"


class Verified(Struct, frozen=True):
    """What a backup holds, after every hash in it was computed anew."""

    events: int
    desks: int
    artefacts: int
    size: int


async def back_up(database: Database, target: Path, *, replace: bool = False) -> Verified:
    """Write the backup, verify it, and only then give it its name; for this user alone from its first byte.

    `replace`: also where an earlier backup has that name. Raises Unavailable; then `target` is as it was.
    """
    partial = target.with_name(f"{target.name}.part")
    check_target(database, target, replace=replace)
    with told_plainly(target):
        _remove(partial)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # the server's keys come into it
        try:
            if isinstance(database, EmbeddedDatabase):
                await asyncio.to_thread(_copy_embedded, database.path, partial)
            else:
                await _export(database, partial)
            verified = await asyncio.to_thread(_finish, partial)
            await asyncio.to_thread(partial.replace, target)
            sync_folder(target.parent)
        finally:
            _remove(partial)
    return verified


def check_target(database: Database, target: Path, *, replace: bool) -> None:
    """Raises Unavailable where a backup would replace the server's own file, one that is no backup, or any unasked."""
    if isinstance(database, EmbeddedDatabase) and target.resolve() == database.path.resolve():
        raise Unavailable("A backup cannot replace the server's own file.", "Nothing was changed.", "Name another.")
    with told_plainly(target):
        if target.is_file() and target.stat().st_size and not is_backup(target):
            raise Unavailable(
                f"{target} is no earlier backup but some other file.", "It was left as it is.", "Give another file."
            )
        if target.exists() and not replace:
            raise Unavailable(
                f"{target} is there already: an earlier backup.",
                "It was left as it is.",
                "Give another name, or say --replace to put the new backup in its place.",
            )


def is_backup(path: Path) -> bool:
    """Whether the file begins as a backup of a server does."""
    with path.open("rb") as file:
        header = file.read(100)
    return header.startswith(_PLAIN) and int.from_bytes(header[68:72], "big") == APPLICATION_ID


def _copy_embedded(source: Path, partial: Path) -> None:
    reading, copy = connect_embedded(source), connect_embedded(partial)
    try:
        reading.backup(copy)
    finally:
        copy.close()
        reading.close()


def _finish(partial: Path) -> Verified:
    """Make it one file that can be carried away, and verify it."""
    raw = connect_embedded(partial)
    try:
        for name in _NOT_COPIED:
            raw.execute(f"DELETE FROM {name}")
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("PRAGMA journal_mode = DELETE")
    finally:
        raw.close()
    return verify(partial)


def verify(path: Path) -> Verified:
    """Read a backup through and compute every hash in it anew. Raises Unavailable for one that is not whole."""
    with told_plainly(path), _damage_told(path):
        if not path.is_file() or not is_backup(path):
            raise Unavailable(
                f"{path} is no backup of a Foredesk server.", "Nothing was changed.", "Name another file."
            )
        raw = connect_embedded(path)
        try:
            finding = raw.execute("PRAGMA integrity_check").fetchone()[0]
            if finding != "ok":
                raise _damaged(path, str(finding))
            events = _verify_chains(raw, path)
            _verify_artefacts(raw, path)
            desks, artefacts = (raw.execute(f"SELECT count(*) FROM {n}").fetchone()[0] for n in ("desks", "artefacts"))
        finally:
            raw.execute("PRAGMA journal_mode = DELETE")
            raw.close()
        return Verified(events, desks, artefacts, path.stat().st_size)


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """A backup is one file that another takes the place of; it is not a store, to be mended with what lies beside."""
    try:
        yield
    except sqlcipher.DatabaseError as error:
        if any(text in str(error) for text in ("malformed", "not a database")):
            raise _damaged(path, "it is truncated, or its pages are not what was written") from error
        raise


def _verify_chains(raw: Any, path: Path) -> int:
    """Every desk's events hang together by their hashes; returns how many events there are."""
    events = 0
    heads: dict[str, tuple[int, bytes]] = {}
    for desk, first_n, last_n, head, payload in raw.execute(
        "SELECT desk, first_n, last_n, head, payload FROM runs ORDER BY desk, first_n"
    ):
        run = run_of(payload)
        try:
            found = hashes(run)
        except BrokenRun as error:
            raise _damaged(path, str(error)) from error
        before = heads.get(desk)
        follows = before is None or before[0] + 1 != first_n or before[1] == run.prev_hash
        if run.desk != desk or run.last_n != last_n or found[-1] != head or not follows:
            raise _damaged(path, f"events {first_n} to {last_n} of desk {desk} are not what was written")
        heads[desk] = (last_n, found[-1])
        events += len(found)
    return events


def _verify_artefacts(raw: Any, path: Path) -> None:
    """The bytes of everything that is on offer are those that its name, their hash, says."""
    for sha256, name, size in raw.execute("SELECT sha256, name, size FROM artefacts WHERE complete").fetchall():
        digest, length = hashlib.sha256(), 0
        parts = "SELECT content FROM artefact_parts WHERE sha256 = ? ORDER BY offset"
        for (content,) in raw.execute(parts, (sha256,)):
            digest.update(content)
            length += len(content)
        if length != size or digest.hexdigest() != sha256:
            raise _damaged(path, f"the file “{name}” that it offers is not what its hash says")


def _damaged(path: Path, detail: str) -> Unavailable:
    return Unavailable(f"{path} is damaged: {detail}.", "Nothing was changed.", "Use another backup.")


async def _export(database: Database, partial: Path) -> None:
    """Copy PostgreSQL's tables as they stand at one moment."""
    target = await asyncio.to_thread(_laid, partial)
    try:
        await database.run(lambda connection: _copy_tables(connection, target))
    finally:
        target.close()


def _laid(partial: Path) -> Any:
    """A raw connection to an empty embedded database of the newest version."""
    database = EmbeddedDatabase(partial)
    bring_up_now(database)
    database.close_now()
    return connect_embedded(partial)


def tables_of(raw: Any) -> dict[str, list[tuple[str, str]]]:
    """The tables that hold what a server keeps: columns with their declared types."""
    names = [
        name
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if not name.startswith("sqlite_") and name != "alembic_version" and name not in _NOT_COPIED
    ]
    return {name: [(row[1], row[2]) for row in raw.execute(f"PRAGMA table_info({name})")] for name in names}


def _copy_tables(connection: Connection, target: Any) -> None:
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    target.execute("BEGIN")
    for name, columns in tables_of(target).items():
        target.execute(f"DELETE FROM {name}")
        wanted = ", ".join("xid::text::bigint AS xid" if column == "xid" else f'"{column}"' for column, _ in columns)
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(text(f"SELECT {wanted} FROM {name}"))
        marks = ", ".join("?" * len(columns))
        copied = 0
        for batch in rows.partitions():
            target.executemany(f"INSERT INTO {name} VALUES ({marks})", [tuple(row) for row in batch])
            copied += len(batch)
        there = target.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        if there != copied:
            raise Unavailable(f"Of {copied} rows of {name} only {there} were copied.", "Nothing was kept of it.")
    target.execute("COMMIT")


def _remove(partial: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        partial.with_name(f"{partial.name}{ending}").unlink(missing_ok=True)
