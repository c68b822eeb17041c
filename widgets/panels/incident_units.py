"""The units of one incident with the time each entered each status, present ones first."""

from PySide6.QtCore import QObject

from core.desk import Desk
from core.domain.board import Assignment, Incident
from core.domain.statuses import UnitStatus
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.times import clock_text, distance_text, elapsed_text

STAMPED = (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE, UnitStatus.TRANSPORTING, UnitStatus.AT_HOSPITAL)
UNIT, STATUS, ASSIGNED, FIRST_STAMP = 0, 1, 2, 3
ENDED, NOTE = FIRST_STAMP + len(STAMPED), FIRST_STAMP + len(STAMPED) + 1
COLUMNS = (
    Column("Unit", "RESC12"),
    Column("", mark="status"),
    Column("Assigned", "00:00:00", drop=3),
    Column("En route", "00:00:00", drop=4),
    Column("On scene", "00:00:00"),
    Column("Transport", "00:00:00"),
    Column("Hospital", "00:00:00"),
    Column("Ended", "00:00:00", drop=2),
    Column("Note", "due 00:00:00", drop=1, stretch=True),
)


class IncidentUnitsModel(KeyedTable):
    """One row per assignment; `empty_columns` are those no unit has a time in."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._desk = desk
        self.empty_columns: set[int] = set()

    def refresh(self, incident: Incident | None) -> None:
        assignments = sorted(incident.assignments, key=lambda a: (not a.active, a.assigned_at)) if incident else []
        self.empty_columns = {
            FIRST_STAMP + at for at, status in enumerate(STAMPED[2:], start=2) if not _any_in(assignments, status)
        }
        if all(assignment.active for assignment in assignments):
            self.empty_columns.add(ENDED)
        self.show([self._row(assignment) for assignment in assignments])

    def unit_of(self, key: str) -> str:
        return self._rows[key].cells[UNIT].text if key in self._rows else ""

    def _row(self, assignment: Assignment) -> Row:
        unit = self._desk.board.units.get(assignment.unit)
        tone = Tone.PLAIN if assignment.active else Tone.MUTED
        status = unit.status if unit and assignment.active else None
        cells = [
            Cell(assignment.unit, tone=Tone.STRONG if assignment.active else Tone.MUTED),
            Cell(spoken=status.value if status else "ended", status=status),
            Cell(clock_text(assignment.assigned_at), tone=tone),
        ]
        cells += [_time_cell(assignment.times.get(stamped), tone) for stamped in STAMPED]
        cells += [_time_cell(assignment.ended_at, tone), Cell(_note(assignment), tone=Tone.MUTED)]
        stands = status.value if status else f"ended, {assignment.reason.value if assignment.reason else 'no reason'}"
        return Row(assignment.id, tuple(cells), f"{assignment.unit}, {stands}.")


def _any_in(assignments: list[Assignment], status: UnitStatus) -> bool:
    return any(status in assignment.times for assignment in assignments)


def _time_cell(at_ms: int | None, tone: Tone) -> Cell:
    return Cell(clock_text(at_ms), tone=tone) if at_ms is not None else Cell("–", "no time yet", Tone.MUTED)


def _note(assignment: Assignment) -> str:
    """Why it ended, or when it is expected."""
    if assignment.reason is not None:
        return assignment.reason.value
    parts = []
    if assignment.eta_s is not None and UnitStatus.ON_SCENE not in assignment.times:
        parts.append(f"due {clock_text(assignment.assigned_at + round(assignment.eta_s * 1000))}")
    elif assignment.eta_s is not None:
        parts.append(f"quoted {elapsed_text(assignment.eta_s)}")
    if assignment.route_m is not None:
        parts.append(distance_text(assignment.route_m))
    return ", ".join(parts)
