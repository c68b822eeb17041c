"""The queue as table rows: one per open incident, rebuilt only for incidents that changed."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject

from core.desk import Desk
from core.domain.board import Incident
from core.domain.queue import queue_order
from core.domain.statuses import IncidentState
from core.domain.timers import incident_timer
from widgets.badges import NOT_SYNCED
from widgets.panels.brevity import brief
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.state_words import spoken_state, state_text
from widgets.panels.times import elapsed_text, spoken_time

PRIORITY, AGE, NUMBER, TYPE, LOCATION, STATE, SEVERITY, SYNC = range(8)
COLUMNS = (
    Column("Pri", mark="priority"),
    Column("Age", "1:04:12", right=True),
    Column("No.", "1041", drop=2),
    Column("Type", "FIRE-STR"),
    Column("Location", "Balmaceda 1", stretch=True, least="Balma"),
    Column("State", "1/3 on scene", drop=1),
    Column("Severity", "moderate", drop=3),
    Column("", mark="sync"),
)


def spoken_incident(incident: Incident, number: str) -> str:
    """The row in one sentence."""
    return (
        f"Priority {int(incident.priority)}, {incident.type} at {brief(incident.location.text) or 'no location'}, "
        f"incident {number}, {spoken_state(incident)}."
    )


class QueueModel(KeyedTable):
    """`refresh(changed)` brings rows up to date; None means all. `unsynced` counts what of an incident waits."""

    def __init__(self, desk: Desk, unsynced: Callable[[str], int], parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._desk = desk
        self._built: dict[str, Row] = {}
        self._unsynced = unsynced
        self.now_ms = desk.clock.now_ms()

    def refresh(self, changed: Iterable[str] | None, *, hold: bool) -> bool:
        """Returns whether rows stand in another order than they would without the hold."""
        if changed is None:
            self._built.clear()
        else:
            for key in changed:
                self._built.pop(key, None)
        order = queue_order(self._desk.board, self._desk.agency, self.now_ms)
        open_ids = {incident.id for incident in order}
        for gone in self._built.keys() - open_ids:
            del self._built[gone]
        for incident in order:
            if incident.id not in self._built:
                self._built[incident.id] = self._row(incident)
        return self.show([self._built[incident.id] for incident in order], hold=hold)

    def live_cell(self, key: str, column: int) -> Cell | None:
        if column != AGE:
            return None
        incident = self._desk.board.incidents.get(key)
        if incident is None or incident.closed_at is not None:
            return Cell("closed", tone=Tone.MUTED, right=True)
        timer = incident_timer(incident, self._desk.agency, self.now_ms)
        spoken = f"{timer.state.value}, {spoken_time(timer.elapsed_s)}"
        return Cell(elapsed_text(timer.elapsed_s), spoken, timer=timer.state, right=True)

    def _row(self, incident: Incident) -> Row:
        waiting = incident.state is IncidentState.WAITING
        unsynced = self._unsynced(incident.id) > 0
        place = incident.location
        location = brief(place.text) if place.placed else f"{brief(place.text)} (unverified)"
        cells = (
            Cell(spoken=f"Priority {int(incident.priority)}", priority=incident.priority),
            Cell(),
            Cell(self._desk.board.short(incident), incident.number, Tone.STRONG),
            Cell(incident.type, self._type_name(incident.type)),
            Cell(location),
            Cell(state_text(incident).replace(" of ", "/"), tone=Tone.STRONG if waiting else Tone.PLAIN),
            Cell(incident.severity, f"Severity {incident.severity or 'not estimated'}", Tone.MUTED),
            Cell(spoken=NOT_SYNCED if unsynced else "", unsynced=unsynced),
        )
        return Row(incident.id, cells, spoken_incident(incident, self._desk.board.short(incident)))

    def _type_name(self, code: str) -> str:
        known = self._desk.agency.types.get(code)
        return known.name if known else code
