"""One connection, two doors: `reading` and `writing`. Every statement of the store goes through one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlcipher3 import dbapi2 as sqlcipher

from core.store.cipher import WAL_PAGES
from core.store.trouble import told_plainly

MOST_WAL_PAGES = 2000  # while much arrives: the same pages are then written to the file once and not ten times


class Session:
    """A SQLAlchemy connection over one raw SQLCipher connection in autocommit; transactions are begun explicitly."""

    def __init__(self, raw: Any, path: Path) -> None:
        self.raw = raw
        self.path = path
        self._begin = "BEGIN"
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=sqlcipher)
        event.listen(engine, "begin", self._on_begin)
        self._engine = engine
        self._connection = engine.connect()

    def _on_begin(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._begin)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view. Raises Unavailable where file or disk is to blame."""
        with told_plainly(self.path):
            self._begin = "BEGIN"
            with self._connection.begin():
                yield from self._watched()

    @contextmanager
    def writing(self, *, synced: bool = True, more: bool = False) -> Iterator[Connection]:
        """One transaction, wholly kept or wholly not. `synced=False`: outlives the process, perhaps not a power cut.

        `more`: others follow at once, and the write-ahead log is folded into the file after several of them.
        """
        with told_plainly(self.path):
            if not synced:
                self.raw.execute("PRAGMA synchronous = NORMAL")
            if more:
                self.raw.execute(f"PRAGMA wal_autocheckpoint = {MOST_WAL_PAGES}")
            try:
                self._begin = "BEGIN IMMEDIATE"
                with self._connection.begin():
                    yield from self._watched()
            finally:
                if not synced:
                    self.raw.execute("PRAGMA synchronous = FULL")
                if more:
                    self.raw.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")

    def _watched(self) -> Iterator[Connection]:
        """A page that was refused meanwhile is an error now, whatever was made of what it seemed to hold."""
        try:
            yield self._connection
        finally:
            self.raw.execute("SELECT key FROM meta LIMIT 1").fetchone()

    def close(self) -> None:
        with told_plainly(self.path):
            self._connection.close()
            self._engine.dispose()
            self.raw.close()
