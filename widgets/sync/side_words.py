"""What every kind of conflict says of its sides: which incident, where, who did it and when, how it was settled."""

from core.domain.board import Incident
from core.domain.conflict import Conflict, Side
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.times import clock_text, minute_text, moment_text
from widgets.sync.conflict_words import short_of
from widgets.sync.desk_names import who

DAY_MS = 86_400_000


class SideWords:
    """Reads the board anew at each question."""

    def __init__(self, context: DeskContext) -> None:
        self.context = context

    def incident(self, incident: str) -> Incident | None:
        return self.context.desk.board.incidents.get(incident)

    def short(self, incident: str) -> str:
        return short_of(self.context.desk.board, incident)

    def where(self, incident: str) -> str:
        known = self.incident(incident)
        return brief(known.location.text, 60) if known else ""

    def about(self, incident: str) -> str:
        """Number, type and place in one line."""
        known = self.incident(incident)
        if known is None:
            return "No longer on the board."
        type_ = self.context.desk.agency.types.get(known.type)
        return f"{self.context.desk.board.short(known)} {type_.name if type_ else known.type}, {self.where(incident)}"

    def when(self, side: Side) -> str:
        """For example "14:02:10 by Ana Rojas at this desk"."""
        return f"{clock_text(side.at)} by {who(self.context, side.operator, side.desk)}"

    def is_mine(self, conflict: Conflict) -> bool:
        return any(side.desk == self.context.desk.desk_id for side in conflict.sides)

    def settled(self, conflict: Conflict) -> str:
        """When, by whom and how; "" while it is open. Some end by themselves, when a side's work is done."""
        if conflict.is_open:
            return ""
        recent = self.context.desk.clock.now_ms() - conflict.settled_at < DAY_MS
        at = minute_text(conflict.settled_at) if recent else moment_text(conflict.settled_at)
        how = f": {conflict.how.rstrip('.')}" if conflict.how else ""
        by = who(self.context, conflict.settled_by, conflict.settled_desk)
        return f"{'Settled' if conflict.settlement else 'Over since'} {at}, by {by}{how}."
