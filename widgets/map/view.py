"""The map as a widget: made after the window has painted, taught by `show_` and `set_` calls, heard by signals."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QLabel, QMenu, QStackedLayout, QWidget

from widgets.map.bridge import Bridge
from widgets.map.covering import Covering
from widgets.map.feed import Feed
from widgets.map.ground import Bounds, MapGround, ground_of
from widgets.map.page import PAGE_PATH, page_html
from widgets.map.room import LocalPage, web_room
from widgets.map.rows import MapIncident, MapUnit
from widgets.map.scheme import ORIGIN
from widgets.palette import Palette
from widgets.theme import px

if TYPE_CHECKING:
    from core.pack.pack import MapPack

LOADING = "The map is loading. Everything else works already."
STOPPED = "The map stopped and is starting again. Units and incidents are not affected."
BROKEN = (
    "The map cannot be drawn: its scripts are missing or damaged. Calls, units and incidents are not affected. "
    "Run foredesk doctor; it says what mends it."
)
_CLOSE_UP = 15  # the zoom at which single streets have names
_RESTART_MS = 400
_LOOK_MS = 10


class MapView(QWidget):
    """Shows ground, units, incidents and a route. It never moves by itself: only `fly_to`, `fit` and a new pack do.

    Everything may be told before `ready`; it is kept until the page can show it, and told again should the page crash.
    """

    ready = Signal()
    clicked = Signal(float, float)
    open_here = Signal(float, float)
    close_here = Signal(float, float)
    unit_clicked = Signal(str)
    incident_clicked = Signal(str)

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Map of units and incidents")
        self._room = web_room()
        self._bridge = Bridge(self)
        self._feed = Feed(self._bridge, self._room, self)
        self.covering = Covering(self._bridge, self._room, self)
        self._page: LocalPage | None = None
        self._view: QWebEngineView | None = None
        self._asked_for = False
        self._writing: Thread | None = None
        self._is_shut = False
        self._sentence = QLabel(LOADING)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setWordWrap(True)
        self._layout = QStackedLayout(self)
        self._layout.setStackingMode(QStackedLayout.StackingMode.StackAll)  # the page has its size before it is seen
        self._layout.addWidget(self._sentence)
        self._scale = 1.0
        self._writer = QTimer(self)
        self._writer.setInterval(_LOOK_MS)
        self._hear_the_page()
        self.set_palette(palette)
        self.set_pack(None)

    def _hear_the_page(self) -> None:
        bridge = self._bridge
        bridge.clicked.connect(self.clicked)
        bridge.unit_clicked.connect(self.unit_clicked)
        bridge.incident_clicked.connect(self.incident_clicked)
        bridge.context_asked.connect(self._offer)
        bridge.view_changed.connect(self._feed.remember_view)
        bridge.is_ready.connect(self._show_page)

    # what to show

    def set_pack(self, pack: "MapPack | None", *, metric: bool = True) -> None:
        """Another ground, or None for a grid; units and incidents stay."""
        self.set_ground(ground_of(pack), metric=metric)

    def set_ground(self, ground: MapGround, *, metric: bool = True) -> None:
        self._feed.ground(ground, metric=metric)

    def set_palette(self, palette: Palette) -> None:
        """The window's colours, and with them its scale and its font."""
        self._scale = px(100) / 100
        if self._view is not None:
            self._view.setZoomFactor(self._scale)
        self._feed.palette(palette, f"'{self.font().family()}', 'Noto Sans', 'DejaVu Sans', sans-serif")
        self._sentence.setStyleSheet(f"background: {palette.background}; color: {palette.muted}; padding: 2em;")
        self.setStyleSheet(f"MapView {{ background: {palette.background}; }}")

    def show_units(self, rows: Sequence[MapUnit]) -> None:
        """All units there are; what is not among them disappears."""
        self._feed.units(rows)

    def show_incidents(self, rows: Sequence[MapIncident]) -> None:
        """All incidents there are; what is not among them disappears."""
        self._feed.incidents(rows)

    def show_route(self, points: Sequence[tuple[float, float]], label: str) -> None:
        """A way as (lat, lon) points with what to write on it, for example "M3 4:20"."""
        self._feed.route(points, label)

    def clear_route(self) -> None:
        self._feed.route((), "")

    def show_track(self, points: Sequence[tuple[float, float]], at: int, label: str) -> None:
        """Where a unit has been, as (lat, lon), with a mark on point number `at`; no points take the track away."""
        self._feed.track(points, at, label)

    # where to look, on the operator's request only

    def fly_to(self, lat: float, lon: float) -> None:
        self._feed.look({"kind": "fly", "lat": lat, "lon": lon, "zoom": _CLOSE_UP})

    def fit(self, bounds: Bounds) -> None:
        self._feed.look({"kind": "fit", "bounds": bounds})

    def take_keys(self) -> None:
        """Give the keyboard to the map itself: arrows pan, Enter clicks the cross in the middle."""
        if self._view is not None and self._page is not None:
            self._view.setFocus()
            self._page.runJavaScript("Foredesk.map.getContainer().focus()")

    def zoom(self, steps: int) -> None:
        self._feed.look({"kind": "zoom", "steps": steps})

    # the page's life

    @property
    def is_ready(self) -> bool:
        """Whether the page is on show, after `ready` and until it should crash."""
        return self._view is not None and self._layout.currentWidget() is self._view

    @property
    def is_broken(self) -> bool:
        """Whether the page came without what draws a map; then it will not be ready."""
        return not self.is_ready and self._sentence.text() == BROKEN

    @property
    def complaints(self) -> list[str]:
        """Script errors of the page, newest last."""
        return self._page.complaints if self._page else []

    def run_script(self, script: str, answer: Callable[[object], None]) -> None:
        """Ask the page something, for checks; the answer comes later, or None where there is no page."""
        if self._page is None:
            answer(None)
            return
        self._page.runJavaScript(script, answer)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._asked_for:
            self._asked_for = True
            QTimer.singleShot(0, self, self._write_page)  # after the window's first paint

    def _write_page(self) -> None:
        """Writing the page imports folium, which is slow: that happens beside the window, which looks now and then."""
        if self._is_shut:
            return
        thread = self._writing = Thread(target=page_html, name="map page", daemon=True)
        thread.start()

        def look() -> None:
            if not thread.is_alive():
                self._writer.stop()
                self._make_view()

        self._writer.timeout.connect(look)
        self._writer.start()

    def _make_view(self) -> None:
        page = self._room.new_page()
        self._room.content.put(PAGE_PATH, page_html, b"text/html; charset=utf-8")
        channel = QWebChannel(page)
        channel.registerObject("desk", self._bridge)
        page.setWebChannel(channel)
        page.renderProcessTerminated.connect(self._restart)
        page.loadFinished.connect(self._look_for_trouble)
        view = QWebEngineView(self)
        view.setPage(page)
        view.setAccessibleName(self.accessibleName())
        view.setZoomFactor(self._scale)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._page, self._view = page, view
        self._layout.addWidget(view)
        self._layout.setCurrentWidget(self._sentence)
        self.setFocusProxy(view)
        page.load(QUrl(ORIGIN + PAGE_PATH))

    def _show_page(self) -> None:
        if self._view is not None:
            self._layout.setCurrentWidget(self._view)
            self.ready.emit()

    def _look_for_trouble(self, _fine: bool) -> None:
        if self.complaints and not self.is_ready:
            self._sentence.setText(BROKEN)

    def _restart(self, status: QWebEnginePage.RenderProcessTerminationStatus, _code: int) -> None:
        self._feed.pause()
        self.covering.pause()
        if status is QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus or self._page is None:
            return
        self._sentence.setText(STOPPED)
        self._layout.setCurrentWidget(self._sentence)
        QTimer.singleShot(_RESTART_MS, self._page, partial(self._page.load, QUrl(ORIGIN + PAGE_PATH)))

    def shut(self) -> None:
        """Take the page down. Call it before the application ends; the widget is of no use afterwards."""
        self._is_shut = True
        self._writer.stop()
        if self._writing is not None:
            self._writing.join()  # an import cut short by the end of the program complains on the terminal
        self._feed.close()
        self.covering.close()
        if self._view is not None and self._page is not None:
            self.setFocusProxy(None)  # type: ignore[arg-type]
            self._layout.removeWidget(self._view)
            self._view.setPage(None)  # type: ignore[arg-type]
            self._view.deleteLater()
            self._room.close_page(self._page)
            self._view = self._page = None

    def _offer(self, lat: float, lon: float, x: float, y: float) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        here = menu.addAction("Open incident here")
        here.triggered.connect(partial(self.open_here.emit, lat, lon))
        road = menu.addAction("Close this road here")
        road.triggered.connect(partial(self.close_here.emit, lat, lon))
        where = menu.addAction(f"{lat:.5f}, {lon:.5f}")
        where.setEnabled(False)
        menu.popup(self.mapToGlobal(QPoint(round(x * self._scale), round(y * self._scale))))
