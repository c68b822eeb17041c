"""Opens or creates the store: every check that can refuse it comes before the first change to it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from core.clock import Clock
from core.errors import Unavailable
from core.store.backup import COPY_MARK, copy_store
from core.store.cipher import connect, make_durable, new_salt, salt_of
from core.store.migrations import MIGRATIONS, Migration, check_version, migrate
from core.store.store import Store
from core.store.trouble import told_plainly
from core.store.wal import commit_frames, keep_unread_end

_FIRST_META = (("store", ""), ("acknowledged", "0"))


def open_store(path: Path, key: bytes, clock: Clock, *, migrations: Sequence[Migration] = MIGRATIONS) -> Store:
    """Open the store at `path` with its 32-byte key, creating or migrating it where needed.

    Raises Unavailable in whole sentences for another key, a foreign, damaged or newer file, and a disk that refuses.
    """
    with told_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        salt = salt_of(path, key) or new_salt(key)
        commits = commit_frames(path)
        if commits and _is_copy(path, key, salt):
            raise _foreign_log(path)
        raw = connect(path, key, salt)
        try:
            check_version(raw, path, len(migrations))
            keep_unread_end(raw, path, commits)
            _prepare(raw, path, key, salt, migrations)
            store = Store(raw, path, key, salt, clock)
            store.read_newer()
            return store
        except BaseException:
            raw.close()
            raise


def open_to_read(path: Path, key: bytes, clock: Clock) -> Store:
    """Open an existing store of this version for reading, beside a desk that may be writing to it.

    Raises Unavailable as `open_store` does, and for a store that does not exist or has still to be migrated.
    """
    with told_plainly(path):
        salt = salt_of(path, key)
        if salt is None:
            raise no_store(path)
        if commit_frames(path) and _is_copy(path, key, salt):
            raise _foreign_log(path)
        raw = _connect_to_read(path, key, salt)
        try:
            if check_version(raw, path) != len(MIGRATIONS):
                raise Unavailable(
                    f"The store {path} was written by an older Foredesk.",
                    "Nothing was read.",
                    "Open the desk once, with foredesk run, to bring it to this version.",
                )
            raw.execute("PRAGMA query_only = ON")
            return Store(raw, path, key, salt, clock)
        except BaseException:
            raw.close()
            raise


def _connect_to_read(path: Path, key: bytes, salt: bytes) -> Any:
    """On a full or read-only disk SQLite cannot make its index of the log; with no log there is no need of one."""
    try:
        return connect(path, key, salt)
    except sqlcipher.OperationalError:
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        return connect(path, key, salt, immutable=True)


def no_store(path: Path) -> Unavailable:
    return Unavailable(f"There is no store {path}.", "Nothing was read.", "Open the desk once, with foredesk run.")


def _is_copy(path: Path, key: bytes, salt: bytes) -> bool:
    """Whether the file, looked at without its log, is a copy that no desk has opened yet."""
    with suppress(sqlcipher.Error):  # whatever else is wrong is told when it is opened with its log
        raw = connect(path, key, salt, immutable=True)
        try:
            return raw.execute("SELECT 1 FROM meta WHERE key = ?", (COPY_MARK,)).fetchone() is not None
        finally:
            raw.close()
    return False


def _foreign_log(path: Path) -> Unavailable:
    """SQLite would write a log that it finds into the copy, and ruin it."""
    return Unavailable(
        f"{path} is a backup, and the log {path.name}-wal beside it belongs to the store that it replaces.",
        "Neither was touched.",
        f"Move {path.name}-wal to another folder, and start again.",
    )


def _prepare(raw: Any, path: Path, key: bytes, salt: bytes, migrations: Sequence[Migration]) -> None:
    make_durable(raw)
    migrate(raw, path, lambda target: copy_store(raw, key, salt, target), migrations=migrations)
    _prove_writable(raw)


def _prove_writable(raw: Any) -> None:
    """A desk that could not keep the first call must say so at start, not at the call."""
    raw.execute("BEGIN IMMEDIATE")
    try:
        for name, value in _FIRST_META:
            raw.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value or token_hex(16)))
        raw.execute("INSERT OR REPLACE INTO meta VALUES ('writable', ?)", (token_hex(4),))
        was_copy = raw.execute("DELETE FROM meta WHERE key = ?", (COPY_MARK,)).rowcount
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    if was_copy:  # the mark must be gone from the file itself before the first event is in the log
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def exists(path: Path) -> bool:
    """Whether a store (or something in its place) is there, so that no new key may be made for it."""
    return path.exists() and path.stat().st_size > 0
