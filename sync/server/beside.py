"""What two replicas must not do beside each other, in words that both databases know."""

from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite


def insert_absent(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return bool(connection.execute(insert(table).values(**values).on_conflict_do_nothing()).rowcount)


def one_at_a_time(connection: Connection, what: str) -> None:
    """Wait until no other replica's transaction does this, and keep others waiting until this one ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": (0x46444B << 32) | crc32(what.encode())})
