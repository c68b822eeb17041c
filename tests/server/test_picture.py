"""The centre's board equals the fold of its whole log, whatever came late; a snapshot of it is enough to begin from."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from core.clock import ManualClock
from core.domain import events as e
from core.domain.board import Board
from core.domain.values import Location
from core.merge.chain import FIRST_LINK
from core.merge.keeper import fold_all, shared
from core.merge.run import Run
from sync.protocol.packing import decompress
from sync.server import gallery
from sync.server.admission import examine
from sync.server.centre import Centre
from sync.server.gallery import Gallery
from sync.server.log import CentreLog
from sync.server.picture import Bases, Picture, SyncPast, decode_board, placed_of
from sync.server.roll import FixedRoll
from sync.server.sqlite_log import MEMORY, open_log
from tests.server.desks import Origin, shift

Play = Callable[[Callable[[CentreLog], Awaitable[None]]], None]


def of_two_desks(clock: ManualClock, commands: int) -> tuple[dict[str, Origin], list[Run]]:
    """Two desks at work at the same time over the same units, each cut off from the other."""
    desks = {name: Origin(name, clock) for name in "AB"}
    first = [desks["A"].run(*(e.UnitEnrolled(f"M{n}", "ambulance") for n in range(40)))]
    other = ManualClock(clock.now_ms())
    desks["B"] = Origin("B", other)
    return desks, first + shift(desks["A"], commands, clock, a_run=20) + shift(desks["B"], commands, other, a_run=20)


def whole(runs: list[Run]) -> Board:
    return shared(fold_all(entry for run in runs for entry in placed_of(run)))


async def append(log: CentreLog, clock: ManualClock, desks: dict[str, Origin], runs: list[Run]) -> None:
    batch = [examine(run, desks[run.desk].desk_pass, clock.now_ms(), lambda: b"") for run in runs]
    await log.append(batch, clock.now_ms())


def test_that_late_runs_come_to_the_same_board(with_log: Play, clock: ManualClock) -> None:
    desks, runs = of_two_desks(clock, 60)
    mixed = runs[1:]
    random.Random(5).shuffle(mixed)

    async def story(log: CentreLog) -> None:
        kept = Gallery(log, clock.now_ms, poll_s=None)
        await append(log, clock, desks, runs[:1])
        for start in range(0, len(mixed), 3):
            await append(log, clock, desks, mixed[start : start + 3])
            board = await kept.board()
        assert shared(board) == whole(runs)
        assert kept.newest == max(entry.place for run in runs for entry in placed_of(run))

    with_log(story)


def test_that_a_replica_that_starts_begins_from_the_snapshot(
    with_log: Play, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks, runs = of_two_desks(clock, 30)

    async def story(log: CentreLog) -> None:
        await append(log, clock, desks, runs[:10])
        told, row = await Gallery(log, clock.now_ms, poll_s=None).snapshot()
        assert told.size == len(row.body)
        assert told.events == sum(len(run.events) for run in runs[:10])
        assert told.cursor == log.lives.cursor(await log.end())
        assert told.desks == await log.have()
        await append(log, clock, desks, runs[10:])
        second = Gallery(log, clock.now_ms, poll_s=None)
        assert shared(await second.board()) == whole(runs)
        assert (await second.snapshot())[0].cursor == told.cursor, "it is not far behind"
        monkeypatch.setattr(gallery, "FRESH_EVENTS", 1)
        told, _ = await second.snapshot()
        assert told.desks == await log.have()

    with_log(story)


def test_that_a_snapshot_tells_of_runs_before_their_turn(clock: ManualClock) -> None:
    desk = Origin("A", clock)
    runs = [desk.run(e.NarrativeAdded("i1", str(n)), e.UnitContacted("M1")) for n in range(5)]
    centre = Centre(open_log(MEMORY, clock.now_ms()), FixedRoll([desk.desk_pass]))
    for arrival in (4, 2, 0):
        centre.push([runs[arrival]], clock.now_ms())
        told, _ = centre.snapshot(clock.now_ms())
        assert told.desks == centre.have().desks
    for arrival in (3, 1):
        centre.push([runs[arrival]], clock.now_ms())
    told, body = centre.snapshot(clock.now_ms())
    assert told.desks == centre.have().desks
    assert decode_board(decompress(body, 1 << 20)) == centre.board()


def test_that_a_snapshot_of_another_form_is_passed_over(with_log: Play, clock: ManualClock) -> None:
    desks, runs = of_two_desks(clock, 5)

    async def story(log: CentreLog) -> None:
        await append(log, clock, desks, runs)
        await Gallery(log, clock.now_ms, poll_s=None).snapshot()
        row = await log.snapshot()
        assert row is not None
        bases = Bases()
        fresh = Picture(SyncPast(lambda incidents, units, after: [], bases), bases)
        assert fresh.begin_from(row, log.lives)
        log.lives._eras.clear()
        assert not fresh.begin_from(row, log.lives), "a life that is over"

    with_log(story)


def test_that_the_boards_task_follows_by_itself(with_log: Play, clock: ManualClock) -> None:
    desks, runs = of_two_desks(clock, 5)

    async def story(log: CentreLog) -> None:
        kept = Gallery(log, clock.now_ms, poll_s=0.05)
        task = asyncio.create_task(kept.run())
        await append(log, clock, desks, runs)
        while not kept.newest:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with_log(story)


def test_that_a_refused_event_is_not_on_the_board(clock: ManualClock) -> None:
    desk = Origin("A", clock, may=frozenset({"dispatch"}))
    centre = Centre(open_log(MEMORY, clock.now_ms()), FixedRoll([desk.desk_pass]))
    enrolled = desk.run(e.UnitEnrolled("M1", "ambulance"), e.IncidentOpened("i", "26-A-1", "MED", 1, "", Location("x")))
    answer = centre.push([enrolled], clock.now_ms())
    assert [outcome.id for outcome in answer.outcomes] == [enrolled.events[0].id]
    assert not centre.board().units
    assert set(centre.board().incidents) == {"i"}
    assert centre.have().desks[0].head != FIRST_LINK
