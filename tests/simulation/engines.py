"""One dialect and one cache of compiled statements for all the stores of a process, which otherwise compile their own.

A world opens a dozen stores, and to write the same statements out anew for each took half of its time. What is executed
is the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import StaticPool
from sqlcipher3 import dbapi2 as sqlcipher

from core.store import session

_URL = make_url("sqlite://")
_MOST_STATEMENTS = 5000


def _first_engine() -> Engine:
    """Its dialect has asked a database what it can do."""
    raw = sqlcipher.connect(":memory:", isolation_level=None)
    engine = create_engine(_URL, creator=lambda: raw, poolclass=StaticPool, query_cache_size=_MOST_STATEMENTS)
    engine.connect().close()
    engine.dispose()
    return engine


_FIRST = _first_engine()


def _engine_on(_url: str, *, creator: Callable[[], Any], **_how: object) -> Engine:
    engine = Engine(StaticPool(creator, dialect=_FIRST.dialect, reset_on_return=None), _FIRST.dialect, _URL)
    engine._compiled_cache = _FIRST._compiled_cache
    return engine


@contextmanager
def shared_statements() -> Iterator[None]:
    """Stores that are opened meanwhile share what they compile."""
    with patch.object(session, "create_engine", _engine_on):
        yield
