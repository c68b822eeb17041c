"""The models' window beside the main one: opened by its key, closed by Esc or with the desk."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from widgets.theme import Theme
from widgets.window import MainWindow


def open_models(window: MainWindow) -> None:
    action = window.findChild(QAction, "models")
    assert isinstance(action, QAction)
    action.trigger()


def test_that_its_key_opens_it_escape_closes_it_and_f1_tells_of_it(window: MainWindow, qtbot: QtBot) -> None:
    assert window.models is None
    open_models(window)
    page = window.models
    assert page is not None
    assert page.isVisible()
    assert "no models" in page.empty.text()
    QTest.keyClick(page, Qt.Key.Key_F1)
    assert window.manual.isVisible()
    assert window.manual.contents.currentItem().text().startswith("Models")
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()
    open_models(window)
    assert window.models is page


def test_that_it_follows_the_look_and_goes_with_the_desk(window: MainWindow, qtbot: QtBot) -> None:
    open_models(window)
    page = window.models
    assert page is not None
    assert isinstance(window.theme, Theme)
    window.theme.toggle()
    window.theme.toggle()
    window.close()
    assert not page.isVisible()
