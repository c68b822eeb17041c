"""Everything that can have happened. These bodies are the audit trail, the sync protocol and the replay.

A body never changes meaning once released: add fields with defaults, or a new body. Tags are the wire names.
"""

from typing import TypeAlias

import msgspec
from msgspec import Struct

from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, ReleaseReason, UnitMoment


class Fact(Struct, frozen=True, tag_field="what"):
    """The base of all bodies; `what` carries the tag, as the bodies have fields named `type` and `kind`."""


class OperatorSignedOn(Fact, frozen=True, tag="operator.signed_on"):
    operator: str
    position: str = ""
    shift: str = ""


class UnitEnrolled(Fact, frozen=True, tag="unit.enrolled"):
    """A unit joined the roster, or its standing facts changed. `unit` is the callsign, upper case."""

    unit: str
    kind: str
    capabilities: tuple[str, ...] = ()
    station: str = ""
    lat: float | None = None  # its station's place, for a unit that has not reported yet
    lon: float | None = None


class UnitRetired(Fact, frozen=True, tag="unit.retired"):
    unit: str


class IncidentOpened(Fact, frozen=True, tag="incident.opened"):
    incident: str  # internal id, unique over all desks
    number: str  # what people say and print, for example 26-A-01041
    type: str  # a code of the agency file
    priority: Priority
    severity: str  # what stood at that moment: a person's own value, else the suggestion; "" for no estimate
    location: Location
    severity_by: str = ""  # who set it; "" while the suggestion stands
    suggested: str = ""  # the level suggested at that moment, "" for no estimate
    suggested_why: str = ""  # what it came from, for example "red flag: not breathing"


class CallTaken(Fact, frozen=True, tag="call.taken"):
    """A caller's contact, belonging to an incident. A duplicate call is a second one on the same incident."""

    call: str
    incident: str
    caller: Caller
    location: Location
    answered_at: int  # when the operator began (F2), UTC ms
    text: str = ""


class IncidentTyped(Fact, frozen=True, tag="incident.typed"):
    incident: str
    type: str
    severity: str = ""
    was: str = ""
    was_severity: str = ""
    suggested: str = ""
    suggested_why: str = ""
    was_suggested: str = ""
    was_suggested_why: str = ""


class SeveritySet(Fact, frozen=True, tag="incident.severity_set"):
    """A person's own severity, which stands before any suggestion; `by` is "" where the suggestion is given back."""

    incident: str
    severity: str
    by: str = ""
    was: str = ""
    was_by: str = ""


class IncidentLocated(Fact, frozen=True, tag="incident.located"):
    incident: str
    location: Location
    was: Location | None = None


class PrioritySet(Fact, frozen=True, tag="incident.priority_set"):
    incident: str
    priority: Priority
    was: Priority | None = None


class NarrativeAdded(Fact, frozen=True, tag="incident.narrative_added"):
    """Narrative only ever grows. `about_unit` marks what came from a unit's radio."""

    incident: str
    text: str
    about_unit: str = ""


class UnitAssigned(Fact, frozen=True, tag="unit.assigned"):
    assignment: str
    incident: str
    unit: str
    eta_s: float | None = None  # by road, at the moment of assigning
    route_m: float | None = None
    override: str = ""  # why an unfit or committed unit was sent all the same
    before: UnitMoment | None = None


class AssignmentEnded(Fact, frozen=True, tag="assignment.ended"):
    assignment: str
    incident: str
    unit: str
    reason: ReleaseReason
    to_incident: str = ""


class UnitStatusChanged(Fact, frozen=True, tag="unit.status_changed"):
    unit: str
    status: UnitStatus
    incident: str = ""  # the incident it is committed to in that status
    assignment: str = ""
    override: str = ""
    before: UnitMoment | None = None
    note: str = ""  # what it does in that status, for example "Move-up to Station 5"


class UnitContacted(Fact, frozen=True, tag="unit.contacted"):
    """A welfare (PAR) contact. It answers the maydays that this desk knew of: `answers` are their events."""

    unit: str
    answers: tuple[str, ...] = ()


class EmergencyRaised(Fact, frozen=True, tag="unit.emergency_raised"):
    """A crew's mayday, by its radio's button or by voice. It stands until the unit has been heard (UnitContacted)."""

    unit: str
    incident: str = ""  # the one it was on
    text: str = ""  # what the device or the crew said


class EmergencyEnded(Fact, frozen=True, tag="unit.emergency_ended"):
    """Undo of a mayday entered by mistake."""

    unit: str
    raised_at: int


