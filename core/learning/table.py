"""A CSV file as columns of text, read as it is: gzipped or not, any of the usual separators and encodings."""

import csv
import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import Unavailable

MOST_BYTES = 2_000_000_000
BLANK = frozenset({"", "na", "n/a", "nan", "none", "null", "unk", "unknown", "-", "?"})


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length, every cell as text, and the sum of the file they came from."""

    name: str
    columns: dict[str, list[str]]
    sha256: str
    ragged: int = 0
    """Rows that had more or fewer cells than the header, which were left out."""

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(next(iter(self.columns.values()), []))


def read_table(path: Path) -> Table:
    """Read a CSV with a header line. Raises Unavailable when it cannot be read or has no rows."""
    try:
        raw = path.read_bytes()
        data = _unpacked(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise Unavailable(f"{path} could not be read: {error}.", "Nothing was trained.", "Check the path.") from error
    text = _decoded(data)
    header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)) if text.strip() else [[]]
    names = [name.strip() for name in header]
    if not any(names):
        raise Unavailable(f"{path.name} is empty.", "Nothing was trained.", "Give a CSV file with a header line.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Unavailable(f"{path.name} has two columns called “{twice}”.", "Nothing was trained.", "Rename one.")
    whole = [line for line in lines if len(line) == len(names)]
    ragged = sum(bool(line) and len(line) != len(names) for line in lines)
    cells = list(zip(*whole, strict=True)) if whole else [()] * len(names)
    columns = {name: list(column) for name, column in zip(names, cells, strict=True) if name}
    return Table(path.name, columns, hashlib.sha256(raw).hexdigest(), ragged)


def is_blank(cell: str) -> bool:
    """Whether a cell says nothing."""
    return cell.strip().casefold() in BLANK


def _unpacked(raw: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(f"more than {MOST_BYTES // 1_000_000} MB when unpacked")
    return data


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _separator(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t|", key=header.count)
