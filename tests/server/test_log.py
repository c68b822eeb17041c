"""The log takes each event once, in its place, whoever brings it and however often; on both databases."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec import structs

from core.clock import ManualClock
from core.domain import events as e
from core.domain.values import ReleaseReason
from core.merge.run import AGAIN, CLOCK, REFUSED, Run
from sync.protocol.messages import CLAIMED, CLONED, FORM, REVOKED, SIGNATURE, DeskHave, Outcome
from sync.server.admission import examine
from sync.server.log import CentreLog, LostCursor, Point, run_of
from sync.server.places import PlaceMaker
from tests.server.desks import Origin, shift

Play = Callable[[Callable[[CentreLog], Awaitable[None]]], None]


async def push(log: CentreLog, clock: ManualClock, *pushed: tuple[Origin, Run]) -> list[list[Outcome]]:
    now_ms, places = clock.now_ms(), PlaceMaker()
    batch = [examine(run, desk.desk_pass, now_ms, lambda: places.next(now_ms)) for desk, run in pushed]
    return await log.append(batch, now_ms)


async def pulled(log: CentreLog, leave_out: str = "") -> list[Run]:
    return [run_of(payload) for payload in (await log.pull(Point(), 10_000, leave_out)).runs]


def test_that_what_was_pushed_is_pulled_as_it_was_signed(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    runs = shift(desk, 30, clock)

    async def story(log: CentreLog) -> None:
        assert await push(log, clock, *((desk, run) for run in runs)) == [[]] * len(runs)
        assert await pulled(log) == runs
        assert await log.have() == [DeskHave("A", desk.length, desk.head)]
        assert await log.counted() == desk.length

    with_log(story)


def test_that_pushing_again_changes_nothing(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    runs = shift(desk, 30, clock)

    async def story(log: CentreLog) -> None:
        for _ in range(3):
            assert await push(log, clock, *((desk, run) for run in runs)) == [[]] * len(runs)
        assert await push(log, clock, (desk, runs[0]), (desk, runs[0])) == [[], []]
        assert await pulled(log) == runs

    with_log(story)


def test_that_a_run_twice_in_one_batch_is_taken_once(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    run = desk.run(e.UnitContacted("M1"))

    async def story(log: CentreLog) -> None:
        assert await push(log, clock, (desk, run), (desk, run)) == [[], []]
        assert await pulled(log) == [run]

    with_log(story)


def test_that_pages_join_without_gap_or_overlap(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    runs = shift(desk, 100, clock, a_run=7)

    async def story(log: CentreLog) -> None:
        await push(log, clock, *((desk, run) for run in runs))
        point, more, found = Point(), True, list[Run]()
        while more:
            page = await log.pull(point, 10)
            assert len(page.runs) == 2 or not page.more
            found += map(run_of, page.runs)
            point, more = page.point, page.more
        assert found == runs
        assert point == await log.end()
        assert log.lives.point(log.lives.cursor(point)) == point

    with_log(story)


def test_that_own_runs_are_left_out_but_for_those_the_server_changed(with_log: Play, clock: ManualClock) -> None:
    a, b = Origin("A", clock), Origin("B", clock)
    plain, other = a.run(e.UnitContacted("M1")), b.run(e.UnitContacted("M2"))
    clock.advance(600)
    ahead = a.run(e.UnitContacted("M3"))

    async def story(log: CentreLog) -> None:
        early = ManualClock(clock.now_ms() - 300_000)
        await push(log, early, (a, plain), (b, other), (a, ahead))
        first, second = await pulled(log, leave_out="A")
        assert first == other
        assert second.events[0].flag == CLOCK
        only = (await log.pull(Point(), 10_000, only="A")).runs
        assert [run_of(payload) for payload in only] == [plain, second]
        page = await log.pull(Point(), 1, "A")
        assert (page.runs, page.more) == ([], True), "the cursor passes over what is left out"

    with_log(story)


def test_that_a_clock_too_far_ahead_is_put_into_the_servers_time_and_told_of_each_time(
    with_log: Play, clock: ManualClock
) -> None:
    ahead = ManualClock(clock.now_ms() + 90_000)
    desk = Origin("A", ahead)
    run = desk.run(e.UnitContacted("M1"), e.UnitContacted("M2"))

    async def story(log: CentreLog) -> None:
        [first] = await push(log, clock, (desk, run))
        [again] = await push(log, clock, (desk, run))
        assert first == again, "a lost answer is the same the second time"
        assert [(outcome.id, outcome.kind) for outcome in first] == [(event.id, "placed") for event in run.events]
        [stored] = await pulled(log)
        assert [event.place for event in stored.events] == [outcome.place for outcome in first]
        assert first[0].place < first[1].place < run.events[0].id
        assert {event.flag for event in stored.events} == {CLOCK}

    with_log(story)


def test_that_a_refused_event_blocks_nobody_behind_it(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    bad = desk.run(e.UnitContacted("M1"), b'{"what":"unit.vanished","unit":"M1"}', e.UnitContacted("M2"))
    good = desk.run(e.UnitContacted("M3"))

    async def story(log: CentreLog) -> None:
        outcomes = await push(log, clock, (desk, bad), (desk, good))
        assert [(o.id, o.kind, o.code) for o in outcomes[0]] == [(bad.events[1].id, "refused", FORM)]
        assert outcomes[1] == []
        stored, after = await pulled(log)
        assert [event.flag for event in stored.events] == ["", REFUSED, ""]
        assert after == good
        assert (await log.have())[0].length == 4
        [row] = await log.quarantine()
        assert (row.desk, row.first_n, row.event, row.code) == ("A", 2, bad.events[1].id, FORM)
        [again] = await push(log, clock, (desk, bad))
        assert [(o.id, o.kind) for o in again] == [(bad.events[1].id, "refused")]
        assert await log.settle_quarantine(row.id, clock.now_ms(), "Ana", "looked at")
        assert await log.quarantine() == []
        assert [seen.how for seen in await log.quarantine(settled=True)] == ["looked at"]

    with_log(story)


def test_that_others_still_verify_a_run_that_holds_a_refused_event(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    bad = desk.run(e.UnitContacted("M1"), b"{}", e.UnitContacted("M2"))

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, bad))
        [stored] = await pulled(log)
        assert examine(stored, desk.desk_pass, clock.now_ms(), lambda: b"").verdict is None

    with_log(story)


def test_that_a_run_nobody_signed_is_refused_as_a_whole(with_log: Play, clock: ManualClock) -> None:
    desk, other = Origin("A", clock), Origin("A", clock)
    forged = other.run(e.UnitContacted("M1"))

    async def story(log: CentreLog) -> None:
        [[outcome]] = await push(log, clock, (desk, forged))
        assert (outcome.id, outcome.kind, outcome.code) == (b"", "refused", SIGNATURE)
        assert await pulled(log) == []
        await push(log, clock, (desk, forged))
        [row] = await log.quarantine()
        assert (row.event, row.times) == (None, 2)
        assert run_of(row.payload) == forged

    with_log(story)


@pytest.mark.parametrize("behind", [0, 1])
def test_that_a_cloned_disk_is_noticed(with_log: Play, clock: ManualClock, behind: int) -> None:
    desk = Origin("A", clock)
    first = desk.run(e.UnitContacted("M1"))
    clone = desk.fork()
    own, cloned = desk.run(e.UnitContacted("M2")), [clone.run(e.UnitContacted(f"M{n}")) for n in (3, 4)]

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, first), (desk, own))
        [[outcome]] = await push(log, clock, (desk, cloned[behind]))
        assert (outcome.kind, outcome.code) == ("refused", CLONED)
        assert await pulled(log) == [first, own]

    with_log(story)


def test_that_a_clone_is_noticed_where_its_runs_begin_and_end_elsewhere(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    clone = desk.fork()
    run = desk.run(e.UnitContacted("M1"), e.UnitContacted("M2"), e.UnitContacted("M3"))
    longer = clone.run(*(e.UnitContacted(f"M{n}") for n in range(5)))
    resealed = desk.fork()
    resealed.length, resealed.head = 0, bytes(32)
    parts = [resealed.seal(run.events[:2]), resealed.seal([*run.events[2:], *desk.wire([e.UnitContacted("M9")])])]

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, run))
        [[outcome]] = await push(log, clock, (desk, longer))
        assert outcome.code == CLONED
        assert await push(log, clock, *((desk, part) for part in parts)) == [[], []], "the same events, sealed anew"
        assert (await log.have())[0].length == 4
        stored = await pulled(log)
        assert [event.flag for event in stored[-1].events] == [AGAIN, ""]

    with_log(story)


def test_that_urgent_runs_may_come_before_earlier_ones(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    runs = [desk.run(e.UnitContacted(f"M{n}"), e.UnitContacted(f"E{n}")) for n in range(4)]

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, runs[3]))
        assert (await log.have())[0].length == 0
        await push(log, clock, (desk, runs[1]))
        assert (await log.have())[0].beyond == [(3, 4), (7, 8)]
        await push(log, clock, (desk, runs[0]))
        assert await log.have("A") == [DeskHave("A", 4, runs[2].prev_hash, [(7, 8)])]
        await push(log, clock, (desk, runs[2]))
        assert await log.have() == [DeskHave("A", 8, desk.head)]

    with_log(story)


def test_that_a_gap_is_only_closed_by_what_belongs_there(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    first = desk.run(e.UnitContacted("M1"))
    clone = desk.fork()
    desk.run(e.UnitContacted("M2"))
    last = desk.run(e.UnitContacted("M3"))
    foreign = clone.run(e.UnitContacted("M4"))

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, first), (desk, last))
        [[outcome]] = await push(log, clock, (desk, foreign))
        assert outcome.code == CLONED

    with_log(story)


def test_that_an_event_rewritten_under_a_new_identity_counts_once(with_log: Play, clock: ManualClock) -> None:
    old, new = Origin("A", clock), Origin("B", clock)
    run = old.run(e.UnitContacted("M1"), e.UnitContacted("M2"))
    again = new.seal([*run.events, *new.wire([e.UnitContacted("M3")])])

    async def story(log: CentreLog) -> None:
        await push(log, clock, (old, run))
        assert await push(log, clock, (new, again)) == [[]]
        assert [event.flag for event in (await pulled(log))[1].events] == [AGAIN, AGAIN, ""]

    with_log(story)


def test_that_a_revoked_desks_earlier_events_stay(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    before, after = desk.run(e.UnitContacted("M1")), desk.run(e.UnitContacted("M2"))

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, before))
        desk.desk_pass = structs.replace(desk.desk_pass, revoked_at=clock.now_ms())
        told, [refused] = await push(log, clock, (desk, before), (desk, after))
        assert told == []
        assert (refused.kind, refused.code) == ("refused", REVOKED)

    with_log(story)


def test_that_a_unit_has_one_holder_and_the_next_inherits_it(with_log: Play, clock: ManualClock) -> None:
    a, b, c = (Origin(name, clock) for name in "ABC")
    claims = [desk.run(desk.sent("M3", f"i{desk.name}", f"s{desk.name}")) for desk in (a, b, c)]

    def let_go(desk: Origin) -> Run:
        return desk.run(e.AssignmentEnded(f"s{desk.name}", f"i{desk.name}", "M3", ReleaseReason.CLEARED))

    async def story(log: CentreLog) -> None:
        first, [second], [third] = await push(log, clock, (a, claims[0]), (b, claims[1]), (c, claims[2]))
        assert first == []
        assert (second.kind, second.code, second.holder) == ("contested", CLAIMED, claims[0].events[0].id)
        assert third.holder == second.holder
        assert len(await pulled(log)) == 3, "who lost is kept all the same"
        [[again]] = await push(log, clock, (b, claims[1]))
        assert again.holder == second.holder, "asked again, it is told again"
        await push(log, clock, (a, let_go(a)))
        assert await push(log, clock, (b, claims[1])) == [[]]
        [[waits]] = await push(log, clock, (c, claims[2]))
        assert waits.holder == claims[1].events[0].id
        await push(log, clock, (b, let_go(b)))
        assert await push(log, clock, (c, claims[2]), (c, let_go(c))) == [[], []]

    with_log(story)


def test_that_a_desk_does_not_contest_itself(with_log: Play, clock: ManualClock) -> None:
    a, b = Origin("A", clock), Origin("B", clock)
    runs = [a.run(a.sent("M3", "i1")), a.run(a.sent("M3", "i2"))]

    async def story(log: CentreLog) -> None:
        # The later one first, as on a thin line.
        assert await push(log, clock, (a, runs[1]), (a, runs[0])) == [[], []]
        [[outcome]] = await push(log, clock, (b, b.run(b.sent("M3", "i3"))))
        assert outcome.holder == runs[1].events[0].id

    with_log(story)


def test_that_what_has_ended_already_is_not_contested(with_log: Play, clock: ManualClock) -> None:
    a, b = Origin("A", clock), Origin("B", clock)
    taken = a.run(a.sent("M3"))
    ended = b.run(e.UnitAssigned("s1", "i2", "M3"), e.AssignmentEnded("s1", "i2", "M3", ReleaseReason.CLEARED))

    async def story(log: CentreLog) -> None:
        assert await push(log, clock, (a, taken), (b, ended)) == [[], []]

    with_log(story)


def test_that_an_end_that_comes_before_its_beginning_holds(with_log: Play, clock: ManualClock) -> None:
    a, b = Origin("A", clock), Origin("B", clock)
    taken = a.run(e.UnitAssigned("s1", "i1", "M3"))
    ended = a.run(e.AssignmentEnded("s1", "i1", "M3", ReleaseReason.CLEARED))

    async def story(log: CentreLog) -> None:
        await push(log, clock, (a, ended), (a, taken))
        assert await push(log, clock, (b, b.run(b.sent("M3")))) == [[]]

    with_log(story)


def test_that_events_of_an_incident_or_unit_are_found_in_order_of_place(with_log: Play, clock: ManualClock) -> None:
    desk = Origin("A", clock)
    early, late = (
        desk.run(e.NarrativeAdded("i1", "one")),
        desk.run(e.UnitContacted("M1"), e.NarrativeAdded("i1", "two")),
    )

    async def story(log: CentreLog) -> None:
        await push(log, clock, (desk, late), (desk, early))
        found = await log.runs_of(["i1"], ["M1"], b"")
        assert [(run.first_n, indexed.i) for indexed, run in found] == [(1, 0), (2, 0), (2, 1)]
        after = found[1][0].place
        assert [indexed.place for indexed, _ in await log.runs_of(["i1"], [], after)] == [late.events[1].id]

    with_log(story)


def test_that_a_cursor_nobody_gave_is_told_so(with_log: Play) -> None:
    async def story(log: CentreLog) -> None:
        for cursor in ("x", "x:1:2", f"{log.lives.epoch}:1", f"{log.lives.epoch}:-1:2", f"{log.lives.epoch}:²:2"):
            with pytest.raises(LostCursor):
                log.lives.point(cursor)
        assert log.lives.point("") == Point()

    with_log(story)
