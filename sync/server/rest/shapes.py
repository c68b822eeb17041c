"""What goes over the interface: the board's things in JSON, and what may be asked of them.

Times are UTC milliseconds since 1970; coordinates are WGS 84 degrees; ids sort in time.
"""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.domain.board import Assignment, Call, Incident, Unit
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.values import Location, LocationSource, Position

# What a store, a screen and a printed report can all hold: no control characters, no halves of a character.
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=5000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
PriorityNumber = Literal[1, 2, 3, 4]


class Asked(BaseModel):
    """What is sent to the server: a field that it does not know is a mistake, and is said to be one."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Place(BaseModel):
    text: str
    lat: float | None
    lon: float | None
    source: LocationSource
    detail: str


class CallShape(BaseModel):
    id: str
    caller: str
    callback: str
    answered_at: int
    taken_at: int
    operator: str
    text: str


class NarrativeShape(BaseModel):
    event: str
    at: int
    operator: str
    desk: str
    text: str
    unit: str
    struck: bool


class AssignmentShape(BaseModel):
    id: str
    incident: str
    unit: str
    assigned_at: int
    status: UnitStatus
    times: dict[UnitStatus, int]
    eta_s: float | None
    ended_at: int | None
    reason: str | None
    override: str


class IncidentShape(BaseModel):
    id: str
    number: str
    type: str
    priority: PriorityNumber
    severity: str
    state: IncidentState
    location: Place
    opened_at: int
    opened_by: str
    desk: str
    changed_at: int
    closed_at: int | None
    closed_by: str
    disposition: str
    units: list[str]


class IncidentWhole(IncidentShape):
    """An incident with all that was said and done."""

    calls: list[CallShape]
    narrative: list[NarrativeShape]
    assignments: list[AssignmentShape]


class IncidentPage(BaseModel):
    """`next` is the `after` of the page that follows, null at the end."""

    items: list[IncidentShape]
    next: str | None


class PositionShape(BaseModel):
    unit: str
    lat: float
    lon: float
    fixed_at: int
    source: str
    heading: float | None
    speed_mps: float | None


class UnitShape(BaseModel):
    callsign: str
    kind: str
    capabilities: list[str]
    station: str
    status: UnitStatus
    code: str
    since: int
    incident: str
    note: str
    emergency: bool
    position: PositionShape | None


class StatusShape(BaseModel):
    """A status' word, its two-letter code, its class, and the statuses that may follow it."""

    status: UnitStatus
    code: str
    availability: str
    may_become: list[UnitStatus]


class AskedPlace(Asked):
    text: Annotated[Line, Field(min_length=1)]
    lat: Latitude | None = None
    lon: Longitude | None = None
    detail: Line = ""

    def location(self) -> Location:
        placed = self.lat is not None and self.lon is not None
        source = LocationSource.COORDINATES if placed else LocationSource.UNVERIFIED
        return Location(self.text, self.lat if placed else None, self.lon if placed else None, source, self.detail)


class AskedIncident(Asked):
    type: Name
    location: AskedPlace
    priority: PriorityNumber | None = None
    narrative: Text = ""
    caller: Line = ""
    callback: Line = ""


class AskedAssignment(Asked):
    """`override` is the reason for sending a unit that is committed or of the wrong kind."""

    unit: Name
    override: Line = ""


class AskedStatus(Asked):
    status: UnitStatus = Field(strict=False)
    override: Line = ""


class AskedNarrative(Asked):
    text: Annotated[Text, Field(min_length=1)]


class AskedPriority(Asked):
    priority: PriorityNumber


class AskedClosing(Asked):
    disposition: Name
    note: Line = ""
    release_units: bool = False


class AskedReason(Asked):
    reason: Annotated[Line, Field(min_length=1)]


class AskedSession(Asked):
    name: Name
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class SessionShape(BaseModel):
    account: str
    role: str
    expires_at: int


class SessionOpened(SessionShape):
    token: str


class DeskShape(BaseModel):
    """`clock_offset_ms` is the desk's clock minus the server's."""

    id: str
    name: str
    prefix: str
    kind: str
    paired_at: int
    revoked_at: int | None
    revoked_why: str
    cloned_at: int | None
    last_seen_at: int
    clock_offset_ms: int
    unsent: int
    version: str
    address: str
    connected: bool  # to the replica that answers


class CodeShape(BaseModel):
    code: str
    expires_at: int


class HeldShape(BaseModel):
    """An entry of the quarantine: events `first_n` to `last_n` of a desk, and what became of them."""

    id: int
    at: int
    desk: str
    pushed_by: str
    first_n: int
    last_n: int
    code: str
    detail: str
    times: int
    settled_at: int | None
    settled_by: str
    how: str


class HeldWhole(HeldShape):
    events: list[dict[str, Any]]


class ArtefactShape(BaseModel):
    kind: str
    name: str
    sha256: str
    size: int
    published_at: int


def incident_shape(incident: Incident) -> IncidentShape:
    return IncidentShape.model_validate(_incident_fields(incident))


def incident_whole(incident: Incident) -> IncidentWhole:
    said = {
        "calls": [_call_fields(call) for call in incident.calls],
        "narrative": [msgspec.structs.asdict(line) for line in incident.narrative],
        "assignments": [msgspec.structs.asdict(assignment) for assignment in incident.assignments],
    }
    return IncidentWhole.model_validate({**_incident_fields(incident), **said})


def _incident_fields(incident: Incident) -> dict[str, object]:
    fields = {name: getattr(incident, name) for name in IncidentShape.model_fields if hasattr(incident, name)}
    units = [assignment.unit for assignment in incident.active_assignments]
    return {**fields, "location": msgspec.structs.asdict(incident.location), "units": units}


def _call_fields(call: Call) -> dict[str, object]:
    fields = msgspec.structs.asdict(call)
    return {**fields, "caller": call.caller.name, "callback": call.caller.callback}


def assignment_shape(assignment: Assignment) -> AssignmentShape:
    return AssignmentShape.model_validate(msgspec.structs.asdict(assignment))


def unit_shape(unit: Unit, place: PositionShape | None, *, emergency: bool) -> UnitShape:
    return UnitShape(
        callsign=unit.callsign,
        kind=unit.kind,
        capabilities=sorted(unit.capabilities),
        station=unit.station,
        status=unit.status,
        code=unit.status.code,
        since=unit.since,
        incident=unit.incident,
        note=unit.note,
        emergency=emergency,
        position=place,
    )


def position_shape(unit: str, position: Position) -> PositionShape:
    return PositionShape(
        unit=unit,
        lat=position.lat,
        lon=position.lon,
        fixed_at=position.fixed_at,
        source=position.source,
        heading=position.heading,
        speed_mps=position.speed_mps,
    )


def priority_of(number: int | None) -> Priority | None:
    return None if number is None else Priority(number)
