"""Coverage follows the board by itself, answers what a dispatch would cost, and rests where there are no roads."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import SetStatus
from core.domain.statuses import UnitStatus
from core.domain.values import Position
from widgets.context import DeskContext
from widgets.coverage.follower import Considered, CoverageFollower, Settings, next_mode
from widgets.coverage.wording import advice_text, look_of

Counted = Callable[[Callable[[], None]], None]


def test_that_a_status_changes_the_figures(counted: Counted, follower: CoverageFollower, desk: Desk) -> None:
    counted(follower.refresh)
    before = follower.figures
    counted(lambda: [desk.do(SetStatus(unit, UnitStatus.OUT_OF_SERVICE)) for unit in ("E1", "M1", "M2", "A1")])
    qualified = follower.figures
    assert before.covered > 0.2
    assert qualified.covered == 0


def test_that_a_unit_that_moves_moves_what_is_covered(
    counted: Counted, follower: CoverageFollower, desk: Desk, clock: ManualClock, place, nodes_at, qtbot: QtBot
) -> None:
    told: list[bytes] = []
    follower.states_changed.connect(told.append)
    counted(lambda: follower.choose(replace(follower.settings, mode="gaps")))
    assert told[-1][nodes_at(10, 10)] == 0
    desk.place_unit("M1", Position(*place(10, 10), clock.now_ms()))
    qtbot.waitUntil(lambda: told[-1][nodes_at(10, 10)] == 1, timeout=20_000)


def test_that_positions_alone_are_left_to_the_next_sample_while_nobody_looks(
    counted: Counted, follower: CoverageFollower, desk: Desk, clock: ManualClock, place, qtbot: QtBot, context
) -> None:
    counted(follower.refresh)
    desk.place_unit("M1", Position(*place(10, 10), clock.now_ms()))
    assert not follower._soon.isActive()
    context.notifier.tick.emit(clock.now_ms())
    assert not follower._soon.isActive()
    clock.advance(11)
    before = follower.figures.covered
    counted(lambda: context.notifier.tick.emit(clock.now_ms()))
    assert follower.figures.covered > before


def test_that_what_a_dispatch_costs_is_told_for_each_unit_and_for_all(
    counted: Counted, follower: CoverageFollower, qtbot: QtBot
) -> None:
    counted(follower.refresh)
    assert follower.cost("E1", "engine") is None, "nobody has asked"
    considered = Considered(("M1", "M2"), "als", (("E1", "engine"), ("M1", "als")))
    with qtbot.waitSignal(follower.advice_changed, timeout=20_000):
        follower.consider(considered)
    assert follower.cost("E1", "engine").after < 1e-9
    assert follower.cost("M1", "als").after == follower.cost("M1", "als").before
    said = advice_text(follower.advice, "ALS")
    assert said.startswith("With M1 and M2 gone ALS coverage of the area drops from ")
    assert said.endswith("to 0.0 %, and no move-up makes up for it.")


def test_that_without_roads_it_rests(follower: CoverageFollower, context: DeskContext, clock: ManualClock) -> None:
    context.engine = None
    follower.choose(Settings(mode="gaps"))
    context.notifier.tick.emit(clock.now_ms() + 60_000)
    assert not follower._soon.isActive()
    assert follower.figures is None


def test_that_the_desk_begins_with_what_the_agency_asks_for(follower: CoverageFollower, desk: Desk) -> None:
    assert follower.settings == Settings(desk.agency.coverage.target_s, "", 1, "off")
    assert follower.settings.mode == "off", "the map is calm until somebody asks"


def test_that_the_map_turns_through_gaps_counts_and_nothing() -> None:
    settings, seen = Settings(), []
    for _ in range(3):
        settings = next_mode(settings)
        seen.append(settings.mode)
    assert seen == ["gaps", "counts", "off"]


@pytest.mark.parametrize("teams", [1, 2, 3])
def test_that_the_legend_says_what_each_colour_means(desk: Desk, teams: int) -> None:
    look = look_of(Settings(480, "als", teams, "counts"), ("M1", "M2"), desk.agency)
    assert look.title == f"{desk.agency.capabilities['als']}, 8 min"
    words = dict(look.rows)
    assert ("No free team gets here within 8 min" if teams == 1 else f"Fewer than {teams} free teams") in words["gap"]
    assert words["soon"] == "So too if M1 and M2 go"
    assert [row for row in words if row.startswith("count")] == ["count1", "count2", "count3"][teams - 1 :]
    calm = look_of(Settings(90, "", teams, "gaps"), (), desk.agency)
    assert [swatch for swatch, _ in calm.rows] == ["gap", "blank"]
    assert calm.title == "Any unit, 90 s"
