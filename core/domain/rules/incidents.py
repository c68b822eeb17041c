"""An incident's life: opened, described, closed, reopened."""

from datetime import UTC, datetime

from core.domain import commands as c
from core.domain import events as e
from core.domain.board import Board
from core.domain.events import Event
from core.domain.rules.commitment import clear
from core.domain.rules.severity import after_retyping, checked, suggested_at_opening
from core.domain.rules.situation import Situation, nearest
from core.domain.rules.wording import clean_caller, clean_line, clean_location, clean_text
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import ReleaseReason
from core.errors import Refused


def open_incident(command: c.OpenIncident, now: Situation) -> tuple[Event, ...]:
    type_ = now.type(command.type)
    location, narrative = clean_location(command.location), clean_text(command.narrative)
    priority = type_.priority if command.priority is None else _priority(command.priority)
    incident, stamp = now.stamp.new_id(), now.stamp
    own, suggested = checked(command.severity) if command.severity else "", suggested_at_opening(command, type_)
    own_by = (stamp.operator or "a person") if own else ""
    number = next_number(now.board, now.agency.desk_prefix, stamp.at)
    bodies: list[e.Body] = [
        e.IncidentOpened(incident, number, type_.code, priority, own or suggested.level, location, own_by, *suggested),
        e.CallTaken(
            stamp.new_id(), incident, clean_caller(command.caller), location, _answered(command.answered_at, stamp.at)
        ),
    ]
    if narrative:
        bodies.append(e.NarrativeAdded(incident, narrative))
    return tuple(stamp.event(body) for body in bodies)


def next_number(board: Board, desk_prefix: str, at: int) -> str:
    """`YY-<desk prefix>-NNNNN`, counting from 1 in every UTC year; numbers are never reused."""
    series = f"{datetime.fromtimestamp(at / 1000, UTC):%y}-{desk_prefix}"
    return f"{series}-{board.last_number.get(series, 0) + 1:05d}"


def link_call(command: c.LinkCall, now: Situation) -> tuple[Event, ...]:
    incident = now.open_incident(command.incident)
    narrative, stamp = clean_text(command.narrative), now.stamp
    call = e.CallTaken(
        stamp.new_id(),
        incident.id,
        clean_caller(command.caller),
        clean_location(command.location),
        _answered(command.answered_at, stamp.at),
    )
    if not narrative:
        return (stamp.event(call),)
    return stamp.event(call), stamp.event(e.NarrativeAdded(incident.id, narrative))


def retype(command: c.Retype, now: Situation) -> tuple[Event, ...]:
    incident, type_ = now.open_incident(command.incident), now.type(command.type)
    if incident.type == type_.code:
        raise Refused(f"{incident.number} is already {type_.code}, {type_.name}.")
    suggested = after_retyping(incident, type_)
    severity = incident.severity if incident.severity_by else suggested.level
    before = (incident.type, incident.severity)
    body = e.IncidentTyped(
        incident.id, type_.code, severity, *before, *suggested, incident.suggested, incident.suggested_why
    )
    return (now.stamp.event(body),)


def relocate(command: c.Relocate, now: Situation) -> tuple[Event, ...]:
    incident, location = now.open_incident(command.incident), clean_location(command.location)
    if incident.location == location:
        raise Refused(f"{incident.number} is already at {location.text}.")
    return (now.stamp.event(e.IncidentLocated(incident.id, location, incident.location)),)


def set_priority(command: c.SetPriority, now: Situation) -> tuple[Event, ...]:
    incident, priority = now.open_incident(command.incident), _priority(command.priority)
    if incident.priority == priority:
        raise Refused(f"{incident.number} is already P{priority}.")
    return (now.stamp.event(e.PrioritySet(incident.id, priority, incident.priority)),)


def add_narrative(command: c.AddNarrative, now: Situation) -> tuple[Event, ...]:
    """Late notes on a closed incident are welcome: the record only grows."""
    incident, text = now.incident(command.incident), clean_text(command.text)
    if not text:
        raise Refused("The narrative is empty.", do="Type what happened.")
    about = now.unit(command.about_unit).callsign if command.about_unit else ""
    return (now.stamp.event(e.NarrativeAdded(incident.id, text, about)),)


def close(command: c.CloseIncident, now: Situation) -> tuple[Event, ...]:
    incident = now.incident(command.incident)
    if incident.closed_at is not None:
        raise Refused(f"{incident.number} is already closed.")
    disposition = command.disposition.strip().upper()
    if disposition not in now.agency.dispositions:
        near = nearest(disposition, now.agency.dispositions)
        raise Refused(
            f"There is no disposition '{command.disposition.strip()}'."
            if disposition
            else "A disposition is needed to close an incident.",
            do=f"Did you mean {near}?" if near else f"Choose one of {', '.join(now.agency.dispositions)}.",
        )
    on_it = incident.active_assignments
    if on_it and not command.release_units:
        names = ", ".join(a.unit for a in on_it)
        raise Refused(
            f"{names} {'is' if len(on_it) == 1 else 'are'} still on {incident.number}.",
            do="Clear them first, or close and release them.",
            overridable=True,
        )
    bodies: list[e.Body] = []
    for assignment in on_it:
        bodies += clear(now.board, assignment, UnitStatus.AVAILABLE, ReleaseReason.CLEARED)
    note = clean_text(command.note)
    if note:  # into the narrative as well, where it is read and printed, and outlives a reopening
        bodies.append(e.NarrativeAdded(incident.id, note))
    bodies.append(e.IncidentClosed(incident.id, disposition, note))
    return tuple(now.stamp.event(body) for body in bodies)


def reopen(command: c.ReopenIncident, now: Situation) -> tuple[Event, ...]:
    incident = now.incident(command.incident)
    if incident.closed_at is None:
        raise Refused(f"{incident.number} is not closed.")
    reason = clean_line(command.reason)
    body = e.IncidentReopened(
        incident.id,
        reason,
        incident.disposition,
        incident.closing_note,
        incident.closed_at,
        incident.closed_by,
        incident.reopened_at,
    )
    if not reason:
        return (now.stamp.event(body),)
    return now.stamp.event(body), now.stamp.event(e.NarrativeAdded(incident.id, f"Reopened: {reason}"))


def _answered(answered_at: int | None, now_ms: int) -> int:
    """A call cannot have been answered in the future, whatever a clock says."""
    return now_ms if answered_at is None else max(0, min(answered_at, now_ms))


def _priority(priority: int) -> Priority:
    if priority not in list(Priority):
        raise Refused(f"There is no priority {priority}.", do="Priorities go from 1, the most urgent, to 4.")
    return Priority(priority)
