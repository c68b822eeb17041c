"""Writes an exchange file: what the desk has, or what came since the last file for the same people."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
from msgspec import Struct

from core.errors import Refused
from core.merge.run import Run, count
from core.store.exchange import Identity, Marks
from core.store.sending import Outgoing
from sync.file.form import FileHead, FileRuns, SectionWriter, signed_bytes, unreadable
from sync.link.membership import Membership
from sync.protocol.messages import DeskCard
from sync.protocol.packing import pack

SECTION_EVENTS = 1000
_AT_ONCE = 200
_card = msgspec.msgpack.Decoder(DeskCard)


class ExportStore(Protocol):
    """What is needed of a store; core.store.Store is the real one."""

    def identity(self) -> Identity: ...
    def outgoing(
        self, limit_events: int = 200, *, urgent: bool = False, server: str = "", after: int = 0
    ) -> Outgoing: ...
    def marks(self, server: str) -> Marks: ...
    def set_mark(
        self, server: str, *, epoch: str | None = None, cursor: str | None = None, mark: int | None = None
    ) -> None: ...
    def cards(self) -> dict[str, bytes]: ...


class Written(Struct, frozen=True):
    """`new_only`: it holds what came since the last file for `to`."""

    path: Path
    events: int
    desks: int
    bytes: int
    to: str
    new_only: bool

    def sentence(self) -> str:
        what = "since the last file" if self.new_only else "in all"
        whom = f" for {self.to}" if self.to else ""
        return (
            f"{self.path.name} holds {self.events:,} events of {self.desks} desks{whom}, {what}: {self.bytes:,} bytes."
        )


def write_exchange(
    store: ExportStore, path: Path, member: Membership, now_ms: int, *, to: str = "", everything: bool = False
) -> Written:
    """Whole or not at all. `to` names whom it is for; a later file for the same holds only what came since.

    Raises Refused where there is nothing to write, Unavailable where the disk refuses.
    """
    steps = writing(store, path, member, now_ms, to=to, everything=everything)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            written: Written = end.value
            return written


def writing(
    store: ExportStore, path: Path, member: Membership, now_ms: int, *, to: str = "", everything: bool = False
) -> Generator[None, None, Written]:
    """`write_exchange` in small steps, so that the desk can be worked at meanwhile; closed early, it leaves nothing."""
    server = f"usb:{to}"
    mark = 0 if everything or not to else store.marks(server).mark
    exporting = _Exporting(store, mark)
    partial = path.with_name(f"{path.name}.part")
    try:
        with _replacing(partial, path) as file:
            writer = SectionWriter(file)
            writer.add(pack(_head(store, member, now_ms, to, whole=not mark)))
            while exporting.read():
                if exporting.is_full:
                    writer.add(exporting.section())
                yield
            if not exporting.events:
                raise Refused(f"There is nothing new for {to}." if mark else "This desk holds no event yet.")
            if exporting.runs:
                writer.add(exporting.section())
            file.write(store.identity().sign(signed_bytes(writer.end())))
    except OSError as error:
        raise unreadable(path.name, error) from error
    if to:
        store.set_mark(server, mark=exporting.after)
    return Written(path, exporting.events, len(exporting.desks), path.stat().st_size, to, bool(mark))


class _Exporting:
    """All runs after a mark, some at a time; `runs` are those that are in no section yet."""

    def __init__(self, store: ExportStore, after: int) -> None:
        self._store, self.after = store, after
        self.runs: list[Run] = []
        self.events = 0
        self.desks: set[str] = set()

    def read(self) -> bool:
        """Some more; False where there are none."""
        found = self._store.outgoing(_AT_ONCE, server=EVERYTHING, after=self.after)
        self.after = found.after
        self.runs += found.runs
        self.events += count(found.runs)
        self.desks |= {run.desk for run in found.runs}
        return bool(found.runs)

    @property
    def is_full(self) -> bool:
        return count(self.runs) >= SECTION_EVENTS

    def section(self) -> bytes:
        runs, self.runs = self.runs, []
        return pack(FileRuns(runs))


EVERYTHING = "usb:"  # nothing is ever marked under this name, so that all is after it


def _head(store: ExportStore, member: Membership, now_ms: int, to: str, *, whole: bool) -> FileHead:
    cards = {member.card.id: member.card} | {desk: _card.decode(packed) for desk, packed in store.cards().items()}
    return FileHead(member.agency, member.agency_key, member.card, now_ms, to, whole, list(cards.values()))


@contextmanager
def _replacing(partial: Path, path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when it is whole and on the disk."""
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
