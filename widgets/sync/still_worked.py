"""What was ended at one desk and worked on at another, in words: an incident that was closed, a unit stood down."""

from core.domain.commands import SettleConflict
from core.domain.conflict import CLOSED, CLOSED_WHILE_WORKED, OPEN, Conflict
from core.domain.statuses import UnitStatus
from widgets.sync.matter import Choice, Matter, MatterKind
from widgets.sync.side_words import SideWords


class StillWorked:
    """It goes on by itself until somebody decides: whoever is out there must not be forgotten."""

    def __init__(self, words: SideWords) -> None:
        self._words = words

    def matter(self, conflict: Conflict) -> Matter:
        words, incident = self._words, conflict.sides[0].incident
        number, of_incident = words.short(incident), conflict.kind == CLOSED_WHILE_WORKED
        working = self._working(conflict)
        what = f"{number} was closed" if of_incident else f"{conflict.unit} was stood down from {number}"
        return Matter(
            id=conflict.id,
            kind=MatterKind.CLOSED if of_incident else MatterKind.STOOD_DOWN,
            subject=number if of_incident else conflict.unit,
            between=words.where(incident) if of_incident else number,
            at=conflict.opened_at,
            mine=words.is_mine(conflict),
            heading=f"{what} at one desk, and worked on at another.",
            sides="; ".join(f"{side.words or 'worked on'}, {words.when(side)}" for side in conflict.sides),
            choices=(self._go_on(conflict, number, working), self._end(conflict, number, working)),
            advice=self._advice(number, working),
            settled=words.settled(conflict),
            settled_at=conflict.settled_at,
            incidents=(incident,),
            unit=conflict.unit,
        )

    def _working(self, conflict: Conflict) -> list[str]:
        """Units that are still on it: the one in question, or for an incident all of them."""
        incident = self._words.incident(conflict.sides[0].incident)
        active = incident.active_assignments if incident else []
        wanted = "" if conflict.kind == CLOSED_WHILE_WORKED else conflict.unit
        return [a.unit for a in active if not wanted or a.unit == wanted]

    def _advice(self, number: str, working: list[str]) -> str:
        if not working:
            return f"End it: no unit is on {number} any more."
        board = self._words.context.desk.board
        there = [u for u in working if u in board.units and board.units[u].status is UnitStatus.ON_SCENE]
        named = ", ".join(there or working)
        where = "on scene" if there else "still on it"
        return f"Go on: {named} {'is' if len(there or working) == 1 else 'are'} {where}. Ask by radio if in doubt."

    def _go_on(self, conflict: Conflict, number: str, working: list[str]) -> Choice:
        incident = self._words.incident(conflict.sides[0].incident)
        of_incident = conflict.kind == CLOSED_WHILE_WORKED
        subject = number if of_incident else f"{conflict.unit} on {number}"
        named = f" with {', '.join(working)}" if of_incident and working else ""
        return Choice(
            title=f"Go on: {subject} stays {'open' if of_incident else 'at work'}",
            effect=f"It goes on as it stands{named}; what was ended stays in the record.",
            command=SettleConflict(conflict.id, OPEN),
            done=f"{subject} goes on.",
            priority=incident.priority if incident else None,
            about=self._words.about(conflict.sides[0].incident),
            facts=tuple(
                (label, f"{side.words or 'worked on'}, {self._words.when(side)}")
                for label, side in zip(("First", "Then"), conflict.sides, strict=True)
            ),
            advised=bool(working),
            kept=conflict.kept == OPEN,
        )

    def _end(self, conflict: Conflict, number: str, working: list[str]) -> Choice:
        incident = self._words.incident(conflict.sides[0].incident)
        of_incident = conflict.kind == CLOSED_WHILE_WORKED
        free = f"; {', '.join(working)} {'is' if len(working) == 1 else 'are'} free then" if working else ""
        subject = f"{number} is closed" if of_incident else f"{conflict.unit} is stood down from {number}"
        return Choice(
            title=f"End it: close {number}" if of_incident else f"End it: stand {conflict.unit} down",
            effect=f"{subject} at every desk{free}.",
            command=SettleConflict(conflict.id, CLOSED),
            done=f"{subject}{free}.",
            priority=incident.priority if incident else None,
            about=self._words.about(conflict.sides[0].incident),
            advised=not working,
            kept=conflict.kept == CLOSED,
        )
