"""Priority, status and sync marks as painted shapes, the same in every view.

Shape says priority and two letters say status: nothing rests on colour alone. Delegates call the `paint_` functions;
forms use the widgets. Sizes follow the font in force.
"""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.domain.statuses import Availability, Priority, UnitStatus
from widgets.context import DeskContext
from widgets.palette import Palette
from widgets.theme import px

NOT_SYNCED = "Not yet synced"


def _badge_font(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def priority_size(font: QFont) -> QSize:
    """Room for the shape and "P1"."""
    metrics = QFontMetrics(_badge_font(font))
    return QSize(metrics.height() + px(4) + metrics.horizontalAdvance("P4"), metrics.height() + px(2))


def _shape(priority: Priority, box: QRectF) -> QPolygonF:
    centre, half = box.center(), box.width() / 2
    corners = {
        Priority.P1: [(0, -1.0), (1.0, 0), (0, 1.0), (-1.0, 0)],
        Priority.P2: [(0, -0.9), (0.95, 0.75), (-0.95, 0.75)],
        Priority.P3: [(-0.72, -0.72), (0.72, -0.72), (0.72, 0.72), (-0.72, 0.72)],
    }[priority]
    return QPolygonF([QPointF(centre.x() + x * half, centre.y() + y * half) for x, y in corners])


def paint_priority(
    painter: QPainter, rect: QRect, priority: Priority, palette: Palette, *, alarm: bool | None = None
) -> None:
    """Shape and text, left in `rect` and centred in its height. `alarm` colours it; by default P1 is coloured."""
    coloured = priority is Priority.P1 if alarm is None else alarm
    colour = QColor(palette.alarm if coloured else palette.text)
    ink = QColor(palette.alarm_ink if coloured else palette.text)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = _badge_font(painter.font())
    painter.setFont(font)
    metrics = QFontMetrics(font)
    side = metrics.ascent()
    box = QRectF(rect.left() + 1, rect.center().y() + 0.5 - side / 2, side, side)
    painter.setPen(QPen(colour, max(1.5, side / 9)))
    painter.setBrush(colour if priority in (Priority.P1, Priority.P2) else Qt.BrushStyle.NoBrush)
    if priority is Priority.P4:
        painter.drawEllipse(box.adjusted(side * 0.18, side * 0.18, -side * 0.18, -side * 0.18))
    else:
        painter.drawPolygon(_shape(priority, box))
    painter.setPen(ink)
    words = rect.adjusted(metrics.height() + px(3), 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, priority.name)
    painter.restore()


def status_size(font: QFont) -> QSize:
    """Room for a filled two-letter code."""
    metrics = QFontMetrics(_badge_font(font))
    widest = max(metrics.horizontalAdvance(status.code) for status in UnitStatus)
    return QSize(widest + px(10), metrics.height() + px(2))


def paint_status(painter: QPainter, rect: QRect, status: UnitStatus, palette: Palette) -> None:
    """The two-letter code on its availability colour, left in `rect`; out of service is only outlined."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = _badge_font(painter.font())
    painter.setFont(font)
    size = status_size(font)
    box = QRectF(rect.left() + 0.5, rect.center().y() + 0.5 - size.height() / 2, size.width(), size.height())
    colour = QColor(palette.of(status.availability))
    outlined = status.availability is Availability.UNUSABLE
    painter.setPen(QPen(colour, max(1, px(1))))
    painter.setBrush(Qt.BrushStyle.NoBrush if outlined else colour)
    painter.drawRoundedRect(box, px(3), px(3))
    painter.setPen(QColor(palette.text if outlined else palette.badge_text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, status.code)
    painter.restore()


def sync_size(font: QFont) -> QSize:
    side = QFontMetrics(font).ascent()
    return QSize(side, side)


def paint_sync(painter: QPainter, rect: QRect, palette: Palette) -> None:
    """A small up arrow over a dotted line: kept here, waiting for the server."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = float(QFontMetrics(painter.font()).ascent())
    left, top = rect.left() + 0.5, rect.center().y() + 0.5 - side / 2
    middle = left + side / 2
    painter.setPen(QPen(QColor(palette.muted), max(1.2, side / 10)))
    painter.drawLine(QPointF(middle, top + side * 0.12), QPointF(middle, top + side * 0.68))
    painter.drawLine(QPointF(middle, top + side * 0.12), QPointF(middle - side * 0.26, top + side * 0.40))
    painter.drawLine(QPointF(middle, top + side * 0.12), QPointF(middle + side * 0.26, top + side * 0.40))
    pen = painter.pen()
    pen.setDashPattern([1.0, 1.5])
    painter.setPen(pen)
    painter.drawLine(QPointF(left + side * 0.14, top + side * 0.9), QPointF(left + side * 0.86, top + side * 0.9))
    painter.restore()


class _Badge(QWidget):
    """A fixed-size painted mark that takes no keyboard focus; its accessible name is what it says."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _size(self) -> QSize:
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        return self._size()

    def minimumSizeHint(self) -> QSize:
        return self._size()


class PriorityBadge(_Badge):
    """`set(priority)`, or None for an empty badge that keeps its place."""

    def __init__(self, context: DeskContext, priority: Priority | None = None, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.priority: Priority | None = None
        self.set(priority)

    def set(self, priority: Priority | None) -> None:
        self.priority = priority
        self.setAccessibleName(f"Priority {int(priority)}" if priority else "No priority")
        self.update()

    def _size(self) -> QSize:
        return priority_size(self.font())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.priority is not None:
            paint_priority(QPainter(self), self.rect(), self.priority, self.context.palette)


class StatusBadge(_Badge):
    """The code in colour, and the word after it."""

    def __init__(self, context: DeskContext, status: UnitStatus, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.status = status
        self.set(status)

    def set(self, status: UnitStatus) -> None:
        self.status = status
        self.setAccessibleName(f"Status: {status.value}")
        self.updateGeometry()
        self.update()

    def _size(self) -> QSize:
        code = status_size(self.font())
        word = QFontMetrics(self.font()).horizontalAdvance(self.status.value.capitalize())
        return QSize(code.width() + px(6) + word + px(2), code.height() + px(2))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_status(painter, self.rect(), self.status, self.context.palette)
        painter.setPen(QColor(self.context.palette.text))
        words = self.rect().adjusted(status_size(self.font()).width() + px(6), 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.status.value.capitalize())


class SyncMark(_Badge):
    """Shown beside what the server does not have yet; hidden once it has."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setAccessibleName(NOT_SYNCED)
        self.setToolTip(NOT_SYNCED)

    def _size(self) -> QSize:
        return sync_size(self.font())

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_sync(QPainter(self), self.rect(), self.context.palette)
