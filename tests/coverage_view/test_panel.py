"""The coverage panel: figures, lists that are acted on by keys, and a map that moves on request only."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.commands import CloseRoad
from core.domain.statuses import UnitStatus
from widgets.context import DeskContext
from widgets.coverage.follower import CoverageFollower
from widgets.coverage.panel import CoveragePanel
from widgets.coverage.timeline import KEPT, Series

Counted = Callable[[Callable[[], None]], None]


def text(view, row: int) -> list[str]:
    model = view.model()
    return [model.index(row, column).data() for column in range(model.columnCount())]


def test_that_figures_stand_in_words_and_in_the_bar(counted: Counted, panel: CoveragePanel, follower) -> None:
    counted(follower.refresh)
    assert panel.share.text() == f"{100 * follower.figures.covered:.1f} %"
    assert panel.about.text().startswith("of road has a free team within 3 min.")
    assert "none" in panel.bar.accessibleDescription()


def test_that_choosing_counts_for_that_choice(counted: Counted, panel: CoveragePanel, follower) -> None:
    counted(follower.refresh)
    panel.teams.setCurrentIndex(2)
    panel.capability.setCurrentIndex(panel.capability.findData("als"))
    counted(panel._choose)
    assert (follower.settings.teams, follower.settings.capability) == (3, "als")
    assert panel.share.text() == "0.0 %", "there are two medics"
    assert "3 free teams" in panel.about.text()


def test_that_one_key_orders_a_move_up(
    counted: Counted, panel: CoveragePanel, follower: CoverageFollower, desk: Desk, qtbot: QtBot
) -> None:
    counted(follower.refresh)
    number, callsign, station, share = text(panel.moves, 0)
    assert (number, station) == ("1", "North")
    assert share.endswith(" %")
    panel.moves.setFocus()
    counted(lambda: qtbot.keyClick(panel.moves, Qt.Key.Key_1))
    unit = desk.board.units[callsign]
    assert (unit.status, unit.note) == (UnitStatus.RETURNING, "Move-up to North (made up)")
    assert f"{callsign} is to move up to North" in panel.notice.text
    assert callsign not in {move.callsign for move in follower.figures.moves}


def test_that_the_best_move_can_be_ordered_from_anywhere(
    counted: Counted, panel: CoveragePanel, follower: CoverageFollower, desk: Desk
) -> None:
    said: list[str] = []
    panel.said.connect(said.append)
    panel.order_best()
    assert said == ["Coverage is being counted."]
    counted(follower.refresh)
    panel.order_best()
    assert [unit.note for unit in desk.board.units.values() if unit.note] == ["Move-up to North (made up)"]


def test_that_a_weak_zone_is_shown_on_request_only(
    counted: Counted, panel: CoveragePanel, follower: CoverageFollower, qtbot: QtBot
) -> None:
    flown: list[tuple[float, float]] = []
    panel.fly_wanted.connect(lambda lat, lon: flown.append((lat, lon)))
    counted(follower.refresh)
    panel.tabs.setCurrentIndex(1)
    panel.zones.setFocus()
    panel.zones.selectRow(0)
    assert flown == []
    qtbot.keyClick(panel.zones, Qt.Key.Key_Return)
    zone = follower.figures.zones[0]
    assert flown == [(zone.lat, zone.lon)]
    assert "km of road" in text(panel.zones, 0)[1]


def test_that_closed_roads_are_listed_and_reopened_by_one_key(
    panel: CoveragePanel, desk: Desk, qtbot: QtBot, place
) -> None:
    desk.do(CloseRoad((place(0, 0), place(0, 1)), "Street 0"))
    assert panel.tabs.tabText(2) == "Closed roads (1)"
    panel.tabs.setCurrentIndex(2)
    assert text(panel.closed, 0)[0] == "Street 0"
    panel.closed.setFocus()
    panel.closed.selectRow(0)
    qtbot.keyClick(panel.closed, Qt.Key.Key_Delete)
    assert desk.board.closures == {}
    assert panel.tabs.tabText(2) == "Closed roads"


def test_that_the_panel_says_what_it_waits_for(panel: CoveragePanel, context: DeskContext) -> None:
    assert panel.about.text() == "Coverage is being counted."
    context.engine = None
    context.notifier.tick.emit(0)
    assert "map pack" in panel.about.text()


def test_that_everything_that_takes_the_keyboard_has_a_name(counted: Counted, panel: CoveragePanel, follower) -> None:
    counted(follower.refresh)
    focusable = [w for w in panel.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(focusable) >= 8
    nameless = [w for w in focusable if w.isVisible() and not (w.accessibleName() or getattr(w, "text", str)())]
    assert nameless == []


@pytest.mark.parametrize("width", [340, 420, 560])
def test_that_no_word_is_clipped(counted: Counted, panel: CoveragePanel, follower, width: int) -> None:
    panel.resize(width, 640)
    counted(follower.refresh)
    clipped = [
        label.text()
        for label in panel.findChildren(QLabel)
        if label.isVisible()
        and not label.wordWrap()
        and label.width() < label.fontMetrics().horizontalAdvance(label.text())
    ]
    assert clipped == []


def test_that_the_time_line_keeps_a_point_every_ten_seconds(
    counted: Counted, panel: CoveragePanel, follower: CoverageFollower, clock: ManualClock
) -> None:
    line = panel.time_line
    counted(follower.refresh)
    counted(follower.refresh)
    assert len(line.series.of(line.key)) == 1
    clock.advance(10)
    counted(follower.refresh)
    samples = line.series.of(line.key)
    assert len(samples) == 2
    assert "lowest" in line.said.text()
    drawn = line._curve.getData()
    assert drawn[1].tolist() == [pytest.approx(100 * share) for _, share in samples]


def test_that_a_series_holds_a_shift_and_forgets_what_was_looked_at_longest_ago() -> None:
    series = Series()
    for number in range(KEPT + 5):
        assert series.note((480, "", 1), number * 10_000, 0.5)
    assert len(series.of((480, "", 1))) == KEPT
    for number in range(30):
        series.note((480, f"c{number}", 1), 10**9 + number, 0.5)
    assert series.of((480, "", 1)) == []
    assert series.of((480, "c29", 1)) == [(10**9 + 29, 0.5)]


@pytest.mark.parametrize("name", ["coverage.png", "coverage.geojson"])
def test_that_what_is_looked_at_is_exported_beside_the_window(
    counted: Counted, panel: CoveragePanel, follower: CoverageFollower, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    counted(follower.refresh)
    with qtbot.waitSignal(follower.exported, timeout=20_000) as told:
        follower.export(tmp_path / name)
    assert told.args == [str(tmp_path / name)]
    head = (tmp_path / name).read_bytes()[:4000]
    assert head.startswith(b"\x89PNG") or b'"FeatureCollection"' in head


def test_that_an_export_that_cannot_be_written_is_said(
    counted: Counted, follower: CoverageFollower, context: DeskContext, qtbot: QtBot, tmp_path: Path
) -> None:
    counted(follower.refresh)
    told: list[Exception] = []
    context.report_error = told.append
    follower.export(tmp_path / "coverage.txt")
    qtbot.waitUntil(lambda: bool(told), timeout=20_000)
    assert "no format that can be written" in str(told[0])
