"""What this desk has for others: which events wait, sealed into runs and read as they travel."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, not_, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.merge.chain import FIRST_LINK
from core.merge.run import CLOCK, MOST_EVENTS, REFUSED, SAID_CLOCK, SCHEMA, Held, Run, WireEvent, message
from core.store import adopting, chained
from core.store.chained import IN_CHAIN
from core.store.log import batched
from core.store.tables import chains, events, meta, outbox, quarantine, seals, snapshots

_LONGEST_RUN = 1000  # events, whoever sealed it
_wire: msgspec.msgpack.Decoder[WireEvent] = msgspec.msgpack.Decoder(WireEvent)


class Outgoing(Struct, frozen=True):
    """Runs to send; `after` is where to go on, `waiting` how many events there are to send in all."""

    runs: tuple[Run, ...] = ()
    after: int = 0
    waiting: int = 0


class Waiting(NamedTuple):
    """An event that has to be sent: `row` counts in the outbox, or in the log for others than the centre."""

    row: int
    desk: str
    n: int


class Seal(NamedTuple):
    desk: str
    first_n: int
    last_n: int
    prev_hash: bytes
    signature: bytes
    schema: int


# the outbox


def at_centre(connection: Connection) -> int:
    """How many events of the log the centre is known to have; kept as a figure, as counting them takes a second."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == "acknowledged")) or 0)


def count_at_centre(connection: Connection, more: int) -> None:
    if more:
        value = str(at_centre(connection) + more)
        connection.execute(update(meta).where(meta.c.key == "acknowledged").values(value=value))


def acknowledge(connection: Connection, ids: Iterable[str]) -> tuple[str, ...]:
    """Take events out of the outbox by id; those that were in it."""
    gone: list[str] = []
    for part in batched(list(ids)):
        gone += connection.scalars(select(outbox.c.event).where(outbox.c.event.in_(part)))
    for part in batched(gone):
        connection.execute(delete(outbox).where(outbox.c.event.in_(part)))
    count_at_centre(connection, len(gone))
    return tuple(gone)


def waiting(connection: Connection, ids: Sequence[str] | None) -> dict[str, tuple[str, str]]:
    """Event id -> (incident, unit) of those in the outbox; of `ids`, or of all."""
    query = select(events.c.id, events.c.incident, events.c.unit).join(outbox, outbox.c.event == events.c.id)
    found: dict[str, tuple[str, str]] = {}
    for part in [None] if ids is None else batched(ids):
        chosen = query if part is None else query.where(outbox.c.event.in_(part))
        found.update((id_, (incident or "", unit or "")) for id_, incident, unit in connection.execute(chosen))
    return found


def not_held(desk: str, there: Held, n: ColumnElement[int]) -> ColumnElement[bool]:
    """The desk's events under numbers `n` that are not there."""
    lacking = and_(events.c.desk == desk, n > there.length)
    for first, last in there.beyond:
        lacking = and_(lacking, not_(n.between(first, last)))
    return lacking


def beside(connection: Connection, held: Mapping[str, Held]) -> list[str]:
    """The ids of what this log has and a board that holds these does not, or may not: what waits may be in it."""
    found = dict.fromkeys(connection.scalars(select(outbox.c.event).order_by(outbox.c.row)))
    for desk in connection.scalars(select(events.c.desk).distinct()).all():
        lacking = not_held(desk, held.get(desk, Held()), func.abs(events.c.n))
        found.update(dict.fromkeys(connection.scalars(select(events.c.id).where(lacking).order_by(events.c.seq))))
    return list(found)


def offer_again(connection: Connection, held: Mapping[str, Held], now_ms: int, own: str) -> int:
    """Put into the outbox what a server lacks that has these; how many were added.

    Own events that an earlier life of it had placed go too: it may have got them anew from others, in other places, and
    does not tell a desk of its own events unasked.
    """
    before = connection.scalar(select(func.count()).select_from(outbox)) or 0
    for desk in connection.scalars(select(events.c.desk).distinct()).all():
        lacking = and_(events.c.flag != REFUSED, not_held(desk, held.get(desk, Held()), events.c.n))
        chosen = select(events.c.id, text(str(now_ms))).where(lacking).order_by(events.c.seq)
        connection.execute(upsert(outbox).from_select(["event", "at"], chosen).on_conflict_do_nothing())
    placed = and_(events.c.flag == CLOCK, events.c.desk == own)
    asked = select(events.c.id, text(str(now_ms))).where(placed).order_by(events.c.seq)
    connection.execute(upsert(outbox).from_select(["event", "at"], asked).on_conflict_do_nothing())
    connection.execute(update(events).where(placed).values(flag=SAID_CLOCK))
    added = (connection.scalar(select(func.count()).select_from(outbox)) or 0) - before
    count_at_centre(connection, -added)
    return added


