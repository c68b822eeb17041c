"""The log of events: appended once, chained by hash per desk, read back only when the hash still fits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.domain.events import Body, Event
from core.errors import Unavailable
from core.merge.chain import FIRST_LINK, link
from core.store.tables import chains, events, meta, outbox
from core.store.trouble import damaged

_READ_AT_ONCE = 2000

encode_body = msgspec.json.Encoder(order="deterministic").encode
decode_body: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)
_COLUMNS = (
    events.c.id,
    events.c.desk,
    events.c.operator,
    events.c.at,
    events.c.command,
    events.c.undoes,
    events.c.body,
    events.c.prev_hash,
    events.c.hash,
)
EVENTS = select(*_COLUMNS)


def append(connection: Connection, new: Sequence[Event], now_ms: int) -> list[Event]:
    """Write those of `new` that the log does not hold yet, with their outbox rows; returns them."""
    ids = [event.id for event in new]
    known = set(connection.scalars(select(events.c.id).where(events.c.id.in_(ids))))
    fresh = list({event.id: event for event in new if event.id not in known}.values())
    if not fresh:
        return fresh
    ends = heads(connection, {event.desk for event in fresh})
    rows = []
    for event in fresh:
        length, prev_hash = ends[event.desk]
        row = row_of(event, prev_hash, length + 1)
        rows.append(row)
        ends[event.desk] = (length + 1, row["hash"])
    connection.execute(insert(events), rows)
    connection.execute(insert(outbox), [{"event": event.id, "at": now_ms} for event in fresh])
    keep_heads(connection, ends)
    return fresh


def keep_heads(connection: Connection, ends: Mapping[str, tuple[int, bytes]]) -> None:
    """Note how far each desk's chain reaches without a gap, and its hash there."""
    statement = upsert(chains)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["desk"], set_={"length": statement.excluded.length, "head": statement.excluded.head}
        ),
        [{"desk": desk, "length": length, "head": head} for desk, (length, head) in ends.items()],
    )


def heads(connection: Connection, desks: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """How far each desk's chain reaches without a gap, and its hash there."""
    ends = dict.fromkeys(desks, (0, FIRST_LINK))
    for row in connection.execute(select(chains).where(chains.c.desk.in_(ends))):
        ends[row.desk] = (row.length, row.head)
    return ends


def row_of(event: Event, prev_hash: bytes, n: int) -> dict[str, Any]:
    """The row in the log of this desk's own event number `n`, following `prev_hash`."""
    body = encode_body(event.body)
    fields = (event.id, event.desk, event.operator, event.at, event.command, event.undoes)
    return {
        "id": event.id,
        "desk": event.desk,
        "operator": event.operator,
        "at": event.at,
        "command": event.command,
        "undoes": event.undoes,
        "incident": getattr(event.body, "incident", "") or None,
        "kind": event.body.__struct_config__.tag,
        "body": body,
        "prev_hash": prev_hash,
        "hash": link(prev_hash, fields, body),
        "n": n,
        "place": event.id,
        "unit": getattr(event.body, "unit", "") or None,
        "flag": "",
    }


def read(connection: Connection, path: Path, query: Select[Any]) -> Iterator[Event]:
    """The events of `query` (made from EVENTS). Raises Unavailable when one is not what was written."""
    for row in connection.execute(query, execution_options={"yield_per": _READ_AT_ONCE}):
        yield _event_of(row, path)


def _event_of(row: Any, path: Path) -> Event:
    id_, desk, operator, at, command, undoes, body, prev_hash, hash_ = row
    if link(prev_hash, (id_, desk, operator, at, command, undoes), body) != hash_:
        raise damaged(path, f"the event {id_} is not what was written")
    try:
        return Event(
            id=id_, desk=desk, operator=operator, at=at, command=command, body=decode_body.decode(body), undoes=undoes
        )
    except msgspec.ValidationError as error:
        raise Unavailable(
            f"The store {path} holds an event that this Foredesk does not know ({error}).",
            "The store was left as it is.",
            "Install the newest Foredesk and open the store with it.",
        ) from error


def undoable_commands(connection: Connection, desk: str, limit: int) -> tuple[str, ...]:
    """Newest first. An undo comes after what it undoes, so reading backwards meets it first."""
    query = select(events.c.command, events.c.undoes).where(events.c.desk == desk).order_by(events.c.seq.desc())
    undone: set[str] = set()
    found: dict[str, None] = {}
    with connection.execute(query, execution_options={"yield_per": 200}) as newest_first:
        for command, undoes in newest_first:
            if undoes:
                undone.update((undoes, command))
            elif command not in undone:
                if len(found) == limit and command not in found:
                    break
                found[command] = None
    return tuple(found)


def unsent(connection: Connection, path: Path, limit: int) -> tuple[Event, ...]:
    """The oldest events that nobody has acknowledged, in the order of the outbox."""
    query = EVENTS.join(outbox, outbox.c.event == events.c.id).order_by(outbox.c.row).limit(limit)
    return tuple(read(connection, path, query))


def acknowledge(connection: Connection, ids: Iterable[str]) -> int:
    """Take events out of the outbox by id; how many were in it."""
    wanted = list(ids)
    gone = connection.execute(delete(outbox).where(outbox.c.event.in_(wanted))).rowcount
    before = acknowledged(connection)
    connection.execute(update(meta).where(meta.c.key == "acknowledged").values(value=str(before + gone)))
    return gone


def acknowledged(connection: Connection) -> int:
    """How many outbox rows were ever acknowledged; kept as a figure because counting a year's rows takes a second."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == "acknowledged")) or 0)
