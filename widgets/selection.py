"""What the operator has selected: one incident, some units. Views follow it; none keeps a selection of its own."""

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """`incident_changed(id)` carries "" when none is selected; `units_changed(tuple)` the callsigns."""

    incident_changed = Signal(str)
    units_changed = Signal(tuple)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.incident = ""
        self.units: tuple[str, ...] = ()

    def select_incident(self, incident: str) -> None:
        if incident != self.incident:
            self.incident = incident
            self.incident_changed.emit(incident)

    def select_units(self, units: tuple[str, ...]) -> None:
        if units != self.units:
            self.units = units
            self.units_changed.emit(units)

    def clear(self) -> None:
        self.select_units(())
        self.select_incident("")
