"""One unit on two incidents, in words: both facts, how far it is from each, which to keep and what that does."""

from collections.abc import Sequence

from core.domain.board import Assignment, Incident
from core.domain.commands import Assign, Quote, SettleConflict
from core.domain.conflict import Conflict, Side
from core.domain.statuses import Priority, UnitStatus
from core.merge.advice import Advice, Standing, advise
from widgets.panels.times import clock_text, distance_text, elapsed_text
from widgets.quotes import quoted
from widgets.sync.matter import Choice, Matter, MatterKind
from widgets.sync.side_words import SideWords


class DoubleDispatch:
    """`matter` makes one of each conflict; settled ones are told without looking at the roads again."""

    def __init__(self, words: SideWords) -> None:
        self._words = words

    def matter(self, conflict: Conflict) -> Matter:
        words, unit = self._words, conflict.unit
        numbers = [words.short(side.incident) for side in conflict.sides]
        quotes = [self._reach(unit, side) if conflict.is_open else None for side in conflict.sides]
        advice = self._advice(conflict, numbers, quotes) if conflict.is_open else None
        return Matter(
            id=conflict.id,
            kind=MatterKind.DOUBLE,
            subject=unit,
            between=", ".join(numbers),
            at=conflict.opened_at,
            mine=words.is_mine(conflict),
            heading=f"{unit} was sent to two incidents.",
            sides="; ".join(
                f"{number}: {words.when(side)}" for number, side in zip(numbers, conflict.sides, strict=True)
            ),
            choices=tuple(
                self._choice(conflict, at, numbers, quotes[at], advised=advice is not None and advice.keep == at)
                for at in range(len(numbers))
            ),
            advice=f"Keep it on {numbers[advice.keep]}: {advice.why}" if advice else "",
            settled=words.settled(conflict),
            settled_at=conflict.settled_at,
            incidents=tuple(side.incident for side in conflict.sides),
            unit=unit,
        )

    def _choice(
        self, conflict: Conflict, at: int, numbers: Sequence[str], quote: Quote | None, *, advised: bool
    ) -> Choice:
        side, other, unit = conflict.sides[at], conflict.sides[1 - at], conflict.unit
        incident, then = self._words.incident(side.incident), self._then(unit, other, numbers[1 - at])
        return Choice(
            title=f"Keep {unit} on {numbers[at]}",
            effect=f"Its dispatch to {numbers[1 - at]} ends at every desk; {then}. Tell the crew.",
            command=SettleConflict(conflict.id, side.assignment),
            done=f"{unit} stays on {numbers[at]}; {then}. Tell the crew by radio.",
            priority=incident.priority if incident else None,
            about=self._words.about(side.incident),
            facts=self._facts(unit, side, incident, quote),
            advised=advised,
            kept=bool(conflict.kept) and conflict.kept == side.assignment,
        )

    def _then(self, unit: str, left: Side, number: str) -> str:
        """What becomes of the incident that the unit is taken from."""
        incident = self._words.incident(left.incident)
        staying = _others(unit, incident)
        if incident is not None and incident.closed_at is not None:
            return f"{number} is closed already"
        if not staying:
            return f"{number} waits for another unit"
        return f"{', '.join(staying)} {'stays' if len(staying) == 1 else 'stay'} on {number}"

    def _facts(
        self, unit: str, side: Side, incident: Incident | None, quote: Quote | None
    ) -> tuple[tuple[str, str], ...]:
        facts = [("Sent", self._words.when(side))]
        assignment = _assignment(incident, side.assignment)
        if assignment is not None:
            facts.append((f"{unit} there", _standing_text(assignment)))
        if incident is not None:
            facts.append(("Others on it", ", ".join(_others(unit, incident)) or "no other unit"))
        if quote is not None and quote.eta_s is not None:
            way = f", {distance_text(quote.route_m)}" if quote.route_m is not None else ""
            facts.append(("By road now", f"{elapsed_text(quote.eta_s)} min{way}"))
        return tuple(facts)

    def _advice(self, conflict: Conflict, numbers: Sequence[str], quotes: Sequence[Quote | None]) -> Advice:
        first, second = (
            self._standing(conflict.unit, side, number, quote)
            for side, number, quote in zip(conflict.sides, numbers, quotes, strict=True)
        )
        return advise(first, second)

    def _standing(self, unit: str, side: Side, number: str, quote: Quote | None) -> Standing:
        incident = self._words.incident(side.incident)
        assignment = _assignment(incident, side.assignment)
        return Standing(
            number,
            incident.priority if incident else Priority.P4,
            assignment.status if assignment else UnitStatus.DISPATCHED,
            side.at,
            len(_others(unit, incident)),
            quote.eta_s if quote else None,
            incident.severity if incident else "",
            self._asks_for(unit, incident),
        )

    def _asks_for(self, unit: str, incident: Incident | None) -> str:
        """What the incident's type asks for where the unit is none of it; "" where it is, or where nothing is asked."""
        desk = self._words.context.desk
        kind = desk.agency.types.get(incident.type) if incident else None
        known = desk.board.units.get(unit)
        if kind is None or known is None or not known.capabilities.isdisjoint(kind.needs):
            return ""
        from core.dispatch.words import labels

        return labels(kind.needs)

    def _reach(self, unit: str, side: Side) -> Quote | None:
        """Time and way from where the unit is now; None without roads, a place or a position."""
        quotes = quoted(Assign(side.incident, (unit,)), self._words.context).quotes
        return quotes[0] if quotes else None


def _others(unit: str, incident: Incident | None) -> list[str]:
    return [a.unit for a in incident.active_assignments if a.unit != unit] if incident else []


def _assignment(incident: Incident | None, assignment: str) -> Assignment | None:
    return next((a for a in incident.assignments if a.goes_by(assignment)), None) if incident else None


def _standing_text(assignment: Assignment) -> str:
    if assignment.ended_at is not None:
        reason = f", {assignment.reason.value}" if assignment.reason else ""
        return f"ended {clock_text(assignment.ended_at)}{reason}"
    return (
        f"{assignment.status.value} since {clock_text(assignment.times.get(assignment.status, assignment.assigned_at))}"
    )
