"""What radios and positions suggest and nobody has answered yet; not events: what is not accepted leaves no trace."""

from msgspec import Struct

from core.domain.board import Board
from core.domain.commands import Command, SetStatus

EXPIRES_MS = 10 * 60 * 1000
MOST = 100


class Proposal(Struct, frozen=True):
    """`command` is what accepting does; None for a message, which is only seen. `by` is who is said to have done it."""

    key: str
    unit: str
    sentence: str
    at: int
    command: Command | None = None
    by: str = ""
    incident: str = ""


class Proposals:
    """The oldest first; one per key, the newest wins."""

    def __init__(self) -> None:
        self._items: dict[str, Proposal] = {}

    @property
    def items(self) -> tuple[Proposal, ...]:
        return tuple(self._items.values())

    @property
    def first(self) -> Proposal | None:
        return next(iter(self._items.values()), None)

    def add(self, proposal: Proposal) -> None:
        self._items.pop(proposal.key, None)
        self._items[proposal.key] = proposal
        while len(self._items) > MOST:
            del self._items[next(iter(self._items))]

    def drop(self, key: str) -> None:
        self._items.pop(key, None)

    def tidy(self, board: Board, now_ms: int) -> bool:
        """Drop what has grown old or no longer applies; whether anything went."""
        gone = [p.key for p in self._items.values() if now_ms - p.at > EXPIRES_MS or _is_over(p, board)]
        for key in gone:
            del self._items[key]
        return bool(gone)


def _is_over(proposal: Proposal, board: Board) -> bool:
    unit = board.units.get(proposal.unit)
    if unit is None:
        return True
    command = proposal.command
    if not isinstance(command, SetStatus):
        return False
    return unit.status is command.status or proposal.incident not in ("", unit.incident)
