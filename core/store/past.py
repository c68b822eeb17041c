"""What the keeper of the board asks of the log, when a strand has to be folded anew."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from core.domain.board import Board
from core.domain.conflict import DOUBLE_DISPATCH
from core.domain.strands.unit import find_unit
from core.merge.keeper import UnitBase
from core.merge.placed import Placed
from core.store import log
from core.store.seal import unseal
from core.store.tables import events, snapshots

_decode: msgspec.msgpack.Decoder[Board] = msgspec.msgpack.Decoder(Board)


class KeptBoards:
    """The snapshots' boards, decoded once; newest first."""

    def __init__(self, form: int) -> None:
        self._form = form
        self._boards: dict[int, Board] = {}

    def newest_first(self, connection: Connection, path: Path) -> Iterator[tuple[int, Board]]:
        query = select(snapshots.c.seq).where(snapshots.c.form == self._form).order_by(snapshots.c.seq.desc())
        kept = connection.scalars(query).all()
        self._boards = {seq: board for seq, board in self._boards.items() if seq in kept}
        for seq in kept:
            if seq not in self._boards:
                sealed = connection.scalar(select(snapshots.c.board).where(snapshots.c.seq == seq)) or b""
                self._boards[seq] = _decode.decode(unseal(sealed, path, "the board's snapshot"))
            yield seq, self._boards[seq]

    def forget(self) -> None:
        self._boards.clear()


class LogPast:
    """A FoldPast over one open transaction."""

    def __init__(self, connection: Connection, path: Path, kept: KeptBoards) -> None:
        self._connection, self._path, self._kept = connection, path, kept

    def strand_of_incident(self, incident: str) -> Iterable[Placed]:
        query = log.FOLDED.where(events.c.incident == incident)
        return log.read_placed(self._connection, self._path, query, checked=False)

    def strand_of_unit(self, callsign: str, after_place: str) -> Iterable[Placed]:
        query = log.FOLDED.where(events.c.unit == callsign, events.c.place > after_place)
        return log.read_placed(self._connection, self._path, query, checked=False)

    def strand_of_rest(self) -> Iterable[Placed]:
        query = log.FOLDED.where(events.c.incident.is_(None), events.c.unit.is_(None))
        return log.read_placed(self._connection, self._path, query, checked=False)

    def base_of_unit(self, callsign: str, before_place: str) -> UnitBase | None:
        """From the newest snapshot that has the unit as it was before that place, with nothing missed by then."""
        for seq, board in self._kept.newest_first(self._connection, self._path):
            unit = find_unit(board, callsign)
            if unit is None or unit.folded >= before_place:
                continue
            missed = select(events.c.seq).where(
                events.c.unit == callsign, events.c.place <= unit.folded, events.c.seq > seq
            )
            if self._connection.execute(missed.limit(1)).first() is None:
                conflicts = (c for c in board.conflicts.values() if c.kind == DOUBLE_DISPATCH and c.unit == callsign)
                return UnitBase(
                    deepcopy(unit), board.emergencies.get(callsign), tuple(conflicts), callsign in board.retired
                )
        return None
