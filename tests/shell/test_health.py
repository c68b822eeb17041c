"""The health strip: each part in a word, with reasons and remedies; nothing is told that does not exist."""

from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk, StoreStatus
from core.domain.values import Position, PositionSource
from core.errors import Unavailable
from widgets.context import DeskContext
from widgets.health import (
    HealthItem,
    HealthItems,
    HealthLevel,
    age,
    backup_item,
    clock_item,
    disk_item,
    link_item,
    map_item,
    positions_item,
    size,
)
from widgets.sync.control import LinkView
from widgets.window import MainWindow

NOW = 1_790_000_000_000
GIGABYTE = 1_000_000_000


def status(**changed: Any) -> StoreStatus:
    facts = {"unsynced": 0, "oldest_unsynced_at": None, "events": 10, "free_bytes": 50 * GIGABYTE}
    return StoreStatus(**(facts | {"last_backup_at": NOW, "path": "desk.store"} | changed))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (90_000, "25 h"), (200_000, "2 days")],
)
def test_that_ages_have_one_unit(seconds: float, said: str) -> None:
    assert age(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(123_456_789_012, "123 GB"), (1_500_000_000, "1.5 GB"), (5_000_000, "5 MB")]
)
def test_that_sizes_read_as_people_say_them(count: int, said: str) -> None:
    assert size(count) == said


def test_that_no_server_is_a_normal_state_and_says_what_is_kept() -> None:
    item = link_item(LinkView(), status(unsynced=12, oldest_unsynced_at=NOW - 240_000), NOW)
    assert (item.word, item.level) == ("no server set up", HealthLevel.NEUTRAL)
    assert item.reasons[1].startswith("12 events are kept for a server, the oldest since ")


