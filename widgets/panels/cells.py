"""Paints a `Cell`: badges, timers and text, elided, in the palette in force."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from core.domain.timers import TimerState
from widgets.badges import paint_priority, paint_status, paint_sync, priority_size, status_size, sync_size
from widgets.context import DeskContext
from widgets.palette import Palette
from widgets.panels.keyed_table import CELL_ROLE, SECOND_LINE_ROLE, Cell, Tone
from widgets.theme import px

Index = QModelIndex | QPersistentModelIndex


def tone_colour(tone: Tone, palette: Palette) -> str:
    return {Tone.MUTED: palette.muted, Tone.WARNING: palette.working, Tone.ALARM: palette.alarm}.get(tone, palette.text)


def paint_timer(painter: QPainter, rect: QRect, text: str, state: TimerState, palette: Palette) -> None:
    """Right-aligned time; a frame means nearly due, a filled box overdue, so that colour is not alone."""
    painter.save()
    metrics = QFontMetrics(painter.font())
    width, height = metrics.horizontalAdvance(text) + px(10), metrics.height() + px(2)
    box = QRect(rect.right() - width + 1, rect.center().y() - height // 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state is TimerState.OVERDUE:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.alarm))
        painter.drawRoundedRect(box, px(3), px(3))
        painter.setPen(QColor(palette.alarm_text))
    elif state is TimerState.WARN:
        painter.setPen(QPen(QColor(palette.working), max(1, px(1))))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0, 0, -1, -1), px(3), px(3))
    else:
        painter.setPen(QColor(palette.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def paint_tick(painter: QPainter, rect: QRect, palette: Palette, *, ticked: bool) -> None:
    """A box, left in `rect`, with a tick in it or none."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = sync_size(painter.font()).width()
    box = QRectF(rect.left() + 0.5, rect.center().y() + 0.5 - side / 2, side, side)
    painter.setPen(QPen(QColor(palette.text if ticked else palette.muted), max(1, px(1))))
    painter.setBrush(QColor(palette.text) if ticked else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, px(2), px(2))
    if ticked:
        painter.setPen(QPen(QColor(palette.surface), max(1.5, side / 7)))
        corners = ((0.22, 0.52), (0.42, 0.72), (0.78, 0.28))
        painter.drawPolyline([QPointF(box.left() + x * side, box.top() + y * side) for x, y in corners])
    painter.restore()


class CellDelegate(QStyledItemDelegate):
    """For tables whose model answers CELL_ROLE."""

    def __init__(self, context: DeskContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(px(40), QFontMetrics(option.font).height() + px(10))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        option.state &= ~QStyle.StateFlag.State_HasFocus  # the row is marked, not one cell of it
        option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        palette = self._context.palette
        if index.column() == 0 and option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(
                QRect(option.rect.left(), option.rect.top(), px(3), option.rect.height()), QColor(palette.focus)
            )
        cell = index.data(CELL_ROLE)
        if not isinstance(cell, Cell):
            return
        rect, second = option.rect, index.data(SECOND_LINE_ROLE)
        painter.save()
        painter.setFont(option.font)
        if second:
            half = rect.height() // 2
            self._paint_second(painter, option, rect.adjusted(0, half - px(2), 0, -px(2)), second)
            rect = rect.adjusted(0, px(2), 0, -half)
        self._paint_cell(painter, rect.adjusted(px(6), 0, -px(4), 0), cell)
        painter.restore()

    @staticmethod
    def _row_span(option: QStyleOptionViewItem, rect: QRect) -> QRect:
        """The whole row's width at the height of `rect`."""
        view = option.widget
        if not isinstance(view, QTableView):
            return rect
        return QRect(view.columnViewportPosition(0), rect.top(), view.horizontalHeader().length(), rect.height())

    def _paint_second(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, parts: tuple[Cell, ...]
    ) -> None:
        """The line under the cells, of which each cell paints its own stretch."""
        painter.save()
        painter.setClipRect(rect)
        left = self._row_span(option, rect).adjusted(px(34), 0, -px(6), 0)
        metrics = painter.fontMetrics()
        for part in parts:
            text = metrics.elidedText(part.text, Qt.TextElideMode.ElideRight, left.width())
            painter.setPen(QColor(tone_colour(part.tone, self._context.palette)))
            painter.drawText(left, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            left.setLeft(left.left() + metrics.horizontalAdvance(text) + px(10))
            if left.width() < px(24):
                break
        painter.restore()

    def _paint_cell(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        palette = self._context.palette
        if cell.timer is not None and cell.text:
            paint_timer(painter, rect, cell.text, cell.timer, palette)
            return
        rect = self._paint_mark(painter, rect, cell)
        if cell.tone is Tone.STRONG:
            bold = QFont(painter.font())
            bold.setWeight(QFont.Weight.DemiBold)
            painter.setFont(bold)
        painter.setPen(QColor(tone_colour(cell.tone, palette)))
        side = Qt.AlignmentFlag.AlignRight if cell.right else Qt.AlignmentFlag.AlignLeft
        text = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)

    def _paint_mark(self, painter: QPainter, rect: QRect, cell: Cell) -> QRect:
        """Paint the badge and return what is left for text."""
        palette, used = self._context.palette, 0
        if cell.priority is not None:
            paint_priority(painter, rect, cell.priority, palette)
            used = priority_size(painter.font()).width()
        elif cell.status is not None:
            paint_status(painter, rect, cell.status, palette)
            used = status_size(painter.font()).width()
        elif cell.ticked is not None:
            paint_tick(painter, rect, palette, ticked=cell.ticked)
            used = sync_size(painter.font()).width()
        elif cell.unsynced:
            paint_sync(painter, rect, palette)
            used = sync_size(painter.font()).width()
        return rect.adjusted(used + px(6), 0, 0, 0) if used else rect
