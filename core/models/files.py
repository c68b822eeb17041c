"""Model files kept under the name of their own content, so that a file that was changed is never taken for another."""

import os
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from core.errors import Unavailable

SUFFIX = ".fdmodel"
MOST_BYTES = 200_000_000
_INCOMING = ".incoming-"
_CHUNK = 1 << 20
_LEFT_BEHIND_MS = 24 * 3600 * 1000


class ModelFiles:
    """A folder of model files. Every method may raise Unavailable with what the disk said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, digest: str) -> Path:
        return self.folder / f"{digest}{SUFFIX}"

    def take_in(self, source: Path) -> tuple[Path, str, int]:
        """Copy `source` under a name of its own, on the disk when this returns; its path, SHA-256 in hex and size."""
        self.folder.mkdir(parents=True, exist_ok=True)
        incoming = self.folder / f"{_INCOMING}{token_hex(8)}"
        digest, size = sha256(), 0
        try:
            with source.open("rb") as reading, incoming.open("xb") as writing:
                while chunk := reading.read(_CHUNK):
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise _too_large(source)
                    digest.update(chunk)
                    writing.write(chunk)
                writing.flush()
                os.fsync(writing.fileno())
        except BaseException:
            incoming.unlink(missing_ok=True)
            raise
        return incoming, digest.hexdigest(), size

    def settle(self, incoming: Path, digest: str) -> None:
        """Give a file that was taken in its name for good; a file of the same content is replaced by its equal."""
        incoming.replace(self.path_of(digest))
        sync_folder(self.folder)

    def verified(self, digest: str, title: str) -> Path:
        """The file, after reading it whole: its content is what was registered. Raises Unavailable."""
        path = self.path_of(digest)
        try:
            found = hash_of(path)
        except OSError as error:
            raise Unavailable(
                f"The file of the {title} cannot be read: {error.strerror or error}.",
                "It is not loaded.",
                f"Put {path.name} back from a backup, roll back, or approve another model.",
            ) from error
        if found != digest:
            raise Unavailable(
                f"The file of the {title} was changed or is damaged: its content is not what was registered.",
                "It is not loaded.",
                f"Put {path.name} back from a backup, roll back, or approve another model.",
            )
        return path

    def tidy(self, known: Collection[str], now_ms: int) -> int:
        """Remove what a crash left behind: files nobody registered and copies older than a day; how many there were.

        Only while no other process can be between copying and registering: within the registry's write transaction.
        """
        if not self.folder.is_dir():
            return 0
        removed = 0
        for path in self.folder.iterdir():
            orphan = path.suffix == SUFFIX and path.stem not in known
            left = path.name.startswith(_INCOMING) and now_ms - path.stat().st_mtime * 1000 > _LEFT_BEHIND_MS
            if orphan or left:
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a renaming last through a power cut, where the system can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _too_large(source: Path) -> Unavailable:
    return Unavailable(
        f"{source} is larger than {MOST_BYTES // 1_000_000} MB, which no model file of Foredesk is.",
        "Nothing was registered.",
        "Check the path.",
    )