@pytest.mark.parametrize(
    ("free", "level"),
    [(50 * GIGABYTE, HealthLevel.OK), (GIGABYTE, HealthLevel.WARN), (GIGABYTE // 10, HealthLevel.ALARM)],
)
def test_that_a_disk_that_fills_up_warns_and_then_alarms(free: int, level: HealthLevel) -> None:
    item = disk_item(status(free_bytes=free))
    assert item.level is level
    assert bool(item.remedies) == (level > HealthLevel.OK)


@pytest.mark.parametrize(
    ("made_at", "word", "level"),
    [
        (None, "none yet", HealthLevel.NEUTRAL),
        (NOW - 3_600_000, "1 h old", HealthLevel.OK),
        (NOW - 90_000_000, "25 h old", HealthLevel.WARN),
    ],
)
def test_that_the_backup_tells_its_age(made_at: int | None, word: str, level: HealthLevel) -> None:
    item = backup_item(status(last_backup_at=made_at), NOW)
    assert (item.word, item.level) == (word, level)


def test_that_units_not_heard_for_too_long_are_counted_and_named(
    desk: Desk, context: DeskContext, clock: ManualClock
) -> None:
    assert positions_item(context, clock.now_ms()).word == "no unit reports"
    for callsign in ("E1", "M1"):
        desk.place_unit(callsign, Position(-29.9, -71.25, clock.now_ms()))
    assert positions_item(context, clock.now_ms()).level is HealthLevel.OK
    clock.advance(desk.agency.standards.position_stale_s + 1)
    desk.place_unit("E1", Position(-29.9, -71.25, clock.now_ms()))
    item = positions_item(context, clock.now_ms())
    assert (item.word, item.level) == ("1 stale", HealthLevel.WARN)
    assert "M1" in item.reasons[0]


def test_that_a_typed_position_is_never_called_stale(desk: Desk, context: DeskContext, clock: ManualClock) -> None:
    desk.place_unit("E1", Position(-29.9, -71.25, clock.now_ms() - 10**7, PositionSource.TYPED))
    assert positions_item(context, clock.now_ms()).word == "no unit reports"


def test_that_a_desk_without_a_map_says_so_with_a_remedy(context: DeskContext) -> None:
    item = map_item(context)
    assert (item.word, item.level) == ("no pack", HealthLevel.WARN)
    assert "foredesk map build" in item.remedies[0]


@dataclass
class JumpedClock:
    offset_s: float

    def now_ms(self) -> int:
        return NOW


@pytest.mark.parametrize(("offset_s", "level"), [(0.0, HealthLevel.OK), (3600.0, HealthLevel.WARN)])
def test_that_a_clock_that_jumped_is_told(context: DeskContext, offset_s: float, level: HealthLevel) -> None:
    assert clock_item(context) is None, "this clock cannot know"
    context.desk.clock = JumpedClock(offset_s)
    item = clock_item(context)
    assert item is not None
    assert item.level is level


def test_that_a_write_that_failed_stands_on_the_strip_until_one_succeeds(
    window: MainWindow, desk: Desk, scenes: Any
) -> None:
    window.report_error(Unavailable("The disk is full.", "Nothing was lost.", "Make room."))
    shown = [segment.item.word for segment in window.strip.segments if segment.item]
    assert shown[0] == "cannot write"
    scenes.open()
    window.strip.refresh(desk.clock.now_ms())
    assert "cannot write" not in [segment.item.word for segment in window.strip.segments if segment.item]


def test_that_a_map_on_its_way_is_not_called_missing(context: DeskContext) -> None:
    context.pack = context.engine = context.map_trouble = None
    context.map_coming = True
    assert (map_item(context).word, map_item(context).level) == ("loading", HealthLevel.NEUTRAL)
    context.map_coming = False
    assert (map_item(context).word, map_item(context).level) == ("no pack", HealthLevel.WARN)


def test_that_the_store_is_asked_at_most_every_five_seconds(
    context: DeskContext, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = context.desk.store.status
    monkeypatch.setattr(context.desk.store, "status", lambda: (asked.append(1), real())[1])
    items = HealthItems(context)
    for _ in range(12):
        items(clock.now_ms())
        clock.advance(1)
    assert len(asked) == 3


def test_that_f12_and_enter_open_the_reasons_and_escape_gives_the_keyboard_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.bar.line.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F12)
    segment = QApplication.focusWidget()
    assert segment in window.strip.segments
    qtbot.keyClick(segment, Qt.Key.Key_Return)
    assert window.popover.isVisible()
    words = " ".join(label.text() for label in window.popover.findChildren(QLabel))
    assert "WHAT TO DO" in words
    qtbot.keyClick(window.popover, Qt.Key.Key_Escape)
    assert not window.popover.isVisible()
    assert QApplication.focusWidget() is segment


def test_that_a_click_elsewhere_closes_the_reasons(window: MainWindow, qtbot: QtBot) -> None:
    window._open_health(window.strip.segments[0])
    assert window.popover.isVisible()
    qtbot.mouseClick(window.bar.line, Qt.MouseButton.LeftButton)
    assert not window.popover.isVisible()


def test_that_a_narrow_strip_drops_words_only_where_all_is_well(window: MainWindow) -> None:
    window.resize(1100, 900)
    window.theme.set_scale(150)
    QApplication.processEvents()
    for segment in window.strip.segments:
        assert segment.item is not None
        if segment.item.level >= HealthLevel.WARN:
            assert segment.item.word in segment.text()
    assert any(s.item and s.item.word not in s.text() for s in window.strip.segments)


def test_that_the_strip_says_who_works_here_and_the_time(window: MainWindow, desk: Desk, clock: ManualClock) -> None:
    from core.domain.commands import SignOn

    assert window.strip.who.text() == "Nobody signed on: type on and your name"
    desk.do(SignOn("Carla Muñoz", "Desk 1", "Day"))
    before = window.strip.clock.text()
    clock.advance(1)
    window.strip.refresh(clock.now_ms())
    assert window.strip.who.text() == "Carla Muñoz · Desk 1 · Day"
    assert window.strip.clock.text() != before
    assert len(window.strip.clock.text()) == 8


def test_that_a_part_that_is_gone_leaves_the_strip(window: MainWindow) -> None:
    window.strip._provider = lambda _now: [HealthItem("pages", "Pages", "2 failed", HealthLevel.ALARM)]
    window.strip.refresh(NOW)
    assert [segment.key for segment in window.strip.segments] == ["pages"]
