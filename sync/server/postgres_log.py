"""The centre's log in PostgreSQL: many replicas write to it at once, and every one of them can be killed at any moment.

Rows are ordered by transaction, and nobody is shown one of a transaction that is not older than all that still run:
what commits late can so never come before what was already pulled. Desks and units of a batch are locked in one order
before anything is looked up, so that each desk's numbers and each unit's claims have one writer at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any

import asyncpg

from core.errors import Unavailable
from core.merge.run import Run
from sync.protocol.messages import DeskHave, Outcome
from sync.server import postgres_rows as rows
from sync.server.admission import Checked, Verdict
from sync.server.log import Indexed, Lives, Page, Point, QuarantineRow, SnapshotRow, Wanted, run_of
from sync.server.postgres_trouble import is_passing, not_a_primary, told
from sync.server.settle import Settled, refused_run, settle

_POOL = 8
_CONNECT_S, _COMMAND_S = 10.0, 60.0
_SETTINGS = {
    "application_name": "foredesk log",
    "idle_in_transaction_session_timeout": "15000",  # or a replica that hangs would hold back everybody's reading
    "lock_timeout": "15000",
    "enable_seqscan": "off",  # every question has its index; before there are statistics the planner would not know
    "jit": "off",
    "synchronous_commit": "on",  # and with synchronous_standby_names: on the standby's disk as well
}
_OVERLAP_MS = 3_000
_TRIES = 4  # of a transaction that met another one


_PULL = """
SELECT era, xid::text::bigint AS xid, seq, payload, near, all_near, upto FROM (
    SELECT era, xid, seq, events, count(*) OVER () AS near, sum(events) OVER () AS all_near,
        sum(events) OVER (ORDER BY era, xid, seq) AS upto,
        CASE WHEN desk = $6 AND NOT marked THEN NULL ELSE payload END AS payload
    FROM (
        SELECT * FROM runs
        WHERE (era, xid, seq) > ($1::bigint, $2::text::xid8, $3::bigint)
            AND (era < $4 OR xid < pg_snapshot_xmin(pg_current_snapshot())) AND $7 IN ('', desk)
        ORDER BY era, xid, seq LIMIT $5::bigint
    ) AS next
) AS counted
WHERE upto - events < $5::bigint ORDER BY counted.era, counted.xid, counted.seq
"""
_INDEXED = """
SELECT place, run, i FROM events WHERE incident = ANY($1::text[]) AND place > $3
UNION
SELECT place, run, i FROM events WHERE unit = ANY($2::text[]) AND place > $3
ORDER BY place
"""
_KEEP_LASTS = """
INSERT INTO lasts SELECT kind, key, value, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS new (kind, key, value) ORDER BY kind, key
ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, at = excluded.at
"""
_INDEXED_REST = """
SELECT place, run, i FROM events WHERE incident IS NULL AND unit IS NULL AND place > $1 ORDER BY place
"""


class PostgresLog:
    """Made by `connect`. A CentreLog for one loop."""

    def __init__(self, dsn: str, where: str, now_ms: Callable[[], int]) -> None:
        self._where = where
        self._now_ms = now_ms
        self.lives = Lives(())
        self._life = ""
        self._opening = asyncio.Lock()
        self._pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=_POOL,
            timeout=_CONNECT_S,
            command_timeout=_COMMAND_S,
            server_settings=_SETTINGS,
            init=self._greet,
        )

    async def start(self) -> None:
        with told(self._where):
            await self._pool
            async with self._pool.acquire():
                pass

    async def _greet(self, connection: Any) -> None:
        """Every new connection tells in which life of the database it is: after a failover that is another one."""
        standby, system, database = await connection.fetchrow(
            "SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),"
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        if standby:
            raise not_a_primary(self._where)
        timeline = await connection.fetchval("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
        life = f"{system}/{database}/{timeline}"
        async with self._opening:
            if life != self._life:
                await self._begin_era(connection, life, timeline.lstrip("0"))

    async def _begin_era(self, connection: Any, life: str, timeline: str) -> None:
        async with connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock({rows.ERA_LOCK})")
            newest = await connection.fetchrow("SELECT era, life FROM eras ORDER BY era DESC LIMIT 1")
            if newest is None or newest["life"] != life:
                era = 1 if newest is None else newest["era"] + 1
                epoch = f"{token_hex(8)}.{timeline}"
                await connection.execute(
                    "INSERT INTO eras VALUES ($1, $2, $3, $4, 0)", era, epoch, life, self._now_ms()
                )
            found = await connection.fetch("SELECT era, epoch FROM eras")
        self.lives, self._life = Lives((row["era"], row["epoch"]) for row in found), life

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Any]:
        with told(self._where):
            async with self._pool.acquire() as connection:
                yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Any]:
        async with self._reading() as connection, connection.transaction():
            yield connection

    # writing

    async def append(self, batch: Sequence[Checked], now_ms: int) -> list[list[Outcome]]:
        wanted = Wanted.by(batch)
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                async with self._writing() as connection:
                    await rows.hold(connection, wanted)
                    settled = settle(batch, await rows.known(connection, wanted, batch))
                    await rows.write(connection, settled, self.lives.era, now_ms)
                return settled.outcomes
            except Unavailable as trouble:
                if last or not is_passing(trouble):
                    raise
        raise AssertionError("unreachable")

    async def refuse(self, checked: Checked, code: str, detail: str, now_ms: int) -> None:
        settled = Settled()
        refused_run(0, checked, Verdict("refused", code, detail), settled)
        async with self._writing() as connection:
            await rows.quarantine(connection, settled.quarantined, now_ms)

    # reading

    async def pull(self, after: Point, limit: int, leave_out: str = "", only: str = "") -> Page:
        async with self._reading() as connection:
            found = await connection.fetch(
                _PULL, after.era, str(after.xid), after.seq, self.lives.era, limit, leave_out, only
            )
        if not found:
            return Page(after, False, [])
        last = found[-1]
        more = last["near"] == limit or last["all_near"] > last["upto"]
        point = Point(last["era"], last["xid"], last["seq"])
        return Page(point, more, [row["payload"] for row in found if row["payload"] is not None])

    async def end(self) -> Point:
        async with self._reading() as connection:
            row = await connection.fetchrow(
                "SELECT era, xid::text::bigint AS xid, seq FROM runs"
                " WHERE era < $1 OR xid < pg_snapshot_xmin(pg_current_snapshot())"
                " ORDER BY runs.era DESC, runs.xid DESC, runs.seq DESC LIMIT 1",
                self.lives.era,
            )
        return Point(row["era"], row["xid"], row["seq"]) if row else Point()

    async def have(self, desk: str = "") -> list[DeskHave]:
        async with self._reading() as connection:
            found = await connection.fetch(
                "SELECT desk, length, head, (SELECT array_agg(ARRAY[first_n, last_n] ORDER BY first_n) FROM runs"
                " WHERE top > length AND runs.desk = chains.desk AND first_n > length) AS beyond"
                " FROM chains WHERE $1 IN ('', desk) ORDER BY desk",
                desk,
            )
        return [
            DeskHave(row["desk"], row["length"], row["head"], [(first, last) for first, last in row["beyond"] or ()])
            for row in found
        ]

    async def counted(self) -> int:
        async with self._reading() as connection:
            return int(await connection.fetchval("SELECT coalesce(sum(length), 0) FROM chains"))

    async def runs_of(
        self, incidents: Collection[str], units: Collection[str], after: bytes
    ) -> list[tuple[Indexed, Run]]:
        async with self._reading() as connection:
            if incidents or units:
                found = await connection.fetch(_INDEXED, list(incidents), list(units), after)
            else:
                found = await connection.fetch(_INDEXED_REST, after)
            payloads = await connection.fetch(
                "SELECT seq, payload FROM runs WHERE seq = ANY($1::bigint[])", list({row["run"] for row in found})
            )
        runs = {row["seq"]: run_of(row["payload"]) for row in payloads}
        return [(Indexed(row["place"], row["run"], row["i"]), runs[row["run"]]) for row in found]

    async def quarantine(self, *, settled: bool = False, limit: int = 500) -> list[QuarantineRow]:
        columns = ", ".join(QuarantineRow.__struct_fields__)
        query = f"SELECT {columns} FROM quarantine WHERE $1 OR settled_at IS NULL ORDER BY id DESC LIMIT $2"
        async with self._reading() as connection:
            return [QuarantineRow(*row) for row in await connection.fetch(query, settled, limit)]

    async def settle_quarantine(self, row: int, now_ms: int, by: str, how: str) -> bool:
        async with self._writing() as connection:
            done = await connection.fetchval(
                "UPDATE quarantine SET settled_at = $2, settled_by = $3, how = $4 WHERE id = $1"
                " AND settled_at IS NULL RETURNING id",
                *(row, now_ms, by, how),
            )
        return done is not None

    async def save_snapshot(self, row: SnapshotRow, keep: int) -> None:
        async with self._writing() as connection:
            await connection.execute(
                "INSERT INTO snapshots VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                *(row.sha256, row.at, row.events, row.head, row.body),
            )
            await connection.execute(
                "DELETE FROM snapshots WHERE sha256 NOT IN (SELECT sha256 FROM snapshots ORDER BY at DESC LIMIT $1)",
                keep,
            )

    async def snapshot(self, sha256: str = "") -> SnapshotRow | None:
        query = "SELECT * FROM snapshots WHERE $1 IN ('', sha256) ORDER BY at DESC LIMIT 1"
        async with self._reading() as connection:
            row = await connection.fetchrow(query, sha256)
        return SnapshotRow(*row) if row else None

    async def hidden_since(self) -> int | None:
        """When the oldest run came that nobody may see yet, as an older transaction still runs; None for none."""
        async with self._reading() as connection:
            hidden = await connection.fetchval(
                "SELECT min(received_at) FROM runs WHERE era = $1 AND xid >= pg_snapshot_xmin(pg_current_snapshot())",
                self.lives.era,
            )
        return None if hidden is None else int(hidden)

    async def exchange_lasts(
        self, rows: Sequence[tuple[str, str, bytes]], seen_at: int
    ) -> tuple[int, list[tuple[str, bytes]]]:
        """Write last values (kind, key, value), and read those written since `seen_at`, which is the database's clock.

        What is read reaches back some seconds, as transactions end in any order: values may come again.
        """
        async with self._reading() as connection:
            if rows:
                await connection.execute(_KEEP_LASTS, *([row[column] for row in rows] for column in range(3)))
            found = await connection.fetch("SELECT kind, value, at FROM lasts WHERE at > $1", seen_at - _OVERLAP_MS)
        newest = max((row["at"] for row in found), default=seen_at)
        return newest, [(row["kind"], row["value"]) for row in found]

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), _CONNECT_S)
        except TimeoutError:
            self._pool.terminate()


async def connect(dsn: str, where: str, now_ms: Callable[[], int]) -> PostgresLog:
    """The log in a database that is up to date. `where` names it for people. Raises Unavailable."""
    log = PostgresLog(dsn, where, now_ms)
    await log.start()
    return log
