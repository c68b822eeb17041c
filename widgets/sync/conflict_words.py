"""Conflicts as the other panels tell them: at the unit's row, and in the incident that one of the sides is."""

from core.domain.board import Board, Incident
from core.domain.conflict import DOUBLE_DISPATCH, Conflict
from widgets.context import DeskContext
from widgets.sync.desk_names import who

SETTLE = "Ctrl+Shift+C shows both sides and settles it."


def conflict_of_unit(board: Board, callsign: str) -> Conflict | None:
    """The open double dispatch of a unit."""
    return next(
        (c for c in board.conflicts.values() if c.is_open and c.unit == callsign and c.kind == DOUBLE_DISPATCH), None
    )


def numbers_of(conflict: Conflict, board: Board) -> list[str]:
    """The incidents' numbers as people say them, in the order of the sides."""
    return [short_of(board, side.incident) for side in conflict.sides]


def short_of(board: Board, incident: str) -> str:
    known = board.incidents.get(incident)
    return board.short(known) if known else "a past incident"


def conflict_sentence(context: DeskContext, incident: Incident) -> str:
    """What is open about this incident, "" for nothing."""
    board = context.desk.board
    told = []
    for conflict in board.open_conflicts():
        if not any(side.incident == incident.id for side in conflict.sides):
            continue
        if conflict.kind == DOUBLE_DISPATCH:
            other = next((side for side in conflict.sides if side.incident != incident.id), conflict.sides[-1])
            number = short_of(board, other.incident)
            told.append(f"{conflict.unit} was also sent to {number}, by {who(context, other.operator, other.desk)}.")
        else:
            told.append(both_sides(context, conflict))
    return f"{' '.join(told)} {SETTLE}" if told else ""


def both_sides(context: DeskContext, conflict: Conflict) -> str:
    """What was done at the one desk and at the other, in their order."""
    parts = [f"{side.words or 'worked on'} ({who(context, side.operator, side.desk)})" for side in conflict.sides]
    return f"Neither knew of the other: {'; '.join(parts)}."
