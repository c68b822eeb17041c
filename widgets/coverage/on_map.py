"""Puts coverage and closed roads on the map, as the settings say; the map works the same without any of it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.desk import Change
from core.domain.events import RoadClosed, RoadReopened
from widgets.context import DeskContext
from widgets.coverage.follower import CoverageFollower
from widgets.coverage.wording import look_of

if TYPE_CHECKING:
    from core.roads.graph import RoadGraph
    from widgets.map.view import MapView


class CoverageOnMap(QObject):
    """Belongs to one map; the roads are sent when coverage is first looked at."""

    def __init__(self, context: DeskContext, follower: CoverageFollower, view: "MapView") -> None:
        super().__init__(view)
        self._context, self._follower, self._view = context, follower, view
        self._roads: RoadGraph | None = None
        self._states = b""
        follower.states_changed.connect(self._take)
        follower.settings_changed.connect(self._look)
        follower.advice_changed.connect(self._look)
        follower.roads_changed.connect(self._show)
        context.notifier.changed.connect(self._on_change)
        self._show_closures()
        self._look()

    def _take(self, states: bytes) -> None:
        self._states = states
        self._show()

    def _look(self) -> None:
        look = look_of(self._follower.settings, self._leaving(), self._context.desk.agency)
        self._view.covering.show_look(look)
        self._show()

    def _leaving(self) -> tuple[str, ...]:
        """Those who would go and count for the coverage on show: the states that are painted take them into account."""
        advice, considered = self._follower.advice, self._follower.considered
        if advice is None or advice.away != considered.away:
            return ()
        able, units = self._follower.settings.capability, self._context.desk.board.units
        return tuple(c for c in considered.away if c in units and (not able or able in units[c].capabilities))

    def _show(self) -> None:
        if self._follower.settings.mode == "off" or not self._states or self._context.engine is None:
            return
        graph = self._context.engine.graph
        if len(self._states) != graph.nodes:
            return  # of another map; the next answer is of this one
        if graph is not self._roads:
            self._roads = graph
            self._view.covering.show_roads(graph)
        self._view.covering.show_states(self._states)

    def _on_change(self, change: Change) -> None:
        if any(isinstance(event.body, RoadClosed | RoadReopened) for event in change.events):
            self._show_closures()

    def _show_closures(self) -> None:
        self._view.covering.show_closures(list(self._context.desk.board.closures.values()))
