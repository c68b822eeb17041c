"""Cuts frames that tell their own length out of a byte stream, as the binary protocols of receivers and radios use."""

from collections.abc import Callable
from typing import NamedTuple

from core.avl.reports import Tally


class Form(NamedTuple):
    """A frame begins with two bytes, `start`; its first `head` bytes give its size in bytes, or 0 for an absurd one."""

    start: bytes
    head: int
    size_of: Callable[[bytes], int]
    is_whole: Callable[[bytes], bool]


class Cut(NamedTuple):
    gap: bytes  # what lay before
    frame: bytes  # b"" after the last gap


class FrameCutter:
    """Gives the same frames however the stream is cut, and keeps less than one frame.

    After a false start the search goes on behind its first two bytes, so that a frame within is not lost.
    """

    def __init__(self, form: Form, tally: Tally) -> None:
        self._form = form
        self._tally = tally
        self._rest = b""

    def cut(self, data: bytes, *, is_end: bool = False) -> list[Cut]:
        """What `data` completes; at the end of a stream, a frame that was cut short is a false start."""
        data = self._rest + data
        cuts: list[Cut] = []
        at = 0
        while (start := data.find(self._form.start, at)) >= 0:
            frame = self._frame(data, start)
            if frame is None and not is_end:
                cuts.append(Cut(data[at:start], b""))
                self._rest = data[start:]
                return cuts
            cuts.append(Cut(data[at:start], frame or b""))
            at = start + (len(frame) if frame else self._refuse())
        kept = 1 if data.endswith(self._form.start[:1]) and not is_end and at < len(data) else 0
        cuts.append(Cut(data[at : len(data) - kept], b""))
        self._rest = data[len(data) - kept :]
        return cuts

    def _frame(self, data: bytes, start: int) -> bytes | None:
        """The frame that begins at `start`, b"" where none does, None while it is not all here."""
        head = data[start : start + self._form.head]
        size = self._form.size_of(head) if len(head) == self._form.head else None
        if size is None or len(data) < start + size:
            return None
        frame = data[start : start + size]
        return frame if frame and self._form.is_whole(frame) else b""

    def _refuse(self) -> int:
        passed = len(self._form.start)
        self._tally.refused += 1
        self._tally.skipped_bytes += passed
        return passed
