"""Priority as four marks and their digits: the type proposes, a person decides."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.domain.statuses import Priority
from widgets.badges import paint_priority, priority_size
from widgets.context import DeskContext
from widgets.theme import px


class PriorityField(QWidget):
    """`chosen` is what a person set, None while the type's default holds. Digits set it, Backspace gives it back."""

    changed = Signal()
    advance = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.chosen: Priority | None = None
        self._default: Priority | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()

    @property
    def priority(self) -> Priority | None:
        return self.chosen or self._default

    def set_default(self, priority: Priority | None) -> None:
        self._default = priority
        self._say()

    def set_chosen(self, priority: Priority | None) -> None:
        self.chosen = priority
        self._say()

    def _choose(self, priority: Priority | None) -> None:
        if priority != self.chosen:
            self.set_chosen(priority)
            self.changed.emit()

    def _say(self) -> None:
        if self.chosen:
            text = f"Priority: {int(self.chosen)}, set by you"
        elif self._default:
            text = f"Priority: {int(self._default)}, from the type"
        else:
            text = "Priority: none yet; it follows the type"
        self.setAccessibleName(text)
        self.setAccessibleDescription("Press 1 to 4 to set it, Backspace to follow the type.")
        self.update()

    def _cell(self, at: int) -> QRect:
        size = self._cell_size()
        return QRect(at * (size.width() + px(4)), 0, size.width(), size.height())

    def _cell_size(self) -> QSize:
        size = priority_size(self.font())
        return QSize(size.width() + px(14), QFontMetrics(self.font()).height() + px(10))

    def sizeHint(self) -> QSize:
        last = self._cell(3)
        return QSize(last.right() + 1, last.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._context.palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for at, priority in enumerate(Priority):
            cell = self._cell(at)
            active = priority is self.priority
            focused = active and self.hasFocus()
            edge = palette.focus if focused or (active and self.chosen) else palette.line
            painter.setPen(QPen(QColor(edge), 2 if focused else 1))
            painter.setBrush(QColor(palette.selected if active else palette.raised))
            painter.drawRoundedRect(QRectF(cell).adjusted(1, 1, -1, -1), px(3), px(3))
            paint_priority(painter, cell.adjusted(px(7), 0, 0, 0), priority, palette)
        if self.hasFocus() and self.priority is None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(palette.focus), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), px(3), px(3))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, now = event.key(), self.priority or Priority.P3
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif event.text() in ("1", "2", "3", "4"):
            self._choose(Priority(int(event.text())))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._choose(Priority(min(4, max(1, now + (1 if key == Qt.Key.Key_Right else -1)))))
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._choose(None)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.advance.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        for at, priority in enumerate(Priority):
            if self._cell(at).contains(event.position().toPoint()):
                self._choose(priority)
