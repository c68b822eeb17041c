"""Who is here: operators signing on, units joining and leaving, welfare contacts, seen alarms."""

from dataclasses import replace

from core.domain import commands as c
from core.domain.alarms import parts_of
from core.domain.board import Unit
from core.domain.events import AlarmAcknowledged, Event, OperatorSignedOn, UnitContacted, UnitEnrolled, UnitRetired
from core.domain.rules.situation import Situation
from core.domain.rules.wording import check_coordinates, clean_line
from core.domain.values import PositionSource
from core.errors import Refused


def sign_on(command: c.SignOn, now: Situation) -> tuple[Event, ...]:
    operator = clean_line(command.operator)
    if not operator:
        raise Refused("Nobody is named.", do="Type the name of the operator who signs on.")
    body = OperatorSignedOn(operator, clean_line(command.position), clean_line(command.shift))
    if (body.operator, body.position, body.shift) == (now.board.operator, now.board.position, now.board.shift):
        return ()
    return (replace(now.stamp, operator=operator).event(body),)


def enrol(command: c.Enrol, now: Situation) -> tuple[Event, ...]:
    callsign = clean_line(command.unit).upper()
    if not callsign or " " in callsign:
        raise Refused(f"'{command.unit}' cannot be a callsign.", do="Use letters and digits without spaces.")
    if command.kind not in now.agency.kinds:
        raise Refused(f"{callsign} is of kind '{command.kind}', which the agency file does not have.")
    if command.lat is not None and command.lon is not None:
        check_coordinates(command.lat, command.lon)
    capabilities = tuple(sorted({*command.capabilities, *now.agency.kinds[command.kind].capabilities}))
    body = UnitEnrolled(callsign, command.kind, capabilities, command.station, command.lat, command.lon)
    known = now.board.units.get(callsign)
    return () if known and _stands_as(known, body) else (now.stamp.event(body),)


def _stands_as(unit: Unit, body: UnitEnrolled) -> bool:
    place = unit.position
    moved = body.lat is not None and (
        place is None or (place.source is PositionSource.STATION and (place.lat, place.lon) != (body.lat, body.lon))
    )
    facts = (unit.kind, unit.station, unit.capabilities)
    return facts == (body.kind, body.station, frozenset(body.capabilities)) and not moved


def retire(command: c.Retire, now: Situation) -> tuple[Event, ...]:
    unit = now.unit(command.unit)
    if unit.incident:
        raise Refused(
            f"{unit.callsign} is committed to {now.number_of(unit.incident)}.",
            do=f"Clear it first: cl {unit.callsign.lower()}.",
        )
    return (now.stamp.event(UnitRetired(unit.callsign)),)


def contact(command: c.Contact, now: Situation) -> tuple[Event, ...]:
    unit = now.unit(command.unit).callsign
    mayday = now.board.emergencies.get(unit)
    return (now.stamp.event(UnitContacted(unit, mayday.events if mayday else ())),)


def acknowledge(command: c.AcknowledgeAlarm, now: Situation) -> tuple[Event, ...]:
    parts = parts_of(command.alarm.strip())
    if not parts:
        raise Refused("No alarm is named.")
    return tuple(
        now.stamp.event(AlarmAcknowledged(part)) for part in parts if part not in now.board.alarms_acknowledged
    )
