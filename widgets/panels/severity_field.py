"""Severity as four words: what is suggested is marked, what a person set is filled; a person decides."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.domain.agency_file import SEVERITIES
from widgets.context import DeskContext
from widgets.theme import px, sized

KEYS = {level[0].upper(): level for level in SEVERITIES}  # C, H, M, L


class SeverityField(QWidget):
    """`chosen` is what a person set, "" while the suggestion stands. First letters set it, Backspace gives it back."""

    changed = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.chosen = ""
        self.suggested = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()

    @property
    def stands(self) -> str:
        return self.chosen or self.suggested

    def set_suggested(self, level: str) -> None:
        if level != self.suggested:
            self.suggested = level
            self._say()

    def set_chosen(self, level: str) -> None:
        self.chosen = level if level in SEVERITIES else ""
        self._say()

    def choose(self, level: str) -> None:
        """As a person does it."""
        if level != self.chosen:
            self.set_chosen(level)
            self.changed.emit()

    def _say(self) -> None:
        if self.chosen:
            text = f"Severity: {self.chosen}, set by you"
            text += f"; suggested is {self.suggested}" if self.suggested not in ("", self.chosen) else ""
        elif self.suggested:
            text = f"Severity: {self.suggested}, suggested"
        else:
            text = "Severity: no estimate"
        self.setAccessibleName(text)
        self.setAccessibleDescription("Press C, H, M or L to set it, Backspace to follow the suggestion.")
        self.update()

    def _cells(self) -> list[QRect]:
        metrics, at, cells = QFontMetrics(sized(12)), 0, []
        for level in SEVERITIES:
            cells.append(QRect(at, 0, metrics.horizontalAdvance(level) + px(14), metrics.height() + px(8)))
            at = cells[-1].right() + 1 + px(4)
        return cells

    def sizeHint(self) -> QSize:
        last = self._cells()[-1]
        return QSize(last.right() + 1, last.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(sized(12))
        for level, cell in zip(SEVERITIES, self._cells(), strict=True):
            self._paint(painter, level, cell)
        if self.hasFocus() and not self.stands:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._context.palette.focus), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), px(3), px(3))

    def _paint(self, painter: QPainter, level: str, cell: QRect) -> None:
        """Filled: stands. A ring: set by a person. A dashed ring: suggested, but a person set another."""
        palette, stands = self._context.palette, level == self.stands
        passed_over = bool(self.chosen) and level == self.suggested and not stands
        focused = stands and self.hasFocus()
        ringed = focused or passed_over or (stands and bool(self.chosen))
        pen = QPen(QColor(palette.focus if ringed else palette.line), 2 if focused else 1)
        if passed_over:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(palette.selected if stands else palette.raised))
        painter.drawRoundedRect(QRectF(cell).adjusted(1, 1, -1, -1), px(3), px(3))
        painter.setPen(QColor(palette.text if stands or passed_over else palette.muted))
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, level)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, letter = event.key(), event.text().upper()
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            super().keyPressEvent(event)
        elif letter in KEYS:
            self.choose(KEYS[letter])
        elif letter and letter in "1234":
            self.choose(SEVERITIES[int(letter) - 1])
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            at = SEVERITIES.index(self.stands or "moderate") + (1 if key == Qt.Key.Key_Right else -1)
            self.choose(SEVERITIES[min(len(SEVERITIES) - 1, max(0, at))])
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.choose("")
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        for level, cell in zip(SEVERITIES, self._cells(), strict=True):
            if cell.contains(event.position().toPoint()):
                self.choose(level)
