"""People's accounts: a name, a password kept by Argon2id, a role, and the sessions that they have open."""

import asyncio
import re
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from secrets import choice, token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from core.errors import Refused
from sync.server import throttle
from sync.server.authority_tables import accounts, sessions
from sync.server.beside import insert_absent, one_at_a_time
from sync.server.database import Database

SESSION_MS = 12 * 3600 * 1000  # a shift
SHORTEST_PASSWORD = 10
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EASY_TO_TYPE = "abcdefghjkmnpqrstuvwxyz23456789"
_HASHING_AT_ONCE = 2  # each takes 64 MiB


class Role(StrEnum):
    """What an account may do; each may also do what those after it may."""

    ADMINISTRATOR = "administrator"  # desks, accounts, quarantine, artefacts
    OPERATOR = "operator"  # incidents, assignments, statuses
    VIEWER = "viewer"  # reads

    def may(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) <= order.index(needed)


class AccountRow(Struct, frozen=True):
    """Times are UTC ms."""

    name: str
    role: Role
    made_at: int
    changed_at: int
    disabled_at: int | None = None


class Session(Struct, frozen=True):
    """An open session. The token is told once and kept only as its hash."""

    account: str
    role: Role
    token: str
    expires_at: int


class NotSignedIn(Refused):
    """No account, a wrong password, an expired session: 401."""


class NotAllowed(Refused):
    """The account's role does not allow it: 403."""


_hasher = PasswordHasher()  # argon2-cffi's defaults: RFC 9106's second choice, 64 MiB


def new_password() -> str:
    """Twenty characters that can be read out, in groups: 98 bits."""
    return "-".join("".join(choice(_EASY_TO_TYPE) for _ in range(5)) for _ in range(4))


def add(connection: Connection, name: str, password: str, role: Role, now_ms: int) -> None:
    """Raises Refused for a name that is taken or not plain, and a short password."""
    if not _PLAIN_NAME.fullmatch(name):
        raise Refused(
            "An account's name has 1 to 64 plain letters, digits and . _ -, and begins with one of the first two."
        )
    row = {"name": name, "password_hash": hashed(password), "role": role.value, "made_at": now_ms, "changed_at": now_ms}
    if not insert_absent(connection, accounts, **row):
        raise Refused(f"There is an account {name} already.", do="Take another name, or give it a new password.")


def hashed(password: str) -> str:
    """Raises Refused for a short one."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"A password has at least {SHORTEST_PASSWORD} characters.")
    return _hasher.hash(password)


def find(connection: Connection, name: str) -> AccountRow | None:
    return next((account for account in listed(connection) if account.name == name), None)


def listed(connection: Connection) -> tuple[AccountRow, ...]:
    columns = [accounts.c[name] for name in AccountRow.__struct_fields__]
    rows = connection.execute(select(*columns).order_by(accounts.c.name))
    return tuple(AccountRow(row.name, Role(row.role), *row[2:]) for row in rows)


def set_password(connection: Connection, name: str, password: str, now_ms: int) -> None:
    """Give an account a new password and end its sessions. Raises Refused."""
    _known(connection, name)
    changed = {"password_hash": hashed(password), "changed_at": now_ms}
    connection.execute(update(accounts).where(accounts.c.name == name).values(**changed))
    connection.execute(delete(sessions).where(sessions.c.account == name))


def disable(connection: Connection, name: str, now_ms: int) -> None:
    """Nobody signs in with it any more, and its sessions end. The last administrator cannot be disabled."""
    one_at_a_time(connection, "disabling")
    account = _known(connection, name)
    others = [a for a in listed(connection) if a.role is Role.ADMINISTRATOR and not a.disabled_at and a.name != name]
    if account.role is Role.ADMINISTRATOR and not others:
        raise Refused(f"{name} is the only administrator.", do="Add another administrator first.")
    connection.execute(update(accounts).where(accounts.c.name == name).values(disabled_at=now_ms))
    connection.execute(delete(sessions).where(sessions.c.account == name))


def enable(connection: Connection, name: str) -> None:
    _known(connection, name)
    connection.execute(update(accounts).where(accounts.c.name == name).values(disabled_at=None))


def _known(connection: Connection, name: str) -> AccountRow:
    account = find(connection, name)
    if account is None:
        raise Refused(f"There is no account {name}.", do="foredesk server user list shows them.")
    return account


class Accounts:
    """The accounts of one server process; hashing happens off the loop."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._hashing = asyncio.Semaphore(_HASHING_AT_ONCE)
        self._nobody = ""

    async def sign_in(self, name: str, password: str, address: str) -> Session:
        """Raises NotSignedIn, and TooManyTries after some wrong ones from one address."""
        key = f"password {name} {address}"
        now_ms = self._now_ms()
        stored = await self._database.run(lambda c: _stored(c, name, key, now_ms))
        role, password_hash = stored or (None, await self._hash_of_nobody())
        if not await self._fits(password_hash, password) or role is None:
            await self._database.run(lambda c: throttle.wrong(c, key, now_ms))
            raise NotSignedIn("The name or the password is wrong.", "Nobody was signed in.", "Try again.")
        session = Session(name, role, token_urlsafe(32), now_ms + SESSION_MS)
        await self._database.run(lambda c: _open(c, session, key, now_ms))
        return session

    async def who(self, token: str) -> Session:
        """The session behind a bearer token. Raises NotSignedIn."""
        now_ms = self._now_ms()
        session = await self._database.run(lambda c: _session(c, token, now_ms), write=False)
        if session is None:
            raise NotSignedIn("The session is unknown or has ended.", "Nothing was done.", "Sign in.")
        return session

    async def sign_out(self, token: str) -> None:
        await self._database.run(lambda c: c.execute(delete(sessions).where(sessions.c.token_hash == _token(token))))

    async def _fits(self, password_hash: str, password: str) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(_verified, password_hash, password)

    async def _hash_of_nobody(self) -> str:
        """An unknown name takes as long as a known one."""
        if not self._nobody:
            self._nobody = await asyncio.to_thread(_hasher.hash, token_urlsafe(16))
        return self._nobody


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _stored(connection: Connection, name: str, key: str, now_ms: int) -> tuple[Role, str] | None:
    throttle.check(connection, key, now_ms)
    query = select(accounts.c.role, accounts.c.password_hash).where(
        accounts.c.name == name, accounts.c.disabled_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (Role(row.role), row.password_hash)


def _open(connection: Connection, session: Session, key: str, now_ms: int) -> None:
    throttle.right(connection, key)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now_ms))
    row = {"account": session.account, "made_at": now_ms, "expires_at": session.expires_at}
    connection.execute(insert(sessions).values(token_hash=_token(session.token), **row))


def _session(connection: Connection, token: str, now_ms: int) -> Session | None:
    query = (
        select(sessions.c.account, accounts.c.role, sessions.c.expires_at)
        .join(accounts, accounts.c.name == sessions.c.account)
        .where(sessions.c.token_hash == _token(token), sessions.c.expires_at > now_ms)
        .where(accounts.c.disabled_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Session(row.account, Role(row.role), token, row.expires_at)


def _token(token: str) -> bytes:
    return sha256(token.encode()).digest()
