"""Times the server's bulk work beside the sketch's own server on the same PostgreSQL: `bench_sync_server.py [EVENTS]`.

One desk pushes, a second one pulls at the same time and verifies all; then a third begins from the snapshot. The
baseline takes the same number of records of the same size without hashes, signatures, permissions or claims.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asyncpg
import msgspec

from core.merge.run import Run
from sync.protocol import routes as r
from sync.protocol.messages import SnapshotHead
from sync.protocol.packing import decompress, unpack
from tests.bench.postgres import Cluster
from tests.bench.sync_rig import Rig, Wire, bench_desk, check, records

BATCH = 2000  # events in a push
_SKETCH_TABLES = """
create table op_log(seq bigserial primary key, xid xid8 not null default pg_current_xact_id(),
    op_id bytea not null unique, site text not null, hlc text not null,
    entity text not null, id text not null, fields bytea not null);
create table record(entity text, id text, data jsonb not null, meta jsonb not null, primary key (entity, id));
"""


def batches(runs: Sequence[Run], most: int) -> list[list[Run]]:
    found: list[list[Run]] = [[]]
    for run in runs:
        if found[-1] and sum(len(one.events) for one in found[-1]) + len(run.events) > most:
            found.append([])
        found[-1].append(run)
    return found


def through_the_server(cluster: Cluster | None, count: int) -> dict[str, float]:
    writer, reader, late = (bench_desk(name) for name in ("A", "B", "C"))
    runs = records(writer, count)
    with Rig(cluster, ["A", "B", "C"]) as rig:
        address = rig.replicas[0].address
        push, pull = Wire(address, writer), Wire(address, reader)
        pull.pull("")
        complete_at: list[float] = []

        def follow() -> None:
            cursor, seen = "", 0
            while seen < count:
                for answer in pull.all_after(cursor):
                    cursor = answer.cursor
                    seen += check(answer.runs, writer.desk_pass.public_key)
            complete_at.append(time.perf_counter())

        following = threading.Thread(target=follow)
        start = time.perf_counter()
        following.start()
        for batch in batches(runs, BATCH):
            assert not push.push(batch).outcomes
        pushed = time.perf_counter()
        following.join()
        again = time.perf_counter()
        for batch in batches(runs, BATCH):
            push.push(batch)
        repeated = time.perf_counter()
        third = Wire(address, late)
        begin = time.perf_counter()
        told = unpack(third.get(r.SNAPSHOT), SnapshotHead, 1 << 24)
        made = time.perf_counter()
        board = decompress(third.get(f"{r.SNAPSHOT}/{told.sha256}"), told.unpacked)
        fetched = time.perf_counter()
        told_again = unpack(third.get(r.SNAPSHOT), SnapshotHead, 1 << 24)
        assert told_again.sha256 == told.sha256
        return {
            "pushed_s": pushed - start,
            "second desk complete_s": complete_at[0] - start,
            "pushed again_s": repeated - again,
            "snapshot first made_s": made - begin,
            "snapshot fetched_s": fetched - made,
            "snapshot head again_s": time.perf_counter() - fetched,
            "snapshot board_MB": len(board) / 1e6,
            "wire up_bytes/event": push.sent_bytes / 2 / count,
            "wire down_bytes/event": pull.got_bytes / count,
        }


async def through_the_sketch(cluster: Cluster, count: int) -> dict[str, float]:
    """Push and pull as the sketch's server does them, in process, beside no HTTP at all."""
    writer = bench_desk("A")
    ops = [(wire, run.desk) for run in records(writer, count) for wire in run.events]
    pool = await asyncpg.create_pool(cluster.database(), min_size=2, max_size=4)
    try:
        await pool.execute(_SKETCH_TABLES)
        start = time.perf_counter()
        for first in range(0, count, BATCH):
            await _sketch_push(pool, ops[first : first + BATCH])
        pushed = time.perf_counter()
        seen, xid, seq = 0, "0", 0
        while seen < count:
            rows = await pool.fetch(
                "select seq, xid::text as xid, op_id, site, hlc, entity, id, fields from op_log where (xid, seq) >"
                " ($1::text::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid, seq limit 2000",
                *(xid, seq),
            )
            msgspec.msgpack.encode([tuple(row) for row in rows])
            seen, xid, seq = seen + len(rows), rows[-1]["xid"], rows[-1]["seq"]
        return {"pushed_s": pushed - start, "second desk complete_s": time.perf_counter() - start}
    finally:
        await pool.close()


async def _sketch_push(pool: Any, ops: Sequence[Any]) -> None:
    """One transaction: the log, then each record's fields with the newer clock winning."""
    async with pool.acquire() as connection, connection.transaction():
        hlcs = [wire.id.hex() for wire, _ in ops]
        fresh = await connection.fetch(
            "insert into op_log (op_id, site, hlc, entity, id, fields) select * from unnest($1::bytea[], $2::text[],"
            " $3::text[], $4::text[], $5::text[], $6::bytea[]) on conflict (op_id) do nothing returning op_id",
            *([wire.id for wire, _ in ops], [desk for _, desk in ops], hlcs, ["call"] * len(ops), hlcs),
            [wire.body for wire, _ in ops],
        )
        assert len(fresh) == len(ops)
        known = await connection.fetch(
            "select data, meta from record where entity = 'call' and id = any($1::text[]) for update", hlcs
        )
        assert not known
        data = [msgspec.json.decode(wire.body) for wire, _ in ops]
        meta = [msgspec.json.encode(dict.fromkeys(one, hlc)).decode() for one, hlc in zip(data, hlcs, strict=True)]
        await connection.execute(
            "insert into record select 'call', * from unnest($1::text[], $2::jsonb[], $3::jsonb[])"
            " on conflict (entity, id) do update set data = excluded.data, meta = excluded.meta",
            *(hlcs, [msgspec.json.encode(one).decode() for one in data], meta),
        )


def show(title: str, figures: dict[str, float]) -> None:
    print(title)
    for name, figure in figures.items():
        what, _, unit = name.rpartition("_")
        print(f"  {what:26} {figure:9.3f} {unit}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{count} events of about 400 bytes, loopback")
    show("Foredesk, embedded", through_the_server(None, count))
    cluster = Cluster(careless=False)
    try:
        show("Foredesk, PostgreSQL", through_the_server(cluster, count))
        show("Baseline: the sketch's server, PostgreSQL, without HTTP", asyncio.run(through_the_sketch(cluster, count)))
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
