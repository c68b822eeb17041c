"""Looks for damage: what `foredesk doctor` asks the store. Reads everything, changes nothing."""

from collections.abc import Iterator
from itertools import count

from sqlalchemy import Connection, func, select

from core.errors import Unavailable
from core.merge.chain import FIRST_LINK, link
from core.store import log, wal
from core.store.session import Session
from core.store.tables import calls, chains, events, incidents, outbox

_MOST_FINDINGS = 20


def findings(session: Session) -> list[str]:
    """One sentence per thing found wrong; empty when all is well."""
    unread = wal.finding(session.path)
    found = [unread] if unread else []
    for check in (_pages, _structure, _chain, _outbox, _derived):
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


def _chain(connection: Connection) -> Iterator[str]:
    heads: dict[str, tuple[int, bytes]] = {}
    expected = count(1)
    columns = (events.c.seq, *log.EVENTS.selected_columns)
    rows = connection.execute(select(*columns).order_by(events.c.seq), execution_options={"yield_per": 2000})
    for seq, id_, desk, operator, at, command, undoes, body, prev_hash, hash_ in rows:
        length, head = heads.get(desk, (0, FIRST_LINK))
        if seq != next(expected):
            yield f"An event is missing before event {id_}."
            expected = count(seq + 1)
        if prev_hash != head:
            yield f"The chain of desk {desk} is broken at event {id_}."
        if link(prev_hash, (id_, desk, operator, at, command, undoes), body) != hash_:
            yield f"The event {id_} of desk {desk} is not what was written."
        heads[desk] = (length + 1, hash_)
    kept = {row.desk: (row.length, row.head) for row in connection.execute(select(chains))}
    for desk in sorted(kept.keys() | heads.keys()):
        if kept.get(desk) != heads.get(desk):
            yield f"The log of desk {desk} does not end where it was last written."


def _outbox(connection: Connection) -> Iterator[str]:
    unknown = select(func.count()).select_from(outbox).where(outbox.c.event.not_in(select(events.c.id)))
    if strays := connection.scalar(unknown):
        yield f"The outbox names {strays} events that the log does not hold."
    waiting = connection.scalar(select(func.count()).select_from(outbox)) or 0
    logged = connection.scalar(select(func.count()).select_from(events)) or 0
    if waiting + log.acknowledged(connection) != logged:
        yield f"The outbox holds {waiting} events where {logged - log.acknowledged(connection)} are not acknowledged."


def _derived(connection: Connection) -> Iterator[str]:
    for table, name, made, unmade in (
        (incidents, "incident", "incident.opened", None),
        (calls, "call", "call.taken", "call.withdrawn"),
    ):
        logged = _count(connection, made) - (_count(connection, unmade) if unmade else 0)
        rows = connection.scalar(select(func.count()).select_from(table)) or 0
        if rows != logged:
            yield f"History holds {rows} {name} rows where the log tells of {logged}."


def _count(connection: Connection, kind: str) -> int:
    return connection.scalar(select(func.count()).select_from(events).where(events.c.kind == kind)) or 0
