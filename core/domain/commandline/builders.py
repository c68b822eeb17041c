"""What each verb makes of its arguments, checked against the board so that the mistake is shown before Enter."""

from collections.abc import Callable

from core.domain import commands as c
from core.domain.agency_file import SEVERITIES
from core.domain.board import Incident, Unit
from core.domain.commandline.actions import (
    AcknowledgeFirst,
    Action,
    Help,
    JoinServer,
    OpenIntake,
    OpenReport,
    PollUnit,
    Select,
    SendText,
    ShowConflicts,
    ShowRoute,
)
from core.domain.commandline.words import Arguments, Line, Slot, Word, trouble_at
from core.domain.rules.commitment import why_blocked
from core.domain.rules.movement import refusal_of_move
from core.domain.statuses import LEGAL_MOVES, Availability, Priority, UnitStatus


def dispatch(given: Arguments, line: Line) -> list[Action]:
    incident = line.open_incident(given)
    units = _units(given, line, _is_free)
    for unit, word in given.units:
        if unit.callsign in line.moved:
            continue
        if unit.incident == incident.id:
            raise trouble_at(word, f"{unit.callsign} is already on {incident.number}.")
        blocked = why_blocked(unit, line.board)
        if blocked and not given.reason:
            raise trouble_at(word, f"{blocked} Send it all the same with !reason.", _free_like(unit, line))
    line.moved.update(units)
    return [c.Assign(incident.id, units, override=given.reason)]


def status(to: UnitStatus) -> Callable[[Arguments, Line], list[Action]]:
    """The builder for a verb that sets one status."""

    def build(given: Arguments, line: Line) -> list[Action]:
        units = _units(given, line, lambda unit: _may_become(unit, to))
        for unit, word in given.units:
            _check_move(given, unit, word, to, line)
        line.moved.update(units)
        return [c.SetStatus(callsign, to, given.reason) for callsign in units]

    return build


def clear(given: Arguments, line: Line) -> list[Action]:
    disposition = given.values.get(Slot.DISPOSITION, "")
    if not given.units:
        incident = line.open_incident(given)
        if not disposition:
            raise given.lacking("Add a disposition to close it.", list(line.agency.dispositions)[:3])
        return [c.CloseIncident(incident.id, disposition, given.reason, release_units=bool(given.reason))]
    units = _units(given, line, _is_committed)
    for unit, word in given.units:
        _check_move(given, unit, word, UnitStatus.AVAILABLE, line)
    actions: list[Action] = [c.SetStatus(callsign, UnitStatus.AVAILABLE, given.reason) for callsign in units]
    if disposition or Slot.NUMBER in given.words:
        actions += _closings(given, disposition, line)
    line.moved.update(units)
    return actions


def release(given: Arguments, line: Line) -> list[Action]:
    units = _units(given, line, _is_committed)
    for unit, word in given.units:
        if not unit.incident and unit.callsign not in line.moved:
            raise trouble_at(word, f"{unit.callsign} is on no incident; it is {unit.status}.", _committed(line))
    line.moved.update(units)
    return [c.Release(callsign, given.reason) for callsign in units]


def narrative(given: Arguments, line: Line) -> list[Action]:
    incident, text = line.incident(given), given.text
    said_by, colon, said = text.partition(":")
    if colon and said_by.strip().upper() in line.board.units:
        text, about = said.strip(), said_by.strip().upper()
    else:
        about = ""
    if not text:
        raise given.lacking("Type what happened.")
    return [c.AddNarrative(incident.id, text, about)]


def priority(given: Arguments, line: Line) -> list[Action]:
    if Slot.PRIORITY not in given.values:
        raise given.lacking("Add the priority, 1 to 4.", ("1", "2", "3", "4"))
    incident, wanted = line.open_incident(given), Priority(int(given.values[Slot.PRIORITY]))
    if incident.priority is wanted:
        raise trouble_at(given.words[Slot.PRIORITY], f"{incident.number} is already P{wanted}.")
    return [c.SetPriority(incident.id, wanted)]


def severity(given: Arguments, line: Line) -> list[Action]:
    if Slot.SEVERITY not in given.values:
        raise given.lacking("Add the severity.", SEVERITIES)
    incident, wanted = line.open_incident(given), given.values[Slot.SEVERITY]
    return [c.SetSeverity(incident.id, wanted)]


