"""Writes an encrypted copy of a store that is in use: whole or not at all, and read back before it counts."""

import os
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from core.store.cipher import begins_as_store, connect
from core.store.trouble import damaged, told_plainly

COPY_MARK = "copy"  # in the meta table of a copy that no desk has opened yet


def copy_store(source: Any, key: bytes, salt: bytes, target: Path) -> None:
    """Copy the database behind the raw connection `source` to `target`, replacing it in one step.

    The copy has the same key. Raises Unavailable; then `target` is as it was.
    """
    partial = target.with_name(f"{target.name}.part")
    with told_plainly(target):
        _remove(partial)
        try:
            _fill(source, key, salt, partial)
            _read_back(partial, key, salt)
            _sync(partial)
            partial.replace(target)
            sync_folder(target.parent)
        finally:
            _remove(partial)


def _fill(source: Any, key: bytes, salt: bytes, partial: Path) -> None:
    copy = connect(partial, key, salt)
    try:
        source.backup(copy)
        copy.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (COPY_MARK,))
        # Without its own log beside it, the copy is one file that can be carried away.
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def _read_back(partial: Path, key: bytes, salt: bytes) -> None:
    copy = connect(partial, key, salt)
    try:
        if finding := copy.execute("PRAGMA cipher_integrity_check").fetchone():
            raise damaged(partial, str(finding[0]))
    finally:
        copy.close()


def _remove(partial: Path) -> None:
    for leftover in (partial, partial.with_name(f"{partial.name}-journal"), partial.with_name(f"{partial.name}-wal")):
        leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Windows cannot open a folder for this and does not need it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_target(store: Path, target: Path) -> None:
    """Raises Unavailable where a backup would replace the store, or a file that is no store."""
    if target.resolve() == store.resolve():
        raise Unavailable(
            f"A backup cannot replace the store {store} itself.", "Nothing was changed.", "Give another file."
        )
    if target.is_file() and target.stat().st_size and not begins_as_store(target):
        raise Unavailable(
            f"{target} is no earlier backup but some other file.", "It was left as it is.", "Give another file."
        )
