"""What a server need not or must not keep for ever: leftovers of an hour, and what callers said years ago.

An event is forgotten by leaving only its hash in its run: the chain and the signatures around it still hold, and who
pulls it gets what stands for a refused event. What desks already have is theirs to forget.
"""

from collections.abc import Iterable
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Boolean, ColumnElement, Connection, column, delete, func, select, table, true, update

from core.merge.run import AGAIN, REFUSED, Run, hashes
from sync.protocol.packing import compress, encode
from sync.server.archive import StrandReader, opened_before
from sync.server.authority_tables import (
    REPEATED_WITHIN_MS,
    artefact_parts,
    artefacts,
    attempts,
    pairing_codes,
    repeats,
    sessions,
)
from sync.server.database import Database
from sync.server.log import run_of

_DAY_MS = 24 * 3600 * 1000
_WEEK_MS = 7 * _DAY_MS
_AT_ONCE = 100  # incidents in one transaction
_WORDS = ("call.taken", "incident.narrative_added")  # who called, from where, and what was said
_events = table("events", *(column(name) for name in ("id", "run", "i", "kind", "incident", "flag")))
_runs = table("runs", column("seq"), column("payload"), column("marked", Boolean))


class Forgotten(Struct, frozen=True):
    """How much was forgotten."""

    incidents: int
    events: int


def tidy(connection: Connection, now_ms: int) -> None:
    """Remove ended sessions, yesterday's wrong tries and requests, last week's codes and uploads never finished."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now_ms))
    connection.execute(delete(attempts).where(attempts.c.last_at < now_ms - _DAY_MS))
    connection.execute(delete(pairing_codes).where(pairing_codes.c.expires_at < now_ms - _WEEK_MS))
    connection.execute(delete(repeats).where(repeats.c.at <= now_ms - REPEATED_WITHIN_MS))
    unfinished = artefacts.c.complete.is_(False) & (artefacts.c.published_at < now_ms - _WEEK_MS)
    parts = artefact_parts.c.sha256.in_(select(artefacts.c.sha256).where(unfinished))
    connection.execute(delete(artefact_parts).where(parts))
    connection.execute(delete(artefacts).where(unfinished))


async def forgettable(database: Database, closed_before_ms: int) -> Forgotten:
    """What `forget` would forget now."""
    return await database.run(partial(_forgettable, before_ms=closed_before_ms), write=False)


def _forgettable(connection: Connection, *, before_ms: int) -> Forgotten:
    reader = StrandReader()
    closed = [id_ for id_ in opened_before(connection, before_ms) if reader.closed(connection, id_, before_ms)]
    counting = select(func.count()).select_from(_events)
    counts = [connection.scalar(counting.where(_words_of(id_))) or 0 for id_ in closed]
    return Forgotten(sum(1 for count in counts if count), sum(counts))


def _words_of(incident: str) -> ColumnElement[bool]:
    return (_events.c.incident == incident) & _events.c.kind.in_(_WORDS) & (_events.c.flag != REFUSED)


async def forget(database: Database, closed_before_ms: int) -> Forgotten:
    """Forget callers and narrative of incidents closed before then. Raises Unavailable, half done at worst."""
    ids = await database.run(lambda connection: opened_before(connection, closed_before_ms), write=False)
    incidents = events = 0
    for start in range(0, len(ids), _AT_ONCE):
        step = partial(_forget, ids=ids[start : start + _AT_ONCE], before_ms=closed_before_ms)
        for count in await database.run(step):
            incidents, events = incidents + 1, events + count
    read: int | None = 0
    while read is not None:
        read = await database.run(partial(_forget_copies, after=read))
    return Forgotten(incidents, events)


def _forget(connection: Connection, *, ids: list[str], before_ms: int) -> list[int]:
    """How many events were forgotten of each incident of which any were."""
    reader = StrandReader()
    closed = [id_ for id_ in ids if reader.closed(connection, id_, before_ms)]
    counts = [_forget_words(connection, incident) for incident in closed]
    return [count for count in counts if count]


def _forget_words(connection: Connection, incident: str) -> int:
    words = _words_of(incident)
    by_run: dict[int, list[int]] = {}
    for run, i in connection.execute(select(_events.c.run, _events.c.i).where(words)):
        by_run.setdefault(run, []).append(i)
    for seq, places in by_run.items():
        payload = connection.execute(select(_runs.c.payload).where(_runs.c.seq == seq)).scalar_one()
        _leave_hashes(connection, seq, run_of(payload), places)
    connection.execute(update(_events).where(words).values(flag=REFUSED))
    return sum(len(places) for places in by_run.values())


def _forget_copies(connection: Connection, *, after: int) -> int | None:
    """An event that came again under another number is in that run as well; how far was read, None at the end."""
    some = select(_runs.c.seq, _runs.c.payload).where(_runs.c.marked == true(), _runs.c.seq > after)
    rows = connection.execute(some.order_by(_runs.c.seq).limit(_AT_ONCE)).all()
    for seq, payload in rows:
        run = run_of(payload)
        again = [wire.id for wire in run.events if wire.flag == AGAIN]
        gone = _events.c.id.in_(again) & _events.c.kind.in_(_WORDS) & (_events.c.flag == REFUSED)
        found = connection.scalars(select(_events.c.id).where(gone)) if again else ()
        forgotten = {bytes(id_) for id_ in found}
        if forgotten:
            _leave_hashes(connection, seq, run, [i for i, wire in enumerate(run.events) if wire.id in forgotten])
    return rows[-1].seq if rows else None


def _leave_hashes(connection: Connection, seq: int, run: Run, places: Iterable[int]) -> None:
    found = hashes(run)
    kept = list(run.events)
    for i in places:
        kept[i] = replace(kept[i], operator="", body=found[i], flag=REFUSED)
    payload = compress(encode(replace(run, events=tuple(kept))))
    connection.execute(update(_runs).where(_runs.c.seq == seq).values(payload=payload, marked=True))
