"""The coverage panel's lists as table rows: move-ups, weak zones, closed roads."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.domain.board import Closure
from widgets.coverage.wording import amount, per_cent, station_name
from widgets.panels.keyed_table import Cell, Column, Row, Tone
from widgets.panels.times import minute_text

if TYPE_CHECKING:
    from core.coverage.move_ups import MoveUp
    from widgets.coverage.survey import WeakZone

MOVES = (
    Column("", "9"),
    Column("Move", "MEDIC1"),
    Column("to", "Station 5", stretch=True),
    Column("Coverage then", "100.0 %", right=True),
)
ZONES = (
    Column("Where", "Francisco de Aguirre", stretch=True),
    Column("Not covered", "12,400 people", right=True),
    Column("Share", "100.0 %", right=True, drop=1),
)
CLOSED = (Column("Road", "Francisco de Aguirre", stretch=True), Column("Since", "14:05", right=True))


def move_rows(moves: "Sequence[MoveUp]") -> list[Row]:
    rows = []
    for number, move in enumerate(moves, start=1):
        rise = f"{per_cent(move.after)} %"
        cells = (
            Cell(str(number), tone=Tone.MUTED),
            Cell(move.callsign, tone=Tone.STRONG),
            Cell(station_name(move.station)),
            Cell(rise, right=True),
        )
        said = (
            f"{number}: move {move.callsign} to {move.station}, coverage rises from {per_cent(move.before)} to {rise}."
        )
        rows.append(Row(f"{move.callsign}|{move.station}", cells, said))
    return rows


def zone_rows(zones: "Sequence[WeakZone]", unit: str, name_of: "Callable[[WeakZone], str]") -> list[Row]:
    rows = []
    for zone in zones:
        name, missing = name_of(zone), amount(zone.uncovered, unit)
        share = f"{per_cent(zone.uncovered / zone.demand)} %" if zone.demand else ""
        cells = (Cell(name), Cell(missing, right=True), Cell(share, tone=Tone.MUTED, right=True))
        rows.append(Row(zone.name, cells, f"{name}: {missing} not covered, {share} of its own."))
    return rows


def closure_rows(closures: Sequence[Closure]) -> list[Row]:
    """The newest first."""
    rows = []
    for closure in sorted(closures, key=lambda closure: -closure.at):
        name, since = closure.road or "A road without a name", minute_text(closure.at)
        cells = (Cell(name), Cell(since, tone=Tone.MUTED, right=True))
        rows.append(Row(closure.id, cells, f"{name}, closed since {since} by {closure.operator}."))
    return rows
