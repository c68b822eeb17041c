"""One person at one window, who works by keys alone."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from core.desk import Desk
from core.domain.board import Incident
from widgets.context import DeskContext
from widgets.window import MainWindow
from workstation.compose import OpenDesk


@dataclass(slots=True)
class Seat:
    """One person at one window."""

    window: MainWindow
    context: DeskContext
    opened: OpenDesk
    gone: bool = False

    def leave(self) -> None:
        """Close the window and the desk, as at the end of a shift."""
        if self.gone:
            return
        self.gone = True
        self.window.close()
        self.context.notifier.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.opened.close()

    @property
    def desk(self) -> Desk:
        return self.opened.desk

    @property
    def incident(self) -> Incident:
        return self.desk.board.incidents[self.context.selection.incident]

    @property
    def echo(self) -> str:
        return self.window.bar.echo.whole

    def press(self, *keys: str | Qt.Key, ctrl: bool = False) -> None:
        """Words and keys to whatever has the keyboard."""
        modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
        for key in keys:
            target = QApplication.focusWidget() or self.window
            if isinstance(key, str):
                for character in key:
                    _strike(target, character)
            else:
                QTest.keyClick(target, key, modifier)
            QApplication.processEvents()

    def paste(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self.press(Qt.Key.Key_V, ctrl=True)

    def command(self, line: str) -> str:
        """Type a line and Enter; returns what the echo says."""
        self.press(Qt.Key.Key_K, ctrl=True)
        self.press(line, Qt.Key.Key_Return)
        return self.echo

    def call(self, location: str, type_code: str, narrative: str = "") -> Incident:
        """A call from F2 to the open incident."""
        self.press(Qt.Key.Key_F2, location, Qt.Key.Key_Tab, Qt.Key.Key_Tab, type_code, Qt.Key.Key_Tab)
        self.window.panes.intake.fields.narrative.setFocus()
        self.press(narrative)
        self.press(Qt.Key.Key_Return, ctrl=True)
        return self.incident

    def said(self, within: QWidget | None = None) -> str:
        """Every sentence in sight."""
        labels = (within or self.window).findChildren(QLabel)
        return "\n".join(getattr(label, "whole", label.text()) for label in labels if label.isVisible())

    def tick(self) -> None:
        self.context.notifier.tick.emit(self.desk.clock.now_ms())
        QApplication.processEvents()

    @property
    def strip(self) -> dict[str, str]:
        """What the health strip says, by part."""
        return {s.item.title: s.item.word for s in self.window.strip.segments if s.item}


def _strike(target: QWidget, character: str) -> None:
    """As a keyboard layout sends it; QTest knows ASCII only."""
    key = ord(character.upper()) if character.isascii() else 0
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, character))
