"""The board: what is known now, folded from events and from nothing else.

Closed incidents leave the board once they are a shift old (the store keeps them), so that it stays small for years.
Only `core.domain.fold.apply_event` changes it. Views read it and never keep their own copy.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from core.domain.conflict import Conflict
from core.domain.numbers import is_meant, short_number
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.values import Caller, Location, Position, ReleaseReason, UnitMoment


class Call(Struct):
    id: str
    caller: Caller
    location: Location
    answered_at: int
    taken_at: int
    operator: str
    text: str = ""


class NarrativeLine(Struct):
    event: str
    at: int
    operator: str
    desk: str
    text: str
    unit: str = ""
    struck: bool = False


class Assignment(Struct):
    """One unit's work on one incident, with the time it entered each status."""

    id: str
    incident: str
    unit: str
    assigned_at: int
    eta_s: float | None = None
    route_m: float | None = None
    override: str = ""
    times: dict[UnitStatus, int] = field(default_factory=dict)
    ended_at: int | None = None
    reason: ReleaseReason | None = None
    status: UnitStatus = UnitStatus.DISPATCHED  # the last one it had on this incident
    event: str = ""  # by which it was sent, and where that was done
    desk: str = ""
    operator: str = ""
    ended_desk: str = ""
    ended_by: str = ""
    ending: str = ""  # the command by which it ended
    also: list[str] = field(default_factory=list)  # other desks' assignments of the same unit to the same incident
    settled: dict[str, bool] = field(default_factory=dict)  # by command: whether a double dispatch's settling kept it

    @property
    def active(self) -> bool:
        return self.ended_at is None

    def goes_by(self, assignment: str) -> bool:
        return assignment == self.id or assignment in self.also


class Incident(Struct):
    id: str
    number: str
    type: str
    priority: Priority
    severity: str
    location: Location
    opened_at: int
    opened_by: str
    desk: str
    calls: list[Call] = field(default_factory=list)
    narrative: list[NarrativeLine] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    closed_at: int | None = None
    closed_by: str = ""
    disposition: str = ""
    closing_note: str = ""
    reopened_at: int = 0
    changed_at: int = 0
    waiting_since: int = 0  # since when no unit has been on it
    severity_by: str = ""  # who set the severity; "" while the suggestion stands
    suggested: str = ""  # the severity suggested, "" where none was
    suggested_why: str = ""  # what that came from, in words
    closed_desk: str = ""
    closing: str = ""  # the event that closed it last, also where work elsewhere reopened it
    absorbed: list[str] = field(default_factory=list)  # incidents that were merged into this one
    merged_into: str = ""
    void: str = ""  # the command of a merge that another merge, made before it elsewhere, has made void
    folded: str = ""  # the place of the last event in it

    @property
    def active_assignments(self) -> list[Assignment]:
        return [assignment for assignment in self.assignments if assignment.active]

    @property
    def on_scene(self) -> list[Assignment]:
        """Those whose units are there now: who left with a patient is not."""
        return [a for a in self.active_assignments if a.status is UnitStatus.ON_SCENE]

    @property
    def state(self) -> IncidentState:
        if self.closed_at is not None:
            return IncidentState.CLOSED
        active = self.active_assignments
        if not active:
            return IncidentState.SERVED if self._served else IncidentState.WAITING
        if self.on_scene:
            return IncidentState.ON_SCENE
        return IncidentState.ASSIGNED

    @property
    def _served(self) -> bool:
        """Whether the last unit to leave had finished its work, rather than been taken away."""
        ended = [a for a in self.assignments if a.reason is not ReleaseReason.UNDONE]
        last = max(ended, key=lambda a: a.ended_at or 0, default=None)
        return last is not None and last.reason is ReleaseReason.CLEARED and (last.ended_at or 0) > self.reopened_at

    def assignment_of(self, unit: str) -> Assignment | None:
        """The unit's active assignment here, if it has one."""
        return next((a for a in self.assignments if a.active and a.unit == unit), None)


class Claim(Struct):
    """An assignment as its unit sees it. Two live ones are a double dispatch; the first holds the unit."""

    assignment: str
    incident: str
    at: int
    desk: str
    operator: str
    event: str
    status: UnitStatus = UnitStatus.DISPATCHED
    since: int = 0
    note: str = ""
    also: list[str] = field(default_factory=list)
    ended_at: int = 0
    ended_desk: str = ""
    ending: str = ""
    settled: dict[str, bool] = field(default_factory=dict)

    def goes_by(self, assignment: str) -> bool:
        return assignment == self.assignment or assignment in self.also


