"""Two incidents that may be one event, in words: which to go on with, or that both stay."""

from core.domain.board import Incident
from core.domain.commands import MergeIncidents
from core.merge.same_event import SameEvent
from widgets.panels.state_words import state_text
from widgets.panels.times import clock_text, count_text
from widgets.sync.desk_names import who
from widgets.sync.matter import Choice, Matter, MatterKind
from widgets.sync.side_words import SideWords
from widgets.sync.two_events import TwoEvents


class OneEvent:
    """Offers only: nothing is merged by itself. `two_events` remembers what was declined here."""

    def __init__(self, words: SideWords, two_events: TwoEvents) -> None:
        self._words, self._two_events = words, two_events

    def matter(self, pair: SameEvent) -> Matter | None:
        """None for a pair that was declined here, or is no longer on the board."""
        keep, other = self._words.incident(pair.keep), self._words.incident(pair.other)
        if keep is None or other is None or self._two_events.known(pair.keep, pair.other):
            return None
        board = self._words.context.desk.board
        numbers = board.short(keep), board.short(other)
        return Matter(
            id=f"same:{keep.id}:{other.id}",
            kind=MatterKind.SAME,
            subject=numbers[0],
            between=", ".join(numbers),
            at=max(keep.opened_at, other.opened_at),
            mine=self._words.context.desk.desk_id in (keep.desk, other.desk),
            heading=f"{numbers[0]} and {numbers[1]} may be one event.",
            sides=pair.reason,
            choices=(
                self._merge(keep, other, pair.reason, advised=True),
                self._merge(other, keep, pair.reason, advised=False),
                self._decline(keep, other),
            ),
            advice=f"{pair.reason} {numbers[0]} came first: go on with it if they are one.",
            incidents=(keep.id, other.id),
        )

    def _merge(self, keep: Incident, other: Incident, reason: str, *, advised: bool) -> Choice:
        board = self._words.context.desk.board
        kept, gone = board.short(keep), board.short(other)
        units = [a.unit for a in other.active_assignments]
        moving = ["calls", "narrative", *units]
        moved = f"{', '.join(moving[:-1])} and {moving[-1]}"
        return Choice(
            title=f"One event: go on with {kept}",
            effect=f"The {moved} of {gone} go on in {kept}; {gone} is closed as merged.",
            command=MergeIncidents(keep.id, other.id, reason),
            done=f"{gone} was merged into {kept}.",
            priority=keep.priority,
            about=self._words.about(keep.id),
            facts=(
                ("Opened", f"{clock_text(keep.opened_at)} by {who(self._words.context, keep.opened_by, keep.desk)}"),
                ("Stands", state_text(keep)),
                ("Calls", count_text(len(keep.calls), "call")),
            ),
            advised=advised,
        )

    def _decline(self, keep: Incident, other: Incident) -> Choice:
        return Choice(
            title="Two events: leave both",
            effect="Nothing changes, and this desk does not ask again.",
            command=None,
            done="They stay two events.",
            act=lambda: self._two_events.keep(keep.id, other.id),
        )
