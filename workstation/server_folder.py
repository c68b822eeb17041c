"""Where a server keeps its things, and which database it was started on, so that no command needs to be told again."""

import os
from pathlib import Path

from core.errors import Unavailable
from core.store.trouble import of_os_error
from sync.server.database import EMBEDDED_NAME, parse_url
from workstation.paths import data_folder

DATABASE_VARIABLE = "FOREDESK_DATABASE"
EMBEDDED = "embedded"
_ADDRESS_NAME = "database-address"
_ADDRESS_OF_SERVER = "address"


def server_folder(given: Path | None) -> Path:
    """The folder that was given, else `server` in the data folder. Not created here."""
    return given or data_folder() / "server"


def database_address(given: str, folder: Path) -> str:
    """What was given, else the environment's, else what the server was started on; "" for the embedded database.

    Raises Refused for an address that makes no sense.
    """
    address = given or os.environ.get(DATABASE_VARIABLE, "").strip() or _remembered(folder)
    if address in {"", EMBEDDED}:
        return ""
    parse_url(address)
    return address


def _remembered(folder: Path) -> str:
    try:
        return (folder / _ADDRESS_NAME).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise of_os_error(folder, error) from error


def remember_database(folder: Path, address: str) -> None:
    """Note the address, which may hold a password, for this user alone. Raises Unavailable."""
    path = folder / _ADDRESS_NAME
    try:
        if _remembered(folder) == address:
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(address)
    except OSError as error:
        raise of_os_error(folder, error) from error


def remember_address(folder: Path, address: str) -> None:
    """Note by which address desks reach the server, so that a pairing code can be told with it. Raises Unavailable."""
    try:
        (folder / _ADDRESS_OF_SERVER).write_text(address, "utf-8")
    except OSError as error:
        raise of_os_error(folder, error) from error


def server_address(folder: Path) -> str:
    """What the server told last, ADDRESS where it never told one here."""
    try:
        return (folder / _ADDRESS_OF_SERVER).read_text("utf-8").strip() or "ADDRESS"
    except OSError:
        return "ADDRESS"


def check_exists(folder: Path, address: str) -> None:
    """Raises Unavailable where no embedded server was ever started in the folder."""
    if not address and not (folder / EMBEDDED_NAME).exists():
        raise Unavailable(
            f"There is no server in {folder}.",
            "Nothing was changed.",
            "Start one with foredesk serve, or name its folder with --data or its database with --database.",
        )
