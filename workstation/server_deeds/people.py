"""`foredesk server user ...`: accounts, as an administrator keeps them at the server itself."""

import getpass

from core.errors import Refused
from sync.server import accounts
from sync.server.accounts import Role
from workstation.server_deeds.ground import Ground, moment, table


async def add(ground: Ground) -> None:
    name, role = ground.args.name, Role(ground.args.role)
    password = _password(ground)
    await ground.database.run(lambda connection: accounts.add(connection, name, password, role, ground.now_ms))
    ground.say(f"{name} may sign in as {role}.")
    _tell(ground, password)


async def password(ground: Ground) -> None:
    name, new = ground.args.name, _password(ground)
    await ground.database.run(lambda connection: accounts.set_password(connection, name, new, ground.now_ms))
    ground.say(f"{name} has a new password, and its sessions have ended.")
    _tell(ground, new)


async def listed(ground: Ground) -> None:
    rows = [
        (account.name, account.role.value, moment(account.made_at), moment(account.disabled_at))
        for account in await ground.database.run(accounts.listed, write=False)
    ]
    for line in table(rows, ("NAME", "ROLE", "SINCE", "DISABLED")):
        ground.say(line)


async def disable(ground: Ground) -> None:
    name = ground.args.name
    await ground.database.run(lambda connection: accounts.disable(connection, name, ground.now_ms))
    ground.say(f"{name} is disabled, and its sessions have ended.")


async def enable(ground: Ground) -> None:
    name = ground.args.name
    await ground.database.run(lambda connection: accounts.enable(connection, name))
    ground.say(f"{name} may sign in again.")


def _password(ground: Ground) -> str:
    if not ground.args.ask:
        return accounts.new_password()
    try:
        typed = getpass.getpass("Password: ")
        again = getpass.getpass("Once more: ")
    except EOFError:
        raise Refused("No password was typed.", do="Type it twice, or leave --ask away to have one made.") from None
    if again != typed:
        raise Refused("The two were not the same.")
    return typed


def _tell(ground: Ground, new: str) -> None:
    if not ground.args.ask:
        ground.say(f"Password: {new}   (shown this once)")
