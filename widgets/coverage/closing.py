"""Roads that an operator closes: pointing at them, and an engine that drives round them, at once and everywhere."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.desk import Change
from core.domain.board import Closure
from core.domain.commands import CloseRoad, ReopenRoad
from core.domain.events import RoadClosed, RoadReopened
from core.errors import ForedeskError, Refused
from widgets.background import Background
from widgets.context import DeskContext

if TYPE_CHECKING:
    from core.roads.engine import RoadEngine

AIM = "Click a road on the map to close it; or move it under the cross with the arrow keys and press Enter. Esc ends."


class RoadClosing(QObject):
    """`said(sentence)`; `aiming(on)` while the next click on the map means a road; `driven(engine)` when all times
    are those of the roads as they are now: the context has that engine.
    """

    said = Signal(str)
    aiming = Signal(bool)
    driven = Signal()

    def __init__(self, context: DeskContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._making = Background(self)
        self._open: RoadEngine | None = None  # the engine of the roads when none is closed
        self._made: RoadEngine | None = None
        self.armed = False
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(lambda _now_ms: self.keep_up())

    # pointing

    def arm(self) -> None:
        """The next click on the map closes a road; asked again it does not."""
        if self._context.engine is None:
            self._context.report_error(
                Refused("The roads are not loaded.", "Nothing can be closed.", "A map pack is needed; see health.")
            )
            return
        self._set_armed(not self.armed)
        self.said.emit(AIM if self.armed else "No road will be closed.")

    def disarm(self) -> bool:
        """End it; whether there was something to end."""
        was = self.armed
        self._set_armed(False)
        return was

    def _set_armed(self, armed: bool) -> None:
        if armed != self.armed:
            self.armed = armed
            self.aiming.emit(armed)

    def close_at(self, lat: float, lon: float) -> None:
        """Close the road nearest to a place that was pointed at, from junction to junction."""
        engine = self._context.engine
        if engine is None:
            self.arm()  # says why not
            return
        from core.roads.stretch import stretch_at

        found = stretch_at(engine, lat, lon)
        if found is None:
            unseen = Refused("There is no road at that place.", "Nothing was closed.", "Point nearer to a road.")
            self._context.report_error(unseen)
            return
        self._set_armed(False)
        if self._do(CloseRoad(found.points, found.road or self._name_of(found.points))):
            closure = next(reversed(self._context.desk.board.closures.values()))
            self.said.emit(f"{closure.road or 'A road'} is closed there. Ctrl+Z or Ctrl+Shift+O reopens it.")

    def reopen(self, closure: str) -> None:
        road = self._context.desk.board.closures.get(closure)
        if self._do(ReopenRoad(closure)) and road is not None:
            self.said.emit(f"{road.road or 'The road'} is open again.")

    def reopen_last(self) -> None:
        """The one that was closed last."""
        closures = self._context.desk.board.closures.values()
        newest: Closure | None = max(closures, key=lambda closure: closure.at, default=None)
        if newest is None:
            self.said.emit("No road is closed.")
        else:
            self.reopen(newest.id)

    def _name_of(self, points: tuple[tuple[float, float], ...]) -> str:
        """What is near a road that has no name of its own."""
        gazetteer = self._context.gazetteer
        lat, lon = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
        found = gazetteer.reverse(lat, lon) if gazetteer is not None else None
        return f"Road near {found.text}" if found else ""

    def _do(self, command: CloseRoad | ReopenRoad) -> bool:
        try:
            self._context.desk.do(command)
        except ForedeskError as error:
            self._context.report_error(error)
            return False
        return True

    # driving round them

    def _on_change(self, change: Change) -> None:
        if any(isinstance(event.body, RoadClosed | RoadReopened) for event in change.events):
            self._drive()

    def keep_up(self) -> None:
        """When roads were loaded: those that are closed are closed on them too."""
        engine = self._context.engine
        if engine not in (None, self._made, self._open):
            self._open, self._made = engine, None
            if self._context.desk.board.closures:
                self._drive()

    def _drive(self) -> None:
        engine = self._context.engine
        if engine not in (None, self._made):
            self._open = engine
        roads = self._open
        if roads is None:
            return
        closed = [closure.points for closure in self._context.desk.board.closures.values()]
        self._making.ask(lambda: _passable(roads, closed), self._take, self._context.report_error)

    def _take(self, engine: "RoadEngine") -> None:
        self._made = engine
        self._context.engine = engine
        self.driven.emit()


def _passable(roads: "RoadEngine", closed: list[tuple[tuple[float, float], ...]]) -> "RoadEngine":
    """The same roads without those that are closed; both ways of driving are made ready here, beside the window."""
    if not closed:
        return roads
    import numpy as np

    from core.roads.closures import closed_arcs

    arcs = np.unique(np.concatenate([closed_arcs(roads, points) for points in closed]))
    engine = roads.weighted(replace(roads.weighting, closed=arcs))
    for siren in (False, True):
        engine.network(siren)
    return engine
