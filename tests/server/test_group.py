"""Group commit: what waits is written together, and what cannot be written takes nobody with it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.domain import events as e
from core.errors import Unavailable
from core.merge.run import Run
from sync.protocol.messages import UNWRITTEN, Outcome
from sync.server import group as grouping
from sync.server.admission import Checked, examine
from sync.server.group import Group
from sync.server.log import CentreLog, Point
from tests.server.conftest import log_at
from tests.server.desks import Origin

POISON = "NEW.kind = 'incident.narrative_added'"


def checked(desk: Origin, run: Run, clock: ManualClock) -> Checked:
    return examine(run, desk.desk_pass, clock.now_ms(), lambda: b"")


class Watched:
    """A log that tells how it was written to, and can be made to fail."""

    def __init__(self, log: CentreLog) -> None:
        self._log = log
        self.batches: list[int] = []
        self.away = False
        self.fails: Exception | None = None
        self.refuse = log.refuse

    async def append(self, batch: Sequence[Checked], now_ms: int) -> list[list[Outcome]]:
        self.batches.append(len(batch))
        if self.away:
            raise Unavailable("The database is away.")
        if self.fails is not None:
            raise self.fails
        if any(entry.kind == "incident.narrative_added" for one in batch for entry in one.entries):
            raise ValueError("no\x00 such\ncharacter")
        return await self._log.append(batch, now_ms)


def play(
    folder: Path,
    clock: ManualClock,
    pushes: Sequence[Sequence[Checked]],
    *,
    away: bool = False,
    fails: Exception | None = None,
):
    """Push all at once; gives what each was answered, how the log was written to, and the log's content."""

    async def story() -> tuple[list[list[Outcome] | BaseException], list[int], int, int]:
        async with log_at("", folder, clock) as log:
            watched = Watched(log)
            watched.away, watched.fails = away, fails
            commits: list[None] = []
            group = Group(watched, clock.now_ms, lambda: commits.append(None))  # type: ignore[arg-type]
            task = asyncio.create_task(group.run())
            answers = await asyncio.gather(*map(group.push, pushes), return_exceptions=True)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert group.waiting == 0
            assert len(commits) == group.transactions
            return answers, watched.batches, len((await log.pull(Point(), 100)).runs), len(await log.quarantine())

    return asyncio.run(story())


def test_that_what_waits_is_written_in_one_transaction(tmp_path: Path, clock: ManualClock) -> None:
    desks = [Origin(f"D{n}", clock) for n in range(20)]
    pushes = [[checked(desk, desk.run(e.UnitContacted("M1")), clock)] for desk in desks]
    answers, batches, runs, _ = play(tmp_path, clock, pushes)
    assert answers == [[]] * 20
    assert batches == [20]
    assert runs == 20


def test_that_a_transaction_has_an_end(tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_EVENTS", 3)
    desks = [Origin(f"D{n}", clock) for n in range(4)]
    pushes = [[checked(desk, desk.run(e.UnitContacted("M1"), e.UnitContacted("M2")), clock)] for desk in desks]
    large = Origin("E", clock)
    pushes.append([checked(large, large.run(*(e.UnitContacted(f"M{n}") for n in range(9))), clock)])
    _, batches, runs, _ = play(tmp_path, clock, pushes)
    assert batches == [1, 1, 1, 1, 1]
    assert runs == 5


def test_that_a_poisoned_run_lies_in_quarantine_alone(tmp_path: Path, clock: ManualClock) -> None:
    good, bad = Origin("A", clock), Origin("B", clock)
    own = [bad.run(e.UnitContacted("M1")), bad.run(e.NarrativeAdded("i1", "poison")), bad.run(e.UnitContacted("M2"))]
    pushes = [
        [checked(good, good.run(e.UnitContacted("M1")), clock)],
        [checked(bad, run, clock) for run in own],
        [checked(good, good.run(e.UnitContacted("M2")), clock)],
    ]
    (first, second, third), _, runs, quarantined = play(tmp_path, clock, pushes)
    assert first == third == []
    [outcome] = second
    assert (outcome.run, outcome.kind, outcome.code) == (1, "refused", UNWRITTEN)
    assert outcome.detail == "The database cannot keep this: no suchcharacter."
    assert (runs, quarantined) == (4, 1)


def test_that_nothing_is_blamed_on_a_desk_while_the_database_is_away(tmp_path: Path, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    pushes = [[checked(desk, desk.run(e.UnitContacted("M1")), clock)] for _ in range(3)]
    answers, batches, _, quarantined = play(tmp_path, clock, pushes, away=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert batches == [3]
    assert quarantined == 0


@pytest.mark.parametrize("trouble", [MemoryError(), TimeoutError("slow"), OSError(28, "full")])
def test_that_nothing_is_blamed_on_a_desk_for_want_of_room(
    tmp_path: Path, clock: ManualClock, trouble: Exception
) -> None:
    desk = Origin("A", clock)
    [answer], _, _, quarantined = play(
        tmp_path, clock, [[checked(desk, desk.run(e.UnitContacted("M1")), clock)]], fails=trouble
    )
    assert isinstance(answer, Unavailable)
    assert quarantined == 0


def test_that_a_server_that_cannot_keep_up_says_so(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_WAITING", 3)
    desks = [Origin(f"D{n}", clock) for n in range(3)]
    pushes = [[checked(desk, desk.run(e.UnitContacted("M1"), e.UnitContacted("M2")), clock)] for desk in desks]
    answers, _, runs, _ = play(tmp_path, clock, pushes)
    assert answers[0] == []
    assert isinstance(answers[1], Unavailable)
    assert runs == 1
