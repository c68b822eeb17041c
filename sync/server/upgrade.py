"""Brings a database to the version that this server writes, before anything else is done with it."""

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from core.errors import Unavailable
from sync.server.database import Database, EmbeddedDatabase

_FOLDER = Path(__file__).with_name("migrations")
_ADVISORY_LOCK = 0x46444B  # "FDK": replicas that start together wait for the one that migrates

_laid: list[EmbeddedDatabase] = []  # an empty database of the newest version, in memory, to copy from


async def bring_up(database: Database) -> str:
    """Run the missing steps, all in one transaction; returns the version. Raises Unavailable for a newer database."""
    return await database.run(partial(_bring_up, where=database.where))


def bring_up_now(database: EmbeddedDatabase) -> str:
    """`bring_up` for callers without a loop."""
    return database.run_now(partial(_bring_up, where=database.where))


def lay_into(raw: Any) -> None:
    """Make the empty database behind a raw SQLite connection one of the newest version, quickly."""
    if not _laid:
        database = EmbeddedDatabase(Path(":memory:"))
        bring_up_now(database)
        _laid.append(database)
    _laid[0].run_now(lambda connection: _raw_of(connection).backup(raw), write=False)


def _raw_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _bring_up(connection: Connection, *, where: str) -> str:
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    stands = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if stands is not None and stands not in known:
        raise Unavailable(
            f"The database {where} was written by a newer Foredesk server (version {stands}).",
            "It was left as it is.",
            "Start the newer server again, or restore a backup from before it.",
        )
    newest = scripts.get_current_head() or ""
    if stands != newest:
        command.upgrade(config, "head")
    return newest
