"""The board as it stood, so that opening a year's store folds minutes of events and not all of them.

A snapshot of an earlier version serves as well: what has been added to the board since began empty, because no event
of that time told of it. Where that does not hold, FOLDING is raised, and the first opening folds the whole log.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.domain.board import Board, Incident
from core.domain.fold import apply_event, shed_closed
from core.domain.strands.incident import apply_to_incident
from core.merge.keeper import BoardKeeper
from core.merge.placed import in_order
from core.store import adopting, log
from core.store.adopting import newest_seq
from core.store.past import KeptBoards, LogPast
from core.store.seal import seal, unseal
from core.store.tables import events, snapshots

# Raise it when old events fold into something else than a snapshot of before says, or when such a snapshot's fields
# have changed their meaning: older snapshots are then passed over. A test asks at every change of the board's shape.
FOLDING = 3
DUE_AFTER_EVENTS = 500
_NEWEST_KEPT = 2
_APART = 2000  # events; of older ones one is kept for each doubling of this distance
_SHED_EVERY = 5000
_LONG = 20_000  # events that take a second or more

_log = logging.getLogger(__name__)

_encode = msgspec.msgpack.Encoder().encode
_decode: msgspec.msgpack.Decoder[Board] = msgspec.msgpack.Decoder(Board)


def encode_board(board: Board) -> bytes:
    """As a snapshot keeps it, and as a server gives it to a desk that is new; its form is FOLDING."""
    return _encode(board)


def decode_board(packed: bytes) -> Board:
    """Raises ValueError for what is no board."""
    return _decode.decode(packed)


def row_of(board: Board, now_ms: int) -> dict[str, object]:
    """A snapshot's row without the number of the last event in it."""
    return {"at": now_ms, "form": FOLDING, "board": seal(_encode(board))}


def save(connection: Connection, board: Board, now_ms: int) -> None:
    """Keep `board`, which must hold every event of the log.

    Of the older ones some are kept, ever further apart: late events fold anew from the newest one before them.
    """
    seq = newest_seq(connection)
    connection.execute(insert(snapshots).prefix_with("OR REPLACE"), {**row_of(board, now_ms), "seq": seq})
    kept = connection.scalars(select(snapshots.c.seq).order_by(snapshots.c.seq.desc())).all()
    connection.execute(delete(snapshots).where(snapshots.c.seq.not_in(_worth_keeping(kept))))


def _worth_keeping(newest_first: Sequence[int]) -> set[int]:
    """The newest, and of each doubling of the distance from them the oldest."""
    oldest: dict[int, int] = {}
    for seq in newest_first:
        distance = (newest_first[0] - seq) // _APART
        if distance:
            oldest[distance.bit_length()] = seq
    return {*newest_first[:_NEWEST_KEPT], *oldest.values()}


def load(connection: Connection, path: Path) -> tuple[Board, int, adopting.Doubts]:
    """The board with every event of the log, how many were folded onto the newest usable snapshot, and what is doubtful
    of it while the history of an adopted board is missing.
    """
    board, seq = _newest(connection, path)
    if not seq:
        return *_fold_all(connection, path), ({}, {})
    keeper = BoardKeeper(board, LogPast(connection, path, KeptBoards(FOLDING)))
    keeper.is_whole = not adopting.is_filling(connection)
    query = log.FOLDED.where(events.c.seq > seq)
    after = list(log.read_placed(connection, path, query))
    keeper.take(after, most_events=1)
    while keeper.left:
        keeper.refold()
    return board, len(after), keeper.doubts


def _fold_all(connection: Connection, path: Path) -> tuple[Board, int]:
    behind = newest_seq(connection)
    if behind > _LONG:
        _log.info("No snapshot of the board fits this version; all %d events are folded anew, once.", behind)
    board, count = Board(), 0
    query = log.FOLDED.order_by(events.c.place, events.c.id)
    for count, entry in enumerate(log.read_placed(connection, path, query), 1):
        apply_event(board, entry.event, entry.place)
        if count % _SHED_EVERY == 0:
            shed_closed(board, entry.event.at)
    _bring_back(connection, path, board)
    return board, count


def _bring_back(connection: Connection, path: Path, board: Board) -> None:
    """Incidents that events named after they had left the board."""
    named = select(events.c.incident).where(events.c.incident.in_(board.missing)).distinct()
    keeper = BoardKeeper(board, LogPast(connection, path, KeptBoards(FOLDING)))
    keeper.doubt(dict.fromkeys(connection.scalars(named), ""), {})
    while keeper.left:
        keeper.refold()


def fold_incident(connection: Connection, path: Path, incident: str) -> Incident | None:
    """An incident from its own events alone; None when it is unknown or its opening was taken back."""
    return fold_strand(connection, path, incident).incidents.get(incident)


def fold_strand(connection: Connection, path: Path, incident: str, *, checked: bool = True) -> Board:
    """A board with nothing on it but this incident."""
    alone = Board()
    query = log.FOLDED.where(events.c.incident == incident)
    for entry in in_order(log.read_placed(connection, path, query, checked=checked)):
        apply_to_incident(alone, entry.event, incident, entry.place)
    return alone


def _newest(connection: Connection, path: Path) -> tuple[Board, int]:
    kept = select(snapshots.c.seq, snapshots.c.board).where(snapshots.c.form == FOLDING)
    row = connection.execute(kept.order_by(snapshots.c.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return Board(), 0
    return _decode.decode(unseal(row.board, path, "the board's snapshot")), row.seq
