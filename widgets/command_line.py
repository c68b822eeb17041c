"""The field commands are typed in: Tab completes, Up recalls, an error is underlined at its word."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit, QWidget

from widgets.context import DeskContext
from widgets.panels.brevity import LONGEST_FIELD
from widgets.theme import monospaced, px

KEPT = 200
HINT = "A command: d e12 m3"


class CommandLine(QLineEdit):
    """`entered(str)` on Enter; `left()` on Esc. `complete` gives the whole lines that Tab may make of this one."""

    entered = Signal(str)
    left = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.complete: Callable[[str, int], list[str]] = lambda _line, _cursor: []
        self._error: tuple[int, int] | None = None
        self._past: list[str] = []
        self._place = 0
        self._typed = ""
        self._choices: list[str] = []
        self._choice = 0
        self.setAccessibleName("Command line")
        self.setPlaceholderText(HINT)
        self.setFont(monospaced())
        self.setMaxLength(LONGEST_FIELD)
        self.textEdited.connect(self._forget_choices)

    def offer_again(self) -> None:
        """After a refusal: what is typed next takes the line's place, but ! goes to its end, as the reason."""
        self.selectAll()

    # what Qt tells

    def event(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return super().event(event)
        overriding = event.type() == QEvent.Type.ShortcutOverride
        if overriding and event.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable():
            event.ignore()  # nothing typed to take back: the key takes back what was done
            return False
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab and self.text().strip():
            self._tab()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.entered.emit(self.text())
        elif key == Qt.Key.Key_Up:
            self._recall(-1)
        elif key == Qt.Key.Key_Down:
            self._recall(1)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.text() == "!" and self.text() and self.selectedText() == self.text():
            self.end(False)
            self.insert(" !")
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._error is None:
            return
        at, length = self._error
        start, end = self._x_of(at), self._x_of(at + max(1, length))
        y = self.height() - px(5)
        step = max(2, px(2))
        points = [
            QPointF(x, y + (step / 2 if n % 2 else -step / 2)) for n, x in enumerate(range(start, end + step, step))
        ]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._context.palette.alarm), max(1.4, px(1))))
        painter.drawPolyline(QPolygonF(points))
        painter.end()

    def _x_of(self, position: int) -> int:
        """Horizontal place of a character; the caret's rectangle tells how far the text is scrolled."""
        metrics = self.fontMetrics()
        text = self.text()
        caret = self.cursorRect().center().x() - metrics.horizontalAdvance(text[: self.cursorPosition()])
        return caret + metrics.horizontalAdvance(text[:position])

    # what the bar tells

    def mark(self, at: int | None, length: int = 0) -> None:
        """Underline `length` characters from `at`, or nothing with None."""
        self._error = None if at is None else (at, length)
        self.update()

    def remember(self, line: str) -> None:
        """Keep a line for Up."""
        if not self._past or self._past[-1] != line:
            self._past.append(line)
            del self._past[:-KEPT]
        self._place = len(self._past)

    @property
    def choices(self) -> list[str]:
        """What Tab goes through at present."""
        return list(self._choices)

    def _recall(self, step: int) -> None:
        if self._place >= len(self._past):
            self._typed = self.text()
        self._place = min(max(self._place + step, 0), len(self._past))
        self.setText(self._past[self._place] if self._place < len(self._past) else self._typed)

    def _tab(self) -> None:
        if self._choices:
            self._choice = (self._choice + 1) % len(self._choices)
        else:
            self._choices = self.complete(self.text(), self.cursorPosition())
            self._choice = 0
        if self._choices:
            self.setText(self._choices[self._choice])
            self.setCursorPosition(len(self.text()))
        if len(self._choices) == 1:
            self._choices = []

    def _forget_choices(self) -> None:
        self._choices = []
        self._place = len(self._past)
