"""What desks did without knowing of each other, and what the rules cannot decide for them.

Conflicts are derived by the fold from the events alone, so that every desk has the same ones.
"""

from msgspec import Struct

DOUBLE_DISPATCH = "double dispatch"  # one unit was sent to two incidents
CLOSED_WHILE_WORKED = "closed while worked"  # an incident was closed, and worked on by somebody who did not know it
STOOD_DOWN_WHILE_WORKED = "stood down while worked"  # the same of one unit's work, on an incident that stayed open

OPEN = "open"  # what may be kept of an incident or a unit's work: it goes on,
CLOSED = "closed"  # or it has ended


class Side(Struct, frozen=True):
    """One of the two facts: who did what, at which desk and when (UTC ms)."""

    incident: str
    assignment: str = ""
    event: str = ""
    desk: str = ""
    operator: str = ""
    at: int = 0
    words: str = ""  # what was done, for example "closed it as FALSE" or "sent M3"
    disposition: str = ""  # of a closing


class Conflict(Struct, frozen=True):
    """`sides` stand in the order in which they happened. `settled_at` is 0 while somebody has to decide.

    `kept` is the assignment that was kept, or OPEN or CLOSED; "" where the matter ended without a decision.
    """

    id: str
    kind: str
    unit: str
    sides: tuple[Side, Side]
    opened_at: int
    settled_at: int = 0
    settled_by: str = ""
    settled_desk: str = ""
    how: str = ""
    kept: str = ""
    settlement: str = ""  # the command that decided

    @property
    def is_open(self) -> bool:
        return not self.settled_at
