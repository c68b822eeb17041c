"""One door to both databases: whole steps or nothing, and plain words for a database that is away."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.errors import Refused, Unavailable
from sync.server.beside import one_at_a_time
from sync.server.database import EmbeddedDatabase, opened, parse_url

NOBODY = "postgresql://kim:secret@127.0.0.1:1"


def test_that_a_step_that_fails_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    async def body() -> None:
        async with opened(database_url, tmp_path) as database:
            await database.run(lambda c: c.execute(text("CREATE TABLE kept (n BIGINT)")))

            def fails(connection):
                connection.execute(text("INSERT INTO kept VALUES (1)"))
                raise Refused("No.")

            with pytest.raises(Refused):
                await database.run(fails)
            assert await database.run(lambda c: c.scalar(text("SELECT count(*) FROM kept")), write=False) == 0

    asyncio.run(body())


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://", "postgresql://host", "nonsense", "sqlite://a/b"])
def test_that_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="makes no sense"):
        parse_url(url)


def test_that_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    async def body() -> None:
        async with opened(f"{NOBODY}/foredesk", tmp_path) as database:
            with pytest.raises(Unavailable) as told:
                await database.run(lambda c: c.execute(text("SELECT 1")))
            assert "secret" not in str(told.value)
            assert "127.0.0.1:1" in str(told.value)

    asyncio.run(body())


def test_that_a_database_that_does_not_exist_is_told_plainly(postgres: str, tmp_path: Path) -> None:
    async def body() -> None:
        missing = make_url(postgres).set(database="nothing_here").render_as_string(hide_password=False)
        async with opened(missing, tmp_path) as database:
            with pytest.raises(Unavailable, match="does not exist"):
                await database.run(lambda c: c.execute(text("SELECT 1")))

    asyncio.run(body())


def test_that_of_several_hosts_the_one_that_answers_is_taken() -> None:
    url = parse_url("postgresql://kim:secret@a:5433,b/foredesk?target_session_attrs=primary")
    assert dict(url.query) == {"host": ("a:5433", "b"), "target_session_attrs": "primary"}
    assert (url.username, url.database) == ("kim", "foredesk")


def test_that_what_one_replica_does_alone_another_waits_for(postgres: str, tmp_path: Path) -> None:
    async def body() -> None:
        done: list[str] = []
        async with opened(postgres, tmp_path) as one, opened(postgres, tmp_path) as other:

            async def second() -> None:
                async with other.alone("a thing"):
                    done.append("second")

            async with one.alone("a thing"):
                waiting = asyncio.create_task(second())
                held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                while not await one.run(lambda c: c.scalar(held), write=False):
                    pass
                done.append("first")
            await waiting
            await one.run(lambda c: one_at_a_time(c, "a thing"))
        assert done == ["first", "second"]

    asyncio.run(body())


def test_that_a_file_that_is_no_database_is_told_plainly(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unavailable, match="is damaged"):
        EmbeddedDatabase(path)
