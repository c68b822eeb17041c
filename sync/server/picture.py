"""The board as the centre sees it, folded from the log like any desk's; what REST reads and new desks begin from.

`Picture` is without waiting: the embedded log answers it at once. `Gallery` keeps one on a loop over any log, a slice
at a time, so that nobody who pushes or pulls waits for it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from core.domain.board import Board
from core.domain.events import Event
from core.domain.fold import shed_closed
from core.errors import Refused
from core.merge.keeper import BoardKeeper, FoldPast, UnitBase
from core.merge.placed import Placed, placed
from core.merge.run import AGAIN, CLOCK, REFUSED, Run, head
from core.merge.schema import decode_body
from core.store.snapshots import FOLDING, decode_board, encode_board
from sync.protocol.messages import DeskHave, SnapshotHead
from sync.protocol.packing import compress, decompress, pack, unpack
from sync.protocol.routes import MOST_UNPACKED_BYTES
from sync.server.log import Indexed, Lives, Point, SnapshotRow

MOST_BOARD_BYTES = 4 * MOST_UNPACKED_BYTES
SHED_EVERY_MS = 10 * 60 * 1000
_BASE_EVERY = 5_000  # events
_BASES = 4

_log = logging.getLogger(__name__)


def placed_of(run: Run) -> list[Placed]:
    """What of a run in the log is to be folded."""
    entries = []
    for n, wire in enumerate(run.events, run.first_n):
        if wire.flag in {REFUSED, AGAIN}:
            continue
        try:
            body = decode_body(wire.body, run.schema)
        except Refused as error:  # a newer replica took it; this one will be replaced soon
            _log.warning("Event %s of desk %s cannot be folded here: %s", wire.id.hex(), run.desk, error)
            continue
        event = Event(wire.id.hex(), run.desk, wire.operator, wire.at, wire.command.hex(), body, wire.undoes.hex())
        entries.append(placed(event, n, wire.place_id, wire.flag if wire.flag == CLOCK else ""))
    return entries


def strand_of(found: Iterable[tuple[Indexed, Run]]) -> list[Placed]:
    """Single events out of their runs."""
    return [entry for indexed, run in found for entry in placed_of(_alone(run, indexed.i))]


def _alone(run: Run, i: int) -> Run:
    return Run(run.desk, run.first_n + i, run.prev_hash, (run.events[i],), b"", run.schema)


class ChainTally:
    """How far each desk's numbering goes in what was folded: the last run of each whole chain, and those beyond."""

    def __init__(self, desks: Sequence[DeskHave] = ()) -> None:
        self._length = {desk.desk: desk.length for desk in desks}
        self._head: dict[str, bytes | Run] = {desk.desk: desk.head for desk in desks}
        self._beyond: dict[str, dict[int, Run | tuple[int, int]]] = {
            desk.desk: {first: (first, last) for first, last in desk.beyond} for desk in desks if desk.beyond
        }

    def take(self, run: Run) -> None:
        self._beyond.setdefault(run.desk, {})[run.first_n] = run
        self._close(run.desk)

    def _close(self, desk: str) -> None:
        beyond = self._beyond[desk]
        for first_n in sorted(beyond):
            run, length = beyond[first_n], self._length.get(desk, 0)
            last_n = run.last_n if isinstance(run, Run) else run[1]
            if first_n > length + 1:
                break
            del beyond[first_n]
            if last_n > length:
                self._length[desk] = last_n
                self._head[desk] = run if isinstance(run, Run) else b""
        if not beyond:
            del self._beyond[desk]

    def have(self) -> list[DeskHave]:
        return [self._have(desk) for desk in sorted({*self._length, *self._beyond})]

    def _have(self, desk: str) -> DeskHave:
        end = self._head.get(desk, bytes(32))
        if isinstance(end, Run):
            end = self._head[desk] = head(end)
        beyond = sorted(
            (run.first_n, run.last_n) if isinstance(run, Run) else run for run in self._beyond.get(desk, {}).values()
        )
        return DeskHave(desk, self._length.get(desk, 0), end, beyond)


