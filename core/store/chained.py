"""Each desk's chain as this store has it: its events by number, and in their places the hashes of what was refused."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, null, select, union_all
from sqlalchemy.dialects.sqlite import insert as upsert

from core.merge.chain import FIRST_LINK
from core.merge.run import Held, spans
from core.store.tables import chains, events, quarantine

# Reasons in the quarantine for what is part of a chain and not of the log: the log has it under another number, the
# centre refused it, or this Foredesk is too old to read it.
AGAIN, REFUSED_THERE, NEWER = "again", "refused", "newer"


class Link(NamedTuple):
    """`prev_hash` and `body` are None for what is known by its hash only."""

    desk: str
    n: int
    id: str
    hash: bytes
    prev_hash: bytes | None = None
    body: bytes | None = None
    fields: tuple[object, ...] = ()


def links(connection: Connection) -> Iterator[Link]:
    """All links of all chains, by desk and number. A number that two links claim comes twice."""
    own = select(
        events.c.desk,
        events.c.n,
        events.c.id,
        events.c.hash,
        events.c.prev_hash,
        events.c.body,
        events.c.operator,
        events.c.at,
        events.c.command,
        events.c.undoes,
    ).where(events.c.n > 0)
    nothing = [null()] * 6
    stubs = select(quarantine.c.desk, quarantine.c.n, quarantine.c.event, quarantine.c.hash, *nothing)
    both = union_all(own, stubs.where(IN_CHAIN)).subquery()
    query = select(both).order_by(both.c.desk, both.c.n)
    for row in connection.execute(query, execution_options={"yield_per": 2000}):
        desk, n, id_, hash_, prev_hash, body, operator, at, command, undoes = row
        yield Link(desk, n, id_, hash_, prev_hash, body, (id_, desk, operator, at, command, undoes))


IN_CHAIN = quarantine.c.reason.in_((AGAIN, REFUSED_THERE, NEWER))


_STUBS = "FROM quarantine WHERE reason IN ('again', 'refused', 'newer') AND desk = ?"
_NEAR = (
    "SELECT n, hash, prev_hash, id FROM events WHERE desk = ? AND n BETWEEN ? AND ?"
    f" UNION ALL SELECT n, hash, NULL, event {_STUBS} AND n BETWEEN ? AND ?"
)
_AFTER = f"SELECT n, hash FROM events WHERE desk = ? AND n > ? UNION ALL SELECT n, hash {_STUBS} AND n > ? ORDER BY n"


def near(connection: Connection, desk: str, first_n: int, last_n: int) -> dict[int, tuple[bytes, bytes | None, str]]:
    """(hash, previous hash, id) of what is held from the number before `first_n` to the one after `last_n`."""
    span = (desk, first_n - 1, last_n + 1)
    found: dict[int, tuple[bytes, bytes | None, str]] = {}
    for n, hash_, prev_hash, id_ in connection.exec_driver_sql(_NEAR, span + span):
        if prev_hash is not None or n not in found:
            found[n] = (hash_, prev_hash, id_)
    return found


def heads(connection: Connection, desks: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """How far each desk's chain reaches without a gap, and its hash there."""
    ends = dict.fromkeys(desks, (0, FIRST_LINK))
    for row in connection.execute(select(chains).where(chains.c.desk.in_(ends))):
        ends[row.desk] = (row.length, row.head)
    return ends


def keep_heads(connection: Connection, ends: Mapping[str, tuple[int, bytes]]) -> None:
    statement = upsert(chains)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["desk"], set_={"length": statement.excluded.length, "head": statement.excluded.head}
        ),
        [{"desk": desk, "length": length, "head": head} for desk, (length, head) in ends.items()],
    )


def advance(connection: Connection, desks: Iterable[str]) -> None:
    """Bring the ends of these desks' chains up to their first gap."""
    ends = heads(connection, desks)
    for desk, end in ends.items():
        reached = end
        for n, hash_ in _after(connection, desk, end[0]):
            if n > reached[0] + 1:
                break
            if n == reached[0] + 1:
                reached = (n, hash_)
        ends[desk] = reached
    grown = {desk: end for desk, end in ends.items() if end[0]}
    if grown:
        keep_heads(connection, grown)


def take_numbers(connection: Connection, desk: str) -> None:
    """Give what the centre has under numbers that another event held here those numbers, once they are free."""
    connection.exec_driver_sql(
        "UPDATE events SET n = -n WHERE desk = ? AND n < 0 AND NOT EXISTS"
        " (SELECT 1 FROM events AS other WHERE other.desk = events.desk AND other.n = -events.n)"
        " AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.desk = events.desk AND"
        " quarantine.n = -events.n AND reason IN ('again', 'refused', 'newer'))",
        (desk,),
    )
    advance(connection, (desk,))


def _after(connection: Connection, desk: str, length: int) -> Iterator[tuple[int, bytes]]:
    rows = connection.exec_driver_sql(_AFTER, (desk, length, desk, length))
    return ((row.n, row.hash) for row in rows)


def held(connection: Connection) -> dict[str, Held]:
    """What this store has of each desk's chain."""
    found: dict[str, Held] = {}
    lengths = {row.desk: row.length for row in connection.execute(select(chains))}
    for desk in connection.scalars(select(events.c.desk).distinct()):
        lengths.setdefault(desk, 0)
    for desk, length in lengths.items():
        numbers = [n for n, _ in _after(connection, desk, length)]
        found[desk] = Held(length, spans(numbers))
    return found
