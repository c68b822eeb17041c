"""Everything that desks have to settle between them, read off the board for the panel."""

from core.domain.conflict import DOUBLE_DISPATCH
from core.merge.same_event import same_events
from widgets.context import DeskContext
from widgets.sync.double_dispatch import DoubleDispatch
from widgets.sync.matter import Matter
from widgets.sync.one_event import OneEvent
from widgets.sync.side_words import SideWords
from widgets.sync.still_worked import StillWorked
from widgets.sync.two_events import TwoEvents


class Facts:
    """`matters` is asked on every change of events and, while looked at, every few seconds."""

    def __init__(self, context: DeskContext) -> None:
        self._desk = context.desk
        words = SideWords(context)
        self._double, self._still = DoubleDispatch(words), StillWorked(words)
        self._one = OneEvent(words, TwoEvents(context.desk.store))

    def matters(self) -> list[Matter]:
        """Conflicts, open and settled, and pairs of incidents that may be one event."""
        board = self._desk.board
        conflicts = (
            (self._double if conflict.kind == DOUBLE_DISPATCH else self._still).matter(conflict)
            for conflict in board.conflicts.values()
        )
        return [*conflicts, *self.offers()]

    def offers(self) -> list[Matter]:
        """Pairs of incidents that may be one event, and were not declined here."""
        desk = self._desk
        pairs = map(self._one.matter, same_events(desk.board, desk.agency, desk.clock.now_ms()))
        return [offer for offer in pairs if offer is not None]
