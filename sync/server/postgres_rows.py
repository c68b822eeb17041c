"""What the PostgreSQL log reads and writes inside its transactions: in bulk, a statement for each table."""

from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from core.merge.run import Run
from sync.server.admission import Checked
from sync.server.claims import ClaimBook, ClaimRow
from sync.server.log import Wanted, run_of
from sync.server.numbering import Chain, Numbering, Span
from sync.server.settle import Known, KnownEvent, NewEvent, NewRun, Quarantined, Settled

ERA_LOCK = 0x46444C
_RUN_COLUMNS = (
    *("seq", "era", "desk", "first_n", "last_n", "prev_hash", "head"),
    *("events", "marked", "payload", "received_at"),
)
_BUCKETS = 512  # of locks for desks, and as many for units: PostgreSQL's lock table is shared by all replicas


async def hold(connection: Any, wanted: Wanted) -> None:
    """Wait for whoever writes of the same desks or units; all in one order, so that nobody waits in a circle."""
    desks = {_lock(0, desk) for desk in wanted.desks}
    units = {_lock(1, unit) for unit in wanted.units}
    await connection.fetch("SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key", sorted(desks | units))


def _lock(kind: int, name: str) -> int:
    bucket = int.from_bytes(sha256(name.encode()).digest()[:4], "big") % _BUCKETS
    return (ERA_LOCK << 32) + kind * _BUCKETS + bucket


async def known(connection: Any, wanted: Wanted, batch: Sequence[Checked]) -> Known:
    rows = await connection.fetch("SELECT id, place, flag FROM events WHERE id = ANY($1::bytea[])", wanted.ids)
    events = {row["id"]: KnownEvent(row["place"], row["flag"]) for row in rows}
    rows = await connection.fetch("SELECT * FROM chains WHERE desk = ANY($1::text[])", wanted.desks)
    chains = {row["desk"]: Chain(row["length"], row["head"], row["top"]) for row in rows}
    claims: list[Any] = []
    if wanted.units:
        claims = await connection.fetch(
            "SELECT * FROM claims WHERE NOT ended AND unit = ANY($1::text[])"
            " UNION SELECT * FROM claims WHERE assignment = ANY($2::text[])",
            *(wanted.units, wanted.assignments),
        )
    spans = await _spans(connection, wanted, chains, batch)
    return Known(Numbering(chains, spans), events, ClaimBook(ClaimRow.of(row) for row in claims))


async def _spans(
    connection: Any, wanted: Wanted, chains: dict[str, Chain], batch: Sequence[Checked]
) -> list[tuple[str, Span]]:
    near = [_reach(desk, low, high, chains) for desk, low, high in wanted.near]
    rows = await connection.fetch(
        "SELECT seq, runs.desk, first_n, last_n, prev_hash, head FROM runs"
        " JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) AS near (desk, low, high)"
        " ON runs.desk = near.desk AND first_n BETWEEN low AND high",
        *([part[i] for part in near] for i in range(3)),
    )
    odd = [row["seq"] for row in rows if any(_overlaps(row, checked) for checked in batch)]
    payloads = {}
    if odd:
        found = await connection.fetch("SELECT seq, payload FROM runs WHERE seq = ANY($1::bigint[])", odd)
        payloads = {row["seq"]: row["payload"] for row in found}
    return [
        (
            row["desk"],
            Span(row["first_n"], row["last_n"], row["prev_hash"], row["head"], partial(_read, payloads, row["seq"])),
        )
        for row in rows
    ]


def _reach(desk: str, low: int, high: int, chains: dict[str, Chain]) -> tuple[str, int, int]:
    """Where a gap may close, what lies beyond it matters too."""
    chain = chains.get(desk, Chain())
    return (desk, min(low, chain.length), max(high, chain.top)) if chain.top > chain.length else (desk, low, high)


def _overlaps(row: Any, checked: Checked) -> bool:
    """Whether a stored run has some of a pushed run's numbers, but not just the same."""
    if row["desk"] != checked.run.desk or (row["first_n"], row["last_n"]) == (checked.first_n, checked.last_n):
        return False
    return bool(row["first_n"] <= checked.last_n and row["last_n"] >= checked.first_n)


def _read(payloads: dict[int, bytes], seq: int) -> Run:
    return run_of(payloads[seq])


async def write(connection: Any, settled: Settled, era: int, now_ms: int) -> None:
    if not settled.runs:
        # What is only found again may have been committed here and not yet on the standby, if the wait for that was
        # cut off. Something has to be committed after it, so that its repeated acknowledgement waits as well.
        await connection.execute("SELECT pg_logical_emit_message(true, 'foredesk', '')")
    if settled.runs:
        await _write_runs(connection, settled.runs, era, now_ms)
        chains = settled.chains.items()
        await connection.execute(
            "INSERT INTO chains SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[])"
            " ON CONFLICT (desk) DO UPDATE SET length = excluded.length, head = excluded.head, top = excluded.top",
            [desk for desk, _ in chains],
            *([getattr(chain, name) for _, chain in chains] for name in ("length", "head", "top")),
        )
    if settled.claims:
        # Whoever lets go of a unit comes before whoever then holds it: the index allows one at any moment.
        claims = sorted(settled.claims, key=lambda row: row.holds)
        await connection.execute(
            "INSERT INTO claims SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
            " $6::bytea[], $7::bigint[], $8::bigint[], $9::boolean[], $10::boolean[]) ON CONFLICT (assignment)"
            " DO UPDATE SET turn = excluded.turn, holds = excluded.holds, ended = excluded.ended",
            *_columns([row.values() for row in claims]),
        )
    if settled.quarantined:
        await quarantine(connection, settled.quarantined, now_ms)


async def _write_runs(connection: Any, runs: Sequence[NewRun], era: int, now_ms: int) -> None:
    rows = await connection.fetch("SELECT nextval('runs_seq_seq') AS seq FROM generate_series(1, $1::int)", len(runs))
    numbered = [(row["seq"], run) for row, run in zip(rows, runs, strict=True)]
    await connection.copy_records_to_table(
        "runs",
        columns=_RUN_COLUMNS,
        records=[
            (seq, era, r.desk, r.first_n, r.last_n, r.prev_hash, r.head, r.events, r.marked, r.payload, now_ms)
            for seq, r in numbered
        ],
    )
    await connection.copy_records_to_table(
        "events", records=[_event(seq, run.desk, event) for seq, run in numbered for event in run.rows]
    )


def _event(seq: int, desk: str, e: NewEvent) -> tuple[object, ...]:
    return e.id, e.place, seq, e.i, desk, e.at, e.kind, e.incident or None, e.unit or None, e.flag


async def quarantine(connection: Any, refused: Iterable[Quarantined], now_ms: int) -> None:
    rows = [
        (q.key, now_ms, q.desk, q.pushed_by, q.first_n, q.last_n, q.event, q.code, q.detail, q.payload)
        for q in {q.key: q for q in refused}.values()
    ]
    await connection.execute(
        "INSERT INTO quarantine (key, at, desk, pushed_by, first_n, last_n, event, code, detail, payload, times)"
        " SELECT *, 1 FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],"
        " $7::bytea[], $8::text[], $9::text[], $10::bytea[])"
        " ON CONFLICT (key) DO UPDATE SET times = quarantine.times + 1",
        *_columns(rows),
    )


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
