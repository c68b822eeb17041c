"""A moving fleet costs the window little: what is done per second is counted here; tests/bench measures the time."""

from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.values import Position
from widgets.map.view import MapView
from widgets.map_follow import PUSH_EVERY_MS, MapFollow
from widgets.window import MainWindow

FLEET = 500


@pytest.fixture
def fleet(desk: Desk, clock: ManualClock) -> Callable[[], None]:
    """500 units; each call moves all of them."""
    kind = next(iter(desk.agency.kinds))
    for number in range(FLEET):
        desk.do(c.Enrol(f"U{number:03}", kind, ("bls",), "", -29.9, -71.25))
    step = 0

    def move() -> None:
        nonlocal step
        step += 1
        for number in range(FLEET):
            where = Position(-29.9 - number * 1e-4, -71.25 + step * 1e-4, clock.now_ms(), heading=90.0)
            desk.place_unit(f"U{number:03}", where)

    return move


def test_that_the_map_is_pushed_a_few_times_a_second_however_much_moves(
    qtbot: QtBot, window: MainWindow, fleet: Callable[[], None]
) -> None:
    view = MapView(window.theme.palette)
    qtbot.addWidget(view)
    follow = MapFollow(window.context, view)
    assert follow.pushes == 1
    for _ in range(4):
        fleet()
        QApplication.processEvents()
    assert follow.pushes == 1, "changes are gathered until the timer runs out"
    qtbot.waitUntil(lambda: follow.pushes == 2, timeout=PUSH_EVERY_MS * 20)
    view.shut()


def test_that_a_moving_fleet_moves_no_rows_and_inserts_none(
    window: MainWindow, fleet: Callable[[], None], clock: ManualClock
) -> None:
    model = window.panes.units.model
    counted: Counter[str] = Counter()
    for name in ("modelReset", "layoutChanged", "rowsInserted", "rowsRemoved", "rowsMoved"):
        getattr(model, name).connect(lambda *_args, name=name: counted.update([name]))
    QApplication.processEvents()
    for _ in range(3):
        fleet()
        clock.advance(1)
        window.context.notifier.tick.emit(clock.now_ms())
        QApplication.processEvents()
    assert counted == {}


def test_that_one_status_changes_few_rows_however_large_the_fleet(
    window: MainWindow, fleet: Callable[[], None], desk: Desk
) -> None:
    QApplication.processEvents()
    model = window.panes.units.model
    rows: set[int] = set()
    model.dataChanged.connect(lambda top, bottom, *_roles: rows.update(range(top.row(), bottom.row() + 1)))
    desk.do(c.SetStatus("U007", next(s for s in desk.board.units["U007"].status.__class__ if s.code == "OO")))
    QApplication.processEvents()
    assert len(rows) <= 4


def test_that_the_strip_repaints_only_what_reads_differently(window: MainWindow, clock: ManualClock) -> None:
    shown: Counter[str] = Counter()
    for segment in window.strip.segments:
        show = segment.show_item

        def counting(*args: object, name: str = segment.key, show: object = show, **options: object) -> None:
            shown.update([name])
            show(*args, **options)  # type: ignore[operator]

        segment.show_item = counting  # type: ignore[method-assign]
    for _ in range(10):
        clock.advance(1)
        window.context.notifier.tick.emit(clock.now_ms())
    assert shown == {}