class Unit(Struct):
    callsign: str
    kind: str
    capabilities: frozenset[str]
    station: str
    status: UnitStatus = UnitStatus.AVAILABLE
    since: int = 0  # UTC ms of the status
    incident: str = ""
    contacted_at: int = 0  # last status change or welfare contact
    position: Position | None = None  # telemetry: not folded from events
    note: str = ""  # what it does in its status, for example "Move-up to Station 5"
    claims: list[Claim] = field(default_factory=list)  # live ones, the one that holds it first
    left: list[Claim] = field(default_factory=list)  # those that ended within two days
    idle: UnitMoment | None = None  # a free status that was told while somebody else's claim holds
    retired: bool = False  # it leaves the roster when its work ends
    folded: str = ""  # the place of the last event of it

    def claim(self, assignment: str) -> Claim | None:
        """The live claim of that assignment."""
        return next((claim for claim in self.claims if claim.goes_by(assignment)), None)


class Emergency(Struct, frozen=True):
    """A mayday that stands: since when (UTC ms), on which incident, and what was said.

    `events` are the ids of all by which it was raised: several desks may have heard it.
    """

    at: int
    incident: str = ""
    text: str = ""
    desks: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class Closure(Struct, frozen=True):
    """A piece of road that is closed: (lat, lon) along it, its name, since when and by whom."""

    id: str
    points: tuple[tuple[float, float], ...]
    road: str
    note: str
    at: int
    operator: str


class SignedOn(Struct, frozen=True):
    """Who works at a desk, since when (UTC ms); `place` is that of the event which told so."""

    operator: str
    position: str
    shift: str
    at: int
    place: str


class Board(Struct):
    """Keys: incident id, callsign. `alarms_acknowledged` maps an alarm's key to when."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    alarms_acknowledged: dict[str, int] = field(default_factory=dict)
    operator: str = ""
    position: str = ""
    shift: str = ""
    last_number: dict[str, int] = field(default_factory=dict)  # by year and desk prefix
    emergencies: dict[str, Emergency] = field(default_factory=dict)  # by callsign
    closures: dict[str, Closure] = field(default_factory=dict)  # by id, oldest first
    missing: set[str] = field(default_factory=set)  # incidents and units that events named while they were not here
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    presence: dict[str, SignedOn] = field(default_factory=dict)  # by desk
    desk: str = ""  # whose board this is; "" for one that belongs to no desk
    withdrawn: dict[str, Incident] = field(default_factory=dict)  # whose opening was taken back
    retired: dict[str, Unit] = field(default_factory=dict)  # units that left the roster, by callsign
    closures_told: dict[str, str] = field(default_factory=dict)  # by closure: the place of the last event of it

    def stand_at(self, desk: str) -> None:
        """Make it the board of this desk: `operator` is whoever signed on there."""
        self.desk = desk
        if here := self.presence.get(desk):
            self.operator, self.position, self.shift = here.operator, here.position, here.shift

    def open_conflicts(self) -> list[Conflict]:
        """Those that somebody has to decide, oldest first."""
        return sorted((c for c in self.conflicts.values() if c.is_open), key=lambda c: (c.opened_at, c.id))

    def open_incidents(self) -> Iterator[Incident]:
        return (i for i in self.incidents.values() if i.closed_at is None)

    def by_number(self, number: str) -> Incident | None:
        """The incident that people mean by `number`: all of it, "B-1041", or "1041".

        Of several, this desk's own comes before another's, an open one before a closed one, a new one before an old.
        """
        said = number.strip().upper().lstrip("#")
        meant = [i for i in self.incidents.values() if is_meant(i.number, said)]
        return max(meant, key=lambda i: (self.is_own(i), i.closed_at is None, i.opened_at), default=None)

    def is_own(self, incident: Incident) -> bool:
        """Whether it was opened at the desk whose board this is."""
        return not self.desk or incident.desk == self.desk

    def short(self, incident: Incident) -> str:
        """Its number as people at this desk say it."""
        return short_number(incident.number, own=self.is_own(incident))
