"""Turns what SQLite and the disk say into sentences for people, in one place."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2 as sqlcipher

from core.errors import Unavailable

_HOLDS_WRITE = "Nothing of this step was written; everything entered before it is kept."
_DAMAGED = (
    "Nothing was changed.",
    # SQLite would write what stands in the old log into whatever file lies beside it.
    "Move the file and its -wal to another folder, put the newest backup in its place, and run `foredesk doctor`.",
)

_INDEX_BYTES = 32_768  # of SQLite's -shm file

# The low byte of SQLite's result code, see https://www.sqlite.org/rescode.html
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_DISK_CODES = frozenset({_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB})
# SQLite's own texts for them: copying and SQLCipher's refusal of a page come without the code, or as a plain error.
_TEXTS = {
    "not a database": _NOTADB,
    "malformed": _CORRUPT,
    "is full": _FULL,
    "readonly": _READONLY,
    "unable to open": _CANTOPEN,
    "is locked": _BUSY,
    "I/O error": _IOERR,
}


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Raise Unavailable where the disk or the file is to blame; let every other error through as the bug it is."""
    try:
        yield
    except DBAPIError as error:
        if trouble := _explained(path, error.orig):
            raise trouble from error
        raise
    except sqlcipher.Error as error:
        if trouble := _explained(path, error):
            raise trouble from error
        raise
    except OSError as error:
        raise of_os_error(path, error) from error


def _explained(path: Path, cause: BaseException | None) -> Unavailable | None:
    """None for an error of ours."""
    code = getattr(cause, "sqlite_errorcode", 0) or 0
    kind = code & 0xFF
    if kind not in _DISK_CODES:
        kind = next((known for text, known in _TEXTS.items() if text in str(cause)), 0)
    if not kind:
        return None
    return _sentence(path, kind, str(getattr(cause, "sqlite_errorname", cause)))


def _sentence(path: Path, kind: int, name: str) -> Unavailable:
    if kind in {_CORRUPT, _NOTADB}:
        return damaged(path)
    if kind == _FULL or (kind == _IOERR and _is_full(path.parent)):
        return full_disk(path)
    if kind == _READONLY:
        return read_only(path)
    if kind == _CANTOPEN:
        return Unavailable(
            f"The store {path} cannot be opened or created ({name}).",
            "Nothing was changed.",
            "Check that its folder exists and that you may write there.",
        )
    if kind in {_BUSY, _LOCKED}:
        return Unavailable(
            f"Another program is using the store {path}.",
            _HOLDS_WRITE,
            "Close that program; this step can be repeated.",
        )
    return Unavailable(
        f"The disk under the store {path} refused to read or write ({name}).",
        _HOLDS_WRITE,
        "Check the disk and its free space; this step can be repeated.",
    )


def _is_full(folder: Path) -> bool:
    """Where there is no room for the index of its log, SQLite tells of trouble with reading and writing only."""
    try:
        return shutil.disk_usage(folder).free < _INDEX_BYTES
    except OSError:
        return False


def damaged(path: Path, detail: str = "") -> Unavailable:
    what = f": {detail}" if detail else ""
    return Unavailable(f"The store {path} is damaged{what}.", *_DAMAGED)


def full_disk(path: Path) -> Unavailable:
    return Unavailable(
        "The disk that holds the store is full.",
        _HOLDS_WRITE,
        f"Free some space where {path} is and do it again; the desk goes on with what it has.",
    )


def read_only(path: Path) -> Unavailable:
    return Unavailable(
        f"The store {path} cannot be written: its disk, folder or file is read-only.",
        "Nothing was changed.",
        "Make the folder writable for this user, or set FOREDESK_HOME to one that is.",
    )


def of_os_error(path: Path, error: OSError) -> Unavailable:
    """The same sentences for what the operating system refuses around the database (folders, copies)."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC, errno.EFBIG}:
        return full_disk(path)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return read_only(path)
    return Unavailable(
        f"The file {path} cannot be used: {error.strerror or error}.",
        "Nothing was changed.",
        "Check the disk and the path.",
    )
