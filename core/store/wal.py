"""Notices when the end of the write-ahead log was unreadable at opening, where SQLite goes on without a word.

SQLite replays the log up to the first frame whose checksum fails. A kill can leave one such commit, the one it
interrupted; more of them mean a damaged disk (or a power cut that took positions, which nobody had been promised). The
log is then kept beside the store until somebody has looked at it.
"""

import logging
import shutil
from pathlib import Path
from struct import Struct
from typing import Any

# https://www.sqlite.org/fileformat2.html#the_write_ahead_log
_HEADER = Struct(">I4sI4s8sII")  # magic, version, page size, checkpoint number, salts, two checksums
_FRAME = Struct(">4sI8s8s")  # page number, pages after a commit (0 within one), salts, checksum

_log = logging.getLogger(__name__)


def commit_frames(path: Path) -> list[int]:
    """The numbers, from 1, of the frames that end a commit in the log of the store `path`, checksums not looked at."""
    wal = _wal_of(path)
    if not wal.exists():
        return []
    commits: list[int] = []
    with wal.open("rb") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return []
        _, _, page_bytes, _, salts, _, _ = _HEADER.unpack(header)
        trusted = _is_whole(header)
        number = 0
        while len(frame := file.read(_FRAME.size)) == _FRAME.size:
            number += 1
            _, pages_after, frame_salts, _ = _FRAME.unpack(frame)
            if number == 1 and not trusted:
                salts = frame_salts
            if pages_after and frame_salts == salts:
                commits.append(number)
            file.seek(page_bytes, 1)
    return commits


def _is_whole(header: bytes) -> bool:
    """Whether the log's header fits its own checksum. A whole one may stand before frames of an earlier round."""
    magic, *_, sum_0, sum_1 = _HEADER.unpack(header)
    words = iter(Struct(">6I" if magic & 1 else "<6I").unpack(header[:24]))
    s_0 = s_1 = 0
    for word in words:
        s_0 = (s_0 + word + s_1) & 0xFFFFFFFF
        s_1 = (s_1 + next(words) + s_0) & 0xFFFFFFFF
    return (s_0, s_1) == (sum_0, sum_1)


def keep_unread_end(raw: Any, path: Path, commits: list[int]) -> None:
    """Copy the log when `commits`, noted before opening, go beyond what SQLite took over. Call it before any write."""
    _, taken_over, _ = raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    unread = [number for number in commits if number > taken_over]
    if len(unread) > 1:
        shutil.copyfile(_wal_of(path), _copy_of(path))
        _log.error("%s", finding(path))


def finding(path: Path) -> str | None:
    """The sentence for `foredesk doctor`, as long as the copy lies there."""
    copy = _copy_of(path)
    if not copy.exists():
        return None
    return (
        "The end of the store's write-ahead log could not be read when the store was opened, and the last writes "
        f"before that may be missing; the log is kept as {copy}. Delete that file once you have looked into it."
    )


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _copy_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal.damaged")
