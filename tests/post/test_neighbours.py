"""Multicast DNS on this machine alone: desks hear each other come, change and go."""

import asyncio
from collections.abc import Callable

import pytest

from sync.post.choice import Announced
from sync.post.neighbours import NetworkNeighbours

KEY = bytes(range(32))
LOOPBACK = ["127.0.0.1"]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110 - what is waited for comes from the network
            await asyncio.sleep(0.02)


def test_that_desks_of_one_agency_hear_each_other_and_nobody_else() -> None:
    async def main() -> None:
        a, b = (NetworkNeighbours(KEY, interfaces=LOOPBACK) for _ in range(2))
        stranger = NetworkNeighbours(bytes(32), interfaces=LOOPBACK)
        everywhere = NetworkNeighbours(b"", interfaces=LOOPBACK, of_any_agency=True)
        try:
            await a.start(Announced("A", "Command", hosting_since=17, port=4711))
            await b.start(Announced("B", "Second"))
            await stranger.start(Announced("S"))
            await everywhere.listen()
            await until(lambda: a.seen() and b.seen())
            assert [seen.desk for seen in a.seen()] == ["B"]
            assert b.seen() == [Announced("A", "Command", 0, 17, address="127.0.0.1", port=4711)]
            await a.announce(Announced("A", "Command", wished_at=99))
            await until(lambda: b.seen()[0].wished_at == 99)
            await until(lambda: {seen.desk for seen in everywhere.seen()} == {"A", "B", "S"})
            await a.stop()
            await until(lambda: not b.seen())
            assert not stranger.seen()
        finally:
            for each in (b, stranger, everywhere):
                await each.stop()

    try:
        asyncio.run(main())
    except OSError as error:
        pytest.skip(f"This machine has no multicast: {error}")