def retype(given: Arguments, line: Line) -> list[Action]:
    if Slot.TYPE not in given.values:
        raise given.lacking("Add the type's code.")
    incident, code = line.open_incident(given), given.values[Slot.TYPE]
    if incident.type == code:
        raise trouble_at(given.words[Slot.TYPE], f"{incident.number} is already {code}.")
    return [c.Retype(incident.id, code)]


def reopen(given: Arguments, line: Line) -> list[Action]:
    """A number that is no longer on the board is looked up by the desk."""
    if given.number:
        return [c.ReopenIncident(given.number, given.reason)]
    incident = line.incident(given)
    if incident.closed_at is None:
        message = f"{incident.number} is not closed."
        word = given.words.get(Slot.NUMBER)
        raise trouble_at(word, message) if word else given.lacking(message)
    return [c.ReopenIncident(incident.id, given.reason)]


def keep(given: Arguments, line: Line) -> list[Action]:
    """Settle a double dispatch: the unit stays on the incident that is named."""
    units = _units(given, line, lambda unit: len(unit.claims) > 1)
    incident = line.incident(given)
    actions: list[Action] = []
    for unit, word in given.units:
        open_ones = [conflict for conflict in line.board.open_conflicts() if conflict.unit == unit.callsign]
        if len(unit.claims) < 2 or not open_ones:
            raise trouble_at(word, f"{unit.callsign} has not been sent to two incidents.")
        kept = next((claim for claim in unit.claims if claim.incident == incident.id), None)
        if kept is None:
            raise trouble_at(word, f"{unit.callsign} has not been sent to {incident.number}.")
        of_it = [one for one in open_ones if kept.assignment in {side.assignment for side in one.sides}]
        actions += [c.SettleConflict(conflict.id, kept.assignment) for conflict in of_it]
    line.moved.update(units)
    return actions


def merge(given: Arguments, line: Line) -> list[Action]:
    """The named incident goes on in the selected one."""
    if Slot.NUMBER not in given.words:
        raise given.lacking("Add the number of the incident that is the same event.", line.numbers())
    other, kept = line.open_incident(given), line.board.incidents.get(line.selected)
    if kept is None:
        raise given.lacking("Select the incident that goes on.", line.numbers())
    if kept.id == other.id:
        raise trouble_at(given.words[Slot.NUMBER], f"{other.number} is the selected one; name the other.")
    return [c.MergeIncidents(kept.id, other.id, given.reason)]


def contact(given: Arguments, line: Line) -> list[Action]:
    if given.units:
        return [c.Contact(callsign) for callsign in _units(given, line)]
    incident = line.incident(given)
    on_scene = [
        a.unit
        for a in incident.active_assignments
        if a.unit in line.board.units and line.board.units[a.unit].status is UnitStatus.ON_SCENE
    ]
    if not on_scene:
        raise given.lacking(f"No unit is on scene of {incident.number}; name the units.")
    return [c.Contact(callsign) for callsign in on_scene]


def mayday(given: Arguments, line: Line) -> list[Action]:
    return [c.RaiseEmergency(callsign) for callsign in _units(given, line)]


def message(given: Arguments, line: Line) -> list[Action]:
    callsign, _, text = given.text.partition(" ")
    wanted = callsign.rstrip(":").upper()
    if wanted not in line.board.units:
        raise given.lacking("Begin with the unit's callsign, then the text.")
    if not text.strip():
        raise given.lacking("Type the text.")
    return [SendText(wanted, text.strip())]


def poll(given: Arguments, line: Line) -> list[Action]:
    return [PollUnit(callsign) for callsign in _units(given, line)]


def acknowledge(_given: Arguments, _line: Line) -> list[Action]:
    return [AcknowledgeFirst()]


def undo(_given: Arguments, _line: Line) -> list[Action]:
    return [c.Undo()]


def intake(given: Arguments, _line: Line) -> list[Action]:
    return [OpenIntake(given.text)]


def sign_on(given: Arguments, _line: Line) -> list[Action]:
    operator, position, shift = (*(part.strip() for part in given.text.split(",", 2)), "", "")[:3]
    if not operator:
        raise given.lacking("Type your name.")
    return [c.SignOn(operator, position, shift)]


def select(given: Arguments, line: Line) -> list[Action]:
    if given.units:
        return [Select(unit=given.units[0][0].callsign)]
    if given.incident or given.number:
        return [Select(incident=given.incident.id if given.incident else "", number=given.number)]
    raise given.lacking("Add an incident's number or a callsign.", line.numbers())


