"""Where a server keeps its things, and how it was started, so that no command needs to be told again."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from core.errors import Unavailable
from core.store.trouble import of_os_error
from sync.server.database import EMBEDDED_NAME, parse_url
from sync.server.settings import DEFAULT_PORT
from workstation.paths import data_folder

DATABASE_VARIABLE = "FOREDESK_DATABASE"
EMBEDDED = "embedded"
_ADDRESS_NAME = "database-address"
_ADDRESS_OF_SERVER = "address"
_LISTENING_NAME = "listening.json"
_EVERYWHERE = "0.0.0.0"


class Listening(Struct, frozen=True):
    """Where a server listens, and the names by which desks reach it: what a later start without options takes up."""

    host: str = _EVERYWHERE
    port: int = DEFAULT_PORT
    names: tuple[str, ...] = ()


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


def listening(folder: Path, host: str | None, port: int | None, names: Sequence[str]) -> tuple[Listening, str]:
    """What was given, and for what was not, what the last start was given; the second says what is remembered, "" none.

    Raises Unavailable.
    """
    path = folder / _LISTENING_NAME
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Listening)
    except FileNotFoundError:
        kept = Listening()
    except msgspec.DecodeError as error:
        raise Unavailable(
            f"{path} cannot be read: {error}.", "The server was not started.", "Delete it, and give the options anew."
        ) from error
    except OSError as error:
        raise of_os_error(folder, error) from error
    recalled = []
    if host is None and kept.host != _EVERYWHERE:
        recalled.append(f"--host {kept.host}")
    if port is None and kept.port != DEFAULT_PORT:
        recalled.append(f"--port {kept.port}")
    if not names:
        recalled += [f"--name {name}" for name in kept.names]
    chosen = Listening(kept.host if host is None else host, kept.port if port is None else port, tuple(names))
    return (chosen if names else msgspec.structs.replace(chosen, names=kept.names)), " ".join(recalled)


def remember_listening(folder: Path, at: Listening) -> None:
    """Note it for the next start. Port 0, any that is free, is none that desks could find again. Raises Unavailable."""
    if at.port:
        path = folder / _LISTENING_NAME
        partial = path.with_name(f"{path.name}.part")
        try:
            partial.write_bytes(msgspec.json.encode(at))
            partial.replace(path)
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
