"""People's accounts: who signs in, for how long, and what is refused."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher, Type

from core.clock import ManualClock
from core.errors import Refused
from sync.server import accounts
from sync.server.accounts import SESSION_MS, Accounts, NotSignedIn, Role
from sync.server.authority_tables import accounts as accounts_table
from sync.server.database import Database
from sync.server.throttle import FREE_TRIES, TooManyTries

PASSWORD = "correct horse battery"
SHIPPED = accounts._hasher


@pytest.fixture(autouse=True)
def _quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried here does not depend on how slow the hash is."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_that_guessing_a_password_from_its_hash_is_slow() -> None:
    """RFC 9106, section 4: the second recommended option is 64 MiB and three passes."""
    assert (SHIPPED.type, SHIPPED.memory_cost >= 65_536, SHIPPED.time_cost >= 3) == (Type.ID, True, True)


async def _account(database: Database, name: str = "kim", role: Role = Role.OPERATOR) -> None:
    await database.run(lambda connection: accounts.add(connection, name, PASSWORD, role, 1))


def test_that_the_right_password_opens_a_session_that_ends(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        people = Accounts(database, clock.now_ms)
        await _account(database)
        session = await people.sign_in("kim", PASSWORD, "10.0.0.1")
        assert await people.who(session.token) == session
        clock.advance(SESSION_MS / 1000)
        with pytest.raises(NotSignedIn):
            await people.who(session.token)

    with_database(body)


def test_that_the_password_is_kept_as_argon2id_only(with_database: Callable) -> None:
    async def body(database: Database) -> None:
        await _account(database)
        row = await database.run(lambda connection: connection.execute(accounts_table.select()).one())
        assert row.password_hash.startswith("$argon2id$")
        assert PASSWORD not in str(row)

    with_database(body)


def test_that_wrong_passwords_make_their_sender_wait_and_nobody_else(
    with_database: Callable, clock: ManualClock
) -> None:
    async def body(database: Database) -> None:
        people = Accounts(database, clock.now_ms)
        await _account(database)
        for _ in range(FREE_TRIES):
            with pytest.raises(NotSignedIn):
                await people.sign_in("kim", "wrong", "10.0.0.1")
        with pytest.raises(TooManyTries) as told:
            await people.sign_in("kim", PASSWORD, "10.0.0.1")
        assert (await people.sign_in("kim", PASSWORD, "10.0.0.2")).account == "kim"
        clock.advance(told.value.wait_s)
        assert (await people.sign_in("kim", PASSWORD, "10.0.0.1")).account == "kim"

    with_database(body)


def test_that_an_unknown_name_is_refused_in_the_same_words(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        people = Accounts(database, clock.now_ms)
        await _account(database)
        said = set()
        for name in ("kim", "nobody"):
            with pytest.raises(NotSignedIn) as refused:
                await people.sign_in(name, "wrong", "10.0.0.1")
            said.add(str(refused.value))
        assert len(said) == 1

    with_database(body)


def test_that_a_disabled_account_is_out_at_once(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        people = Accounts(database, clock.now_ms)
        await _account(database)
        session = await people.sign_in("kim", PASSWORD, "")
        await database.run(lambda connection: accounts.disable(connection, "kim", 2))
        with pytest.raises(NotSignedIn):
            await people.who(session.token)
        with pytest.raises(NotSignedIn):
            await people.sign_in("kim", PASSWORD, "")

    with_database(body)


def test_that_a_new_password_ends_the_sessions_of_the_old_one(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        people = Accounts(database, clock.now_ms)
        await _account(database)
        session = await people.sign_in("kim", PASSWORD, "")
        await database.run(lambda connection: accounts.set_password(connection, "kim", "another long one", 2))
        with pytest.raises(NotSignedIn):
            await people.who(session.token)
        assert await people.sign_in("kim", "another long one", "")

    with_database(body)


def test_that_the_last_administrator_stays(with_database: Callable) -> None:
    async def body(database: Database) -> None:
        await _account(database, "ada", Role.ADMINISTRATOR)
        with pytest.raises(Refused, match="only administrator"):
            await database.run(lambda connection: accounts.disable(connection, "ada", 2))

    with_database(body)


@pytest.mark.parametrize(("name", "password"), [("kim", PASSWORD), ("", PASSWORD), ("lee", "short")])
def test_that_a_name_twice_none_and_a_short_password_are_refused(
    with_database: Callable, name: str, password: str
) -> None:
    async def body(database: Database) -> None:
        await _account(database)
        with pytest.raises(Refused):
            await database.run(lambda connection: accounts.add(connection, name or " ", password, Role.VIEWER, 2))

    with_database(body)


def test_that_roles_hold_what_is_below_them() -> None:
    assert Role.ADMINISTRATOR.may(Role.VIEWER)
    assert Role.OPERATOR.may(Role.OPERATOR)
    assert not Role.VIEWER.may(Role.OPERATOR)
