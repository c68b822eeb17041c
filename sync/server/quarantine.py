"""What the server refused, kept until somebody decides: looked at, tried again, entered all the same, or discarded.

Nothing is ever deleted from it. A command beside the server leaves its wish in the row; the server carries it out.
"""

import logging

import msgspec
from sqlalchemy import Connection, Integer, column, select, table, update

from core.errors import ForedeskError, Refused
from core.merge.run import SCHEMA, WireEvent
from core.merge.schema import decode_body
from sync.protocol.messages import CLONED
from sync.protocol.packing import unpack
from sync.protocol.routes import MOST_UNPACKED_BYTES
from sync.server.admission import examine
from sync.server.log import QuarantineRow, run_of
from sync.server.own_desk import OwnDesk
from sync.server.services import Services

RELEASE_WISHED = "release wished"
_MOST = 1000
_ROWS = table("quarantine", column("id", Integer), *(column(name) for name in QuarantineRow.__struct_fields__[1:]))
_COLUMNS = [_ROWS.c[name] for name in QuarantineRow.__struct_fields__]

_log = logging.getLogger(__name__)


def rows(connection: Connection, *, settled: bool = False, limit: int = _MOST) -> list[QuarantineRow]:
    """Newest first; with `settled` also what was decided."""
    query = select(*_COLUMNS).order_by(_ROWS.c.id.desc()).limit(limit)
    if not settled:
        query = query.where(_ROWS.c.settled_at.is_(None))
    return [QuarantineRow(*row) for row in connection.execute(query)]


def row(connection: Connection, number: int) -> QuarantineRow | None:
    found = connection.execute(select(*_COLUMNS).where(_ROWS.c.id == number)).one_or_none()
    return None if found is None else QuarantineRow(*found)


def waiting(connection: Connection, number: int) -> QuarantineRow:
    """The entry, where nothing was decided about it yet. Raises Refused."""
    found = row(connection, number)
    if found is None:
        raise Refused(f"There is no entry {number} in quarantine.", do="foredesk server quarantine list shows them.")
    if found.settled_at is not None:
        raise Refused(f"Entry {number} was decided already, by {found.settled_by}: {found.how}.")
    return found


def wish_release(connection: Connection, number: int, by: str) -> None:
    """Ask the running server to try the entry again. Raises Refused."""
    waiting(connection, number)
    connection.execute(update(_ROWS).where(_ROWS.c.id == number).values(how=RELEASE_WISHED, settled_by=by))


def discard(connection: Connection, number: int, by: str, why: str, now_ms: int) -> None:
    """Decide that it shall not become part of the truth. Raises Refused."""
    waiting(connection, number)
    changed = {"settled_at": now_ms, "settled_by": by, "how": f"discarded: {why}"}
    connection.execute(update(_ROWS).where(_ROWS.c.id == number).values(**changed))


def events_in(entry: QuarantineRow) -> list[WireEvent]:
    """The refused events, as they came."""
    if entry.event is None:
        return list(run_of(entry.payload).events)
    return [unpack(entry.payload, WireEvent, MOST_UNPACKED_BYTES)]


def readable(wire: WireEvent) -> dict[str, object]:
    """An event for people: its facts as far as they can be read at all."""
    try:
        body = msgspec.json.decode(wire.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = wire.body[:200].hex()
    return {"id": wire.id.hex(), "operator": wire.operator, "at": wire.at, "body": body}


async def release(services: Services, own_desk: OwnDesk, number: int, by: str) -> str:
    """Try a refused run again, or enter a refused event as the server's own; returns what was done. Raises Refused."""
    entry = await services.database.run(lambda connection: waiting(connection, number))
    if entry.event is None:
        await _push_again(services, entry)
        how = "released: the run was taken as it came"
    else:
        wire = events_in(entry)[0]
        body = decode_body(wire.body, SCHEMA)
        await own_desk.enter([body], f"{wire.operator}, released by {by}")
        how = "released: the server entered the same in its own name"
    await services.log.settle_quarantine(number, services.now_ms(), by, how)
    return how


async def _push_again(services: Services, entry: QuarantineRow) -> None:
    if entry.code == CLONED:
        raise Refused(
            "Another machine has used this desk's identity, and its numbers are taken.",
            "The entry stays in quarantine.",
            "The desk sends these events again once it has an identity of its own; discard this entry then.",
        )
    run = run_of(entry.payload)
    now_ms = services.now_ms()
    places = services.places
    checked = examine(run, await services.roll.card(run.desk), now_ms, lambda: places.next(now_ms))
    verdict = checked.verdict
    if verdict is not None:
        raise Refused(verdict.detail, "The entry stays in quarantine.", "Remove the cause first, or discard it.")
    checked.is_released = True
    for outcome in await services.group.push([checked]):
        if outcome.kind == "refused" and not outcome.id:
            raise Refused(outcome.detail, "The entry stays in quarantine.", "Remove the cause first, or discard it.")


async def carry_out_wishes(services: Services, own_desk: OwnDesk) -> None:
    """Release what somebody at the server wished to; what cannot be released says why."""
    wished = select(_ROWS.c.id, _ROWS.c.settled_by).where(_ROWS.c.settled_at.is_(None), _ROWS.c.how == RELEASE_WISHED)
    found = await services.database.run(lambda connection: connection.execute(wished).all(), write=False)
    for number, by in found:
        try:
            done = await release(services, own_desk, number, by)
        except ForedeskError as error:
            done = f"not released: {error.happened}"
            await services.database.run(lambda connection: _note(connection, number, done))  # noqa: B023 - awaited here
        _log.info("Entry %d of the quarantine, for %s: %s", number, by, done)


def _note(connection: Connection, number: int, how: str) -> None:
    undecided = (_ROWS.c.id == number) & _ROWS.c.settled_at.is_(None)
    connection.execute(update(_ROWS).where(undecided).values(how=how))
