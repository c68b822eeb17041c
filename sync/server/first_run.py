"""What a server makes for itself when it is started for the first time, and tells once: an administrator, a code."""

from msgspec import Struct
from sqlalchemy import Connection

from sync.server import accounts
from sync.server.accounts import Role
from sync.server.beside import one_at_a_time
from sync.server.certificates import certificate_authority
from sync.server.pairing import Code, new_code
from sync.server.secrets_kept import agency_key

ADMINISTRATOR = "admin"


class FirstRun(Struct, frozen=True):
    """Told on the terminal and kept nowhere: the password is stored as its hash."""

    administrator: str
    password: str
    code: Code


def make_keys(connection: Connection, now_ms: int) -> None:
    """The authority and the agency's key, unless they are there."""
    certificate_authority(connection, now_ms)
    agency_key(connection)


def first_run(connection: Connection, now_ms: int) -> FirstRun | None:
    """An administrator and a pairing code where there is neither an account nor a desk; else None."""
    one_at_a_time(connection, "first run")
    if accounts.listed(connection):
        return None
    password = accounts.new_password()
    accounts.add(connection, ADMINISTRATOR, password, Role.ADMINISTRATOR, now_ms)
    return FirstRun(ADMINISTRATOR, password, new_code(connection, ADMINISTRATOR, now_ms))
