"""A board taken over from the centre, and the rows left open for the history that comes after it.

The board stands as if every event in it had been taken here: the log's next rows are reserved for them. Until they
are filled in, strands cannot be folded anew from the log, and those that ought to be are noted as doubtful.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select

from core.merge.run import Held
from core.store import chained
from core.store.tables import events, meta, outbox, snapshots

_OPEN_ROWS, _FILLING, _DOUBTFUL = "open rows", "filling", "doubtful"

Doubts = tuple[dict[str, str], dict[str, str]]  # incidents, units: the earliest place that came late


def open_ranges(connection: Connection) -> list[tuple[int, int]]:
    """Rows (first, last) that were left open; some stay so where the centre's numbers tell of refused events."""
    kept = _get(connection, _OPEN_ROWS)
    return msgspec.json.decode(kept, type=list[tuple[int, int]]) if kept else []


def is_filling(connection: Connection) -> bool:
    """Whether the history of an adopted board is still missing."""
    return bool(_get(connection, _FILLING))


def filling_from(connection: Connection) -> str:
    """The server whose board was adopted, while its history is still missing; else ""."""
    return _get(connection, _FILLING)


def newest_seq(connection: Connection) -> int:
    """The log's last row, filled or reserved."""
    row = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'events'").one_or_none()
    return int(row[0]) if row else 0


def count_events(connection: Connection) -> int:
    """How many events the log holds."""
    return counts(connection)[0]


def counts(connection: Connection) -> tuple[int, int]:
    """How many events the log holds, and how many of them the centre is known to have."""
    row = connection.exec_driver_sql(
        "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'events'),"
        " (SELECT value FROM meta WHERE key = 'acknowledged'), (SELECT value FROM meta WHERE key = 'open rows')"
    ).one()
    logged = int(row[0] or 0)
    if row[2]:
        logged = connection.scalar(select(func.count()).select_from(events)) or 0
    return logged, int(row[1] or 0)


def lacks(connection: Connection, there: Mapping[str, Held]) -> int:
    """How many of these events this log does not have."""
    here = chained.held(connection)
    return sum(_lacking(held, here.get(desk, Held())) for desk, held in there.items())


def _lacking(there: Held, here: Held) -> int:
    missing = 0
    for first, last in ((1, there.length), *there.beyond):
        missing += last - first + 1
        for ours, to in ((1, here.length), *here.beyond):
            missing -= max(0, min(last, to) - max(first, ours) + 1)
    return missing


def adopt(connection: Connection, there: Mapping[str, Held], row: Mapping[str, object], source: str) -> int:
    """Reserve rows for the history and keep the board's snapshot `row`, without its seq, behind them; returns that.

    `source` is the server that owes the history.
    """
    first = newest_seq(connection) + 1
    last = first - 1 + lacks(connection, there)
    ranges = [*open_ranges(connection), (first, last)] if last >= first else open_ranges(connection)
    _put(connection, _OPEN_ROWS, msgspec.json.encode(ranges).decode())
    _put(connection, _FILLING, source)
    if connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", (last,)).rowcount == 0:
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", (last,))
    connection.execute(delete(snapshots))
    connection.execute(insert(snapshots), {**row, "seq": last})
    return last


def open_rows(connection: Connection, most: int) -> list[int]:
    """Some rows that are still open, lowest first."""
    found: list[int] = []
    for first, last in open_ranges(connection):
        filled = connection.scalar(select(func.max(events.c.seq)).where(events.c.seq.between(first, last)))
        found += range((filled or first - 1) + 1, min(last, (filled or first - 1) + most) + 1)
        if len(found) >= most:
            break
    return found[:most]


def keep_doubts(connection: Connection, doubts: Doubts) -> None:
    _put(connection, _DOUBTFUL, msgspec.json.encode(doubts).decode())


def strands(rows: Iterable[Row[Any]]) -> Doubts:
    """The strands of these events, from their earliest place on."""
    incidents: dict[str, str] = {}
    units: dict[str, str] = {}
    for row in rows:
        for strand, kept in ((row.incident, incidents), (row.unit, units)):
            if strand:
                kept[strand] = min(kept.get(strand, row.place), row.place)
    return incidents, units


def add_doubts(connection: Connection, more: Doubts) -> None:
    """Note further strands; of each the earliest place counts."""
    known = doubts(connection)
    for kept, new in zip(known, more, strict=True):
        for strand, place in new.items():
            kept[strand] = min(kept.get(strand, place), place)
    keep_doubts(connection, known)


def doubts(connection: Connection) -> Doubts:
    kept = _get(connection, _DOUBTFUL)
    return msgspec.json.decode(kept, type=Doubts) if kept else ({}, {})


def filled(connection: Connection) -> None:
    """The history is here: what was doubtful can be folded anew, and kept boards with it in them go."""
    connection.execute(delete(meta).where(meta.c.key.in_((_FILLING, _DOUBTFUL))))
    connection.execute(delete(snapshots))


def unsent(connection: Connection) -> Sequence[str]:
    """The ids of the events that the centre does not have."""
    return connection.scalars(select(outbox.c.event).order_by(outbox.c.row)).all()


def _get(connection: Connection, key: str) -> str:
    return connection.scalar(select(meta.c.value).where(meta.c.key == key)) or ""


def _put(connection: Connection, key: str, value: str) -> None:
    connection.execute(insert(meta).prefix_with("OR REPLACE"), {"key": key, "value": value})
