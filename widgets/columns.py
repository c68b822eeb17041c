"""Keeps the columns beside the map as wide as they were made, through windows that were smaller for a while."""

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QMainWindow

from widgets.docks import Dock

SIDES = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
SHARE = 0.8  # of the window, at most, for both columns: the map keeps the rest


class Columns(QObject):
    """`fit` belongs into the window's resize event. A width changed while the window stands is a person's wish."""

    def __init__(self, window: QMainWindow, docks: dict[str, Dock]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = list(docks.values())
        self._wanted: dict[Qt.DockWidgetArea, int] = {}
        self._stood_at = 0  # the window's width when all had come to rest
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self._come_to_rest)
        for dock in self._docks:
            dock.resized.connect(self._note)

    def fit(self) -> None:
        """After the window became another width: the columns as wanted, or their share of what there is."""
        columns = {side: self._of(side) for side in SIDES}
        wanted = {side: self._wanted[side] for side in SIDES if columns[side] and side in self._wanted}
        if wanted and self._window.width() != self._stood_at:
            share = min(1.0, self._window.width() * SHARE / sum(wanted.values()))
            docks = [columns[side][0] for side in wanted]
            self._window.resizeDocks(docks, [round(w * share) for w in wanted.values()], Qt.Orientation.Horizontal)
        self._rest.start()

    def _of(self, side: Qt.DockWidgetArea) -> list[Dock]:
        """The docks of a column; none where they stand side by side, which is nobody's to change."""
        area = self._window.dockWidgetArea
        docks = [d for d in self._docks if d.isVisible() and not d.isFloating() and area(d) == side]
        return docks if len({dock.width() for dock in docks}) == 1 else []

    def _come_to_rest(self) -> None:
        self._stood_at = self._window.width()
        if not self._wanted:
            self._note()

    def _note(self) -> None:
        """Remember the widths, unless it is the window that is changing them."""
        if self._window.width() != self._stood_at or self._rest.isActive():
            return
        for side in SIDES:
            if docks := self._of(side):
                self._wanted[side] = docks[0].width()
