"""A stack of wrapped lines, buttons and lists that asks for the height they need at the width they have."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


class WholeLines(QWidget):
    """For inside what scrolls: a layout by itself asks for the lines of its preferred width, and the rest is cut."""

    def minimumSizeHint(self) -> QSize:
        least, rows = super().minimumSizeHint(), self.layout()
        if rows is None or not rows.hasHeightForWidth():
            return least
        needed = rows.minimumHeightForWidth(max(self.width(), least.width()))
        return QSize(least.width(), max(least.height(), needed))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()
