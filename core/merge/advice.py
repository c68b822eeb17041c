"""Which of two claims on one unit to keep, and why: a suggestion in words; a person decides."""

from msgspec import Struct

from core.domain.severity_words import urgency
from core.domain.statuses import Priority, UnitStatus

CLEARLY_QUICKER_S = 60
_THERE = (UnitStatus.ON_SCENE, UnitStatus.TRANSPORTING, UnitStatus.AT_HOSPITAL)


class Standing(Struct, frozen=True):
    """How one of the claims stands. `others` are further units on that incident; `eta_s` is by road from where the unit
    is now, None where that is not known; `at` is when the claim was made, UTC ms. `severity` is a word of the agency
    file, "" where nothing is known; `asks_for` is what the incident asks for where the unit is none of it, else "".
    """

    number: str  # of the incident, as people say it
    priority: Priority
    status: UnitStatus  # the last one the unit had on that incident
    at: int
    others: int = 0
    eta_s: float | None = None
    severity: str = ""
    asks_for: str = ""


class Advice(Struct, frozen=True):
    """`keep` is the place of the claim among those given; `why` goes on after "Keep it on 1041: "."""

    keep: int
    why: str


def advise(first: Standing, second: Standing) -> Advice:
    """Presence before urgency, urgency before fitness, fitness before need, need before convenience; in the end the
    first.
    """
    for rule in (_there, _urgency, _fit, _severe, _alone, _under_way, _quicker):
        found = rule(first, second) or _turned(rule(second, first))
        if found is not None:
            return found
    earlier = 0 if first.at <= second.at else 1
    return Advice(earlier, "it was sent there first, and nothing else tells them apart.")


def _turned(advice: Advice | None) -> Advice | None:
    return Advice(1, advice.why) if advice else None


def _there(one: Standing, other: Standing) -> Advice | None:
    if one.status in _THERE and other.status not in _THERE:
        words = "it is on scene there" if one.status is UnitStatus.ON_SCENE else f"it is {one.status} from there"
        return Advice(0, f"{words}.")
    return None


def _urgency(one: Standing, other: Standing) -> Advice | None:
    if one.priority < other.priority:
        return Advice(0, f"{one.number} is more urgent, P{one.priority} against P{other.priority}.")
    return None


def _fit(one: Standing, other: Standing) -> Advice | None:
    if not one.asks_for and other.asks_for:
        return Advice(0, f"it is of the wrong kind for {other.number}, which asks for {other.asks_for}.")
    return None


def _severe(one: Standing, other: Standing) -> Advice | None:
    if one.severity and other.severity and urgency(one.severity) < urgency(other.severity):
        return Advice(0, f"{one.number} is more severe, {one.severity} against {other.severity}.")
    return None


def _alone(one: Standing, other: Standing) -> Advice | None:
    if not one.others and other.others:
        have = "another unit" if other.others == 1 else f"{other.others} other units"
        return Advice(0, f"{one.number} has no other unit, and {other.number} has {have}.")
    return None


def _under_way(one: Standing, other: Standing) -> Advice | None:
    if one.status is UnitStatus.EN_ROUTE and other.status is UnitStatus.DISPATCHED:
        return Advice(0, "the crew is already on its way there.")
    return None


def _quicker(one: Standing, other: Standing) -> Advice | None:
    if one.eta_s is None or other.eta_s is None or other.eta_s - one.eta_s < CLEARLY_QUICKER_S:
        return None
    minutes = round((other.eta_s - one.eta_s) / 60)
    return Advice(0, f"it is {minutes} min nearer by road.")
