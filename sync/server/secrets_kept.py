"""The server's few secrets (its authority, its own key), made once and kept in the database.

They are there so that all replicas are one server to the desks, and a restored backup still is the server that they
know. Whoever can read the database or a backup of it has them: both are kept like keys.
"""

from collections.abc import Callable

from sqlalchemy import Connection, select

from core.merge.keys import new_private_key
from sync.server.authority_tables import secrets
from sync.server.beside import insert_absent


def secret(connection: Connection, name: str, make: Callable[[], bytes]) -> bytes:
    """The secret of that name; where there is none yet, what `make` gives, or another replica's if it came first."""
    kept = read_secret(connection, name)
    if kept is None:
        insert_absent(connection, secrets, name=name, value=make())
        kept = read_secret(connection, name)
    assert kept is not None
    return kept


def read_secret(connection: Connection, name: str) -> bytes | None:
    return connection.scalar(select(secrets.c.value).where(secrets.c.name == name))


def agency_key(connection: Connection) -> bytes:
    """The Ed25519 private key that signs the cards by which the agency's desks know each other without a server."""
    return secret(connection, "agency key", new_private_key)
