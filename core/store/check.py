"""Looks for damage: what `foredesk doctor` asks the store. Reads everything, changes nothing."""

from collections.abc import Iterator

from sqlalchemy import Connection, Table, Text, cast, func, select

from core.errors import Unavailable
from core.merge.chain import FIRST_LINK, link
from core.merge.run import REFUSED
from core.store import adopting, chained, sending, wal
from core.store.session import Session
from core.store.tables import calls, chains, events, incidents, outbox

_MOST_FINDINGS = 20


def findings(session: Session) -> list[str]:
    """One sentence per thing found wrong; empty when all is well."""
    unread = wal.finding(session.path)
    found = [unread] if unread else []
    for check in (_pages, _structure, _rows, _chain, _outbox, _derived):
        try:
            with session.reading() as connection:
                found += _first(check(connection))
        except Unavailable as error:
            found.append(error.happened)
    return list(dict.fromkeys(found))


def _first(sentences: Iterator[str]) -> list[str]:
    return [sentence for sentence, _ in zip(sentences, range(_MOST_FINDINGS), strict=False)]


def _pages(connection: Connection) -> Iterator[str]:
    for (finding,) in connection.exec_driver_sql("PRAGMA cipher_integrity_check"):
        yield f"A page of the store is damaged: {finding}."


def _structure(connection: Connection) -> Iterator[str]:
    for (finding,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if finding != "ok":
            yield f"The store's structure is damaged: {finding}."


def _rows(connection: Connection) -> Iterator[str]:
    """Rows come without a gap, but for what an adopted board has left to be filled in."""
    open_ranges = adopting.open_ranges(connection)
    last = 0
    query = select(events.c.seq, events.c.id).order_by(events.c.seq)
    for seq, id_ in connection.execute(query, execution_options={"yield_per": 2000}):
        if seq != last + 1 and not any(first <= last + 1 and seq - 1 <= end for first, end in open_ranges):
            yield f"An event is missing before event {id_}."
        last = seq


def _chain(connection: Connection) -> Iterator[str]:
    kept = {row.desk: (row.length, row.head) for row in connection.execute(select(chains))}
    reached: dict[str, tuple[int, bytes]] = {}
    for row in chained.links(connection):
        length, head = reached.get(row.desk, (0, FIRST_LINK))
        claimed = kept.get(row.desk, (0, b""))[0]
        follows = row.n == length + 1 and row.prev_hash in (head, None)
        if not follows and row.n <= claimed:
            yield f"The chain of desk {row.desk} is broken at event {row.id}."
        if row.body is not None and link(row.prev_hash or b"", row.fields, row.body) != row.hash:
            yield f"The event {row.id} of desk {row.desk} is not what was written."
        if row.n == length + 1:
            reached[row.desk] = (row.n, row.hash)
    for desk in sorted(kept.keys() | reached.keys()):
        if kept.get(desk) != reached.get(desk):
            yield f"The log of desk {desk} does not end where it was last written."


def _outbox(connection: Connection) -> Iterator[str]:
    unknown = select(func.count()).select_from(outbox).where(outbox.c.event.not_in(select(events.c.id)))
    if strays := connection.scalar(unknown):
        yield f"The outbox names {strays} events that the log does not hold."
    waiting = connection.scalar(select(func.count()).select_from(outbox)) or 0
    logged = connection.scalar(select(func.count()).select_from(events)) or 0
    centred = sending.at_centre(connection)
    if waiting + centred != logged:
        yield f"The outbox holds {waiting} events where {logged - centred} are not acknowledged."


def _derived(connection: Connection) -> Iterator[str]:
    for name, rows, logged in (
        ("incident", _count(connection, incidents), _told_of(connection, "incident.opened", "incident")),
        ("call", _count(connection, calls), _told_of(connection, "call.taken", "call", "call.withdrawn")),
    ):
        if rows != logged:
            yield f"History holds {rows} {name} rows where the log tells of {logged}."


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _told_of(connection: Connection, made: str, field: str, unmade: str = "") -> int:
    """How many things events of kind `made` tell of that no event of kind `unmade` takes back."""
    named = func.json_extract(cast(events.c.body, Text), f"$.{field}")
    opened = select(incidents.c.id)
    told = select(func.count(named.distinct())).where(
        events.c.kind == made, events.c.flag != REFUSED, events.c.incident.in_(opened)
    )
    if unmade:
        told = told.where(named.not_in(select(named).where(events.c.kind == unmade, events.c.flag != REFUSED)))
    return connection.scalar(told) or 0
