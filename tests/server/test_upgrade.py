"""The database is brought up to date once, by whoever comes first, and a newer one is left alone."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlcipher3 import dbapi2 as sqlcipher

from core.clock import ManualClock
from core.domain import events as e
from core.errors import Unavailable
from sync.server.centre import Centre
from sync.server.database import EMBEDDED_NAME, EmbeddedDatabase, opened
from sync.server.roll import FixedRoll
from sync.server.sqlite_log import open_log
from sync.server.upgrade import bring_up, bring_up_now, lay_into
from tests.server.desks import Origin


def test_that_replicas_that_start_together_lay_the_tables_once(postgres_url: str, tmp_path: Path) -> None:
    async def start() -> str:
        async with opened(postgres_url, tmp_path) as database:
            return await bring_up(database)

    async def story() -> None:
        versions = await asyncio.gather(*(start() for _ in range(4)))
        assert len(set(versions)) == 1

    asyncio.run(story())


def test_that_a_newer_database_is_left_as_it_is(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(database_url, tmp_path) as database:
            version = await bring_up(database)
            mark = text("UPDATE alembic_version SET version_num = :to")
            await database.run(lambda connection: connection.execute(mark, {"to": "9999"}))
            try:
                with pytest.raises(Unavailable, match=r"newer Foredesk server \(version 9999\)"):
                    await bring_up(database)
            finally:
                await database.run(lambda connection: connection.execute(mark, {"to": version}))

    asyncio.run(story())


def test_that_a_database_in_memory_is_the_same_as_one_that_was_brought_up(tmp_path: Path) -> None:
    database = EmbeddedDatabase(tmp_path / EMBEDDED_NAME)
    bring_up_now(database)
    database.close_now()
    shapes = []
    for path in (":memory:", str(tmp_path / EMBEDDED_NAME)):
        raw = sqlcipher.connect(path)
        if path == ":memory:":
            lay_into(raw)
        shapes.append(raw.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall())
        raw.close()
    assert shapes[0] == shapes[1]


def test_that_every_start_of_the_embedded_server_is_a_new_epoch_and_old_cursors_go_on(
    tmp_path: Path, clock: ManualClock
) -> None:
    database = EmbeddedDatabase(tmp_path / EMBEDDED_NAME)
    bring_up_now(database)
    database.close_now()
    desk = Origin("A", clock)
    roll = FixedRoll([desk.desk_pass])
    cursors, epochs = [""], set()
    runs = []
    for _ in range(3):
        centre = Centre(open_log(tmp_path / EMBEDDED_NAME, clock.now_ms()), roll)
        epochs.add(centre.epoch)
        runs.append(desk.run(e.UnitContacted("M1")))
        centre.push(runs[-1:], clock.now_ms())
        for seen, cursor in enumerate(cursors):
            assert centre.pull(cursor).runs == runs[seen:]
        cursors.append(centre.pull().cursor)
        centre.log.close()
    assert len(epochs) == 3


def test_that_a_restored_copy_gives_old_cursors_what_is_new(tmp_path: Path, clock: ManualClock) -> None:
    kept, live = tmp_path / "kept.db", tmp_path / "live.db"
    database = EmbeddedDatabase(live)
    bring_up_now(database)
    database.close_now()
    desk = Origin("A", clock)
    roll = FixedRoll([desk.desk_pass])
    runs = [desk.run(e.UnitContacted("M1")) for _ in range(6)]
    first = Centre(open_log(live, clock.now_ms()), roll)
    first.push(runs[:2], clock.now_ms())
    first.log.close()
    kept.write_bytes(live.read_bytes())
    second = Centre(open_log(live, clock.now_ms()), roll)
    second.push(runs[2:5], clock.now_ms())
    before_loss, lost = second.pull(limit=2).cursor, second.pull().cursor
    second.log.close()
    live.write_bytes(kept.read_bytes())
    restored = Centre(open_log(live, clock.now_ms()), roll)
    assert restored.have().desks[0].length == 2, "which tells the desk what to offer again"
    restored.push(runs[2:], clock.now_ms())
    assert restored.pull(before_loss).runs == runs[2:]
    with pytest.raises(Exception, match="does not know this place"):
        restored.pull(lost)
