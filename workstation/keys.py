"""The store's key: in the operating system's keyring where that works, else in a private file, said plainly.

Call it under the instance lock. It makes a key only where no store exists, so that a lost key is never papered over.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes, token_hex
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from core.errors import Unavailable
from core.store import exists
from core.store.backup import sync_folder
from core.store.cipher import KEY_BYTES
from core.store.trouble import of_os_error
from workstation.paths import STORE_NAME

KEY_FILE = "store.key"
NAME_FILE = "store.key-name"  # names the keyring's entry, so that the folder may be moved
_SERVICE = "foredesk"
_REAL_PRIORITY = 1  # keyring's own mark: backends below it fail, forget or keep plain text
_ANSWER_WITHIN_S = 15.0

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")


class StoreKey(Struct, frozen=True):
    """32 secret bytes, and a sentence that says where they are kept."""

    key: bytes
    where: str

    def __repr__(self) -> str:
        return f"StoreKey(where={self.where!r})"


def store_key(data_dir: Path) -> StoreKey:
    """The key of the store in `data_dir`, made when there is neither a store nor a key. Raises Unavailable."""
    key_file, name_file = data_dir / KEY_FILE, data_dir / NAME_FILE
    try:
        if key_file.exists():
            return StoreKey(_parse(key_file.read_bytes(), str(key_file)), _in_file(key_file))
        if name_file.exists():
            return _from_keyring(data_dir, name_file.read_text("ascii").strip())
        if exists(data_dir / STORE_NAME):
            raise _lost(data_dir, f"there is no key file {KEY_FILE} beside it and no note of a keyring entry")
        return _make(data_dir)
    except OSError as error:
        raise of_os_error(data_dir, error) from error


def _make(data_dir: Path) -> StoreKey:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, name = token_bytes(KEY_BYTES), f"store-{token_hex(4)}"
    backend = _real_backend()
    if backend is not None and _keeps(backend, name, key):
        _write_private(data_dir / NAME_FILE, name.encode())
        return StoreKey(key, _in_keyring(backend, name))
    _write_private(data_dir / KEY_FILE, key.hex().encode())
    return StoreKey(key, _in_file(data_dir / KEY_FILE))


def _from_keyring(data_dir: Path, name: str) -> StoreKey:
    backend = _real_backend()
    if backend is None:
        if exists(data_dir / STORE_NAME):
            raise _lost(data_dir, "the keyring that holds it does not work here")
        return _make(data_dir)
    secret = _answer(lambda: backend.get_password(_SERVICE, name))
    if secret:
        return StoreKey(_parse(secret.encode(), f"keyring entry {name}"), _in_keyring(backend, name))
    if exists(data_dir / STORE_NAME):
        raise _lost(data_dir, f"the keyring is locked or has no entry {_SERVICE}/{name}")
    return _make(data_dir)


def _real_backend() -> "KeyringBackend | None":
    import keyring

    backend = _answer(keyring.get_keyring)
    return backend if backend is not None and backend.priority >= _REAL_PRIORITY else None


def _keeps(backend: "KeyringBackend", name: str, key: bytes) -> bool:
    """Whether the backend gives back what it was given; some accept a secret and forget it."""

    def give_and_take() -> bool:
        backend.set_password(_SERVICE, name, key.hex())
        return backend.get_password(_SERVICE, name) == key.hex()

    return bool(_answer(give_and_take))


def _answer(ask: Callable[[], T]) -> T | None:
    """What the keyring says, None when it fails or waits: a desk must not hang on a prompt that nobody sees.

    An error that is not one of a keyring's own reaches the thread's exception hook and counts as no answer.
    """
    from keyring.errors import KeyringError

    said: list[T] = []

    def run() -> None:
        with suppress(KeyringError, OSError, RuntimeError):
            said.append(ask())

    thread = Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(_ANSWER_WITHIN_S)
    return said[0] if said else None


def _parse(text: bytes, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Unavailable(
            f"The store's key in {where} is damaged.",
            "The store was left as it is.",
            "Put back the key from your copy of it.",
        )
    return key


def _write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, on the disk when this returns, readable by this user alone."""
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def _in_file(path: Path) -> str:
    return (
        f"The store's key is in the private file {path}, because this machine has no working keyring: "
        "whoever can read that file can read the store."
    )


def _in_keyring(backend: Any, name: str) -> str:
    return f"The store's key is in the operating system's keyring ({backend.name}), entry {_SERVICE}/{name}."


def _lost(data_dir: Path, why: str) -> Unavailable:
    return Unavailable(
        f"The key of the store {data_dir / STORE_NAME} is missing: {why}.",
        "The store was left as it is; without its key nobody can read it.",
        "Unlock the keyring or bring the key back, or set FOREDESK_HOME to another folder to begin a new store.",
    )
