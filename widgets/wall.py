"""Wall mode: the board in big type for everybody in the room, without anything that belongs to a caller."""

import re
from datetime import datetime

from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from core.domain.board import Incident, Unit
from core.domain.queue import queue_order
from core.domain.statuses import IncidentState
from widgets.badges import paint_priority, paint_status, priority_size, status_size
from widgets.context import DeskContext, Mode

ROWS = 11  # incidents that the wall has room for; the rest is a count
_LONG_NUMBER = re.compile(r"\+?\d[\d ()./-]{4,}\d")


def masked(text: str) -> str:
    """`text` without anything that may be a telephone number: six digits or more in a run become dots."""

    def dots(found: re.Match[str]) -> str:
        digits = sum(character.isdigit() for character in found.group())
        return re.sub(r"\d", "•", found.group()) if digits >= 6 else found.group()

    return _LONG_NUMBER.sub(dots, text)


def clock_text(seconds: float) -> str:
    """As "4:05" or "1:02:09"."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


class WallView(QWidget):
    """A full-screen window on another monitor where there is one. Esc or F11 closes it."""

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._context = context
        self.setWindowTitle("Foredesk wall")
        self.setAccessibleName("Wall: open incidents and units in big type")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        context.notifier.tick.connect(self._again)
        context.notifier.changed.connect(self._again)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(200)
        self._soon.timeout.connect(self.update)

    def toggle(self) -> None:
        """Open on the first other monitor, else over this one; close when open."""
        if self.isVisible():
            self.close()
            return
        parent = self.parentWidget()
        here = parent.screen() if parent is not None else self.screen()
        others = [screen for screen in QApplication.screens() if screen is not here]
        self.setGeometry((others[0] if others else here).geometry())
        self.showFullScreen()

    def _again(self, _what: object) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
            self.close()
        else:
            super().keyPressEvent(event)

    def rows(self) -> list[tuple[Incident, str, str]]:
        """Open incidents in queue order with what the wall may say: the type's name and the place."""
        desk = self._context.desk
        result = []
        for incident in queue_order(desk.board, desk.agency, desk.clock.now_ms()):
            kind = desk.agency.types.get(incident.type)
            result.append((incident, kind.name if kind else incident.type, masked(incident.location.text)))
        return result

    def sizeHint(self) -> QSize:
        return QSize(1280, 720)

    # painting

    def _font(self, share: float, *, bold: bool = False) -> QFont:
        font = QFont(QApplication.font())
        font.setPixelSize(max(8, round(self.height() * share)))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette = self._context.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.background))
        margin = round(self.height() * 0.025)
        inside = self.rect().adjusted(margin, margin, -margin, -margin)
        split = round(inside.width() * 0.68)
        left = QRect(inside.left(), inside.top(), split - margin, inside.height())
        right = QRect(inside.left() + split, inside.top(), inside.width() - split, inside.height())
        self._paint_incidents(painter, left)
        self._paint_units(painter, right)
        painter.setFont(self._font(0.034, bold=True))
        painter.setPen(QColor(palette.text))
        now = datetime.fromtimestamp(self._context.desk.clock.now_ms() / 1000).astimezone()
        corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(inside, corner, f"{now:%H:%M:%S}")

    def _heading(self, painter: QPainter, area: QRect, text: str) -> int:
        painter.setFont(self._font(0.022, bold=True))
        painter.setPen(QColor(self._context.palette.muted))
        height = QFontMetrics(painter.font()).height()
        painter.drawText(QRect(area.left(), area.top(), area.width(), height), Qt.AlignmentFlag.AlignLeft, text)
        return area.top() + round(height * 1.5)

    def _paint_incidents(self, painter: QPainter, area: QRect) -> None:
        rows = self.rows()
        mode = "" if self._context.mode is Mode.LIVE else f"{self._context.mode.upper()}    "
        top = self._heading(painter, area, f"{mode}{len(rows)} OPEN INCIDENTS")
        height = (area.bottom() - top) // (min(max(len(rows), 7), ROWS) + 1)
        for number, row in enumerate(rows[:ROWS]):
            self._paint_incident(painter, QRect(area.left(), top + number * height, area.width(), height), row)
        if len(rows) > ROWS:
            painter.setPen(QColor(self._context.palette.muted))
            last = QRect(area.left(), top + ROWS * height, area.width(), height)
            painter.drawText(last, Qt.AlignmentFlag.AlignVCenter, f"and {len(rows) - ROWS} more")

    def _paint_incident(self, painter: QPainter, area: QRect, row: tuple[Incident, str, str]) -> None:
        incident, kind, place = row
        palette = self._context.palette
        now_ms = self._context.desk.clock.now_ms()
        painter.fillRect(area.adjusted(0, 0, 0, -max(2, area.height() // 14)), QColor(palette.surface))
        inner = area.adjusted(area.height() // 5, 0, -area.height() // 5, -max(2, area.height() // 14))
        painter.setFont(self._font(min(0.034, area.height() / self.height() * 0.42)))
        badge = priority_size(painter.font())
        paint_priority(painter, inner, incident.priority, palette)
        left = inner.left() + round(badge.width() * 1.25)
        units = "  ".join(a.unit for a in incident.active_assignments)
        since = clock_text((now_ms - incident.opened_at) / 1000)
        waiting = incident.state is IncidentState.WAITING
        right = f"{units or ('No unit' if waiting else 'To close')}   {since}"
        painter.setPen(QColor(palette.alarm_ink if waiting else palette.text))
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(right, Qt.TextElideMode.ElideLeft, inner.width() // 3)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        room = inner.right() - metrics.horizontalAdvance(shown) - metrics.height() - left
        painter.setPen(QColor(palette.text))
        words = f"{incident.number.rsplit('-', 1)[-1].lstrip('0')}  {kind}, {place}"
        text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, inner.top(), room, inner.height()), Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_units(self, painter: QPainter, area: QRect) -> None:
        units = sorted(self._context.desk.board.units.values(), key=lambda unit: unit.callsign)
        free = sum(unit.status.availability.value == "free" for unit in units)
        top = self._heading(painter, area, f"{free} OF {len(units)} UNITS FREE")
        columns = 2 if len(units) <= 36 else 3 if len(units) <= 72 else 4
        per_column = max(1, -(-len(units) // columns))
        height = min((area.bottom() - top) // per_column, round(self.height() * 0.05))
        painter.setFont(self._font(min(0.026, max(0.008, height / self.height() * 0.62))))
        for number, unit in enumerate(units):
            column, line = divmod(number, per_column)
            width = area.width() // columns
            self._paint_unit(painter, QRect(area.left() + column * width, top + line * height, width, height), unit)

    def _paint_unit(self, painter: QPainter, area: QRect, unit: Unit) -> None:
        palette = self._context.palette
        paint_status(painter, area, unit.status, palette)
        left = area.left() + status_size(painter.font()).width() + area.height() // 4
        painter.setPen(QColor(palette.text))
        painter.drawText(area.adjusted(left - area.left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, unit.callsign)
