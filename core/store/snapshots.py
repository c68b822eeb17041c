"""The board as it stood, so that opening a year's store folds minutes of events and not all of them.

A snapshot of an earlier version serves as well: what has been added to the board since began empty, because no event
of that time told of it. Where that does not hold, FOLDING is raised, and the first opening folds the whole log.
"""

import logging
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from core.domain.board import Board, Incident
from core.domain.fold import apply_event, shed_closed
from core.store import log
from core.store.seal import seal, unseal
from core.store.tables import events, snapshots

# Raise it when old events fold into something else than a snapshot of before says, or when such a snapshot's fields
# have changed their meaning: older snapshots are then passed over. A test asks at every change of the board's shape.
FOLDING = 2
DUE_AFTER_EVENTS = 500
_KEPT = 2
_SHED_EVERY = 5000
_LONG = 20_000  # events that take a second or more

_log = logging.getLogger(__name__)

_encode = msgspec.msgpack.Encoder().encode
_decode: msgspec.msgpack.Decoder[Board] = msgspec.msgpack.Decoder(Board)


def newest_seq(connection: Connection) -> int:
    return int(connection.scalar(select(func.max(events.c.seq))) or 0)


def save(connection: Connection, board: Board, now_ms: int) -> None:
    """Keep `board`, which must hold every event of the log."""
    seq = newest_seq(connection)
    row = {"seq": seq, "at": now_ms, "form": FOLDING, "board": seal(_encode(board))}
    connection.execute(insert(snapshots).prefix_with("OR REPLACE"), row)
    older = select(snapshots.c.seq).order_by(snapshots.c.seq.desc()).offset(_KEPT)
    connection.execute(delete(snapshots).where(snapshots.c.seq.in_(older)))


def load(connection: Connection, path: Path) -> tuple[Board, int]:
    """The board folded from the newest usable snapshot and every event after it, and how many those were.

    `missing` names incidents that were written to after they had left the board; the desk brings them back.
    """
    board, seq = _newest(connection, path)
    behind = newest_seq(connection) - seq
    if behind > _LONG:
        _log.info("No snapshot of the board fits this version; all %d events are folded anew, once.", behind)
    query = log.EVENTS.where(events.c.seq > seq).order_by(events.c.seq)
    count = 0
    for count, event in enumerate(log.read(connection, path, query), 1):
        apply_event(board, event)
        if count % _SHED_EVERY == 0:
            shed_closed(board, event.at)
    return board, count


def fold_incident(connection: Connection, path: Path, incident: str) -> Incident | None:
    """An incident from its own events alone; None when it is unknown or its opening was taken back."""
    alone = Board()
    query = log.EVENTS.where(events.c.incident == incident).order_by(events.c.seq)
    for event in log.read(connection, path, query):
        apply_event(alone, event)
    return alone.incidents.get(incident)


def _newest(connection: Connection, path: Path) -> tuple[Board, int]:
    kept = select(snapshots.c.seq, snapshots.c.board).where(snapshots.c.form == FOLDING)
    row = connection.execute(kept.order_by(snapshots.c.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return Board(), 0
    return _decode.decode(unseal(row.board, path, "the board's snapshot")), row.seq
