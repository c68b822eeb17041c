"""The strip that is always visible: who works here, how each part of the desk is, and the time with seconds."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from widgets.context import DeskContext
from widgets.flow_layout import FlowLayout
from widgets.health import HealthProvider
from widgets.health_item import HealthItem, HealthLevel
from widgets.palette import Palette
from widgets.theme import px, sized

_LEVEL_WORDS = {
    HealthLevel.NEUTRAL: "as set up",
    HealthLevel.OK: "well",
    HealthLevel.WARN: "needs attention",
    HealthLevel.ALARM: "needs you now",
}


def level_icon(level: HealthLevel, palette: Palette, side: int, ratio: float) -> QIcon:
    """A tick, a ring, a triangle or a filled diamond: the level without its colour."""
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(
        {
            HealthLevel.NEUTRAL: palette.muted,
            HealthLevel.OK: palette.free,
            HealthLevel.WARN: palette.working,
            HealthLevel.ALARM: palette.alarm,
        }[level]
    )
    painter.setPen(QPen(colour, max(1.5, side / 8)))
    box = QRectF(side * 0.14, side * 0.14, side * 0.72, side * 0.72)
    if level is HealthLevel.NEUTRAL:
        painter.drawEllipse(box.adjusted(side * 0.08, side * 0.08, -side * 0.08, -side * 0.08))
    elif level is HealthLevel.OK:
        painter.drawPolyline(
            QPolygonF([QPointF(side * x, side * y) for x, y in ((0.15, 0.55), (0.4, 0.8), (0.87, 0.22))])
        )
    else:
        painter.setBrush(colour)
        triangle = [(0.5, 0.14), (0.9, 0.84), (0.1, 0.84)]
        diamond = [(0.5, 0.08), (0.92, 0.5), (0.5, 0.92), (0.08, 0.5)]
        corners = triangle if level is HealthLevel.WARN else diamond
        painter.drawPolygon(QPolygonF([QPointF(side * x, side * y) for x, y in corners]))
    painter.end()
    return QIcon(pixmap)


class Segment(QToolButton):
    """One part of the desk; Enter or a click opens its reasons and remedies."""

    def __init__(self, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.key = key
        self.item: HealthItem | None = None
        self.setProperty("role", "flat")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def show_item(self, item: HealthItem, palette: Palette, *, brief: bool) -> None:
        """Sign and words; `brief` leaves the word out where all is well, for a strip that is too narrow for all."""
        self.item = item
        side = px(12)
        self.setIconSize(QSize(side, side))
        self.setIcon(level_icon(item.level, palette, side, self.devicePixelRatioF()))
        self.setText(f" {item.title}" if brief and item.level <= HealthLevel.OK else f" {item.title}: {item.word}")
        self.setAccessibleName(f"{item.title}: {item.word}, {_LEVEL_WORDS[item.level]}")
        self.updateGeometry()


class HealthStrip(QFrame):
    """`opened(Segment)` asks the window to show a segment's reasons. `refresh` runs once a second."""

    opened = Signal(object)
    new_call = Signal()
    menu = Signal()

    def __init__(self, context: DeskContext, provider: HealthProvider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("health")
        self._context = context
        self._provider = provider
        self._segments: dict[str, Segment] = {}
        self._shown: list[HealthItem] = []
        self._brief = False
        self.menu_button = self._tool("☰", "Menu")
        self.menu_button.clicked.connect(self.menu)
        self.call_button = QPushButton("New call  F2")
        self.call_button.setProperty("role", "primary")
        self.call_button.setAccessibleName("New call, F2")
        self.call_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.call_button.clicked.connect(self.new_call)
        self.parked = QLabel()
        self.parked.setProperty("role", "warning")
        self.parked.hide()
        self.who = QLabel()
        self.who.setAccessibleName("Operator, position and shift")
        self._parts = QWidget()
        self._flow = FlowLayout(self._parts)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self._parts.setSizePolicy(policy)
        self.clock = QLabel()
        self.clock.setAccessibleName("Time")
        self._row = QHBoxLayout(self)
        for widget in (self.menu_button, self.call_button, self.parked, self.who):
            self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self._parts, 1)
        self._row.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        self.restyle()

    def _tool(self, text: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setProperty("role", "flat")
        button.setAccessibleName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @property
    def segments(self) -> list[Segment]:
        return [self._segments[item.key] for item in self._shown]

    def restyle(self) -> None:
        """Sizes and colours again, after the theme changed."""
        self._row.setContentsMargins(px(8), px(4), px(12), px(4))
        self._row.setSpacing(px(8))
        self._flow.setSpacing(px(4))
        self.clock.setFont(sized(18, bold=True))
        row = self.call_button.sizeHint().height()
        for label in (self.who, self.parked, self.clock):
            label.setFixedHeight(row)
        for segment in self._segments.values():
            segment.item = None
        self._show(self._shown)
        self.refresh(self._context.desk.clock.now_ms())

    def show_parked(self, count: int) -> None:
        """How many calls are parked, beside the button that takes a new one."""
        self.parked.setText(f"{count} parked  Shift+F2" if count else "")
        self.parked.setVisible(count > 0)

    def refresh(self, now_ms: int) -> None:
        """Time, operator and every part as they are at `now_ms`; touches only what reads differently."""
        self.clock.setText(datetime.fromtimestamp(now_ms / 1000).astimezone().strftime("%H:%M:%S"))
        board = self._context.desk.board
        words = [board.operator or "Nobody signed on: type on and your name", board.position, board.shift]
        who = " · ".join(word for word in words if word)
        if who != self.who.text():
            self.who.setText(who)
        items = list(self._provider(now_ms))
        if items != self._shown or self._brief != self._too_narrow(items):
            self._show(items)

    def _too_narrow(self, items: Sequence[HealthItem]) -> bool:
        """Whether everything in full would need a second row."""
        metrics = self.fontMetrics()
        wanted = sum(metrics.horizontalAdvance(f" {item.title}: {item.word}") + px(38) for item in items)
        return wanted > self._parts.width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh(self._context.desk.clock.now_ms())

    def _open(self, segment: Segment, _checked: bool = False) -> None:
        self.opened.emit(segment)

    def _put_in_order(self, segments: list[Segment]) -> None:
        if [self._flow.itemAt(at).widget() for at in range(self._flow.count())] == segments:  # type: ignore[union-attr]
            return
        while self._flow.takeAt(0) is not None:
            pass
        for segment in segments:
            self._flow.addWidget(segment)

    def _show(self, items: Sequence[HealthItem]) -> None:
        self._shown, brief = list(items), self._too_narrow(items)
        wanted = {item.key for item in items}
        for item in items:
            segment = self._segments.get(item.key)
            if segment is None:
                segment = self._segments[item.key] = Segment(item.key, self._parts)
                segment.clicked.connect(partial(self._open, segment))
            if segment.item != item or brief != self._brief:
                segment.show_item(item, self._context.palette, brief=brief)
            segment.setVisible(True)
        for key, segment in self._segments.items():
            if key not in wanted:
                segment.setVisible(False)
        self._put_in_order([self._segments[item.key] for item in items])
        self._brief = brief
        self.updateGeometry()
