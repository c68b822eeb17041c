"""What only PostgreSQL can get wrong: writers beside each other, crashes, a database that lives on as another."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import asyncpg
import pytest

from core.clock import ManualClock
from core.domain import events as e
from core.errors import Unavailable
from core.merge.run import Run
from sync.protocol.messages import Outcome
from sync.server.admission import examine
from sync.server.log import Page, Point, run_of
from sync.server.postgres_log import PostgresLog, connect
from tests.bench.postgres import Cluster
from tests.server.desks import Origin

WRITERS, RUNS = 8, 25


@asynccontextmanager
async def replicas(url: str, clock: ManualClock, count: int) -> AsyncIterator[list[PostgresLog]]:
    logs = [await connect(url, "the test's database", clock.now_ms) for _ in range(count)]
    try:
        yield logs
    finally:
        for log in logs:
            await log.close()


def name_in(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


async def push(log: PostgresLog, clock: ManualClock, desk: Origin, runs: Sequence[Run]) -> list[list[Outcome]]:
    return await log.append([examine(run, desk.desk_pass, clock.now_ms(), lambda: b"") for run in runs], clock.now_ms())


async def read_on(log: PostgresLog, point: Point, found: list[Run]) -> Point:
    more = True
    while more:
        page: Page = await log.pull(point, 3)
        assert page.point >= point
        found += map(run_of, page.runs)
        point, more = page.point, page.more
    return point


def test_that_a_reader_misses_nothing_of_many_writers(postgres: str, clock: ManualClock) -> None:
    desks = [Origin(f"D{n}", clock) for n in range(WRITERS)]
    waits = random.Random(3)

    async def story() -> None:
        async with replicas(postgres, clock, 3) as logs:

            async def write(number: int, desk: Origin) -> None:
                for _ in range(RUNS):
                    await push(logs[number % 2], clock, desk, [desk.run(e.UnitContacted("M1"))])
                    await asyncio.sleep(waits.random() / 500)

            writing = asyncio.gather(*(write(number, desk) for number, desk in enumerate(desks)))
            point, found = Point(), list[Run]()
            while not writing.done():
                point = await read_on(logs[2], point, found)
                await asyncio.sleep(0)
            await writing
            await read_on(logs[2], point, found)
            again: list[Run] = []
            await read_on(logs[0], Point(), again)
            assert found == again, "everybody reads in one order"
        for desk in desks:
            assert [run.first_n for run in found if run.desk == desk.name] == list(range(1, RUNS + 1))
        assert len(found) == WRITERS * RUNS

    asyncio.run(story())


def test_that_what_commits_late_is_not_passed_over(postgres: str, clock: ManualClock) -> None:
    early, late = Origin("A", clock), Origin("B", clock)

    async def story() -> None:
        async with replicas(postgres, clock, 1) as [log]:
            slow = await asyncpg.connect(postgres)
            async with slow.transaction():
                await slow.execute(  # a replica that took its transaction's number and then was held up
                    "INSERT INTO runs (era, desk, first_n, last_n, prev_hash, head, events, marked, payload,"
                    " received_at) VALUES (1, 'slow', 1, 1, '', '', 1, false, '', 0)"
                )
                await push(log, clock, late, [late.run(e.UnitContacted("M1"))])
                assert (await log.pull(Point(), 10)).runs == [], "it would come before what was shown"
                assert await log.end() == Point()
                assert await log.hidden_since() == clock.now_ms()
            page = await log.pull(Point(), 10)
            assert len(page.runs) == 2
            assert await log.end() == page.point
            assert await log.hidden_since() is None
            await slow.close()
            await push(log, clock, early, [early.run(e.UnitContacted("M2"))])
            assert len((await log.pull(page.point, 10)).runs) == 1

    asyncio.run(story())


def test_that_one_of_many_claims_wins_whichever_replica_takes_it(postgres: str, clock: ManualClock) -> None:
    desks = [Origin(f"D{n}", clock) for n in range(WRITERS)]

    async def story() -> None:
        async with replicas(postgres, clock, 3) as logs:
            for unit in ("M1", "M2", "M3"):
                claims = [desk.run(desk.sent(unit)) for desk in desks]
                answers = await asyncio.gather(
                    *(push(logs[n % 3], clock, desk, [claims[n]]) for n, desk in enumerate(desks))
                )
                winners = [n for n, [outcomes] in enumerate(answers) if not outcomes]
                assert len(winners) == 1
                held_by = claims[winners[0]].events[0].id
                assert {outcome.holder for [outcomes] in answers for outcome in outcomes} == {held_by}

    asyncio.run(story())


def test_that_the_same_run_by_many_ways_is_taken_once(postgres: str, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    runs = [desk.run(e.UnitContacted("M1"), e.UnitContacted("M2")) for _ in range(6)]

    async def story() -> None:
        async with replicas(postgres, clock, 3) as logs:
            shuffled = [random.Random(n).sample(runs, len(runs)) for n in range(6)]
            await asyncio.gather(*(push(logs[n % 3], clock, desk, some) for n, some in enumerate(shuffled)))
            found: list[Run] = []
            await read_on(logs[0], Point(), found)
            assert sorted(run.first_n for run in found) == [run.first_n for run in runs]
            assert (await logs[0].have())[0].length == desk.length

    asyncio.run(story())


def test_that_a_log_outlives_its_databases_crash(postgres: str, cluster: Cluster, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    before, after = desk.run(e.UnitContacted("M1")), desk.run(e.UnitContacted("M2"))

    async def story() -> None:
        async with replicas(postgres, clock, 1) as [log]:
            await push(log, clock, desk, [before])
            epoch = log.lives.epoch
            cluster.sql("CHECKPOINT")  # this cluster does not sync by itself
            await asyncio.to_thread(cluster.stop, "immediate")
            with pytest.raises(Unavailable, match="cannot be used"):
                await push(log, clock, desk, [after])
            await asyncio.to_thread(cluster.start)
            assert await push(log, clock, desk, [before, after]) == [[], []]
            assert log.lives.epoch == epoch, "the same database, the same life"
            assert (await log.have())[0].length == 2

    asyncio.run(story())


def test_that_another_life_of_the_database_is_a_new_epoch_and_old_cursors_go_on(
    postgres: str, cluster: Cluster, clock: ManualClock
) -> None:
    desk = Origin("A", clock)
    runs = [desk.run(e.UnitContacted("M1")) for _ in range(4)]
    name = name_in(postgres)

    async def story() -> None:
        async with replicas(postgres, clock, 1) as [log]:
            await push(log, clock, desk, runs[:2])
            first, epoch = await log.pull(Point(), 1), log.lives.epoch
            cursor = log.lives.cursor(first.point)
        restored = await asyncio.to_thread(
            cluster.database, name
        )  # a copy, as from a dump: its transactions begin elsewhere
        await asyncio.to_thread(
            cluster.sql, "UPDATE runs SET xid = '99999999'", restored.partition("?")[0].rpartition("/")[2]
        )
        async with replicas(restored, clock, 2) as [log, other]:
            assert log.lives.epoch != epoch
            assert log.lives.epoch == other.lives.epoch
            await push(log, clock, desk, runs[2:])
            page = await log.pull(log.lives.point(cursor), 10)
            assert [run_of(payload) for payload in page.runs][-2:] == runs[2:], "what is new comes after what was"
            assert all(one < two for one, two in pairwise([first.point, page.point]))
            assert len((await log.pull(Point(), 10)).runs) == 4

    asyncio.run(story())


def test_that_a_standby_is_not_written_to(postgres: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    fetchrow = asyncpg.Connection.fetchrow

    async def as_on_a_standby(self: asyncpg.Connection, query: str, *values: object) -> object:
        return (True, 1, 1) if "pg_is_in_recovery" in query else await fetchrow(self, query, *values)

    monkeypatch.setattr(asyncpg.Connection, "fetchrow", as_on_a_standby)

    async def story() -> None:
        with pytest.raises(Unavailable, match="is a standby"):
            await connect(postgres, "the test's database", clock.now_ms)

    asyncio.run(story())


def test_that_a_database_that_is_away_is_told_in_a_sentence(clock: ManualClock) -> None:
    async def story() -> None:
        with pytest.raises(Unavailable, match="the test's database cannot be used"):
            await connect("postgresql://nobody@/none?host=/nonexistent", "the test's database", clock.now_ms)

    asyncio.run(story())


def test_that_a_repeated_acknowledgement_waits_for_the_standby_too(postgres: str, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    run = desk.run(e.UnitContacted("M1"))

    async def story() -> None:
        watch = await asyncpg.connect(postgres)
        async with replicas(postgres, clock, 1) as [log]:
            await push(log, clock, desk, [run])
            before = await watch.fetchval("SELECT pg_current_wal_insert_lsn()::text::pg_lsn - '0/0'")
            assert await push(log, clock, desk, [run]) == [[]]
            after = await watch.fetchval("SELECT pg_current_wal_insert_lsn()::text::pg_lsn - '0/0'")
            assert after > before, "it commits something, behind what it acknowledges"
        await watch.close()

    asyncio.run(story())
