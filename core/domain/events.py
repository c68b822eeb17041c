"""Everything that can have happened. These bodies are the audit trail, the sync protocol and the replay.

A body never changes meaning once released: add fields with defaults, or a new body. Tags are the wire names.
"""

from typing import TypeAlias

import msgspec
from msgspec import Struct

from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, ReleaseReason


class OperatorSignedOn(Struct, frozen=True, tag="operator.signed_on"):
    operator: str
    position: str = ""
    shift: str = ""


class UnitEnrolled(Struct, frozen=True, tag="unit.enrolled"):
    """A unit joined the roster, or its standing facts changed. `unit` is the callsign, upper case."""

    unit: str
    kind: str
    capabilities: tuple[str, ...] = ()
    station: str = ""
    lat: float | None = None  # its station's place, for a unit that has not reported yet
    lon: float | None = None


class UnitRetired(Struct, frozen=True, tag="unit.retired"):
    unit: str


class IncidentOpened(Struct, frozen=True, tag="incident.opened"):
    incident: str  # internal id, unique over all desks
    number: str  # what people say and print, for example 26-A-01041
    type: str  # a code of the agency file
    priority: Priority
    severity: str  # the suggestion's level at that moment, "" for no estimate
    location: Location


class CallTaken(Struct, frozen=True, tag="call.taken"):
    """A caller's contact, belonging to an incident. A duplicate call is a second one on the same incident."""

    call: str
    incident: str
    caller: Caller
    location: Location
    answered_at: int  # when the operator began (F2), UTC ms
    text: str = ""


class IncidentTyped(Struct, frozen=True, tag="incident.typed"):
    incident: str
    type: str


class IncidentLocated(Struct, frozen=True, tag="incident.located"):
    incident: str
    location: Location


class PrioritySet(Struct, frozen=True, tag="incident.priority_set"):
    incident: str
    priority: Priority


class NarrativeAdded(Struct, frozen=True, tag="incident.narrative_added"):
    """Narrative only ever grows. `about_unit` marks what came from a unit's radio."""

    incident: str
    text: str
    about_unit: str = ""


class UnitAssigned(Struct, frozen=True, tag="unit.assigned"):
    assignment: str
    incident: str
    unit: str
    eta_s: float | None = None  # by road, at the moment of assigning
    route_m: float | None = None
    override: str = ""  # why an unfit or committed unit was sent all the same


class AssignmentEnded(Struct, frozen=True, tag="assignment.ended"):
    assignment: str
    incident: str
    unit: str
    reason: ReleaseReason
    to_incident: str = ""


class UnitStatusChanged(Struct, frozen=True, tag="unit.status_changed"):
    unit: str
    status: UnitStatus
    incident: str = ""  # the incident it is committed to in that status
    assignment: str = ""
    override: str = ""


class UnitContacted(Struct, frozen=True, tag="unit.contacted"):
    """A welfare (PAR) contact."""

    unit: str


class IncidentClosed(Struct, frozen=True, tag="incident.closed"):
    incident: str
    disposition: str
    note: str = ""


class IncidentReopened(Struct, frozen=True, tag="incident.reopened"):
    incident: str
    reason: str = ""


class AlarmAcknowledged(Struct, frozen=True, tag="alarm.acknowledged"):
    alarm: str  # the alarm's key, see core.domain.alarms


class DispatchWithdrawn(Struct, frozen=True, tag="unit.dispatch_withdrawn"):
    """Undo of an assignment made by mistake: the unit is as it was before."""

    assignment: str
    incident: str
    unit: str
    status: UnitStatus  # what the unit goes back to


class IncidentWithdrawn(Struct, frozen=True, tag="incident.withdrawn"):
    """Undo of an opening: the incident leaves the board, its record stays."""

    incident: str


class NarrativeStruck(Struct, frozen=True, tag="incident.narrative_struck"):
    """Undo of a narrative line: shown struck through, never removed."""

    incident: str
    event: str


Body: TypeAlias = (
    OperatorSignedOn
    | UnitEnrolled
    | UnitRetired
    | IncidentOpened
    | CallTaken
    | IncidentTyped
    | IncidentLocated
    | PrioritySet
    | NarrativeAdded
    | UnitAssigned
    | AssignmentEnded
    | UnitStatusChanged
    | UnitContacted
    | IncidentClosed
    | IncidentReopened
    | AlarmAcknowledged
    | DispatchWithdrawn
    | IncidentWithdrawn
    | NarrativeStruck
)


class Event(Struct, frozen=True):
    """What happened, with who, where and when.

    `id` sorts in time over all desks (see core.domain.ids) and makes every delivery idempotent. Events of one command
    share `command`; undo works on whole commands, and `undoes` names the command that was taken back.
    """

    id: str
    desk: str
    operator: str
    at: int  # UTC ms
    command: str
    body: Body
    undoes: str = ""


encode_event = msgspec.json.Encoder(order="deterministic").encode
decode_event = msgspec.json.Decoder(Event).decode
