"""A unit's mayday: an alarm that nothing but hearing the unit ends, and a line in its incident's narrative."""

from core.domain import commands as c
from core.domain import events as e
from core.domain.events import Event
from core.domain.rules.situation import Situation
from core.domain.rules.wording import clean_line


def raise_emergency(command: c.RaiseEmergency, now: Situation) -> tuple[Event, ...]:
    """A button pressed again while its mayday stands changes nothing."""
    unit, text = now.unit(command.unit), clean_line(command.text)
    if unit.callsign in now.board.emergencies:
        return ()
    bodies: list[e.Body] = [e.EmergencyRaised(unit.callsign, unit.incident, text)]
    if unit.incident in now.board.incidents:
        said = f"Mayday: {text}" if text else "Mayday."
        bodies.append(e.NarrativeAdded(unit.incident, said, unit.callsign))
    return tuple(now.stamp.event(body) for body in bodies)
