"""Reads an exchange file: checked from end to end before anything of it is taken; taking it twice changes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from msgspec import Struct

from core.desk import Desk
from core.errors import Refused
from core.merge import keys
from core.merge.run import Run, count
from sync.file.form import MOST_UNPACKED, FileHead, FileRuns, SectionReader, damaged, signed_bytes, unreadable
from sync.link.checking import fault, slices
from sync.link.membership import Membership
from sync.link.trust import Trust
from sync.protocol.messages import DeskCard
from sync.protocol.packing import encode, unpack

T = TypeVar("T")


class Exchange(Struct, frozen=True):
    """A file that has been checked: signed by a desk of this agency, every event as its own desk wrote it."""

    path: Path
    head: FileHead
    events: int
    cards: dict[str, DeskCard]

    def runs(self) -> Iterator[list[Run]]:
        """A section's runs at a time. Raises Refused where the file is no longer what was checked."""
        yield from _reading(self.path, lambda file: self._sections(file))  # noqa: PLW0108

    def _sections(self, file: BinaryIO) -> Iterator[list[Run]]:
        name = self.path.name
        sections = SectionReader(file, name).sections()
        head = unpack(next(sections), FileHead, MOST_UNPACKED)
        if head != self.head:
            raise damaged(name)
        for section in sections:
            runs = unpack(section, FileRuns, MOST_UNPACKED).runs
            _check_runs(name, runs, self.cards)
            yield runs


class Brought(Struct, frozen=True):
    """What a file brought. `kept_apart`: events that this desk does not take for true and keeps in its quarantine."""

    head: FileHead
    events: int
    new: int
    conflicts: tuple[str, ...] = ()
    kept_apart: int = 0

    def sentence(self) -> str:
        written = datetime.fromtimestamp(self.head.made_at / 1000).astimezone()
        name = self.head.desk.name or self.head.desk.id
        begin = f"The file of {name} of {written:%Y-%m-%d %H:%M} holds {self.events:,} events"
        known = self.events - self.new
        if not self.new:
            return f"{begin}; this desk had them all."
        parts = [f"{begin}: {self.new:,} are new here" + (f", {known:,} were known." if known else ".")]
        if self.conflicts:
            parts.append(f"{len(self.conflicts)} conflicts have to be settled by somebody.")
        if self.kept_apart:
            parts.append(f"{self.kept_apart:,} were kept apart.")
        return " ".join(parts)


def open_exchange(path: Path, member: Membership, known: Iterable[DeskCard] = ()) -> Exchange:
    """Check a whole file; nothing is changed. `known` are cards that this desk has: what was taken away stays so.

    Raises Refused for a file that may not be taken, Unavailable where there is none.
    """
    trust = Trust(member.agency_key, known)
    return next(_reading(path, lambda file: iter([_checked(path, file, trust, member.agency)])))


def _checked(path: Path, file: BinaryIO, trust: Trust, agency: str) -> Exchange:
    reader = SectionReader(file, path.name)
    sections = reader.sections()
    first = next(sections, None)
    if first is None:
        raise damaged(path.name)
    bodies = list(_whole(sections))  # the hash tells about damage before anything is made of the content
    head = _unpacked(path.name, first, FileHead)
    revoked = {card.id: card for card in trust.cards.values() if card.revoked_at}
    trust.accept((*head.cards, head.desk))
    trust.cards |= revoked
    _check_head(path.name, head, reader, trust, agency or "this agency")
    cards = {card.id: trust.cards[card.id] for card in head.cards if card.id in trust.cards}
    events = 0
    for body in bodies:
        runs = _unpacked(path.name, body, FileRuns).runs
        _check_runs(path.name, runs, cards)
        events += count(runs)
    return Exchange(path, head, events, cards)


def _whole(sections: Iterator[bytes]) -> Sequence[bytes]:
    return tuple(sections)


def _unpacked(name: str, packed: bytes, kind: type[T]) -> T:
    try:
        return unpack(packed, kind, MOST_UNPACKED)
    except Refused as refused:
        raise damaged(name) from refused


def _check_head(name: str, head: FileHead, reader: SectionReader, trust: Trust, agency: str) -> None:
    if head.agency_key != trust.agency_key:
        raise Refused(
            f"{name} comes from another agency ({head.agency or 'which gives no name'}).",
            do=f"Only files of {agency} can be imported.",
        )
    known = trust.cards.get(head.desk.id)
    if known is None or known.public_key != head.desk.public_key:
        raise Refused(f"{name} names a desk that {agency} has not let in.")
    if known.revoked_at:
        raise Refused(f"{name} was written by the desk {head.desk.name or head.desk.id}, whose key was taken away.")
    if not keys.verifies(head.desk.public_key, reader.signature, signed_bytes(reader.hash)):
        raise Refused(f"{name} is not signed by the desk it names, {head.desk.name or head.desk.id}.")


def _check_runs(name: str, runs: Sequence[Run], cards: dict[str, DeskCard]) -> None:
    for run in runs:
        card = cards.get(run.desk)
        if card is None:
            raise Refused(f"{name} holds events of a desk that the agency has not let in ({run.desk}).")
        if why := fault(run, card):
            raise Refused(f"{name} holds events of the desk {card.name or card.id} that are not its own. {why}")


def _reading(path: Path, read: Callable[[BinaryIO], Iterator[T]]) -> Iterator[T]:
    try:
        with path.open("rb") as file:
            yield from read(file)
    except OSError as error:
        raise unreadable(path.name, error) from error


class ImportStore(Protocol):
    def keep_cards(self, known: Mapping[str, bytes]) -> None: ...


class Bringing:
    """Takes a checked file to a desk in small steps, so that the desk can be worked at meanwhile."""

    def __init__(self, desk: Desk, store: ImportStore, exchange: Exchange) -> None:
        self._desk, self._exchange = desk, exchange
        self._slices = (part for runs in exchange.runs() for part in slices(runs))
        self._left = 0
        self._new = self._kept_apart = 0
        self._conflicts: dict[str, None] = {}
        store.keep_cards({id_: encode(card) for id_, card in exchange.cards.items()})

    def step(self) -> bool:
        """The next at most 200 events; whether there is more to do. Raises Refused and Unavailable."""
        if self._left:
            self._left = self._desk.refold()
            return True
        part = next(self._slices, None)
        if part is None:
            return False
        received = self._desk.receive(tuple(part), source=f"usb:{self._exchange.head.desk.id}", centre=False)
        self._new += received.new
        self._kept_apart += received.quarantined
        self._left = received.left
        self._conflicts.update(dict.fromkeys(received.conflicts))
        return True

    def brought(self) -> Brought:
        exchange = self._exchange
        return Brought(exchange.head, exchange.events, self._new, tuple(self._conflicts), self._kept_apart)


def bring_in(desk: Desk, store: ImportStore, exchange: Exchange) -> Brought:
    """All of it at once. Raises Unavailable; what was taken until then stays, and importing again takes the rest."""
    bringing = Bringing(desk, store, exchange)
    while bringing.step():
        pass
    return bringing.brought()