def had_up_to(connection: Connection, held: Mapping[str, Held], own: str) -> int:
    """The last row of the log up to which a server has everything that has these, but for own events with a place from
    somebody: of those it is asked again, as in `offer_again`.
    """
    first = func.min(events.c.seq)
    asked = and_(events.c.desk == own, events.c.flag.in_((CLOCK, SAID_CLOCK)))
    firsts = [connection.scalar(select(first).where(asked))]
    for desk in connection.scalars(select(events.c.desk).distinct()).all():
        lacking = and_(events.c.flag != REFUSED, not_held(desk, held.get(desk, Held()), events.c.n))
        firsts.append(connection.scalar(select(first).where(lacking)))
    newest = int(connection.scalar(select(func.max(events.c.seq))) or 0)
    return min((seq - 1 for seq in firsts if seq is not None), default=newest)


# runs


def to_centre(connection: Connection, after: int, limit: int) -> list[Waiting]:
    query = select(outbox.c.row, events.c.desk, events.c.n).join(events, outbox.c.event == events.c.id)
    return [
        Waiting(*row)
        for row in connection.execute(query.where(outbox.c.row > after).order_by(outbox.c.row).limit(limit))
    ]


def to_others(connection: Connection, after: int, limit: int) -> list[Waiting]:
    query = select(events.c.seq, events.c.desk, events.c.n).where(events.c.seq > after)
    return [Waiting(*row) for row in connection.execute(query.order_by(events.c.seq).limit(limit))]


def of_commands(connection: Connection, ids: Iterable[str], *, in_log: bool = False) -> list[Waiting]:
    """All events in the outbox of the commands to which these events belong; `in_log`: their rows in the log."""
    named = list(ids)
    if not named:
        return []
    commands = connection.scalars(select(events.c.command).where(events.c.id.in_(named))).all()
    row = events.c.seq if in_log else outbox.c.row
    query = select(row, events.c.desk, events.c.n).select_from(outbox).join(events, outbox.c.event == events.c.id)
    chosen = query.where(events.c.command.in_(commands)).order_by(row)
    return [Waiting(*row) for row in connection.execute(chosen)]


def urgent_events(connection: Connection, after: int = 0) -> tuple[tuple[str, ...], int]:
    """Events in the outbox that must not wait: maydays, and openings of the highest priority; and its last row."""
    rows = connection.exec_driver_sql(
        "SELECT events.id, outbox.row FROM outbox JOIN events ON events.id = outbox.event WHERE outbox.row > ? AND "
        "(kind = 'unit.emergency_raised' OR (kind = 'incident.opened' AND "
        "json_extract(CAST(body AS TEXT), '$.priority') = 1))",
        (after,),
    ).all()
    last = connection.scalar(select(func.max(outbox.c.row))) or after
    return tuple(id_ for id_, _ in rows), last


def seal_for(
    connection: Connection, rows: Sequence[Waiting], own: str, sign: Callable[[bytes], bytes]
) -> Iterator[Seal]:
    """The seals of the runs that hold these events, in their order, each once; own events are sealed where needed."""
    wanted = {(row.desk, row.n) for row in rows}
    sent: set[tuple[str, int]] = set()
    for row in rows:
        if row.n < 1 or (row.desk, row.n) in sent:
            continue
        seal = covering(connection, row.desk, row.n)
        if seal is None and row.desk == own:
            last_n = row.n
            while (own, last_n + 1) in wanted and last_n + 1 - row.n < MOST_EVENTS:
                last_n += 1
            seal = _seal(connection, own, _first_unsent(connection, own, row.n), last_n, sign)
        if seal is not None:
            sent.update((seal.desk, n) for n in range(seal.first_n, seal.last_n + 1))
            yield seal


def covering(connection: Connection, desk: str, n: int) -> Seal | None:
    row = connection.exec_driver_sql(
        "SELECT desk, first_n, last_n, prev_hash, signature, schema FROM seals"
        " WHERE desk = ? AND first_n BETWEEN ? AND ? AND last_n >= ? ORDER BY first_n DESC LIMIT 1",
        (desk, n - _LONGEST_RUN, n, n),
    ).one_or_none()
    return Seal(*row) if row is not None else None


def _first_unsent(connection: Connection, own: str, n: int) -> int:
    """Numbers before this one that only the chain knows go with it, where no run holds them: the centre lacks them."""
    while n > 1 and covering(connection, own, n - 1) is None:
        stub = select(quarantine.c.row).where(quarantine.c.desk == own, quarantine.c.n == n - 1, IN_CHAIN)
        if connection.execute(stub).first() is None:
            break
        n -= 1
    return n


def _hash_at(connection: Connection, desk: str, n: int) -> bytes:
    if n == 0:
        return FIRST_LINK
    of_event = select(events.c.hash).where(events.c.desk == desk, events.c.n == n)
    of_stub = select(quarantine.c.hash).where(quarantine.c.desk == desk, quarantine.c.n == n, IN_CHAIN)
    return bytes(connection.scalar(of_event) or connection.scalar(of_stub) or b"")


