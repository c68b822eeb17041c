"""Arrangements of the docks: named, kept in the store, restored, and never lost with a monitor."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.errors import Unavailable
from widgets.docks import bring_back_onto, rescued
from widgets.layouts import ARRANGEMENTS, LAST
from widgets.window import MainWindow

SCREEN = QRect(0, 0, 1920, 1080)
SECOND = QRect(1920, 0, 1920, 1080)


def test_that_a_window_whose_title_can_be_reached_stays() -> None:
    for frame in (QRect(100, 100, 400, 300), QRect(1850, 500, 400, 300), QRect(2000, 10, 400, 300)):
        assert rescued(frame, [SCREEN, SECOND]) == frame


@pytest.mark.parametrize(
    "frame",
    [QRect(2500, 200, 400, 300), QRect(-900, 50, 400, 300), QRect(300, -700, 400, 300), QRect(300, 1075, 400, 300)],
    ids=["right of it", "left of it", "above it", "below it"],
)
def test_that_a_lost_window_comes_back_whole(frame: QRect) -> None:
    found = rescued(frame, [SCREEN])
    assert SCREEN.contains(found)
    assert found.size() == frame.size()


def test_that_a_window_larger_than_the_screen_left_shrinks_to_it() -> None:
    assert rescued(QRect(4000, 0, 3000, 2000), [SCREEN]) == SCREEN


def test_that_a_floating_panel_comes_back_from_a_monitor_that_is_gone(window: MainWindow) -> None:
    dock = window.panes.docks["units"]
    dock.setFloating(True)
    dock.setGeometry(5000, 300, 400, 300)
    bring_back_onto(window, [SCREEN])
    assert SCREEN.intersects(dock.geometry())


def shown(window: MainWindow) -> set[str]:
    return {name for name, dock in window.panes.docks.items() if not dock.isHidden()}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_that_each_layout_shows_its_panels(window: MainWindow, qtbot: QtBot, number: int) -> None:
    qtbot.keyClick(window, str(number), Qt.KeyboardModifier.ControlModifier)
    assert shown(window) == ARRANGEMENTS[number - 1].shown
    assert ARRANGEMENTS[number - 1].name in window.bar.echo.whole


def test_that_a_kept_arrangement_comes_back_under_its_name(window: MainWindow) -> None:
    window.panes.docks["units"].hide()
    window.keys.keep_layout()
    window.keys.layout(2)
    window.keys.layout(1)
    assert "units" not in shown(window)
    window.keys.reset_layout()
    assert shown(window) == ARRANGEMENTS[0].shown


def test_that_the_window_opens_as_it_was_left(make_window: Callable[[], MainWindow]) -> None:
    first = make_window()
    first.keys.layout(2)
    first.panes.docks["recommendation"].show()
    expected = shown(first)
    first.close()
    second = make_window()
    assert shown(second) == expected
    assert second.layouts.current == 1


@pytest.mark.parametrize("kept", ["", "nonsense", "0|x|y", "7|AA==|AA==", "1||", "0|AA==|AA=="])
def test_that_a_damaged_setting_gives_the_layout_as_it_comes(
    desk: Desk, make_window: Callable[[], MainWindow], kept: str
) -> None:
    desk.store.put_setting(LAST, kept)
    assert shown(make_window()) == ARRANGEMENTS[0].shown


def test_that_a_full_disk_neither_loses_the_layout_nor_stops_the_closing(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_key: str, _value: str) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(window.context.desk.store, "put_setting", refuse)
    window.keys.keep_layout()
    assert "The disk is full." in window.bar.echo.whole
    assert window.close()


def test_that_taking_a_call_covers_the_incident_column_and_gives_it_back(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F2)
    assert shown(window) == {"queue", "units", "intake"}
    focused = QApplication.focusWidget()
    assert focused is not None
    assert window.panes.pane_of(focused) == "intake"
    qtbot.keyClick(focused, Qt.Key.Key_Escape)
    assert shown(window) == ARRANGEMENTS[0].shown
    assert QApplication.focusWidget() is window.bar.line


def test_that_a_floating_call_form_covers_nothing(window: MainWindow) -> None:
    window.panes.docks["intake"].setFloating(True)
    window.keys.new_call()
    assert shown(window) == ARRANGEMENTS[0].shown | {"intake"}


def test_that_changing_the_layout_during_a_call_parks_it(window: MainWindow, qtbot: QtBot) -> None:
    window.keys.new_call()
    qtbot.keyClicks(QApplication.focusWidget(), "balmaceda 480")
    window.keys.layout(2)
    assert shown(window) == ARRANGEMENTS[1].shown
    window.keys.new_call()
    assert window.panes.intake.parked_count == 1
    assert window.strip.parked.text() == "1 parked  Shift+F2"


def test_that_a_click_on_the_map_places_the_call_in_hand_and_nothing_else(window: MainWindow) -> None:
    window.keys.place_from_map(-29.9, -71.25)
    assert not window.panes.taking_call
    window.keys.call_at(-29.9, -71.25)
    location = window.panes.intake.fields.location.location
    assert (location.lat, location.lon) == (-29.9, -71.25)
