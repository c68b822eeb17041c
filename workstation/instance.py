"""One desk per store: a lock of the operating system's, which dies with the process that holds it."""

import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from core.clock import Clock
from core.errors import Unavailable
from core.store.trouble import of_os_error

LOCK_NAME = "desk.lock"
# Windows locks bytes against reading too: one far behind the text leaves the text readable.
_LOCKED_BYTE = 1 << 30
_NOTE_BYTES = 512
_REMEDIES = {"desk": "Use that desk or close it, or set FOREDESK_HOME to another folder for a second one."}

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class Holder(Struct, frozen=True):
    """Who holds the lock; `since` is UTC ms."""

    pid: int
    host: str
    since: int


class InstanceLock:
    """Held from `take_lock` until `release` or the end of the process, whichever way that comes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def release(self) -> None:
        self._file.close()


def take_lock(folder: Path, clock: Clock, *, what: str = "desk") -> InstanceLock:
    """Make this process the one desk (or `what` it is) on the store in `folder`.

    Raises Unavailable naming who is there already.
    """
    path = folder / LOCK_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
    except OSError as error:
        raise of_os_error(folder, error) from error
    try:
        _lock(file)
    except OSError as error:
        holder = _holder(file)
        file.close()
        raise _taken(folder, holder, what) from error
    try:
        _sign(file, Holder(os.getpid(), socket.gethostname(), clock.now_ms()))
    except OSError as error:
        file.close()
        raise of_os_error(folder, error) from error
    return InstanceLock(file)


def _sign(file: BinaryIO, holder: Holder) -> None:
    # As long as any note before it, so that nothing needs to be cut off.
    file.seek(0)
    file.write(msgspec.json.encode(holder).ljust(_NOTE_BYTES))


def _holder(file: BinaryIO) -> Holder | None:
    try:
        file.seek(0)
        return msgspec.json.decode(file.read(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


def _taken(folder: Path, holder: Holder | None, what: str) -> Unavailable:
    if holder is None:
        who = f"Another {what}"
    else:
        since = datetime.fromtimestamp(holder.since / 1000).astimezone()
        who = f"Another {what} (process {holder.pid} on {holder.host}, since {since:%Y-%m-%d %H:%M})"
    return Unavailable(
        f"{who} is using the store in {folder}.",
        "Nothing was opened or changed.",
        _REMEDIES.get(what, f"Stop that {what} first, or give another folder with --data."),
    )
