"""The main window: puts panels, map, command line, health strip and tray together and follows the desk."""

import gc
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QToolBar, QVBoxLayout, QWidget

from core.desk import Change
from core.errors import Unavailable
from widgets.alarm_tray import AlarmTray
from widgets.background import Background
from widgets.banner import Banner
from widgets.columns import Columns
from widgets.command_bar import CommandBar
from widgets.context import DeskContext
from widgets.coverage.glue import CoverageGlue
from widgets.health import HealthItems, HealthProvider
from widgets.health_strip import HealthStrip, Segment
from widgets.help_overlay import HelpOverlay
from widgets.layouts import Layouts
from widgets.manual_view import ManualView
from widgets.map_follow import MapFollow
from widgets.map_place import MapPlace
from widgets.palette import Palette
from widgets.panes import Panes
from widgets.popover import Further, Popover
from widgets.sync.glue import SyncGlue
from widgets.theme import Theme
from widgets.track_bar import TrackBar
from widgets.wall import WallView
from widgets.window_keys import WindowKeys, shortcuts

if TYPE_CHECKING:
    from widgets.models.page import ModelsPage

LOOK = "window.look"


class MainWindow(QMainWindow):
    """`painted` once, after the first paint; `report_wanted(incident id)` and `card_wanted(html)` ask for printing.

    `with_map=False` leaves the map out, for machines and tests without a web engine.
    """

    painted = Signal()
    report_wanted = Signal(str)
    card_wanted = Signal(str)
    closing = Signal()

    def __init__(
        self,
        context: DeskContext,
        theme: Theme,
        *,
        health: HealthProvider | None = None,
        with_map: bool = True,
    ) -> None:
        super().__init__()
        self.context, self.theme = context, theme
        theme.recall(context.desk.store.get_setting(LOOK) or "")
        context.palette = theme.palette
        self.setWindowTitle(f"Foredesk, {context.desk.agency.name}")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setDockNestingEnabled(True)
        self._with_map, self._has_painted, self._arranged = with_map, False, False
        self.map_place = MapPlace()
        self.map_follow: MapFollow | None = None
        self.exercise: QWidget | None = None
        self.own_health = HealthItems(context)
        self.banner = Banner(context)
        self.strip = HealthStrip(context, health or self.own_health)
        self.tray = AlarmTray(context)
        self.track_bar = TrackBar(context)
        self.bar = CommandBar(context)
        self.panes = Panes(context, self, self.map_place, self.bar.line)
        self._put_together()
        self.coverage = CoverageGlue(context, self.panes)
        self.coverage.said.connect(self.bar.say)
        self.layouts = Layouts(self, self.panes.docks, context.desk.store, self._settle)
        self.columns = Columns(self, self.panes.docks)
        self.popover = Popover(self)
        self.overlay = HelpOverlay(context, self)
        self.manual = ManualView(self)
        self.models: ModelsPage | None = None  # made when it is first asked for
        self.wall = WallView(context, self)
        self.sync = SyncGlue(context, self)
        self.sync.said.connect(self.bar.say)
        self.keys = WindowKeys(self)
        self.menu = shortcuts(self, self.keys)
        context.report_error = self.report_error
        self._warming = Background(self)
        self._connect()

    def _put_together(self) -> None:
        self._head = QWidget()
        self._head_rows = QVBoxLayout(self._head)
        self._head_rows.setContentsMargins(0, 0, 0, 0)
        self._head_rows.setSpacing(0)
        self._head_rows.addWidget(self.banner)
        self._head_rows.addWidget(self.strip)
        self.setMenuWidget(self._head)
        foot = QWidget()
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for part in (self.track_bar, self.tray, self.bar):
            rows.addWidget(part)
        holder = QToolBar("Command line", self)
        holder.setObjectName("foot")
        holder.setMovable(False)
        holder.setFloatable(False)
        holder.addWidget(foot)
        self._foot = holder
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, holder)
        self.setCentralWidget(self.map_place)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            self.setCorner(corner, area)
        for dock in self.panes.docks.values():
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        for dock in self.panes.docks.values():
            dock.hide()  # all of them over each other would be higher than a screen; the layout shows what it wants

    def _connect(self) -> None:
        context = self.context
        context.notifier.tick.connect(self.strip.refresh)
        context.notifier.changed.connect(self._store_answered)
        self.theme.changing.connect(self._take_palette)
        self.theme.changed.connect(self._restyle)
        self.strip.new_call.connect(self.keys.new_call)
        self.strip.menu.connect(
            lambda: self.menu.popup(self.strip.mapToGlobal(self.strip.menu_button.geometry().bottomLeft()))
        )
        self.strip.opened.connect(self._open_health)
        self.tray.jump.connect(self.keys.jump_to)
        self.tray.conflict_wanted.connect(self.keys.show_conflict)
        self.tray.listed.connect(self._open_list)
        self.bar.ui_action.connect(self.keys.carry_out)
        self.bar.left.connect(self.keys.leave_line)
        intake = self.panes.intake
        intake.opened.connect(self._opened)
        intake.said.connect(self.bar.say)
        intake.left.connect(self._settle)
        for done in (intake.fields.changed, intake.left, intake.opened):
            done.connect(self._show_call)
        intake.parked_changed.connect(self.strip.show_parked)
        self.strip.show_parked(intake.parked_count)
        for dock in self.panes.docks.values():
            dock.escaped.connect(self.keys.one_level_out)
        QGuiApplication.instance().screenRemoved.connect(lambda _screen: self.layouts.bring_back())  # type: ignore[union-attr]

    # what other rooms call

    def host_exercise(self, bar: QWidget, answer: Callable[[], None]) -> None:
        """Put an exercise's strip under the banner; F7 calls `answer`."""
        self.exercise = bar
        self.keys.answer = answer
        self._head_rows.insertWidget(1, bar)

    def report_error(self, error: Exception) -> None:
        """Show a Refused or Unavailable on the echo; a store that cannot write also stands on the health strip."""
        self.bar.show_error(error)
        if isinstance(error, Unavailable):
            self.own_health.report(error)
            self.strip.refresh(self.context.desk.clock.now_ms())

    def use_map(self) -> None:
        """Take the context's pack to the map: call it when the pack or its roads have been loaded."""
        if self.map_follow is not None:
            self.map_follow.view.set_pack(self.context.pack)
            self.map_follow.fit_stations()
        self.coverage.take_roads()
        _settle_memory()
        self.strip.refresh(self.context.desk.clock.now_ms())

    # the map

    def _make_map(self) -> None:
        from widgets.map.view import MapView

        view = MapView(self.theme.palette)
        if self.context.pack is not None:
            view.set_pack(self.context.pack)
        self.map_follow = MapFollow(self.context, view)
        self.map_follow.fit_stations()
        self.map_follow.place_picked.connect(self.keys.place_from_map)
        self.map_follow.incident_wanted.connect(self.keys.call_at)
        self.map_follow.said.connect(self.bar.say)
        self.coverage.take_map(self.map_follow)
        self.panes.recommendation.route_wanted.connect(view.show_route)
        self.track_bar.moved.connect(view.show_track)
        view.ready.connect(_settle_memory)
        self.map_place.hold(view)

    # what follows from elsewhere

    def _store_answered(self, change: Change) -> None:
        """Events and drafts reach the listeners after the store has them; positions come before."""
        if change.events or change.drafts:
            self.own_health.report(None)

    def _opened(self, incident: str) -> None:
        self._settle()
        self.tray.news.drop(incident)
        self.panes.docks["recommendation"].focus_inside()

    def _show_call(self, _what: object = None) -> None:
        if self.map_follow is not None:
            fields = self.panes.intake.fields
            self.map_follow.show_call(fields.location.location if self.panes.taking_call else None)

    def _settle(self) -> None:
        """The intake goes, the column it covered comes back, and the keyboard goes to the command line."""
        if not self.panes.taking_call:
            return
        focused = self.panes.calls_have_focus
        self.panes.uncover()
        if focused:
            self.bar.line.setFocus()

    def _open_health(self, segment: Segment) -> None:
        item = segment.item
        if item is not None:
            blocks = [("HOW IT STANDS", item.reasons), ("WHAT TO DO", item.remedies)]
            self.popover.open_at(segment, f"{item.title}: {item.word}", blocks, self._further_from(item.key))

    def _further_from(self, part: str) -> tuple[Further, ...]:
        if part in ("gps", "ports"):
            return (Further("Radios and GPS", self.keys.show_ports),)
        return self.sync.further() if part == "link" else ()

    def _open_list(self, anchor: QWidget) -> None:
        blocks = [(heading, tuple(lines)) for heading, lines in self.tray.rows()]
        self.popover.open_at(anchor, "Alarms and news", blocks)

    def _take_palette(self, palette: Palette) -> None:
        self.context.palette = palette  # before Qt styles the widgets: some paint their colours then

    def _restyle(self) -> None:
        self._keep_look()
        for part in (self.banner, self.strip, self.track_bar, self.tray, self.bar):
            part.restyle()
        for dock in self.panes.docks.values():
            dock.heading.restyle()
        self.panes.coverage.restyle()
        if self.map_follow is not None:
            self.map_follow.view.set_palette(self.theme.palette)
        if self.overlay.isVisible():
            self.overlay.restyle()
        if self.models is not None:
            self.models.restyle()
        self.sync.fit()
        if self._arranged:
            self.layouts.refit()

    def _keep_look(self) -> None:
        try:
            self.context.desk.store.put_setting(LOOK, self.theme.kept_as)
        except Unavailable as error:
            self.report_error(error)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        foot = self._foot.layout()
        if foot is not None:
            foot.setContentsMargins(0, 0, 0, 0)  # the style gives a toolbar margins when it is first polished
        if not self._arranged:
            self._arranged = True
            if not self.layouts.restore_last():
                self.layouts.choose(0)
            self.bar.line.setFocus()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self, self._after_first_paint)
        return handled

    def _after_first_paint(self) -> None:
        self.painted.emit()
        self._warming.ask(_load_slow_parts, lambda _result: _settle_memory(), self.report_error)
        if self._with_map:
            self._make_map()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.keys.one_level_out()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()
        self.overlay.fit()
        self.sync.fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.layouts.keep_last()
        self.theme.changing.disconnect(self._take_palette)
        self.theme.changed.disconnect(self._restyle)
        if self.map_follow is not None:
            self.map_follow.view.shut()
            self.map_follow = None
        self.panes.follower.close()
        self.wall.close()
        self.manual.close()
        if self.models is not None:
            self.models.close()
        self.closing.emit()
        super().closeEvent(event)


def _load_slow_parts() -> None:
    """What the first recommendation needs and the first paint does not; half a second on a thread of its own."""
    for name in ("core.dispatch", "scipy.optimize"):
        import_module(name)


def _settle_memory() -> None:
    """Take what was just loaded out of the garbage collector's rounds: it stays, and going over it stalls for 0.1 s."""
    gc.freeze()


def first_paint(window: MainWindow, callback: Callable[[], None]) -> None:
    """Call `callback` once the window has painted itself for the first time."""
    window.painted.connect(callback)
