"""What a device's button, text or arrival means for the desk: commands to carry out, or proposals to show."""

from enum import Enum, auto

from msgspec import Struct

from core.avl.geofence import Arrival
from core.avl.reports import DeviceAck, DeviceEmergency, DeviceStatus, DeviceText, Report
from core.domain.agency import RadioRules
from core.domain.board import Unit
from core.domain.commands import AddNarrative, Command, Contact, RaiseEmergency, SetStatus
from core.domain.rules.situation import RADIO
from core.domain.statuses import UnitStatus


class Mode(Enum):
    SET = auto()  # carry it out, and say that the radio did it
    PROPOSE = auto()  # ask the operator
    NOTE = auto()  # only remember the sentence
    TELL = auto()  # show the sentence; there is nothing to carry out


class Act(Struct, frozen=True):
    """`sentence` says what was sent, whatever becomes of it."""

    mode: Mode
    unit: str
    sentence: str
    command: Command | None = None
    incident: str = ""

    @property
    def by(self) -> str:
        """The operator of the events that come of it."""
        return f"{RADIO}{self.unit}"


def act_on(report: Report, unit: Unit, rules: RadioRules) -> Act | None:
    """What a unit's device asks for; None where there is nothing to do."""
    match report:
        case DeviceEmergency():
            return _emergency(unit, report.text)
        case DeviceStatus():
            return _status(report, unit, rules)
        case DeviceAck():
            return _answer(report, unit)
        case DeviceText() if report.text.strip():
            return _text(report.text.strip(), unit)
    return None


def act_on_arrival(arrival: Arrival, unit: Unit, rules: RadioRules) -> Act | None:
    """Arriving, as the agency wants it: set, proposed, or nothing."""
    if rules.arrival == "off":
        return None
    status = arrival.fence.status
    where = f"{unit.callsign} stands {arrival.distance_m:.0f} m from {arrival.fence.name} by its position"
    mode = Mode.SET if rules.arrival == "set" else Mode.PROPOSE
    return Act(mode, unit.callsign, f"{where}: {status}?", SetStatus(unit.callsign, status), unit.incident)


def meaning_of(code: str, rules: RadioRules) -> str:
    """The agency's word for a code, which may be written with leading zeros or without; "" for none."""
    plain = code.strip().upper()
    return rules.statuses.get(plain) or next(
        (word for known, word in rules.statuses.items() if known.lstrip("0") == plain.lstrip("0")), ""
    )


def _emergency(unit: Unit, text: str) -> Act:
    said = f"{unit.callsign} has pressed its emergency button."
    return Act(Mode.SET, unit.callsign, said, RaiseEmergency(unit.callsign, text), unit.incident)


def _status(report: DeviceStatus, unit: Unit, rules: RadioRules) -> Act | None:
    meaning = meaning_of(report.code, rules)
    callsign = unit.callsign
    if meaning == "emergency":
        return _emergency(unit, report.text)
    if meaning == "contact":
        return Act(Mode.SET, callsign, f"{callsign} says that all is well.", Contact(callsign))
    if not meaning:
        words = f" ({report.text})" if report.text else ""
        told = f"{callsign} sent status {report.code}{words}, which has no meaning in the agency file."
        return Act(Mode.TELL, callsign, told)
    status = UnitStatus(meaning)
    if rules.presets == "off" or unit.status is status:
        return None
    mode = Mode.SET if rules.presets == "set" else Mode.PROPOSE
    return Act(mode, callsign, f"{callsign} sent: {status}.", SetStatus(callsign, status), unit.incident)


def _answer(report: DeviceAck, unit: Unit) -> Act:
    more = f": {report.text}" if report.text else ""
    if report.accepted:
        return Act(Mode.NOTE, unit.callsign, f"{unit.callsign}'s radio has received what was sent{more}.")
    return Act(Mode.TELL, unit.callsign, f"{unit.callsign}'s radio did not receive what was sent{more}.")


def _text(text: str, unit: Unit) -> Act:
    told = f"{unit.callsign} says: {text}"
    if unit.incident:
        return Act(Mode.SET, unit.callsign, told, AddNarrative(unit.incident, text, unit.callsign), unit.incident)
    return Act(Mode.TELL, unit.callsign, told)
