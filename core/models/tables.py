"""The registry's file: plain SQLite (nothing in it is secret), one connection per step, one writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlite

from core.errors import Unavailable

VERSION = 1
_BUSY_TIMEOUT_S = 10.0
_SCHEMA = """
CREATE TABLE models (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    origin TEXT NOT NULL,
    UNIQUE (kind, sha256)
);
CREATE UNIQUE INDEX one_champion ON models (kind) WHERE state = 'champion';
CREATE UNIQUE INDEX one_shadow ON models (kind) WHERE state = 'shadow';
CREATE TABLE evaluations (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL REFERENCES models (number),
    body TEXT NOT NULL
);
CREATE TABLE steps (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL REFERENCES models (number),
    act TEXT NOT NULL,
    state TEXT NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    gates TEXT NOT NULL,
    overridden BOOLEAN NOT NULL
);
CREATE TRIGGER steps_stay BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps are never changed'); END;
CREATE TRIGGER steps_remain BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'steps are never deleted'); END;
CREATE TABLE readings (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    at INTEGER NOT NULL,
    value REAL NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX readings_by_time ON readings (kind, what, at)
"""
_BUSY_TEXTS = ("locked", "busy")


@contextmanager
def reading(path: Path) -> Iterator[Any]:
    """A connection that sees one state of the file; where there is none, of an empty one. Raises Unavailable."""
    with _connection(path, to_write=False) as connection:
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def writing(path: Path) -> Iterator[Any]:
    """A connection that alone may write; all of it is on the disk at the end, or nothing. Raises Unavailable."""
    with _connection(path, to_write=True) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextmanager
def _connection(path: Path, *, to_write: bool) -> Iterator[Any]:
    try:
        if to_write:
            path.parent.mkdir(parents=True, exist_ok=True)
        name = str(path) if to_write or path.exists() else ":memory:"
        connection = sqlite.connect(name, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _prepare(connection, path)
            yield connection
        finally:
            connection.close()
    except sqlite.IntegrityError:
        raise  # a bug of ours
    except sqlite.DatabaseError as error:
        raise _told(path, str(error)) from error
    except OSError as error:
        raise _told(path, str(error.strerror or error)) from error


def _prepare(connection: Any, path: Path) -> None:
    """Make the tables in a new file; refuse a file of a later Foredesk."""
    if _version(connection) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) < VERSION:  # another process may have been quicker
            for statement in _statements():
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    if _version(connection) > VERSION:
        raise Unavailable(
            f"The model registry {path} was written by a newer Foredesk.",
            "It was left as it is.",
            "Install that version, or set FOREDESK_HOME to another folder.",
        )


def _statements() -> list[str]:
    """The schema's statements; those of triggers have semicolons within, so statements begin with CREATE."""
    return [f"CREATE {part.strip().rstrip(';')}" for part in _SCHEMA.split("CREATE ") if part.strip()]


def _version(connection: Any) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _told(path: Path, detail: str) -> Unavailable:
    if any(text in detail for text in _BUSY_TEXTS):
        return Unavailable(
            f"Another program is writing to the model registry {path}.", "Nothing was changed.", "Do it again."
        )
    if "malformed" in detail or "not a database" in detail:
        return Unavailable(
            f"The model registry {path} is damaged: {detail}.",
            "It was left as it is; the desk goes on without an approved model.",
            "Put the newest backup of the folder in its place.",
        )
    return Unavailable(
        f"The model registry {path} cannot be used: {detail}.",
        "Nothing was changed.",
        "Check the disk, its free space, and that you may write there.",
    )
