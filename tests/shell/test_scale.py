"""80 to 200 %, dark and light: the window fits its screen, nothing of the shell is clipped, the look is kept."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from widgets.elided import ElidedLabel
from widgets.theme import SCALES, Scheme, px
from widgets.window import MainWindow


@pytest.mark.parametrize("percent", [80, 100, 150, 200])
def test_that_the_window_fits_the_screen_at_every_scale(busy_window: MainWindow, percent: int) -> None:
    busy_window.theme.set_scale(percent)
    QApplication.processEvents()
    least = busy_window.minimumSizeHint()
    assert least.width() <= 1600
    assert least.height() <= 1000
    assert (busy_window.width(), busy_window.height()) == (1600, 1000)


@pytest.mark.parametrize("percent", [80, 100, 150, 200])
def test_that_no_word_of_the_shell_is_clipped(busy_window: MainWindow, percent: int) -> None:
    busy_window.theme.set_scale(percent)
    QApplication.processEvents()
    window = busy_window
    parts = (window.strip, window.tray, window.bar, *(dock.heading for dock in window.panes.docks.values()))
    for part in parts:
        for child in (*part.findChildren(QAbstractButton), *part.findChildren(QLabel)):
            if child.isVisible() and not isinstance(child, ElidedLabel):
                metrics = QFontMetrics(child.font())
                assert child.height() >= metrics.height(), (percent, child.text())
                assert child.width() >= metrics.horizontalAdvance(child.text()), (percent, child.text())


def test_that_the_strip_stays_inside_the_window_at_the_largest_scale(busy_window: MainWindow) -> None:
    busy_window.theme.set_scale(200)
    QApplication.processEvents()
    for segment in busy_window.strip.segments:
        corner = segment.mapTo(busy_window.strip, segment.rect().bottomRight())
        assert busy_window.strip.rect().contains(corner), segment.text()


def test_that_sizes_follow_the_scale(window: MainWindow) -> None:
    sizes = {}
    for percent in SCALES:
        window.theme.set_scale(percent)
        sizes[percent] = (px(4), QApplication.font().pixelSize())
    assert sizes[80] == (3, 10)
    assert sizes[100] == (4, 13)
    assert sizes[200] == (8, 26)


def test_that_keys_change_scale_and_scheme(window: MainWindow, qtbot: QtBot) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(window, Qt.Key.Key_Equal, control)
    assert window.theme.scale_percent == 110
    qtbot.keyClick(window, Qt.Key.Key_Minus, control)
    qtbot.keyClick(window, Qt.Key.Key_Minus, control)
    assert window.theme.scale_percent == 90
    qtbot.keyClick(window, Qt.Key.Key_0, control)
    assert window.theme.scale_percent == 100
    qtbot.keyClick(window, Qt.Key.Key_D, control)
    assert window.theme.scheme is Scheme.LIGHT
    assert window.context.palette.name == "light"


def test_that_the_scale_stays_within_its_limits(window: MainWindow) -> None:
    for _ in range(20):
        window.theme.step_scale(1)
    assert window.theme.scale_percent == 200
    for _ in range(20):
        window.theme.step_scale(-1)
    assert window.theme.scale_percent == 80


def test_that_the_look_is_kept_for_the_next_start(make_window: Callable[[], MainWindow]) -> None:
    window = make_window()
    window.theme.set_scheme(Scheme.LIGHT)
    window.theme.set_scale(125)
    window.close()
    window.theme.recall("dark 100")
    assert make_window().theme.kept_as == "light 125"


@pytest.mark.parametrize("kept", ["", "purple 100", "dark", "dark x", "light -5"])
def test_that_a_damaged_look_changes_nothing(window: MainWindow, kept: str) -> None:
    window.theme.recall(kept)
    assert window.theme.kept_as == "dark 100"


def test_that_times_have_figures_of_equal_width(window: MainWindow) -> None:
    metrics = QFontMetrics(window.strip.clock.font())
    assert len({metrics.horizontalAdvance(figure) for figure in "0123456789"}) == 1


def test_that_the_banner_is_there_in_a_demo_and_only_then(window: MainWindow) -> None:
    assert not window.banner.isHidden()
    assert window.banner.word == "DEMO"
    assert window.banner.width() == window.width()
