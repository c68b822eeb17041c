"""A small panel that opens at what was clicked, holds sentences, and closes with Esc or a click elsewhere."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QVBoxLayout, QWidget

from widgets.theme import px


class Popover(QFrame):
    """One per window. It gives the keyboard back to where it was."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._layout = QVBoxLayout(self)
        self._came_from: QWidget | None = None
        self.hide()

    def open_at(self, anchor: QWidget, title: str, blocks: list[tuple[str, tuple[str, ...]]]) -> None:
        """Show `title` and, per block, a heading and its sentences, under (or over) `anchor`."""
        self._fill(title, blocks)
        self._came_from = QApplication.focusWidget()
        self.setFixedWidth(min(px(380), self._window.width() - px(16)))
        self._layout.activate()
        self.setFixedHeight(self._layout.totalHeightForWidth(self.width()))
        self.move(self._beside(anchor))
        self.show()
        self.raise_()
        self.setFocus()
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    def close_it(self) -> None:
        """Close, and give the keyboard back."""
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        focused = QApplication.focusWidget()
        had_focus = isinstance(focused, QWidget) and (focused is self or self.isAncestorOf(focused))
        self.hide()
        if had_focus and self._came_from is not None:
            self._came_from.setFocus()
        self._came_from = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.MouseButtonPress or not isinstance(watched, QWidget):
            return False
        if watched is not self and not self.isAncestorOf(watched):
            self.close_it()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_it()
        else:
            super().keyPressEvent(event)

    def _fill(self, title: str, blocks: list[tuple[str, tuple[str, ...]]]) -> None:
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._layout.setContentsMargins(px(12), px(10), px(12), px(12))
        self._layout.setSpacing(px(4))
        sentences = [title]
        self._add(title, "heading")
        for heading, lines in blocks:
            if lines:
                self._add(heading, "section")
            for line in lines:
                self._add(line, "")
                sentences.append(line)
        self.setAccessibleName(" ".join(sentences))

    def _add(self, text: str, role: str) -> None:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setProperty("role", role)
        self._layout.addWidget(label)
        label.ensurePolished()

    def _beside(self, anchor: QWidget) -> QPoint:
        window = self._window
        below = anchor.mapTo(window, QPoint(0, anchor.height() + px(4)))
        if below.y() + self.height() > window.height():
            below = anchor.mapTo(window, QPoint(0, -self.height() - px(4)))
        left = min(below.x(), window.width() - self.width() - px(8))
        return QPoint(max(px(8), left), max(px(8), below.y()))
