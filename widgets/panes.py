"""The window's panels as docks around the map: which there are, how F6 goes round them, what intake covers."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from widgets.context import DeskContext
from widgets.coverage.closing import RoadClosing
from widgets.coverage.follower import CoverageFollower
from widgets.coverage.panel import CoveragePanel
from widgets.docks import Dock, first_focusable
from widgets.panels.incident import IncidentPanel
from widgets.panels.intake import IntakePanel
from widgets.panels.queue import QueuePanel
from widgets.panels.recommendation import RecommendationPanel
from widgets.panels.units import UnitPanel
from widgets.ports_view import PortsPanel
from widgets.sync.conflict_panel import ConflictPanel
from widgets.sync.facts import Facts
from widgets.sync.outbox_marks import OutboxMarks


class Panes:
    """Makes the panels and their docks. `centre` is the map's place, `line` the command line's."""

    def __init__(self, context: DeskContext, window: QMainWindow, centre: QWidget, line: QWidget) -> None:
        self.marks = OutboxMarks(context, window)
        self.queue = QueuePanel(context, self.marks)
        self.units = UnitPanel(context)
        self.incident = IncidentPanel(context, self.marks)
        self.recommendation = RecommendationPanel(context)
        self.intake = IntakePanel(context)
        self.follower = CoverageFollower(context, window)
        self.closing = RoadClosing(context, window)
        self.coverage = CoveragePanel(context, self.follower, self.closing)
        self.ports = PortsPanel(context)
        self.facts = Facts(context)
        self.conflicts = ConflictPanel(context, self.facts.matters)
        self._window, self._centre, self._line = window, centre, line
        self.docks = {
            dock.objectName(): dock
            for dock in (
                Dock("queue", "Queue", "F3", self.queue, "dispatch", window),
                Dock("units", "Units", "F4", self.units, "dispatch", window),
                Dock("incident", "Incident", "F5", self.incident, "dispatch", window),
                Dock("recommendation", "Recommendation", "F8 sends", self.recommendation, "dispatch", window),
                Dock("coverage", "Coverage", "Ctrl+B", self.coverage, "coverage", window),
                Dock("intake", "New call", "F2", self.intake, "intake", window),
                Dock("ports", "Radios and GPS", "Ctrl+Shift+G", self.ports, "avl", window),
                Dock("conflicts", "Conflicts", "Ctrl+Shift+C", self.conflicts, "conflicts", window),
            )
        }
        self._covered: list[Dock] = []
        self._queue_height = 0

    @property
    def taking_call(self) -> bool:
        return not self.docks["intake"].isHidden()

    @property
    def calls_have_focus(self) -> bool:
        """Whether the keyboard is in the intake."""
        focused = QApplication.focusWidget()
        return isinstance(focused, QWidget) and _inside(self.intake, focused)

    @property
    def ports_have_focus(self) -> bool:
        """Whether the keyboard is in the radios' panel."""
        return self.has_focus("ports")

    def has_focus(self, name: str) -> bool:
        """Whether the keyboard is in that panel."""
        focused = QApplication.focusWidget()
        return isinstance(focused, QWidget) and _inside(self.docks[name], focused)

    def show_ports(self) -> None:
        self.show_tall("ports")

    def show_tall(self, name: str) -> None:
        """A panel of the left column, with most of its height while it is looked at."""
        dock, queue = self.docks[name], self.docks["queue"]
        before = queue.height() if dock.isHidden() and not dock.isFloating() else 0
        dock.focus_inside()
        if before and self._window.dockWidgetArea(dock) == self._window.dockWidgetArea(queue):
            self._queue_height = self._queue_height or before
            parts = [round(before * 0.5), dock.height() + round(before * 0.5)]
            self._window.resizeDocks([queue, dock], parts, Qt.Orientation.Vertical)

    def put_ports_away(self) -> None:
        self.put_away("ports")

    def put_away(self, name: str) -> None:
        """Hide it, and give the queue its height back."""
        self.docks[name].hide()
        if self._queue_height:
            self._window.resizeDocks([self.docks["queue"]], [self._queue_height], Qt.Orientation.Vertical)
            self._queue_height = 0

    def cover(self) -> None:
        """Show the intake; where it is docked, in place of the incident's column, which comes back with `uncover`."""
        intake = self.docks["intake"]
        if not self.taking_call and not intake.isFloating():
            area = self._window.dockWidgetArea(intake)
            covered = [self.docks["incident"], self.docks["recommendation"]]
            self._covered = [
                d for d in covered if not d.isHidden() and not d.isFloating() and self._window.dockWidgetArea(d) == area
            ]
        width = max((dock.width() for dock in self._covered), default=0)
        for dock in self._covered:
            dock.hide()
        intake.show()
        intake.raise_()
        if width:
            self._window.resizeDocks([intake], [width], self._horizontal())

    def uncover(self) -> None:
        """Hide the intake and bring back what it covered."""
        intake = self.docks["intake"]
        width = intake.width()
        intake.hide()
        for dock in self._covered:
            dock.show()
        if self._covered and not intake.isFloating():
            self._window.resizeDocks([self._covered[0]], [width], self._horizontal())
        self._covered = []

    @staticmethod
    def _horizontal() -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    # going round

    def _stops(self) -> list[tuple[QWidget, Callable[[], None]]]:
        shown = {name: dock for name, dock in self.docks.items() if dock.isVisible()}
        stops: list[tuple[QWidget, Callable[[], None]]] = [
            (shown[name], shown[name].focus_inside)
            for name in ("queue", "units", "coverage", "ports", "conflicts")
            if name in shown
        ]
        stops.append((self._centre, self.focus_centre))
        right = ("intake", "incident", "recommendation")
        stops += [(shown[name], shown[name].focus_inside) for name in right if name in shown]
        stops.append((self._line, self._line.setFocus))
        return stops

    def focus_centre(self) -> None:
        (first_focusable(self._centre) or self._centre).setFocus()

    def go_round(self, step: int) -> None:
        """Give the keyboard to the next panel (1) or the one before (-1), past those with nothing to key in."""
        stops = self._stops()
        focused = QApplication.focusWidget()
        inside = [n for n, (widget, _) in enumerate(stops) if isinstance(focused, QWidget) and _inside(widget, focused)]
        here = inside[0] if inside else -step
        for further in range(1, len(stops) + 1):
            widget, focus = stops[(here + step * further) % len(stops)]
            focus()
            now = QApplication.focusWidget()
            if isinstance(now, QWidget) and _inside(widget, now):
                return

    def pane_of(self, widget: QWidget) -> str:
        """The panel that a control belongs to: a dock's name, "map", "line", or "" for the rest of the window."""
        for name, dock in self.docks.items():
            if _inside(dock, widget):
                return name
        return "map" if _inside(self._centre, widget) else "line" if _inside(self._line, widget) else ""

    def page_of_focus(self) -> str:
        """The manual's page for the panel that has the keyboard."""
        focused = QApplication.focusWidget()
        if focused is None:
            return "index"
        pane = self.pane_of(focused)
        if pane in self.docks:
            return self.docks[pane].page
        return {"map": "map", "line": "command-line"}.get(pane, "health")


def _inside(outer: QWidget, inner: QWidget) -> bool:
    return outer is inner or outer.isAncestorOf(inner)
