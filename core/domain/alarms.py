"""What wants an operator's hand now: each alarm names the action and how to do it; nothing else is an alarm."""

from collections.abc import Iterator

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Board, Unit
from core.domain.conflict import DOUBLE_DISPATCH, Conflict
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.taken_off import DeskCalled, called_by_letters, taken_off
from core.domain.timers import TimerState, incident_timer, par_timer, unit_timer

# A unit that does not move to its call matters more than one that takes long over its work.
_SLOW_TO_ARRIVE = (UnitStatus.DISPATCHED, UnitStatus.EN_ROUTE)
MAYDAY = "mayday:"
CONFLICT = "conflict:"
TAKEN = "taken:"
OTHERS_SETTLE_MS = 300_000  # a conflict between two other desks is theirs for so long
_NEXT = {
    UnitStatus.DISPATCHED: UnitStatus.EN_ROUTE,
    UnitStatus.EN_ROUTE: UnitStatus.ON_SCENE,
    UnitStatus.ON_SCENE: UnitStatus.AVAILABLE,
    UnitStatus.TRANSPORTING: UnitStatus.AT_HOSPITAL,
    UnitStatus.AT_HOSPITAL: UnitStatus.AVAILABLE,
}


class Alarm(Struct, frozen=True):
    """`level` 1 is the most urgent of three. `key` is what AcknowledgeAlarm takes; it changes when the cause does."""

    key: str
    level: int
    sentence: str
    action: str
    incident: str = ""
    unit: str = ""  # the first of them, where `count` units share an alarm
    acknowledged: bool = False
    count: int = 1


def alarms(board: Board, agency: Agency, now_ms: int, called: DeskCalled = called_by_letters) -> list[Alarm]:
    """All that stand now: unacknowledged first, then by level, a mayday before all else, then by incident and unit.

    `called` gives what people call another desk.
    """
    found = [
        *_maydays(board, now_ms),
        *_waiting(board, agency, now_ms),
        *_slow_units(board, agency, now_ms),
        *_welfare(board, agency, now_ms),
        *_conflicts(board, now_ms),
        *_taken(board, called),
    ]
    return sorted(found, key=_urgency)


def parts_of(key: str) -> tuple[str, ...]:
    """The causes that an alarm's key names; each is acknowledged by itself, so that a new one alarms again."""
    return tuple(part for part in key.split(",") if part)


def _urgency(alarm: Alarm) -> tuple[bool, int, bool, str, str]:
    return alarm.acknowledged, alarm.level, not alarm.key.startswith(MAYDAY), alarm.incident, alarm.unit


def _maydays(board: Board, now_ms: int) -> Iterator[Alarm]:
    for callsign, emergency in board.emergencies.items():
        incident = board.incidents.get(emergency.incident)
        where = f" on {incident.number}" if incident else ""
        said = f", saying: {emergency.text}" if emergency.text else ""
        yield _alarm(
            board,
            [f"{MAYDAY}{callsign}:{emergency.at}"],
            1,
            f"Mayday: {callsign}{where}, {_lasted((now_ms - emergency.at) / 1000)} ago{said}.",
            f"Call it and send help; when it is heard and well, type par {callsign.lower()}.",
            emergency.incident,
            callsign,
        )


def _waiting(board: Board, agency: Agency, now_ms: int) -> Iterator[Alarm]:
    for incident in board.open_incidents():
        timer = incident_timer(incident, agency, now_ms)
        if incident.state is not IncidentState.WAITING or timer.state is TimerState.OK:
            continue
        urgent = incident.priority is Priority.P1
        if timer.state is TimerState.WARN and not urgent:
            continue
        type_ = agency.types.get(incident.type)
        yield _alarm(
            board,
            [f"waiting:{incident.id}:{incident.waiting_since}:{timer.state}"],
            1 if urgent else 2 if incident.priority is Priority.P2 else 3,
            f"{incident.number}, P{incident.priority} {type_.name if type_ else incident.type}, has waited "
            f"{_lasted(timer.elapsed_s)} for a unit.",
            f"Send one: select it and press F8, or type d UNIT {board.short(incident)}.",
            incident.id,
        )


