"""A recommendation as table rows: figures in the first line, the reason and what it costs in the second."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.domain.agency import Agency
from core.domain.board import Board
from core.domain.values import PositionSource
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.times import age_text, distance_text, elapsed_text, spoken_time

if TYPE_CHECKING:
    from core.dispatch import Option, Recommendation

DIGIT, TICK, UNIT, ETA, WAY, KIND, POSITION = range(7)
DIGITS = 9
MOST = 60  # rows; farther down nobody looks, and the command line sends any unit
COLUMNS = (
    Column("", "9"),
    Column("", mark="tick"),
    Column("Unit", "RESC12"),
    Column("ETA", "1:04:12", right=True),
    Column("By road", "88.8 km", right=True, drop=1),
    Column("Kind", "Ambulance", drop=2, stretch=True),
    Column("Position", "59 min typed"),
)


class RecommendationModel(KeyedTable):
    """Digits follow the place on screen, so that what is pressed is what is read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._sent: frozenset[str] = frozenset()

    def live_cell(self, key: str, column: int) -> Cell | None:
        if column != DIGIT:
            return None
        place = self.row_of(key) + 1
        return Cell(str(place) if place <= DIGITS else "", tone=Tone.MUTED)

    def refresh(
        self, found: "Recommendation | None", ticked: Mapping[str, bool], board: Board, agency: Agency, *, hold: bool
    ) -> bool:
        """Show the options of `found`, ticked as told; returns whether the order waits to be sorted."""
        incident = board.incidents.get(found.incident) if found else None
        self._sent = frozenset(a.unit for a in incident.active_assignments) if incident else frozenset()
        options = found.options[:MOST] if found else ()
        rows = [_row(option, ticked.get(option.unit, option.chosen), board, agency) for option in options]
        return self.show(rows, hold=hold)

    def gone_row(self, row: Row) -> Row:
        """A unit that left the list cannot be sent from here: it has no tick, and its second line says why."""
        why = "Sent." if row.key in self._sent else "No longer free."
        cells = tuple(replace(cell, ticked=False, spoken="") if cell.ticked else cell for cell in row.cells)
        return replace(row, cells=cells, spoken=f"{row.key}. {why}", gone=True, second=(Cell(why, tone=Tone.MUTED),))


def _row(option: "Option", ticked: bool, board: Board, agency: Agency) -> Row:
    unit = board.units.get(option.unit)
    kind = agency.kinds.get(unit.kind) if unit else None
    eta = elapsed_text(option.eta_s) if option.eta_s is not None else "no ETA"
    cells = (
        Cell(),
        Cell(spoken="ticked" if ticked else "not ticked", ticked=ticked),
        Cell(option.unit, tone=Tone.STRONG),
        Cell(eta, tone=Tone.STRONG if option.eta_s is not None else Tone.MUTED, right=True),
        Cell(distance_text(option.route_m) if option.route_m is not None else "–", right=True),
        Cell(kind.name if kind else unit.kind if unit else ""),
        Cell(_position_text(option), tone=Tone.MUTED),
    )
    return Row(option.unit, cells, _spoken(option, ticked), second=tuple(_second_line(option, board)))


def _second_line(option: "Option", board: Board) -> list[Cell]:
    parts = []
    if option.preempts:
        held_by = board.incidents.get(option.preempts)
        number = board.short(held_by) if held_by else "another incident"
        parts.append(Cell(f"! Would be taken from {number}.", tone=Tone.WARNING))
    parts += [Cell(f"! {warning}", tone=Tone.WARNING) for warning in option.warnings]
    parts += [Cell(_expected(option))] if option.expected else []
    parts += [Cell(option.reason)] if option.reason else []
    parts += [Cell(_cost(option))] if option.coverage else []
    parts += [Cell(option.leaves, tone=Tone.MUTED)] if option.leaves else []
    return parts


def _expected(option: "Option") -> str:
    from core.dispatch.expecting import expected_words

    assert option.expected is not None
    return f"By experience {expected_words(option.expected)}."


def _cost(option: "Option") -> str:
    """The change of coverage short enough for a row; the foot says it in a sentence."""
    from core.dispatch.words import per_cent

    assert option.coverage is not None
    before, after = per_cent(option.coverage.before), per_cent(option.coverage.after)
    return f"Coverage stays {before} %" if before == after else f"Coverage {before} → {after} %"


def full_text(option: "Option", board: Board) -> str:
    """Everything said about a unit, for reading in full."""
    short = _cost(option) if option.coverage else ""
    parts = [option.cost if part.text == short else part.text for part in _second_line(option, board)]
    return " ".join(part.removeprefix("! ") for part in parts)


def _position_text(option: "Option") -> str:
    if option.position_source is PositionSource.STATION or option.position_age_s is None:
        return "at station" if option.position_source is PositionSource.STATION else "unknown"
    source = "GPS" if option.position_source is PositionSource.GPS else (option.position_source or "unknown")
    return f"{age_text(option.position_age_s)} {source}"


def _spoken(option: "Option", ticked: bool) -> str:
    eta = f"ETA {spoken_time(option.eta_s)}" if option.eta_s is not None else "no ETA"
    said = [
        f"{option.unit}, {'ticked' if ticked else 'not ticked'}, {eta}.",
        option.reason,
        *option.warnings,
        _expected(option) if option.expected else "",
        option.cost,
        option.leaves,
    ]
    return " ".join(part for part in said if part)
