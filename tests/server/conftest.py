"""One PostgreSQL for all of the server's tests, logs on either database, and whole servers on the loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.clock import ManualClock
from sync.server.database import EMBEDDED_NAME, Database, open_database, opened
from sync.server.log import CentreLog
from sync.server.postgres_log import connect
from sync.server.sqlite_log import open_log
from sync.server.threaded import ThreadedLog
from sync.server.upgrade import bring_up
from tests.bench.postgres import Cluster, NoPostgres

Story = Callable[[CentreLog], Awaitable[None]]
Body = Callable[[Database], Awaitable[None]]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    try:
        running = Cluster()
    except NoPostgres as reason:
        pytest.skip(str(reason))
    yield running
    running.close()


@pytest.fixture(scope="session")
def _template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    async def lay() -> None:
        async with opened(cluster.address("laid"), tmp_path_factory.mktemp("unused")) as database:
            await bring_up(database)

    cluster.sql("CREATE DATABASE laid")
    asyncio.run(lay())
    return "laid"


_EMPTY = """
DO $$ BEGIN EXECUTE (
    SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY'
    FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
); END $$
"""


@pytest.fixture
def postgres(cluster: Cluster, _template: str) -> str:
    """The address of a database that is laid and empty."""
    cluster.sql(_EMPTY, _template)
    return cluster.address(_template)


@pytest.fixture(params=["embedded", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """ "" for the embedded database, else PostgreSQL's address: whoever asks for it runs on both."""
    return "" if request.param == "embedded" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def postgres_url(cluster: Cluster) -> str:
    """The address of a database with nothing in it."""
    return cluster.database()


@pytest.fixture
def with_database(database_url: str, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a coroutine function over a laid and empty database, in a loop of its own; once on each kind."""

    def run(body: Body) -> None:
        async def whole() -> None:
            async with opened(database_url, tmp_path / "server") as database:
                await bring_up(database)
                await body(database)

        asyncio.run(whole())

    return run


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@asynccontextmanager
async def log_at(url: str, folder: Path, clock: ManualClock) -> AsyncIterator[CentreLog]:
    """A log in a database that is brought up to date first."""
    database = open_database(url, folder)
    await bring_up(database)
    await database.close()
    log: CentreLog
    if url:
        log = await connect(url, "the test's database", clock.now_ms)
    else:
        log = ThreadedLog(open_log(folder / EMBEDDED_NAME, clock.now_ms()))
    try:
        yield log
    finally:
        await log.close()


@pytest.fixture
def with_log(database_url: str, tmp_path: Path, clock: ManualClock) -> Callable[[Story], None]:
    """Runs a story with a log, once on each database."""

    def play(story: Story) -> None:
        async def run() -> None:
            async with log_at(database_url, tmp_path, clock) as log:
                await asyncio.wait_for(story(log), 60)

        asyncio.run(run())

    return play
