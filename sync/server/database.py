"""The server's database, embedded or PostgreSQL, behind one door: a plain function over a connection, one transaction.

What is written here is the same for both: SQLAlchemy Core, and no statement that only one of them knows.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import asyncpg
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool
from sqlcipher3 import dbapi2 as sqlcipher

from core.errors import Refused, Unavailable
from core.store.trouble import of_os_error, told_plainly
from sync.server.beside import one_at_a_time

T = TypeVar("T")
Step = Callable[[Connection], T]

EMBEDDED_NAME = "server.db"
_BUSY_TIMEOUT_S = 10.0
_CONNECT_WITHIN_S = 10.0
_POOL = 5  # connections for accounts, desks and artefacts; the log has a pool of its own


class Database:
    """Made by `open_database`. `run` raises Unavailable where file, disk, network or server is to blame."""

    dialect: Literal["sqlite", "postgresql"]
    where: str  # for people; never with a password

    async def run(self, step: Step[T], *, write: bool = True) -> T:
        """What `step` returns, when all it did is kept; nothing of it is kept when it raises."""
        raise NotImplementedError

    @asynccontextmanager
    async def alone(self, what: str) -> AsyncIterator[None]:
        """No other replica does `what` meanwhile. Within one process its callers take turns themselves."""
        del what
        yield

    async def close(self) -> None:
        raise NotImplementedError


class EmbeddedDatabase(Database):
    """One SQLite file. A step runs at once on the calling thread, so that no two of them ever overlap in one loop."""

    dialect = "sqlite"

    def __init__(self, path: Path, key: bytes = b"") -> None:
        """`key` encrypts the file; b"" leaves it readable."""
        self.path, self.key = path, key
        self.where = str(path)
        self._begin = "BEGIN"
        with told_plainly(path):
            raw = connect_embedded(path, key)
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=sqlcipher)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(self._begin))
        self._raw, self._engine = raw, engine

    async def run(self, step: Step[T], *, write: bool = True) -> T:
        return self.run_now(step, write=write)

    def run_now(self, step: Step[T], *, write: bool = True) -> T:
        """`run` for callers without a loop."""
        with told_plainly(self.path):
            self._begin = "BEGIN IMMEDIATE" if write else "BEGIN"
            with self._engine.begin() as connection:
                return step(connection)

    async def close(self) -> None:
        self.close_now()

    def close_now(self) -> None:
        self._engine.dispose()
        self._raw.close()


class PostgresDatabase(Database):
    """A pool over asyncpg; its connections belong to the loop that first used them."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self.where = _shown(url)
        self._engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=_POOL,
            pool_pre_ping=True,
            connect_args={
                "timeout": _CONNECT_WITHIN_S,
                "server_settings": {"application_name": "foredesk", "idle_in_transaction_session_timeout": "30000"},
            },
        )

    async def run(self, step: Step[T], *, write: bool = True) -> T:
        with _told_of(self.where):
            async with self._engine.connect() as connection:
                await connection.execution_options(postgresql_readonly=not write)
                async with connection.begin():
                    return await connection.run_sync(step)

    @asynccontextmanager
    async def alone(self, what: str) -> AsyncIterator[None]:
        with _told_of(self.where):
            connection = await self._engine.connect()
        try:
            with _told_of(self.where):
                await connection.begin()
                await connection.run_sync(lambda raw: one_at_a_time(raw, what))
            yield
        finally:
            await connection.close()  # gives the turn to the next

    async def close(self) -> None:
        await self._engine.dispose()


def connect_embedded(path: Path, key: bytes = b"") -> Any:
    """A raw connection in autocommit to the embedded server's file: write-ahead log, every commit on the disk.

    A new file is for this user alone, wherever it lies: the server's private keys are in it. With a `key` (32 bytes)
    the file is SQLCipher's. Raises sqlcipher3's errors, among them that for another key.
    """
    if str(path) != ":memory:":
        with suppress(OSError):  # SQLite says it better
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    raw = sqlcipher.connect(str(path), isolation_level=None, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        if key:
            raw.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            raw.execute("PRAGMA cipher_log_level = NONE")
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        raw.close()
        raise
    return raw


def open_database(url: str, folder: Path, key: bytes = b"") -> Database:
    """PostgreSQL where `url` names it, else the embedded file in `folder`, which is made (private) where it is absent.

    `key` encrypts the embedded file.

    Raises Refused for a URL that makes no sense, Unavailable for a folder or a file that cannot be used. PostgreSQL is
    first spoken to at the first `run`.
    """
    if url:
        return PostgresDatabase(parse_url(url))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise of_os_error(folder, error) from error
    return EmbeddedDatabase(folder / EMBEDDED_NAME, key)


def parse_url(url: str) -> URL:
    """Raises Refused where it is not postgresql://user:password@host:port/name, with any number of hosts."""
    scheme, _, rest = url.partition("://")
    where, _, name = rest.partition("/")
    user, at, hosts = where.rpartition("@")
    several = hosts.split(",") if "," in hosts else []
    try:
        parsed = make_url(f"{scheme}://{user}{at}/{name}" if several else url)
        if parsed.get_backend_name() not in {"postgresql", "postgres"} or not parsed.database:
            raise _no_url()
    except (ArgumentError, ValueError) as error:
        raise _no_url() from error
    parsed = parsed.set(drivername="postgresql")
    return parsed.update_query_dict({"host": several}) if several else parsed


def _shown(url: URL) -> str:
    """The address as it was written, for people: without its password and its options."""
    hosts = url.query.get("host", url.host or "")
    where = hosts if isinstance(hosts, str) else ",".join(hosts)
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.username or ''}{'@' if url.username else ''}{where}{port}/{url.database}"


def _no_url() -> Refused:
    return Refused(
        "The database address makes no sense.",
        "Nothing was started or changed.",
        "Write it as postgresql://user:password@host:5432/foredesk, or leave --database away for the embedded one.",
    )


@contextmanager
def _told_of(where: str) -> Iterator[None]:
    """Raise Unavailable for a database that is away; let every other error through as the bug it is."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _away(where, str(error.orig)) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_refusal(error.orig):
            raise _away(where, str(error.orig)) from error
        raise
    except OSError as error:  # among them that of a time that ran out
        raise _away(where, str(error) or "it did not answer in time") from error
    except asyncpg.PostgresError as error:
        if not _is_refusal(error):
            raise
        raise _away(where, str(error)) from error


def _is_refusal(error: BaseException | None) -> bool:
    """Whether PostgreSQL itself says that it will not or cannot serve now: classes 08, 28, 3D, 53, 57 and 58."""
    for cause in (error, getattr(error, "__cause__", None)):
        state = getattr(cause, "sqlstate", None) or ""
        if state[:2] in {"08", "28", "3D", "53", "57", "58"} or state == "25006":
            return True
    return False


def _away(where: str, why: str) -> Unavailable:
    reason = why.splitlines()[0].removeprefix("<class ").rstrip(".") if why else "no answer"
    return Unavailable(
        f"The database {where} cannot be used: {reason}.",
        "Nothing of this step was written.",
        "Check that PostgreSQL runs, and the address, the user and the password.",
    )


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Database]:
    """`open_database`, closed in the end."""
    database = open_database(url, folder)
    try:
        yield database
    finally:
        await database.close()
