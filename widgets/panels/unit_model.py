"""Units as table rows: status, work and station change by events; times and ages run with the clock."""

import re
from collections.abc import Iterable
from itertools import takewhile

from PySide6.QtCore import QObject

from core.desk import Desk
from core.domain.board import Unit
from core.domain.statuses import Availability
from core.domain.timers import par_timer, unit_timer
from core.domain.values import PositionSource
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.times import age_text, elapsed_text, spoken_time
from widgets.sync.conflict_words import conflict_of_unit, numbers_of

CALLSIGN, STATUS, TIME, INCIDENT, POSITION, PAR, STATION, KIND = range(8)
LIVE = (TIME, POSITION, PAR)
COLUMNS = (
    Column("Unit", "MEDIC1"),
    Column("Status", "out of service", mark="status"),
    Column("For", "1:04:12", right=True),
    Column("Inc.", "1041", drop=1),
    Column("Position", "! 59 min typed", drop=2),
    Column("Welfare", "in 19:59", right=True, drop=3),
    Column("Station", "4 Peñue", drop=4, stretch=True),
    Column("Kind", "Ambulance", drop=5),
)
_RANK = {Availability.FREE: 1, Availability.MOVING: 2, Availability.WORKING: 2, Availability.UNUSABLE: 3}


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Each name without the words that all begin with and without remarks in brackets, to fit a column."""
    split = {name: re.sub(r"\s*\(.*\)$", "", name).split() for name in names}
    columns = zip(*split.values(), strict=False) if len(split) > 1 else ()
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, columns))
    return {name: " ".join(words[min(shared, len(words) - 1) :]) or name for name, words in split.items()}


class UnitModel(KeyedTable):
    """`incident` narrows to the units on it and the free ones; "" or `everything` shows all."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._desk = desk
        self._built: dict[str, Row] = {}
        self._stations = short_names(desk.agency.stations)
        self.incident = ""
        self.everything = False
        self.now_ms = desk.clock.now_ms()

    @property
    def hidden(self) -> int:
        return len(self._desk.board.units) - sum(1 for _ in self._wanted())

    def refresh(self, changed: Iterable[str] | None, *, hold: bool) -> bool:
        """Rows of units that changed are rebuilt; None means all. Returns whether the order waits to be sorted."""
        if changed is None:
            self._built.clear()
        else:
            for callsign in changed:
                self._built.pop(callsign, None)
        units = sorted(self._wanted(), key=self._order)
        for unit in units:
            if unit.callsign not in self._built:
                self._built[unit.callsign] = self._row(unit)
        return self.show([self._built[unit.callsign] for unit in units], hold=hold)

    def live_cell(self, key: str, column: int) -> Cell | None:
        unit = self._desk.board.units.get(key) if column in LIVE else None
        if unit is None:
            return None
        if column == TIME:
            timer = unit_timer(unit, self._desk.agency, self.now_ms)
            spoken = f"{timer.state.value}, {spoken_time(timer.elapsed_s)}"
            return Cell(elapsed_text(timer.elapsed_s), spoken, timer=timer.state, right=True)
        return self._position(unit) if column == POSITION else self._welfare(unit)

    def _wanted(self) -> Iterable[Unit]:
        units = self._desk.board.units.values()
        if not self.incident or self.everything:
            return units
        return (u for u in units if self._is_on_it(u) or u.status.availability is Availability.FREE)

    def _is_on_it(self, unit: Unit) -> bool:
        """Also where another desk's claim holds it."""
        return unit.incident == self.incident or any(claim.incident == self.incident for claim in unit.claims)

    def _order(self, unit: Unit) -> tuple[int, str, str]:
        """The selected incident's units, then free ones, then by station: stable while nothing changes."""
        rank = 0 if self.incident and self._is_on_it(unit) else _RANK[unit.status.availability]
        return rank, unit.station.casefold(), unit.callsign

    def _row(self, unit: Unit) -> Row:
        incident = self._desk.board.incidents.get(unit.incident)
        kind = self._desk.agency.kinds.get(unit.kind)
        number = self._desk.board.short(incident) if incident else ""
        conflict = conflict_of_unit(self._desk.board, unit.callsign)
        claimed = " and ".join(numbers_of(conflict, self._desk.board)) if conflict else ""
        cells = (
            Cell(unit.callsign, tone=Tone.STRONG),
            Cell(unit.status.value, f"{unit.status.code}, {unit.status.value}", status=unit.status),
            Cell(),
            Cell("twice", f"conflict: sent to {claimed}", Tone.ALARM)
            if claimed
            else Cell(number, f"on incident {number}" if number else "on no incident"),
            Cell(),
            Cell(),
            self._where_to(unit),
            Cell(kind.name if kind else unit.kind, tone=Tone.MUTED),
        )
        on = f" on incident {number}" if number else ""
        on += f", conflict: sent to {claimed}" if claimed else ""
        return Row(
            unit.callsign, cells, f"{unit.callsign}, {kind.name if kind else unit.kind}, {unit.status.value}{on}."
        )

    def _where_to(self, unit: Unit) -> Cell:
        """Its station, or what else it was sent to do."""
        if unit.note:
            return Cell(unit.note)
        return Cell(self._stations.get(unit.station, unit.station), unit.station, Tone.MUTED)

    def _position(self, unit: Unit) -> Cell:
        position = unit.position
        if position is None:
            return Cell("unknown", tone=Tone.WARNING)
        if position.source is PositionSource.STATION:
            return Cell("at station", "assumed at its station", Tone.MUTED)
        age_s = position.age_s(self.now_ms)
        stale = age_s > self._desk.agency.standards.stale_after_s(position.stale_s)
        source = "GPS" if position.source is PositionSource.GPS else position.source.value
        text = f"{age_text(age_s)} {source}"
        return Cell(
            f"! {text}" if stale else text, f"{'stale, ' if stale else ''}{text}", Tone.WARNING if stale else Tone.MUTED
        )

    def _welfare(self, unit: Unit) -> Cell:
        timer = par_timer(unit, self._desk.agency, self.now_ms)
        if timer is None or timer.standard_s is None:
            return Cell()
        left_s = timer.standard_s - timer.elapsed_s
        text = f"in {elapsed_text(left_s)}" if left_s > 0 else f"due {elapsed_text(-left_s)}"
        return Cell(text, f"welfare check {text}", timer=timer.state, right=True)
