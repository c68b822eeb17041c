"""Brings a store of an earlier version to this one: a file per version, all steps in one transaction, a copy first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from core.store.migrations import v0001_lay_the_tables, v0002_many_desks, v0003_keep_suggestions

# "FDSK": what an opened file must say it is, besides its version.
APPLICATION_ID = 0x4644534B

Migration = Callable[[Any], None]
MIGRATIONS: tuple[Migration, ...] = (
    v0001_lay_the_tables.migrate,
    v0002_many_desks.migrate,
    v0003_keep_suggestions.migrate,
)


def version_of(raw: Any) -> int:
    return int(raw.execute("PRAGMA user_version").fetchone()[0])


def check_version(raw: Any, path: Path, newest: int = len(MIGRATIONS)) -> int:
    """The store's version, 0 for a new one. Raises Unavailable for a newer one and for what is not a store."""
    version = version_of(raw)
    named = int(raw.execute("PRAGMA application_id").fetchone()[0])
    tables = int(raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if named != APPLICATION_ID and (version or tables):
        raise Unavailable(
            f"{path} opens with this key but is not a Foredesk store.",
            "The file was left as it is.",
            "Move it away, or set FOREDESK_HOME to another folder.",
        )
    if version > newest:
        raise Unavailable(
            f"The store {path} was written by a newer Foredesk (store version {version}; this one knows {newest}).",
            "The store was left as it is.",
            "Install the newer Foredesk again, or set FOREDESK_HOME to another folder.",
        )
    return version


def migrate(
    raw: Any,
    path: Path,
    copy_first: Callable[[Path], None],
    *,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> bool:
    """Run the missing steps; True when there were any. `copy_first` writes a copy of an existing store before."""
    version = check_version(raw, path, len(migrations))
    if version == len(migrations):
        return False
    if version > 0:
        copy_first(path.with_name(f"{path.name}.version-{version}.bak"))
    raw.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[version:]:
            step(raw)
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute(f"PRAGMA user_version = {len(migrations)}")
        raw.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", (str(len(migrations)),))
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    return True
