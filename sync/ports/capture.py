"""Raw bytes as they came, with their times, in files of limited size; and the reading of them for a replay.

The form is made to be cut anywhere: each record is a line "MS LENGTH", so many bytes, and a line's end. A file that is
no capture is a plain log, and is read as one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

HEAD = b"foredesk capture 1\n"
ROTATE_BYTES = 5_000_000
KEPT_FILES = 4
PLAIN_PIECE = 120  # bytes of a plain log that travel together
LONGEST_PIECE = 1 << 20


def capture_path(folder: Path, key: str) -> Path:
    """The newest file of a source's captures."""
    return folder / f"{''.join(c if c.isalnum() else '-' for c in key)}.capture"


class Capture:
    """Appends to a file and starts a new one when it is full; raises OSError as the disk does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open()

    def _open(self) -> BinaryIO:
        file = self.path.open("ab")
        if file.tell() == 0:
            file.write(HEAD)
        return file

    def write(self, data: bytes, at_ms: int) -> None:
        self._file.write(b"%d %d\n%b\n" % (at_ms, len(data), data))
        if self._file.tell() >= ROTATE_BYTES:
            self._rotate()

    def flush(self) -> None:
        self._file.flush()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(KEPT_FILES - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))
        self._numbered(KEPT_FILES).unlink(missing_ok=True)
        self._file = self._open()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def close(self) -> None:
        self._file.close()


def pieces(path: Path, bytes_per_s: float = 960.0) -> Iterator[tuple[float, bytes]]:
    """(seconds since the beginning, bytes) of a capture, or of a plain log as a line of that speed would give it.

    Raises OSError. A capture that was cut short ends where it was cut.
    """
    with path.open("rb") as file:
        if file.read(len(HEAD)) == HEAD:
            yield from _recorded(file)
            return
        file.seek(0)
        sent = 0
        while piece := file.read(PLAIN_PIECE):
            yield sent / bytes_per_s, piece
            sent += len(piece)


def _recorded(file: BinaryIO) -> Iterator[tuple[float, bytes]]:
    first: int | None = None
    while line := file.readline(64):
        at, _, length = line.strip().partition(b" ")
        if not (at.isdigit() and length.isdigit()) or int(length) > LONGEST_PIECE:
            return
        data = file.read(int(length))
        if len(data) < int(length):
            return
        file.read(1)
        first = int(at) if first is None else first
        yield max(0.0, (int(at) - first) / 1000), data
