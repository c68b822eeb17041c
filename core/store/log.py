"""The log of events: appended once, chained by hash per desk, read back only when the hash still fits."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select, insert, select

from core.domain.events import Body, Event
from core.errors import Unavailable
from core.merge.chain import link
from core.merge.placed import Placed, placed
from core.merge.run import REFUSED
from core.store import chained
from core.store.tables import events, outbox
from core.store.trouble import damaged

_READ_AT_ONCE = 2000
_AT_ONCE = 1000
T = TypeVar("T")

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
    events.c.n,
    events.c.place,
    events.c.flag,
)
EVENTS = select(*_COLUMNS)
FOLDED = EVENTS.where(events.c.flag != REFUSED)  # what the centre refused is kept, and is no part of the truth


def append(connection: Connection, new: Sequence[Event], now_ms: int) -> list[Event]:
    """Write those of `new` that the log does not hold yet, with their outbox rows; returns them."""
    known = known_ids(connection, [event.id for event in new])
    fresh = list({event.id: event for event in new if event.id not in known}.values())
    if not fresh:
        return fresh
    ends = chained.heads(connection, {event.desk for event in fresh})
    rows = []
    for event in fresh:
        length, prev_hash = ends[event.desk]
        row = row_of(event, prev_hash, length + 1)
        rows.append(row)
        ends[event.desk] = (length + 1, row["hash"])
    connection.execute(insert(events), rows)
    connection.execute(insert(outbox), [{"event": event.id, "at": now_ms} for event in fresh])
    chained.keep_heads(connection, ends)
    return fresh


def known_ids(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that the log holds."""
    known: set[str] = set()
    for part in batched(ids):
        known.update(connection.scalars(select(events.c.id).where(events.c.id.in_(part))))
    return known


def batched(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Parts that one statement takes as parameters."""
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


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
    return (entry.event for entry in read_placed(connection, path, query))


def read_placed(connection: Connection, path: Path, query: Select[Any], *, checked: bool = True) -> Iterator[Placed]:
    """The events of `query` (made from EVENTS) with their places. Raises Unavailable as `read` does.

    `checked=False` trusts the cipher's own check of each page and spares the hashes, which take as long as the rest.
    """
    for row in connection.execute(query, execution_options={"yield_per": _READ_AT_ONCE}):
        yield _placed_of(row, path, checked=checked)


def _placed_of(row: Any, path: Path, *, checked: bool) -> Placed:
    id_, desk, operator, at, command, undoes, body, prev_hash, hash_, n, place, flag = row
    if checked and link(prev_hash, (id_, desk, operator, at, command, undoes), body) != hash_:
        raise damaged(path, f"the event {id_} is not what was written")
    try:
        event = Event(id_, desk, operator, at, command, decode_body.decode(body), undoes)
    except msgspec.ValidationError as error:
        raise Unavailable(
            f"The store {path} holds an event that this Foredesk does not know ({error}).",
            "The store was left as it is.",
            "Install the newest Foredesk and open the store with it.",
        ) from error
    return placed(event, n, place, flag)


def undoable_commands(connection: Connection, desk: str, limit: int) -> tuple[str, ...]:
    """Newest first. An undo comes after what it undoes, so reading backwards meets it first."""
    own = (events.c.desk == desk) & (events.c.flag != REFUSED)
    query = select(events.c.command, events.c.undoes).where(own).order_by(events.c.n.desc())
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
