"""The columns beside the map come back when the window grows again, as wide as they were made."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from widgets.window import MainWindow


def settle() -> None:
    for _ in range(6):
        QApplication.processEvents()


def widths(window: MainWindow) -> tuple[int, int]:
    return window.panes.docks["queue"].width(), window.panes.docks["incident"].width()


@pytest.mark.parametrize("small", [(1024, 768), (800, 600)])
def test_that_columns_come_back_when_the_window_grows_again(window: MainWindow, small: tuple[int, int]) -> None:
    settle()
    before = widths(window)
    window.resize(*small)
    settle()
    assert sum(widths(window)) < small[0]
    assert widths(window) != before
    window.resize(1600, 1000)
    settle()
    assert widths(window) == before


def test_that_a_width_that_a_person_chose_is_what_comes_back(window: MainWindow) -> None:
    settle()
    docks = window.panes.docks
    window.resizeDocks([docks["queue"]], [610], Qt.Orientation.Horizontal)
    settle()
    chosen = widths(window)
    assert chosen[0] == 610
    for size in ((1300, 800), (900, 700), (1600, 1000)):
        window.resize(*size)
        settle()
    assert widths(window) == chosen


def test_that_a_call_in_hand_comes_back_as_wide_too(window: MainWindow) -> None:
    settle()
    before = widths(window)
    window.keys.new_call()
    settle()
    window.resize(800, 600)
    settle()
    window.resize(1600, 1000)
    settle()
    window.panes.intake.leave()
    settle()
    assert widths(window) == before
