"""A small panel that opens at what was clicked, holds sentences, and closes with Esc or a click elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from widgets.theme import px


@dataclass(frozen=True, slots=True)
class Further:
    """A button under the sentences: its words, what it does, and the letter that presses it; Enter's has none."""

    words: str
    act: Callable[[], None]
    letter: str = ""


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
        self._further: tuple[Further, ...] = ()
        self.hide()
        # Never a filter on the application: Python would see events of objects that are half gone, and crash.
        window.installEventFilter(self)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    def open_at(
        self,
        anchor: QWidget,
        title: str,
        blocks: list[tuple[str, tuple[str, ...]]],
        further: Sequence[Further] = (),
    ) -> None:
        """Show `title` and, per block, a heading and its sentences, under (or over) `anchor`; `further` are buttons."""
        self._further = tuple(further)
        self._fill(title, blocks)
        self._came_from = QApplication.focusWidget()
        self.setFixedWidth(min(px(380), self._window.width() - px(16)))
        self._layout.activate()
        self.setFixedHeight(self._layout.totalHeightForWidth(self.width()))
        self.move(self._beside(anchor))
        self.show()
        self.raise_()
        self.setFocus()

    def close_it(self) -> None:
        """Close, and give the keyboard back."""
        focused = QApplication.focusWidget()
        had_focus = isinstance(focused, QWidget) and self._holds(focused)
        self.hide()
        if had_focus and self._came_from is not None:
            self._came_from.setFocus()
        self._came_from = None

    def _holds(self, widget: QWidget) -> bool:
        return widget is self or self.isAncestorOf(widget)

    def _focus_moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        """A click or a key that takes the keyboard elsewhere closes it; another window in front does not."""
        if self.isVisible() and isinstance(now, QWidget) and not self._holds(now):
            self.close_it()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press on what takes no keyboard comes up to the window."""
        if event.type() is QEvent.Type.MouseButtonPress and self.isVisible():
            self.close_it()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        letter = "" if entered else event.text().upper()
        pressed = next((each for each in self._further if each.letter == letter and (letter or entered)), None)
        if pressed is not None:
            self._go_further(pressed)
        elif entered or event.key() == Qt.Key.Key_Escape:
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
        for each in self._further:
            words = f"{each.words}  {each.letter or 'Enter'}"
            button = QPushButton(words)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(partial(self._pressed, each))
            self._layout.addWidget(button)
            sentences.append(words)
        self.setAccessibleName(" ".join(sentences))

    def _pressed(self, further: Further, _checked: bool = False) -> None:
        self._go_further(further)

    def _go_further(self, further: Further) -> None:
        self.close_it()
        further.act()

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