class Bases:
    """Boards as they stood, from which a unit can be folded anew without going back to its beginning."""

    def __init__(self) -> None:
        self._boards: list[Board] = []

    def keep(self, board: Board) -> None:
        units = Board(units=board.units, emergencies=board.emergencies, conflicts=board.conflicts)
        self._boards = [decode_board(encode_board(units)), *self._boards[: _BASES - 1]]

    def note_late(self, unit: str, place: str) -> None:
        """A base that holds later events of a unit lacks this one: it is none for that unit any more."""
        for board in self._boards:
            known = board.units.get(unit)
            if known is not None and known.folded >= place:
                del board.units[unit]

    def of_unit(self, unit: str, before_place: str) -> UnitBase | None:
        for board in self._boards:
            known = board.units.get(unit)
            if known is not None and known.folded < before_place:
                own = Board(
                    units={unit: known},
                    conflicts={key: conflict for key, conflict in board.conflicts.items() if conflict.unit == unit},
                )
                copy = decode_board(encode_board(own))
                return UnitBase(copy.units[unit], board.emergencies.get(unit), tuple(copy.conflicts.values()))
        return None


class Picture:
    """A board, and how much of the log it holds: everything up to `point`."""

    def __init__(self, past: FoldPast, bases: Bases | None = None) -> None:
        self.bases = bases or Bases()
        self.keeper = BoardKeeper(Board(), past)
        self.tally = ChainTally()
        self.point = Point()
        self.events = 0
        self.newest = ""  # the place that sorts last
        self._past = past
        self._next_base = _BASE_EVERY
        self._shed_at = 0

    @property
    def board(self) -> Board:
        return self.keeper.board

    def take(self, runs: Sequence[Run], point: Point, now_ms: int) -> None:
        """Fold what a pull from `self.point` gave; `refold` is due after that while `keeper.left`."""
        entries = [entry for run in runs for entry in placed_of(run)]
        for run in runs:
            self.tally.take(run)
            self.events += len(run.events)
        for entry in entries:
            if entry.place < self.newest:
                unit = getattr(entry.event.body, "unit", "")
                if unit:
                    self.bases.note_late(unit, entry.place)
            else:
                self.newest = entry.place
        self.keeper.take(entries, 0)
        self.point = point
        if now_ms - self._shed_at >= SHED_EVERY_MS:
            self._shed_at = now_ms
            shed_closed(self.board, now_ms)
        if self.events >= self._next_base and not self.keeper.left:
            self._next_base = self.events + _BASE_EVERY
            self.bases.keep(self.board)

    def begin_from(self, row: SnapshotRow, lives: Lives) -> bool:
        """Take a snapshot of the log's own; False where it is of another form or of a life that is over."""
        told = unpack(row.head, SnapshotHead, MOST_UNPACKED_BYTES)
        if told.form != FOLDING:
            return False
        try:
            point = lives.point(told.cursor)
        except Refused:
            return False
        self.keeper = BoardKeeper(decode_board(decompress(row.body, MOST_BOARD_BYTES)), self._past)
        self.bases.keep(self.board)
        self.tally = ChainTally(told.desks)
        self.point, self.events, self.newest = point, told.events, told.place
        self._next_base = self.events + _BASE_EVERY
        return True

    def snapshot(self, lives: Lives, now_ms: int) -> Callable[[], SnapshotRow]:
        """The board as a desk can begin from it; nothing may be left to refold.

        What is left to do to the answer, which takes longest, is done when it is called; any thread may.
        """
        plain = encode_board(self.board)
        told = SnapshotHead(
            lives.epoch,
            now_ms,
            lives.cursor(self.point),
            FOLDING,
            self.events,
            self.newest,
            "",
            0,
            len(plain),
            self.tally.have(),
        )
        return partial(_packed, told, plain)


def _packed(told: SnapshotHead, plain: bytes) -> SnapshotRow:
    body = compress(plain)
    name = sha256(body).hexdigest()
    head = pack(replace(told, sha256=name, size=len(body)))
    return SnapshotRow(name, told.now_ms, told.events, head, body)


class SyncPast:
    """A FoldPast over a log that answers at once."""

    def __init__(self, ask: Callable[[Sequence[str], Sequence[str], bytes], list[tuple[Indexed, Run]]], bases: Bases):
        self._ask = ask
        self._bases = bases

    def strand_of_incident(self, incident: str) -> list[Placed]:
        return strand_of(self._ask([incident], [], b""))

    def strand_of_unit(self, callsign: str, after_place: str) -> list[Placed]:
        return strand_of(self._ask([], [callsign], bytes.fromhex(after_place)))

    def base_of_unit(self, callsign: str, before_place: str) -> UnitBase | None:
        return self._bases.of_unit(callsign, before_place)

    def strand_of_rest(self) -> list[Placed]:
        return strand_of(self._ask([], [], b""))
