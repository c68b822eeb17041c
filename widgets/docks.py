"""A dock with a quiet title bar: what the panel is, its key, and a button to float it to another monitor."""

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPalette, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QScrollArea, QToolButton, QWidget

from widgets.theme import px


class DockTitle(QWidget):
    """Dragging anywhere on it moves the dock; a double click floats or docks it."""

    def __init__(self, dock: QDockWidget, title: str, key: str) -> None:
        super().__init__(dock)
        self.setObjectName("dock_title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.label = QLabel(title.upper())
        self.label.setProperty("role", "section")
        self.key = QLabel(key)
        self.key.setProperty("role", "small")
        self.float_button = QToolButton()
        self.float_button.setProperty("role", "flat")
        self.float_button.setAccessibleName(f"Float or dock {title}")
        self.float_button.setToolTip("Float or dock")
        self.float_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._row = QHBoxLayout(self)
        for widget in (self.label, self.key):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.addWidget(self.float_button)
        self.restyle()

    def restyle(self) -> None:
        self._row.setContentsMargins(px(8), px(2), px(2), px(2))
        self._row.setSpacing(px(8))
        self.float_button.setFixedSize(px(22), px(20))
        self.float_button.setIconSize(QSize(px(12), px(12)))
        self.float_button.setIcon(self._icon())

    def _icon(self) -> QIcon:
        """A small window leaving a larger one."""
        side, ratio = px(12), self.devicePixelRatioF()
        pixmap = QPixmap(round(side * ratio), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.PlaceholderText), max(1, side / 12)))
        painter.drawRect(QRectF(side * 0.08, side * 0.36, side * 0.54, side * 0.54))
        painter.drawPolyline(QPolygonF([QPointF(side * x, side * y) for x, y in ((0.4, 0.1), (0.9, 0.1), (0.9, 0.6))]))
        painter.drawLine(QPointF(side * 0.9, side * 0.1), QPointF(side * 0.5, side * 0.5))
        painter.end()
        return QIcon(pixmap)


class PanelHost(QWidget):
    """Gives its panel all the room there is and asks for no more than the panel's least height.

    A scroll area takes the preferred height of what wraps lines for the least one; this stands between.
    """

    least_changed = Signal()

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        content.setParent(self)

    def minimumSizeHint(self) -> QSize:
        return self._content.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._content.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self.least_changed.emit()
        return super().event(event)


class DockBody(QScrollArea):
    """Holds a panel; scrolls where the dock is lower than the panel's least height, so a window fits its screen."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.content = content
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        host = PanelHost(content)
        host.least_changed.connect(self.updateGeometry)  # else a dock keeps the least width of another scale
        self.setWidget(host)

    def minimumSizeHint(self) -> QSize:
        least = self.content.minimumSizeHint()
        beside = self.verticalScrollBar().sizeHint().width()
        return QSize(max(px(220), least.width() + beside), min(px(110), max(px(40), least.height())))

    def sizeHint(self) -> QSize:
        return self.content.sizeHint()


class Dock(QDockWidget):
    """`name` is stable: saved layouts refer to it. `page` is the manual's page for the panel inside.

    `escaped` when Esc was pressed inside and no control there wanted it.
    """

    escaped = Signal()
    resized = Signal()

    def __init__(self, name: str, title: str, key: str, content: QWidget, page: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.page = page
        self.heading = DockTitle(self, title, key)
        self.setTitleBarWidget(self.heading)
        self.content = content
        self.setWidget(DockBody(content))
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def focus_inside(self) -> None:
        """Give the keyboard to the panel: to what had it last there, else to its first control."""
        self.show()
        self.raise_()
        if self.isFloating():
            self.activateWindow()
        content = self.content
        candidates = (content.focusWidget(), content.focusProxy(), first_focusable(content), content)
        next(each for each in candidates if each is not None).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()  # a floating dock is a window of its own: the key would end here
        else:
            super().keyPressEvent(event)


def first_focusable(widget: QWidget) -> QWidget | None:
    """The first visible and enabled control inside `widget`, in tab order."""
    current = widget.nextInFocusChain()
    while current is not None and current is not widget:
        inside = widget.isAncestorOf(current) and current.isVisibleTo(widget)
        if inside and current.isEnabled() and current.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return current
        current = current.nextInFocusChain()
    return None


def rescued(frame: QRect, screens: list[QRect]) -> QRect:
    """Where a window has to be so that its title can be reached: unchanged if it can, else moved onto a screen.

    `screens` are available geometries, the primary first; the frame shrinks to the screen if it has to.
    """
    title = QRect(frame.left(), frame.top(), frame.width(), 24)
    for screen in screens:
        seen = screen.intersected(title)
        if seen.width() >= min(80, frame.width()) and seen.height() >= 12:
            return frame
    home = screens[0]
    width, height = min(frame.width(), home.width()), min(frame.height(), home.height())
    left = min(max(frame.left(), home.left()), home.right() - width + 1)
    top = min(max(frame.top(), home.top()), home.bottom() - height + 1)
    return QRect(left, top, width, height)


def bring_back_onto(window: QWidget, screens: list[QRect]) -> None:
    """Move `window` and its floating docks onto `screens` where a monitor that went away took them along."""
    for each in (window, *(dock for dock in window.findChildren(QDockWidget) if dock.isFloating())):
        found = rescued(each.geometry(), screens)
        if found != each.geometry():
            each.setGeometry(found)
