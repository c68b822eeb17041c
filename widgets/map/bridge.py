"""The two ends of the web channel: what the page may call, and what it is told."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot


class Bridge(QObject):
    """Registered with the page as `desk`. The page calls the slots; their names are short because they travel."""

    told = Signal(str)  # a JSON list of messages
    moved = Signal(str)  # where the newest positions can be fetched

    covers = Signal(str)  # where the newest state of coverage can be fetched

    is_ready = Signal()
    states_taken = Signal()
    positions_taken = Signal()
    clicked = Signal(float, float)
    context_asked = Signal(float, float, float, float)  # lat, lon, and the point in the map's box
    unit_clicked = Signal(str)
    incident_clicked = Signal(str)
    view_changed = Signal(float, float, float)  # centre and zoom

    def tell(self, messages: Sequence[dict[str, object]]) -> None:
        self.told.emit(json.dumps(messages, separators=(",", ":"), ensure_ascii=False))

    @Slot()
    def ready(self) -> None:
        self.is_ready.emit()

    @Slot()
    def took(self) -> None:
        self.positions_taken.emit()

    @Slot()
    def covered(self) -> None:
        self.states_taken.emit()

    @Slot(float, float)
    def click(self, lat: float, lon: float) -> None:
        self.clicked.emit(lat, lon)

    @Slot(float, float, float, float)
    def context(self, lat: float, lon: float, x: float, y: float) -> None:
        self.context_asked.emit(lat, lon, x, y)

    @Slot(str)
    def unit(self, callsign: str) -> None:
        self.unit_clicked.emit(callsign)

    @Slot(str)
    def incident(self, incident: str) -> None:
        self.incident_clicked.emit(incident)

    @Slot(float, float, float)
    def looks(self, lat: float, lon: float, zoom: float) -> None:
        self.view_changed.emit(lat, lon, zoom)
