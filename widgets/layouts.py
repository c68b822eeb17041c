"""Named arrangements of the docks, kept in the store's settings, so that each desk finds its own again."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QTabWidget

from core.desk import DeskStore
from core.errors import Unavailable
from widgets.docks import Dock, bring_back_onto
from widgets.theme import px

STATE_VERSION = 4  # raise it when docks are added or renamed: an older arrangement is then left alone
LAST = "window.last"
LOW = 640  # design pixels of window height


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The layout as it comes: which docks stand, and how wide the columns are at 100 %."""

    name: str
    shown: frozenset[str]
    left: int
    right: int
    queue_share: float  # of the left column's height
    incident_share: float  # of the right column's height


ARRANGEMENTS = (
    Arrangement("Dispatch", frozenset({"queue", "units", "incident", "recommendation"}), 520, 440, 0.42, 0.56),
    Arrangement("Map", frozenset({"queue", "incident", "coverage"}), 380, 340, 0.3, 0.6),
    Arrangement("Calls", frozenset({"queue", "units", "incident", "recommendation"}), 400, 560, 0.6, 0.6),
)


class Layouts:
    """Applies, keeps and restores arrangements of the window's docks. `settled` is called before anything is saved."""

    def __init__(
        self, window: QMainWindow, docks: dict[str, Dock], store: DeskStore, settled: Callable[[], None]
    ) -> None:
        self._window = window
        self._docks = docks
        self._store = store
        self._settled = settled
        self.current = 0
        self.was_low = False
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    @property
    def low(self) -> bool:
        """Whether the window is too low at this scale for two panels one over the other."""
        return self._window.height() < px(LOW)

    @property
    def name(self) -> str:
        return ARRANGEMENTS[self.current].name

    def choose(self, index: int) -> None:
        """Layout number `index`: as it was kept, else as it comes."""
        self._settled()
        self.current = index
        kept = self._read(f"layout.{index}")
        if kept is None or not self._window.restoreState(kept, STATE_VERSION):
            self.reset()
        self.bring_back()

    def keep(self) -> None:
        """Keep the present arrangement under the present layout's name. Raises Unavailable when the disk refuses."""
        self._settled()
        self._store.put_setting(f"layout.{self.current}", self._state())

    def reset(self) -> None:
        """The present layout as it comes."""
        wanted = ARRANGEMENTS[self.current]
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        for dock in self._docks.values():
            dock.setFloating(False)
        self.was_low = self.low
        for area, upper, lower in ((left, "queue", "units"), (right, "incident", "recommendation")):
            self._window.addDockWidget(area, self._docks[upper])
            if self.low:
                self._window.tabifyDockWidget(self._docks[upper], self._docks[lower])
            else:
                self._window.splitDockWidget(self._docks[upper], self._docks[lower], Qt.Orientation.Vertical)
        self._window.addDockWidget(right, self._docks["intake"])
        self._window.tabifyDockWidget(self._docks["units"], self._docks["coverage"])
        self._window.addDockWidget(left, self._docks["ports"])
        self._window.tabifyDockWidget(self._docks["units"], self._docks["ports"])
        self._window.addDockWidget(left, self._docks["conflicts"])
        self._window.tabifyDockWidget(self._docks["units"], self._docks["conflicts"])
        for name, dock in self._docks.items():
            dock.setVisible(name in wanted.shown)
        for name in ("queue", "incident"):
            self._docks[name].raise_()
        self._size(wanted)

    def refit(self) -> None:
        """After the scale changed: panels stack where there is height for two, and share tabs where there is not."""
        if self.low != self.was_low:
            self.choose(self.current)

    def _size(self, wanted: Arrangement) -> None:
        width, height = self._window.width(), max(self._window.height(), 400)
        # At a large scale on a small screen the map keeps a fifth; the columns share what is left.
        fit = min(1.0, width * 0.8 / (px(wanted.left) + px(wanted.right)))
        columns = [self._docks["queue"], self._docks["incident"]]
        sizes = [round(px(wanted.left) * fit), round(px(wanted.right) * fit)]
        self._window.resizeDocks(columns, sizes, Qt.Orientation.Horizontal)
        for upper, lower, share in (
            ("queue", "units" if "units" in wanted.shown else "coverage", wanted.queue_share),
            ("incident", "recommendation", wanted.incident_share),
        ):
            parts = [round(height * share), round(height * (1 - share))]
            self._window.resizeDocks([self._docks[upper], self._docks[lower]], parts, Qt.Orientation.Vertical)

    def keep_last(self) -> None:
        """Called when the window closes: the next start finds it as it was left."""
        self._settled()
        geometry = b64encode(self._window.saveGeometry().data()).decode()
        try:
            self._store.put_setting(LAST, f"{self.current}|{geometry}|{self._state()}")
        except Unavailable:
            return  # the arrangement is not worth a word when the disk is full

    def restore_last(self) -> bool:
        """As it was left; False when there is nothing to restore or it is from another version."""
        kept = self._store.get_setting(LAST)
        if kept is None or kept.count("|") != 2:
            return False
        index, geometry, state = kept.split("|")
        decoded = _decoded(state)
        where = _decoded(geometry)
        if decoded is None or where is None or not index.isdecimal() or int(index) >= len(ARRANGEMENTS):
            return False
        self.current = int(index)
        self._window.restoreGeometry(where)
        restored = self._window.restoreState(decoded, STATE_VERSION)
        self.bring_back()
        return restored

    def bring_back(self) -> None:
        """Windows that a lost monitor took along come back onto one that is there."""
        primary = QGuiApplication.primaryScreen()
        screens = sorted(QGuiApplication.screens(), key=lambda screen: screen is not primary)
        bring_back_onto(self._window, [screen.availableGeometry() for screen in screens])

    def _state(self) -> str:
        return b64encode(self._window.saveState(STATE_VERSION).data()).decode()

    def _read(self, key: str) -> QByteArray | None:
        kept = self._store.get_setting(key)
        return None if kept is None else _decoded(kept)


def _decoded(text: str) -> QByteArray | None:
    try:
        return QByteArray(b64decode(text, validate=True))
    except (NotBase64, ValueError):
        return None
