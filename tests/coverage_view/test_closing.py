"""Roads closed by pointing: kept as events, and every time and way goes round them at once."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.commands import Undo
from widgets.context import DeskContext
from widgets.coverage.closing import AIM, RoadClosing
from widgets.notifier import Notifier

Place = Callable[[float, float], tuple[float, float]]


def eta_ms(context: DeskContext, here: tuple[float, float], there: tuple[float, float]) -> int:
    engine = context.engine
    return int(engine.etas_to(engine.snap(*there), [engine.snap(*here)], siren=True)[0])


def driven(qtbot: QtBot, closing: RoadClosing, act: Callable[[], object]) -> None:
    with qtbot.waitSignal(closing.driven, timeout=20_000):
        act()


def test_that_times_go_round_a_closed_road_at_once_and_come_back(
    context: DeskContext, closing: RoadClosing, qtbot: QtBot, place: Place, errors: list[Exception]
) -> None:
    ends = place(5, 5), place(5, 6)
    before, open_roads = eta_ms(context, *ends), context.engine
    driven(qtbot, closing, lambda: closing.close_at(*place(5.05, 5.5)))
    (closure,) = context.desk.board.closures.values()
    assert closure.road == "Street 5"
    for told, meant in zip(sorted(closure.points), sorted(ends), strict=True):
        assert told == pytest.approx(meant)
    assert eta_ms(context, *ends) == pytest.approx(3 * before, rel=0.2), "round the block"
    driven(qtbot, closing, closing.reopen_last)
    assert context.engine is open_roads
    assert eta_ms(context, *ends) == before
    assert errors == []


def test_that_undo_reopens_it(context: DeskContext, closing: RoadClosing, qtbot: QtBot, place: Place) -> None:
    driven(qtbot, closing, lambda: closing.close_at(*place(5, 5.5)))
    driven(qtbot, closing, lambda: context.desk.do(Undo()))
    assert context.desk.board.closures == {}


def test_that_a_closure_still_holds_after_a_restart(
    context: DeskContext, closing: RoadClosing, qtbot: QtBot, place: Place, reopen: Callable[[], Desk]
) -> None:
    driven(qtbot, closing, lambda: closing.close_at(*place(5, 5.5)))
    around = eta_ms(context, place(5, 5), place(5, 6))
    context.desk.store.close()
    again = reopen()
    later = DeskContext(again, Notifier(again), context.selection, context.palette)
    after = RoadClosing(later)
    after.keep_up()
    later.engine = context.engine.plain  # the roads come when the window stands
    driven(qtbot, after, after.keep_up)
    assert eta_ms(later, place(5, 5), place(5, 6)) == around
    later.notifier.close()
    again.store.close()


def test_that_pointing_at_nothing_closes_nothing_and_says_so(
    context: DeskContext, closing: RoadClosing, place: Place, errors: list[Exception]
) -> None:
    closing.close_at(*place(20, 20))
    assert "no road" in str(errors[0])
    assert context.desk.board.closures == {}
    said: list[str] = []
    closing.said.connect(said.append)
    closing.reopen_last()
    assert said == ["No road is closed."]


def test_that_without_roads_nothing_can_be_closed(
    context: DeskContext, closing: RoadClosing, errors: list[Exception]
) -> None:
    context.engine = None
    closing.arm()
    assert not closing.armed
    assert "not loaded" in str(errors[0])


def test_that_the_next_click_means_a_road_and_only_the_next(
    context: DeskContext, closing: RoadClosing, place: Place, qtbot: QtBot
) -> None:
    aims: list[bool] = []
    said: list[str] = []
    closing.aiming.connect(aims.append)
    closing.said.connect(said.append)
    closing.arm()
    assert (closing.armed, said) == (True, [AIM])
    driven(qtbot, closing, lambda: closing.close_at(*place(5, 5.5)))
    assert not closing.armed
    closing.arm()
    assert closing.disarm()
    assert not closing.disarm()
    assert aims == [True, False, True, False]
