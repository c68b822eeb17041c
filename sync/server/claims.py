"""Who holds which unit, in the server's order: one assignment at most, whoever else has sent it all the same."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from sync.server.admission import Claim, Entry


@dataclass(slots=True)
class ClaimRow:
    """An assignment of a unit. `turn` counts per unit; the earliest that has not ended holds it."""

    assignment: str
    unit: str
    incident: str
    desk: str
    operator: str
    event: bytes
    at: int
    turn: int
    holds: bool
    ended: bool

    @classmethod
    def of(cls, row: Sequence[Any]) -> "ClaimRow":
        """From a row of the table, whose columns are these fields."""
        assignment, unit, incident, desk, operator, event, at, turn, holds, ended = row
        return cls(assignment, unit, incident, desk, operator, bytes(event), at, turn, bool(holds), bool(ended))

    def values(self) -> tuple[object, ...]:
        return astuple(self)


class ClaimBook:
    """Made from all open claims of the units a batch names, and every claim of the assignments it names."""

    def __init__(self, rows: Iterable[ClaimRow] = ()) -> None:
        self._rows = {row.assignment: row for row in rows}
        self._units: dict[str, list[ClaimRow]] = {}
        for row in self._rows.values():
            self._units.setdefault(row.unit, []).append(row)
        self.changed: dict[str, ClaimRow] = {}

    def take(self, claim: Claim, entry: Entry, desk: str) -> None:
        """A claim; also one that is taken up again. An assignment whose end came first stays ended.

        A desk never contests itself: what it sends anew, it has taken from where it was.
        """
        row = self._rows.get(claim.assignment)
        if row is None:
            row = self._enter(claim, entry, desk, ended=False)
        elif row.ended and entry.kind == "unit.restored":
            row.ended = False
            row.turn = self._next_turn(row.unit)
        else:
            return
        own = [o for o in self._units[row.unit] if o.desk == desk and o is not row and not o.ended]
        for other in own:
            self._end(min(other, row, key=lambda either: either.event))  # runs may come out of their turn
        row.holds = not row.ended and self._holder(row.unit) is None
        self.changed[row.assignment] = row

    def end(self, claim: Claim, entry: Entry, desk: str) -> None:
        """The unit is let go; the next who had claimed it holds it."""
        row = self._rows.get(claim.assignment) or self._enter(claim, entry, desk, ended=True)
        self._end(row)
        waiting = [other for other in self._units[row.unit] if not other.ended]
        if waiting and self._holder(row.unit) is None:
            heir = min(waiting, key=lambda other: other.turn)
            heir.holds = True
            self.changed[heir.assignment] = heir

    def _end(self, row: ClaimRow) -> None:
        row.ended, row.holds = True, False
        self.changed[row.assignment] = row

    def other_holder(self, claim: Claim) -> ClaimRow | None:
        """Who holds the unit instead of this claim, which stands; None where it holds it itself or has ended."""
        row = self._rows.get(claim.assignment)
        return None if row is None or row.ended or row.holds else self._holder(row.unit)

    def _enter(self, claim: Claim, entry: Entry, desk: str, *, ended: bool) -> ClaimRow:
        row = ClaimRow(
            claim.assignment,
            claim.unit,
            claim.incident,
            desk,
            entry.wire.operator,
            entry.wire.id,
            entry.at,
            self._next_turn(claim.unit),
            False,
            ended,
        )
        self._rows[row.assignment] = row
        self._units.setdefault(row.unit, []).append(row)
        return row

    def _next_turn(self, unit: str) -> int:
        return 1 + max((row.turn for row in self._units.get(unit, ())), default=0)

    def _holder(self, unit: str) -> ClaimRow | None:
        return next((row for row in self._units.get(unit, ()) if row.holds), None)
