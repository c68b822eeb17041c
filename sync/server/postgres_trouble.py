"""Tells a PostgreSQL that is away, or meeting another transaction, from an event that it cannot keep."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from core.errors import Unavailable

# Classes of PostgreSQL's error codes: connection, authorization, catalogue, resources, operator, input and output.
_AWAY = frozenset({"08", "28", "3D", "53", "57", "58"})
_READ_ONLY = "25006"
_PASSING = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, a lock that was not to be had


def is_passing(error: asyncpg.PostgresError) -> bool:
    """Whether the same again may well succeed."""
    return error.sqlstate in _PASSING


@contextmanager
def told(where: str) -> Iterator[None]:
    """Raise Unavailable where the database cannot be used now; let what it says of the data through."""
    try:
        yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state[:2] not in _AWAY and state != _READ_ONLY:
            raise
        raise _away(where, str(error)) from error
    except asyncpg.DataError:
        raise
    except (asyncpg.InterfaceError, OSError) as error:  # TimeoutError is an OSError
        raise _away(where, str(error) or "it did not answer in time") from error


def not_a_primary(where: str) -> Unavailable:
    return Unavailable(
        f"The database {where} is a standby.",
        "Nothing was written.",
        "Promote it, or give the address of the primary.",
    )


def _away(where: str, why: str) -> Unavailable:
    return Unavailable(
        f"The database {where} cannot be used: {why.splitlines()[0].rstrip('.')}.",
        "Nothing of this step was written, or else it is found there when it is repeated.",
        "Check that PostgreSQL runs, and the address, the user and the password.",
    )