def _slow_units(board: Board, agency: Agency, now_ms: int) -> Iterator[Alarm]:
    """Units late in the same status on the same incident share one alarm."""
    late: dict[tuple[str, UnitStatus], list[Unit]] = {}
    for unit in board.units.values():
        if unit_timer(unit, agency, now_ms).state is TimerState.OVERDUE:
            late.setdefault((unit.incident, unit.status), []).append(unit)
    for (incident, status), units in late.items():
        longest_s = max(unit_timer(unit, agency, now_ms).elapsed_s for unit in units)
        names = _names(units)
        number = board.incidents[incident].number if incident in board.incidents else "its incident"
        yield _alarm(
            board,
            [f"status:{unit.callsign}:{unit.since}" for unit in units],
            2 if status in _SLOW_TO_ARRIVE else 3,
            f"{names} {_have(units)} been {status} for {_lasted(longest_s)} on {number}.",
            f"Ask by radio, then type {_NEXT[status].code.lower()} {_typed(units)}.",
            incident,
            units[0].callsign,
            len(units),
        )


def _welfare(board: Board, agency: Agency, now_ms: int) -> Iterator[Alarm]:
    due: dict[str, list[Unit]] = {}
    for unit in board.units.values():
        timer = par_timer(unit, agency, now_ms)
        if timer and timer.state is TimerState.OVERDUE:
            due.setdefault(unit.incident, []).append(unit)
    for incident, units in due.items():
        longest_s = max((now_ms - max(unit.contacted_at, unit.since)) / 1000 for unit in units)
        yield _alarm(
            board,
            [f"par:{unit.callsign}:{max(unit.contacted_at, unit.since)}" for unit in units],
            2,
            f"{_names(units)} {_have(units)} not been heard for {_lasted(longest_s)} on scene.",
            f"Ask if all is well, then type par {_typed(units)}.",
            incident,
            units[0].callsign,
            len(units),
        )


def _conflicts(board: Board, now_ms: int) -> Iterator[Alarm]:
    """Each desk that is a side is told at once; the others when nobody settles it."""
    for conflict in board.open_conflicts():
        mine = any(side.desk == board.desk for side in conflict.sides)
        if not mine and now_ms - conflict.opened_at < OTHERS_SETTLE_MS:
            continue
        incidents = [board.incidents[side.incident] for side in conflict.sides if side.incident in board.incidents]
        urgent = any(incident.priority is Priority.P1 for incident in incidents)
        level = (1 if urgent and conflict.kind == DOUBLE_DISPATCH else 2) if mine else 3
        yield _alarm(
            board,
            [f"{CONFLICT}{board.desk}:{conflict.id}"],  # each desk acknowledges for itself
            level,
            _of_conflict(conflict, [board.short(incident) for incident in incidents]),
            "Ctrl+Shift+C shows both facts; a digit settles it.",
            conflict.sides[0].incident,
            conflict.unit,
        )


def _taken(board: Board, called: DeskCalled) -> Iterator[Alarm]:
    """What another desk took away stands until somebody here has seen it, and no longer."""
    for taken in taken_off(board):
        incident = taken.incident
        send = f"select it and press F8, or type d UNIT {board.short(incident)}"
        alarm = _alarm(
            board,
            [f"{TAKEN}{board.desk}:{taken.conflict.id}:{taken.conflict.settlement}"],
            1 if taken.waits and incident.priority is Priority.P1 else 2,
            taken.sentence(called),
            f"Send another: {send}." if taken.waits else f"See whether it needs another: {send}.",
            incident.id,
            taken.conflict.unit,
        )
        if not alarm.acknowledged:
            yield alarm


def _of_conflict(conflict: Conflict, numbers: list[str]) -> str:
    named = " and ".join(numbers) or "incidents of the past"
    if conflict.kind == DOUBLE_DISPATCH:
        return f"{conflict.unit} was sent to {named} by two desks."
    one, other = (side.words or "worked on it" for side in conflict.sides)
    subject = numbers[0] if numbers else "An incident of the past"
    return f"{subject}: {one} at one desk, {other} at another."


def _alarm(
    board: Board,
    parts: list[str],
    level: int,
    sentence: str,
    action: str,
    incident: str = "",
    unit: str = "",
    count: int = 1,
) -> Alarm:
    acknowledged = all(part in board.alarms_acknowledged for part in parts)
    return Alarm(",".join(parts), level, sentence, action, incident, unit, acknowledged, count)


def _names(units: list[Unit]) -> str:
    names = [unit.callsign for unit in units]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _typed(units: list[Unit]) -> str:
    return " ".join(unit.callsign.lower() for unit in units)


def _have(units: list[Unit]) -> str:
    return "has" if len(units) == 1 else "have"


def _lasted(elapsed_s: float) -> str:
    minutes = int(elapsed_s // 60)
    if minutes == 0:
        return f"{int(elapsed_s)} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
