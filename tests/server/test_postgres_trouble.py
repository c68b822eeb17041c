"""What PostgreSQL says is blamed on an event only where the event is to blame."""

import asyncpg
import pytest

from core.errors import Unavailable
from sync.server.postgres_trouble import is_passing, told

NOT_THE_EVENTS = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.InternalServerError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TooManyConnectionsError,
    TimeoutError,
)


@pytest.mark.parametrize("kind", NOT_THE_EVENTS)
def test_that_trouble_of_the_database_is_never_a_refusal(kind: type[Exception]) -> None:
    with pytest.raises(Unavailable), told("the test's database"):
        raise kind("what it says")


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.CharacterNotInRepertoireError])
def test_that_what_cannot_be_kept_is_told_as_it_is(kind: type[Exception]) -> None:
    with pytest.raises(kind), told("the test's database"):
        raise kind("what it says")


def test_that_a_meeting_of_two_transactions_is_tried_again() -> None:
    with pytest.raises(Unavailable) as met, told("the test's database"):
        raise asyncpg.DeadlockDetectedError("what it says")
    assert is_passing(met.value)
    with pytest.raises(Unavailable) as denied, told("the test's database"):
        raise asyncpg.InsufficientPrivilegeError("what it says")
    assert not is_passing(denied.value)
