"""The server as one ASGI application: log and live here, everything else as extensions."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from starlette.applications import Starlette

from sync.server.database import Database, EmbeddedDatabase, open_database
from sync.server.gallery import Gallery
from sync.server.group import Group
from sync.server.lasts import Lasts
from sync.server.live import Live
from sync.server.log import CentreLog
from sync.server.postgres_log import PostgresLog, connect
from sync.server.roll import DeskRoll
from sync.server.routes import sync_routes
from sync.server.services import Extension, Services
from sync.server.settings import ServerSettings
from sync.server.sharing import Sharing
from sync.server.sqlite_log import open_log
from sync.server.threaded import ThreadedLog
from sync.server.upgrade import bring_up

MakeRoll = Callable[[Database, Callable[[], int]], DeskRoll]
_POLL_S = 0.1  # how often a replica looks for what others wrote
_PICTURE_POLL_S = 2.0
_AGAIN_S = 1.0

_log = logging.getLogger(__name__)


def create_app(
    settings: ServerSettings,
    make_roll: MakeRoll,
    extensions: Sequence[Extension] = (),
    *,
    now_ms: Callable[[], int] | None = None,
) -> Starlette:
    """The application; its database is opened and brought up to date when it starts.

    `make_roll` gives the desks that may come in. Starting raises Unavailable where the database cannot be used.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with _running(settings, make_roll, extensions, now_ms or steady_ms()) as services:
            app.state.services = services
            yield

    routes = [*sync_routes(), *(route for extension in extensions for route in extension.routes())]
    return Starlette(routes=routes, lifespan=lifespan)


@contextlib.asynccontextmanager
async def _running(
    settings: ServerSettings, make_roll: MakeRoll, extensions: Sequence[Extension], now_ms: Callable[[], int]
) -> AsyncIterator[Services]:
    database = open_database(settings.database, settings.folder, settings.file_key)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await bring_up(database)
        log = await open_centre_log(database, settings.database, now_ms)
        stack.push_async_callback(log.close)
        several = not isinstance(database, EmbeddedDatabase)
        live = Live(log, Lasts(), now_ms, poll_s=_POLL_S if several else None)
        gallery = Gallery(log, now_ms, poll_s=_PICTURE_POLL_S if several else None)

        def committed() -> None:
            live.kick()
            gallery.kick()

        group = Group(log, now_ms, committed)
        services = Services(settings, database, make_roll(database, now_ms), log, group, live, gallery, now_ms)
        works: list[Callable[[], Awaitable[None]]] = [
            group.run,
            live.run_log,
            live.run_lasts,
            partial(live.run_sweep, services.roll),
            gallery.run,
        ]
        if isinstance(log, PostgresLog):
            works.append(Sharing(log, live, now_ms).run)
        tasks = [asyncio.create_task(_kept_up(work)) for work in works]
        stack.push_async_callback(_ended, tasks)
        for extension in extensions:
            await extension.start(services)
            stack.push_async_callback(extension.stop)
        yield services


async def open_centre_log(database: Database, dsn: str, now_ms: Callable[[], int]) -> CentreLog:
    """The log in a database that is up to date; `dsn` is PostgreSQL's address."""
    if isinstance(database, EmbeddedDatabase):
        return ThreadedLog(open_log(Path(database.path), now_ms(), database.key))
    return await connect(dsn, database.where, now_ms)


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """A mistake in one task must not leave a server that looks alive and does nothing."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - told in full, and begun anew
            _log.exception("A task of the server failed and is begun anew")
            await asyncio.sleep(_AGAIN_S)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def steady_ms() -> Callable[[], int]:
    """The machine's clock, which goes on from where it was when it is set back."""
    last = 0

    def now_ms() -> int:
        nonlocal last
        last = max(last, time.time_ns() // 1_000_000)
        return last

    return now_ms
