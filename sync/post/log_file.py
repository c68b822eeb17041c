"""A post's log is encrypted with a key of the desk that keeps it, like the desk's own store."""

import logging
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from core.store.trouble import told_plainly
from sync.server.database import EMBEDDED_NAME, connect_embedded

ASIDE = ".not-ours"

log = logging.getLogger(__name__)


def lay_aside_unless_ours(folder: Path, key: bytes) -> None:
    """Where another key made the log, or none, begin another: every desk still has what was in it, and offers it.

    Raises Unavailable where the disk refuses.
    """
    path = folder / EMBEDDED_NAME
    with told_plainly(path):
        if not path.exists() or _opens(path, key):
            return
        log.warning("%s was made with another key; it is kept as %s and a new one begun.", path, path.name + ASIDE)
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.replace(path.with_name(path.name + ASIDE + ending))


def _opens(path: Path, key: bytes) -> bool:
    try:
        connect_embedded(path, key).close()
    except sqlcipher.DatabaseError as error:
        if "not a database" in str(error):
            return False
        raise
    return True
