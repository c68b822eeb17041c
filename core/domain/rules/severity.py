"""Whose severity stands: a person's own before any suggestion, and the more urgent of what was suggested."""

from typing import NamedTuple

from core.domain import commands as c
from core.domain import events as e
from core.domain.agency import IncidentType
from core.domain.agency_file import SEVERITIES
from core.domain.board import Incident
from core.domain.events import Event
from core.domain.rules.situation import Situation
from core.domain.severity_words import urgency
from core.errors import Refused

TYPE_WHY = "incident type"


class Suggested(NamedTuple):
    """A level ("" for no estimate) and what it came from, in words."""

    level: str
    why: str


def suggested_at_opening(command: c.OpenIncident, type_: IncidentType) -> Suggested:
    """What the desk suggested, and never less urgent than the type's default."""
    said = checked(command.suggested) if command.suggested else ""
    if said and urgency(said) < urgency(type_.severity):
        return Suggested(said, command.suggested_why)
    return Suggested(type_.severity, command.suggested_why if said == type_.severity else TYPE_WHY)


def after_retyping(incident: Incident, type_: IncidentType) -> Suggested:
    """What the words suggested still holds; what the old type suggested does not."""
    from_words = incident.suggested_why not in ("", TYPE_WHY)
    if from_words and urgency(incident.suggested) <= urgency(type_.severity):
        return Suggested(incident.suggested, incident.suggested_why)
    return Suggested(type_.severity, TYPE_WHY)


def set_severity(command: c.SetSeverity, now: Situation) -> tuple[Event, ...]:
    incident = now.open_incident(command.incident)
    level = checked(command.severity) if command.severity else ""
    if not level and not incident.severity_by:
        raise Refused(f"Nobody has set the severity of {incident.number}; the suggestion stands.")
    if level and (level, incident.severity_by) == (incident.severity, now.stamp.operator):
        raise Refused(f"You have set the severity of {incident.number} to {level} already.")
    stands, by = (level, now.stamp.operator or "a person") if level else (incident.suggested, "")
    body = e.SeveritySet(incident.id, stands, by, incident.severity, incident.severity_by)
    return (now.stamp.event(body),)


def checked(severity: str) -> str:
    """The level as the agency file writes it; raises Refused for another word."""
    level = severity.strip().lower()
    if level not in SEVERITIES:
        raise Refused(f"There is no severity '{severity.strip()[:20]}'.", do=f"It is one of {', '.join(SEVERITIES)}.")
    return level