class IncidentClosed(Fact, frozen=True, tag="incident.closed"):
    incident: str
    disposition: str
    note: str = ""
    closed_at: int = 0  # 0: now; otherwise the closing that an undo brings back
    closed_by: str = ""
    reopened_at: int = 0  # of an undo: when it had been reopened before the reopening that is taken back
    merged_into: str = ""  # the incident in which its calls, notes and units go on


class IncidentReopened(Fact, frozen=True, tag="incident.reopened"):
    incident: str
    reason: str = ""
    disposition: str = ""  # how it had been closed, when and by whom
    note: str = ""
    closed_at: int = 0
    closed_by: str = ""
    reopened_at: int = 0  # when it had been reopened before, 0 for never


class AlarmAcknowledged(Fact, frozen=True, tag="alarm.acknowledged"):
    alarm: str  # the alarm's key, see core.domain.alarms


class DispatchWithdrawn(Fact, frozen=True, tag="unit.dispatch_withdrawn"):
    """Undo of an assignment made by mistake: the unit is as it was before."""

    assignment: str
    incident: str
    unit: str
    status: UnitStatus  # what the unit goes back to
    since: int = 0  # since when it had been in that status, UTC ms
    contacted_at: int = 0
    note: str = ""  # what it did in that status


class IncidentWithdrawn(Fact, frozen=True, tag="incident.withdrawn"):
    """Undo of an opening: the incident leaves the board, its record stays."""

    incident: str


class NarrativeStruck(Fact, frozen=True, tag="incident.narrative_struck"):
    """Undo of a narrative line: shown struck through, never removed."""

    incident: str
    event: str


class UnitRestored(Fact, frozen=True, tag="unit.restored"):
    """Undo of a status change, a release or a pre-emption: the unit is as it was, and so is the work it was on."""

    unit: str
    before: UnitMoment
    withdrawn: UnitStatus  # the status taken back
    withdrawn_at: int  # when that had been entered in the same assignment; 0 for another assignment's
    incident: str = ""  # the incident it is committed to again
    assignment: str = ""


class CallWithdrawn(Fact, frozen=True, tag="call.withdrawn"):
    """Undo of linking a call: it leaves the incident, its record stays."""

    call: str
    incident: str


class RoadClosed(Fact, frozen=True, tag="road.closed"):
    """A piece of road nobody can pass, in either direction, until it is reopened.

    `points` are (lat, lon) along it, so that it is found again on a newer map. `closed_at` is 0 unless an undo restores
    a closure: then it is when that began.
    """

    closure: str
    points: tuple[tuple[float, float], ...]
    road: str = ""  # its name
    note: str = ""
    closed_at: int = 0


class RoadReopened(Fact, frozen=True, tag="road.reopened"):
    """The rest of the fields tell what was closed, for undo and for reading the log."""

    closure: str
    points: tuple[tuple[float, float], ...] = ()
    road: str = ""
    note: str = ""
    closed_at: int = 0


class IncidentMerged(Fact, frozen=True, tag="incident.merged"):
    """Another incident was the same event: what came in there goes on here, and the other one is closed."""

    incident: str
    other: str
    reason: str = ""


class ConflictSettled(Fact, frozen=True, tag="conflict.settled"):
    """Somebody decided. Of a double dispatch there is one for each side: `assignment` goes on where it was kept, and
    ends otherwise. `how` is what was decided, in words.
    """

    conflict: str
    incident: str
    unit: str = ""
    assignment: str = ""
    kept: bool = True
    to_incident: str = ""  # where the unit goes on, when not here
    keep: str = ""  # the assignment that goes on, or "open" or "closed"
    how: str = ""


Body: TypeAlias = (
    OperatorSignedOn
    | UnitEnrolled
    | UnitRetired
    | IncidentOpened
    | CallTaken
    | IncidentTyped
    | SeveritySet
    | IncidentLocated
    | PrioritySet
    | NarrativeAdded
    | UnitAssigned
    | AssignmentEnded
    | UnitStatusChanged
    | UnitContacted
    | EmergencyRaised
    | EmergencyEnded
    | IncidentClosed
    | IncidentReopened
    | AlarmAcknowledged
    | DispatchWithdrawn
    | IncidentWithdrawn
    | NarrativeStruck
    | UnitRestored
    | CallWithdrawn
    | RoadClosed
    | RoadReopened
    | IncidentMerged
    | ConflictSettled
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