def route(given: Arguments, line: Line) -> list[Action]:
    if not given.units:
        raise given.lacking("Name the unit.", _committed(line))
    unit = given.units[0][0]
    if given.incident is None and unit.incident in line.board.incidents:
        return [ShowRoute(unit.callsign, unit.incident)]
    return [ShowRoute(unit.callsign, line.incident(given).id)]


def report(given: Arguments, line: Line) -> list[Action]:
    if given.number:
        return [OpenReport(number=given.number)]
    return [OpenReport(line.incident(given).id)]


def conflicts(_given: Arguments, _line: Line) -> list[Action]:
    return [ShowConflicts()]


def join(given: Arguments, _line: Line) -> list[Action]:
    address, code = (*given.text.split(), "", "")[:2]
    return [JoinServer(address, code)]


def explain(given: Arguments, _line: Line) -> list[Action]:
    return [Help(given.values.get(Slot.VERB, ""))]


def _units(given: Arguments, line: Line, fits: Callable[[Unit], bool] = lambda _unit: True) -> tuple[str, ...]:
    """The callsigns given, each once; where there are none, the error suggests units that fit."""
    if not given.units:
        fitting = [unit.callsign for unit in line.board.units.values() if fits(unit)]
        raise given.lacking("Name at least one unit.", fitting[:3])
    return tuple(dict.fromkeys(unit.callsign for unit, _ in given.units))


def _is_free(unit: Unit) -> bool:
    return unit.status.availability is Availability.FREE


def _is_committed(unit: Unit) -> bool:
    return bool(unit.incident)


def _may_become(unit: Unit, to: UnitStatus) -> bool:
    return to in LEGAL_MOVES[unit.status] and (not to.committed or bool(unit.incident))


def _check_move(given: Arguments, unit: Unit, word: Word, to: UnitStatus, line: Line) -> None:
    """Refused as the desk would refuse it, except for a unit that the line itself has moved by then."""
    if unit.callsign in line.moved:
        return
    incident = line.board.incidents.get(unit.incident)
    refusal = refusal_of_move(unit, to, incident.number if incident else "")
    if refusal is None or (refusal.overridable and given.reason):
        return
    message = f"{refusal.happened} {refusal.do}".strip()
    if len(given.units) > 1:
        raise trouble_at(word, message)
    # With one unit it is the verb that can be put right.
    legal = [s.code.lower() for s in UnitStatus if s in LEGAL_MOVES[unit.status] and (incident or not s.committed)]
    raise trouble_at(given.verb, message, [*legal, "x"] if incident and not to.committed else legal)


def _closings(given: Arguments, disposition: str, line: Line) -> list[Action]:
    """Close the incidents that lose their last unit by this line."""
    if not disposition:
        raise given.lacking("Add a disposition to close it.", list(line.agency.dispositions)[:3])
    incidents = _incidents_of([unit for unit, _ in given.units], line)
    if given.incident and given.incident.id not in {incident.id for incident in incidents}:
        names = " or ".join(unit.callsign for unit, _ in given.units)
        raise trouble_at(given.words[Slot.NUMBER], f"No work of {names} is on {line.board.short(given.incident)}.")
    cleared = {unit.callsign for unit, _ in given.units} | line.moved
    for incident in incidents:
        left = [a.unit for a in incident.active_assignments if a.unit not in cleared]
        if left:
            raise trouble_at(
                given.words[Slot.DISPOSITION],
                f"{incident.number} cannot be closed: {' and '.join(left)} would still be on it.",
            )
    return [c.CloseIncident(incident.id, disposition, given.reason) for incident in incidents]


def _incidents_of(units: list[Unit], line: Line) -> list[Incident]:
    ids = dict.fromkeys(unit.incident for unit in units)
    return [line.board.incidents[id_] for id_ in ids if id_ in line.board.incidents]


def _free_like(unit: Unit, line: Line) -> list[str]:
    """Free units, those of the same kind first."""
    free = [u for u in line.board.units.values() if _is_free(u)]
    return [u.callsign for u in sorted(free, key=lambda u: (u.kind != unit.kind, u.callsign))[:3]]


def _committed(line: Line) -> list[str]:
    return [u.callsign for u in line.board.units.values() if _is_committed(u)][:3]
