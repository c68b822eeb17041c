"""A PostgreSQL of the tests' own, a database for each test on it, and the embedded one beside it."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core.clock import ManualClock
from sync.server.database import Database, open_database
from sync.server.upgrade import bring_up

_numbers = count(1)


def _programs() -> Path | None:
    """Where PostgreSQL's programs are; distributions keep them off the path."""
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = shutil.which("initdb")
    return kept[-1].parent if kept else Path(found).parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresServer:
    """A server of its own; `url(name)` is the address of a database on it."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port = _free_port()
        self.folder = folder
        self._programs = programs
        # PostgreSQL refuses to run as root.
        self._user: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *args: str) -> None:
        command = [str(self._programs / program), *args]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=60, **self._user)

    def begin(self) -> None:
        self.run("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "data")
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off -c shared_buffers=32MB"
        self.run("pg_ctl", "-D", "data", "-w", "-t", "60", "-l", "log", "-o", options, "start")

    def end(self) -> None:
        self.run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL; the test is skipped where none is installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed.")
    folder = Path(tempfile.mkdtemp(prefix="foredesk-postgresql-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    server = PostgresServer(programs, folder)
    server.begin()
    try:
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The address of an empty database."""
    name = f"foredesk_{next(_numbers)}"

    async def make() -> None:
        connection = await asyncpg.connect(postgres.url("postgres"))
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        await connection.close()

    asyncio.run(make())
    return postgres.url(name)


@pytest.fixture(params=["embedded", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """ "" for the embedded database, then PostgreSQL's address: what the server is started with."""
    return "" if request.param == "embedded" else request.getfixturevalue("postgres_url")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


Body = Callable[[Database], Awaitable[None]]


@pytest.fixture
def with_database(database_url: str, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a coroutine function over a fresh database of the newest version, in a loop of its own."""

    @asynccontextmanager
    async def laid() -> AsyncIterator[Database]:
        database = open_database(database_url, tmp_path / "server")
        try:
            await bring_up(database)
            yield database
        finally:
            await database.close()

    def run(body: Body) -> None:
        async def whole() -> None:
            async with laid() as database:
                await body(database)

        asyncio.run(whole())

    return run
