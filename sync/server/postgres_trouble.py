"""Tells a PostgreSQL that is away, or meeting another transaction, from an event that it cannot keep."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from core.errors import Unavailable

# Classes of PostgreSQL's error codes that blame what is to be kept: cardinality, data, integrity, a view's check, and
# limits of a row. Whatever else it says (no lock to be had, no right, no table), an event has no part in it.
_OF_DATA = frozenset({"21", "22", "23", "44", "54"})
_PASSING = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, a lock that was not to be had


def is_passing(trouble: Unavailable) -> bool:
    """Whether the same again, at once, may well succeed."""
    cause = trouble.__cause__
    return isinstance(cause, asyncpg.PostgresError) and cause.sqlstate in _PASSING


@contextmanager
def told(where: str) -> Iterator[None]:
    """Raise Unavailable where the database cannot be used now; let what it says of the data through."""
    try:
        yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state[:2] in _OF_DATA:
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
