"""Keeps the map in step with the board and the selection, and turns clicks on it into selections and locations.

Changes are gathered and pushed some twelve times a second at most, whatever the fleet does; the map sends differences.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.desk import Change
from core.domain.board import Incident
from core.domain.values import Location, Position
from core.errors import ForedeskError, Refused
from widgets.background import Background
from widgets.context import DeskContext
from widgets.map.rows import CALL_IN_HAND, call_rows, incident_rows, unit_rows

if TYPE_CHECKING:
    from core.roads.engine import RoadEngine, Route
    from core.roads.snap import Snap
    from widgets.map.view import MapView

PUSH_EVERY_MS = 80  # a position is on the map within a tenth of a second of its line, at the median
_AROUND = 0.03  # of the stations' extent, shown beyond it on each side


class MapFollow(QObject):
    """`place_picked(lat, lon)` on a click on the ground; `incident_wanted(lat, lon)` asks for a new one there."""

    place_picked = Signal(float, float)
    incident_wanted = Signal(float, float)
    said = Signal(str)

    def __init__(self, context: DeskContext, view: "MapView") -> None:
        super().__init__(view)
        self._context, self.view = context, view
        self._routes = Background(self)
        self._call: Location | None = None
        self.routing = False
        self._units_due, self._incidents_due = True, True
        self.pushes = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PUSH_EVERY_MS)
        self._soon.timeout.connect(self.push)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self._on_tick)
        context.selection.incident_changed.connect(self._on_selection)
        context.selection.units_changed.connect(lambda _units: self._due(units=True))
        view.unit_clicked.connect(lambda callsign: context.selection.select_units((callsign,)))
        view.incident_clicked.connect(self._clicked)
        view.clicked.connect(self.place_picked)
        view.open_here.connect(self.incident_wanted)
        self.push()

    def _due(self, *, units: bool = False, incidents: bool = False) -> None:
        self._units_due |= units
        self._incidents_due |= incidents
        if not self._soon.isActive():
            self._soon.start()

    def _on_change(self, change: Change) -> None:
        if change.units or change.positions or change.incidents:
            self._due(units=bool(change.units or change.positions), incidents=bool(change.incidents))

    def _clicked(self, incident: str) -> None:
        if incident != CALL_IN_HAND:
            self._context.selection.select_incident(incident)

    def _on_tick(self, _now_ms: int) -> None:
        self._due(units=True, incidents=True)  # ages and overdue alarms run with the clock

    def _on_selection(self, _incident: str) -> None:
        self._due(units=True, incidents=True)
        if self.routing:
            self._route()

    def push(self) -> None:
        """Bring the map up to date with whatever is due."""
        desk, chosen = self._context.desk, self._context.selection
        now_ms = desk.clock.now_ms()
        self.pushes += 1
        if self._units_due:
            incident = desk.board.incidents.get(chosen.incident)
            committed = {a.unit for a in incident.active_assignments} if incident else set()
            self.view.show_units(unit_rows(desk.board, desk.agency, now_ms, committed | set(chosen.units)))
        if self._incidents_due:
            board = desk.board
            rows = incident_rows(board.open_incidents(), desk.agency, now_ms, chosen.incident, board.short)
            self.view.show_incidents(rows + call_rows(self._call))
        self._units_due = self._incidents_due = False

    def show_call(self, location: Location | None) -> None:
        """Show where the call in hand is; None when there is none, or it has no place yet."""
        placed = location if location is not None and location.placed else None
        if placed != self._call:
            self._call = placed
            self._due(incidents=True)

    def fit_stations(self) -> None:
        """Show where the agency works: its stations, where they lie on the map; else all of the map stays in view."""
        pack, agency = self._context.pack, self._context.desk.agency
        if pack is None:
            return
        west, south, east, north = pack.bounds
        inside = [s for s in agency.stations.values() if south <= s.lat <= north and west <= s.lon <= east]
        if len(inside) > 1:
            lats, lons = [s.lat for s in inside], [s.lon for s in inside]
            wide, high = _AROUND * (max(lons) - min(lons)), _AROUND * (max(lats) - min(lats))
            self.view.fit((min(lons) - wide, min(lats) - high, max(lons) + wide, max(lats) + high))

    def fly_to_selected(self) -> None:
        """Go to the call in hand, else to the selected incident; only ever on the operator's request."""
        if self._call is not None and self._call.lat is not None and self._call.lon is not None:
            self.view.fly_to(self._call.lat, self._call.lon)
            return
        incident = self._context.desk.board.incidents.get(self._context.selection.incident)
        if incident is not None and incident.location.lat is not None and incident.location.lon is not None:
            self.view.fly_to(incident.location.lat, incident.location.lon)
        elif incident is not None:
            self.said.emit(f"{incident.number} has no place on the map: its location is only words.")

    # the route

    def toggle_route(self, unit: str = "") -> None:
        """Show the way of `unit`, or of the first unit on the selected incident; hide it when it is shown."""
        if self.routing and not unit:
            self.hide_route()
            return
        self._route(unit)

    def renew_route(self) -> None:
        """The roads changed: the way that is shown may be another now."""
        if self.routing:
            self._route()

    def hide_route(self) -> None:
        self.routing = False
        self._routes.forget()
        self.view.clear_route()

    def _route(self, unit: str = "") -> None:
        self.view.clear_route()
        try:
            callsign, position, incident = self._ends(unit)
        except Refused as refused:
            self.routing = False
            self._context.report_error(refused)
            return
        engine, place = self._context.engine, incident.location
        if engine is None or place.lat is None or place.lon is None:
            return
        lat, lon = place.lat, place.lon
        desk = self._context.desk
        siren = desk.agency.drives_with_siren(desk.board.units[callsign].kind, incident.priority)
        self.routing = True

        def work() -> "Route":
            return engine.route(_on_road(engine, position.lat, position.lon), _on_road(engine, lat, lon), siren)

        self._routes.ask(work, lambda route: self._show(callsign, route), self._no_route)

    def _ends(self, unit: str) -> tuple[str, Position, Incident]:
        board = self._context.desk.board
        incident = board.incidents.get(self._context.selection.incident)
        if incident is None:
            raise Refused("No incident is selected.", "No route is shown.", "Select one in the queue (F3).")
        if not incident.location.placed:
            raise Refused(
                f"{incident.number} has no place on the map.", "No route is shown.", "Give it a location first."
            )
        if self._context.engine is None:
            raise Refused(
                "The roads are not loaded.", "No route is shown.", "A map pack is needed; see the health strip."
            )
        wanted = (
            [unit] if unit else [a.unit for a in incident.active_assignments] or list(self._context.selection.units)
        )
        for callsign in wanted:
            found = board.units.get(callsign)
            if found is not None and found.position is not None:
                return callsign, found.position, incident
        raise Refused("No unit with a known position is on this incident.", "No route is shown.", "Select a unit (F4).")

    def _show(self, callsign: str, route: "Route") -> None:
        minutes, seconds = divmod(round(route.time_ms / 1000), 60)
        self.view.show_route(route.points, f"{callsign} {minutes}:{seconds:02d}")
        self.said.emit(f"{callsign}: {minutes}:{seconds:02d} min, {route.length_m / 1000:.1f} km by road.")

    def _no_route(self, error: ForedeskError) -> None:
        self.routing = False
        self._context.report_error(error)


def _on_road(engine: "RoadEngine", lat: float, lon: float) -> "Snap":
    from core.roads.snap import NotOnRoad

    found = engine.snap(lat, lon)
    if isinstance(found, NotOnRoad):
        raise Refused(found.sentence, "No route is shown.")
    return found