def _seal(connection: Connection, desk: str, first_n: int, last_n: int, sign: Callable[[bytes], bytes]) -> Seal:
    next_sealed = connection.scalar(
        select(func.min(seals.c.first_n)).where(seals.c.desk == desk, seals.c.first_n > first_n)
    )
    if next_sealed is not None:
        last_n = min(last_n, next_sealed - 1)
    prev_hash, head = _hash_at(connection, desk, first_n - 1), _hash_at(connection, desk, last_n)
    blank = WireEvent(b"", "", 0, b"", b"", b"")
    shape = Run(desk, first_n, prev_hash, (blank,) * (last_n - first_n + 1), schema=SCHEMA)
    seal = Seal(desk, first_n, last_n, prev_hash, sign(message(shape, head)), SCHEMA)
    connection.execute(insert(seals), seal._asdict())
    return seal


def run_of(connection: Connection, seal: Seal) -> Run | None:
    """The run as its desk signed it; None where one of its events is not here."""
    span = (seal.first_n, seal.last_n)
    stubs = select(quarantine.c.n, quarantine.c.held).where(
        quarantine.c.desk == seal.desk, quarantine.c.n.between(*span), IN_CHAIN
    )
    found = {n: _wire.decode(held) for n, held in connection.execute(stubs)}
    rows = select(
        events.c.n,
        events.c.id,
        events.c.operator,
        events.c.at,
        events.c.command,
        events.c.undoes,
        events.c.body,
        events.c.place,
        events.c.flag,
        events.c.hash,
    ).where(events.c.desk == seal.desk, events.c.n.between(*span))
    found.update((row.n, _wire_event(row)) for row in connection.execute(rows))
    if len(found) != seal.last_n - seal.first_n + 1:
        return None
    in_order = tuple(found[n] for n in range(seal.first_n, seal.last_n + 1))
    return Run(seal.desk, seal.first_n, seal.prev_hash, in_order, seal.signature, seal.schema)


def _wire_event(row: Any) -> WireEvent:
    refused = row.flag == REFUSED
    return WireEvent(
        bytes.fromhex(row.id),
        row.operator,
        row.at,
        bytes.fromhex(row.command),
        bytes.fromhex(row.undoes),
        row.hash if refused else row.body,
        bytes.fromhex(row.place) if row.place != row.id else b"",
        CLOCK if row.flag == SAID_CLOCK else row.flag,
    )


def keep_seals(connection: Connection, runs: Iterable[Run]) -> None:
    rows = [Seal(run.desk, run.first_n, run.last_n, run.prev_hash, run.signature, run.schema)._asdict() for run in runs]
    if rows:  # a desk that lost a seal to a power cut seals anew, and perhaps more: the longer run counts
        longer = upsert(seals)
        changed = {name: longer.excluded[name] for name in ("last_n", "prev_hash", "signature", "schema")}
        connection.execute(
            longer.on_conflict_do_update(
                index_elements=["desk", "first_n"], set_=changed, where=seals.c.last_n < longer.excluded.last_n
            ),
            rows,
        )


# a new identity


def rebrand(connection: Connection, was: str, now: str, link_of: Callable[[Row[Any], bytes, str], bytes]) -> list[str]:
    """Chain the events that the centre does not have anew under another desk's id, with the same event ids.

    Returns their ids. Boards that hold them have to be folded anew: snapshots are dropped.
    """
    query = select(events).join(outbox, outbox.c.event == events.c.id).where(events.c.desk == was)
    rows = connection.execute(query.order_by(events.c.n)).all()
    if not rows:
        return []
    prev_hash, moved = FIRST_LINK, []
    for n, row in enumerate(rows, 1):
        hash_ = link_of(row, prev_hash, now)
        moved.append({"key": row.id, "n": n, "prev_hash": prev_hash, "hash": hash_})
        prev_hash = hash_
    first_n = min((row.n for row in rows if row.n > 0), default=0)
    for change in moved:
        values = {name: value for name, value in change.items() if name != "key"}
        connection.execute(update(events).where(events.c.id == change["key"]).values(desk=now, **values))
    if first_n:
        connection.execute(delete(seals).where(seals.c.desk == was, seals.c.last_n >= first_n))
        _cut_chain(connection, was, first_n - 1)
        chained.take_numbers(connection, was)
    connection.execute(insert(chains), {"desk": now, "length": len(rows), "head": prev_hash})
    if adopting.is_filling(connection):  # the adopted board is all there is of the history: these strands are doubtful
        adopting.add_doubts(connection, adopting.strands(rows))
    else:
        connection.execute(delete(snapshots))
    return [row.id for row in rows]


def _cut_chain(connection: Connection, desk: str, length: int) -> None:
    head = connection.scalar(select(events.c.hash).where(events.c.desk == desk, events.c.n == length))
    connection.execute(delete(chains).where(chains.c.desk == desk))
    if head is not None:
        connection.execute(insert(chains), {"desk": desk, "length": length, "head": head})
