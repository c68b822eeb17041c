"""A line edit with a list under it: arrows choose, Enter or Tab takes, Esc closes, and typing is never interrupted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QHideEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from widgets.announce import announce
from widgets.context import DeskContext
from widgets.panels.brevity import LONGEST_FIELD, brief
from widgets.theme import px

DETAIL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
DELAY_MS = 30


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`sure` ones may be marked before the person chooses; `value` is whatever the field makes of it."""

    text: str
    detail: str = ""
    value: object = None
    sure: bool = True


class DetailPainter(QStyledItemDelegate):
    """The text, and a muted detail at the right."""

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(px(120), QFontMetrics(option.font).height() + px(8))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        palette, rect = self._context.palette, option.rect.adjusted(px(8), 0, -px(8), 0)
        metrics = option.fontMetrics
        detail = str(index.data(DETAIL_ROLE) or "")
        beside = rect.width() - metrics.horizontalAdvance(text) - px(8)
        room = min(metrics.horizontalAdvance(detail) + px(2), max(rect.width() // 2, beside))
        painter.save()
        painter.setFont(option.font)
        painter.setPen(QColor(palette.muted))
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(rect, side, metrics.elidedText(detail, Qt.TextElideMode.ElideRight, room))
        painter.setPen(QColor(palette.text))
        left = QRect(rect.left(), rect.top(), rect.width() - room - px(8), rect.height())
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
        painter.restore()


class SuggestingEdit(QLineEdit):
    """`picked(Suggestion)` when a person takes one; `advance` when Enter leaves the field.

    `find` gets the text and answers in a few ms; it runs DELAY_MS after the last keystroke, and at once when a key
    needs its answer.
    """

    picked = Signal(object)
    advance = Signal()

    def __init__(
        self,
        context: DeskContext,
        find: Callable[[str], Sequence[Suggestion]],
        parent: QWidget | None = None,
        *,
        find_all: Callable[[], Sequence[Suggestion]] = tuple,
    ) -> None:
        super().__init__(parent)
        self.setMaxLength(LONGEST_FIELD)
        self._find = find
        self._find_all = find_all  # what the arrows offer when nothing is found
        self._found: tuple[Suggestion, ...] = ()
        self._list = QListWidget()
        self._list.setObjectName("popover")
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setItemDelegate(DetailPainter(context, self._list))
        self._list.itemClicked.connect(lambda item: self._pick(self._list.row(item)))
        self._list.setParent(self)
        self._list.hide()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(DELAY_MS)
        self._wait.timeout.connect(self.suggest_now)
        self.textEdited.connect(lambda _text: self._wait.start())

    @property
    def suggesting(self) -> bool:
        return not self._list.isHidden()

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        return self._found if self.suggesting else ()

    def suggest_now(self) -> None:
        """Search for what stands in the field and show what was found."""
        self._wait.stop()
        self._offer(self._find(self.text()))

    def _offer(self, found: Sequence[Suggestion]) -> None:
        self._found = tuple(found)
        self._list.clear()
        for suggestion in self._found:
            item = QListWidgetItem(brief(suggestion.text))
            item.setData(DETAIL_ROLE, suggestion.detail)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{brief(suggestion.text)}, {suggestion.detail}")
            self._list.addItem(item)
        first = next((i for i, suggestion in enumerate(self._found) if suggestion.sure), -1)
        self._list.setCurrentRow(first)
        if self._found and self.hasFocus():
            self._place()
        else:
            self.close_list()

    def settle(self) -> None:
        """Take the marked suggestion if the list is open or was about to open; leaves the text alone otherwise."""
        if self._wait.isActive():
            self.suggest_now()
        if self.suggesting and self._list.currentRow() >= 0:
            self._pick(self._list.currentRow())
        self.close_list()

    def close_list(self) -> None:
        self._wait.stop()
        self._list.hide()

    def _pick(self, row: int) -> None:
        suggestion = self._found[row]
        self.close_list()
        self.setText(suggestion.text)
        self.picked.emit(suggestion)

    def _place(self) -> None:
        """Under the field, over whatever lies there; above it where there is no room."""
        window = self.window()
        if self._list.parentWidget() is not window:
            self._list.setParent(window)
        rows: float = min(8, self._list.count())
        if rows < self._list.count():
            rows += 0.5  # half a row says that there are more
        height = round(rows * self._list.sizeHintForRow(0)) + 2 * self._list.frameWidth() + px(4)
        corner = self.mapTo(window, QPoint(0, self.height() + px(1)))
        above = self.mapTo(window, QPoint(0, -height - px(1)))
        if corner.y() + height > window.height() and above.y() >= 0:
            corner = above
        width = min(max(self.width(), px(260)), max(self.width(), window.width() - corner.x() - px(4)))
        self._list.setGeometry(corner.x(), corner.y(), width, height)
        self._list.show()
        self._list.raise_()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab:
            self.settle()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self.settle()
            self.advance.emit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and plain:
            self._step(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Escape and self.suggesting:
            self.close_list()
        elif key == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        opened = self._wait.isActive() or not self.suggesting
        if opened:
            self.suggest_now()
        if not self.suggesting:
            self._offer(self._find_all())
        if not self.suggesting:
            return
        row = self._list.currentRow()
        if not opened or row < 0:  # opening the list shows what it marks; the next arrow moves on
            self._list.setCurrentRow((max(row, -1 if by > 0 else 0) + by) % self._list.count())
        chosen = self._found[self._list.currentRow()]
        announce(self, f"{chosen.text}, {chosen.detail}")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setCursorPosition(0)  # of a text that is longer than the field, the beginning is what is recognised
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.close_list()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.close_list()
