"""What people ask for. A command carries only what the person said; `handle` works out the rest."""

from typing import TypeAlias

from msgspec import Struct

from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location


class SignOn(Struct, frozen=True):
    operator: str
    position: str = ""
    shift: str = ""


class Enrol(Struct, frozen=True):
    """Bring the roster in line with the agency's units; says nothing when nothing changed."""

    unit: str
    kind: str
    capabilities: tuple[str, ...] = ()
    station: str = ""
    lat: float | None = None
    lon: float | None = None


class Retire(Struct, frozen=True):
    unit: str


class OpenIncident(Struct, frozen=True):
    type: str
    location: Location
    caller: Caller = Caller()
    priority: Priority | None = None  # None: the type's default
    narrative: str = ""
    answered_at: int | None = None  # UTC ms; None: now
    severity: str = ""  # the person's own value; "": the suggestion stands
    suggested: str = ""  # what was suggested, "" for the type's default
    suggested_why: str = ""  # what that came from, in words


class LinkCall(Struct, frozen=True):
    """Another call about an incident that is already open."""

    incident: str
    location: Location
    caller: Caller = Caller()
    narrative: str = ""
    answered_at: int | None = None


class Retype(Struct, frozen=True):
    incident: str
    type: str


class Relocate(Struct, frozen=True):
    incident: str
    location: Location


class SetPriority(Struct, frozen=True):
    incident: str
    priority: Priority


class SetSeverity(Struct, frozen=True):
    """A person's own severity; "" gives it back to the suggestion."""

    incident: str
    severity: str


class AddNarrative(Struct, frozen=True):
    incident: str
    text: str
    about_unit: str = ""


class Quote(Struct, frozen=True):
    """The road engine's answer for a unit at the moment of dispatch; kept with the assignment."""

    unit: str
    eta_s: float | None = None
    route_m: float | None = None


class Assign(Struct, frozen=True):
    """Send units. A committed unit is taken from its incident only when `override` says why."""

    incident: str
    units: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()
    override: str = ""


class SetStatus(Struct, frozen=True):
    unit: str
    status: UnitStatus
    override: str = ""


class MoveUp(Struct, frozen=True):
    """Send a free unit to stand at a station that is not its own; it stays free on the way and there."""

    unit: str
    station: str


class Release(Struct, frozen=True):
    """Stand a unit down from its incident; it becomes available."""

    unit: str
    note: str = ""


class Contact(Struct, frozen=True):
    unit: str


class RaiseEmergency(Struct, frozen=True):
    """A unit's mayday. It stands on the board, whatever else happens, until Contact says that the unit was heard."""

    unit: str
    text: str = ""


class CloseIncident(Struct, frozen=True):
    """`release_units` confirms that units still on it are cleared with it."""

    incident: str
    disposition: str
    note: str = ""
    release_units: bool = False


class ReopenIncident(Struct, frozen=True):
    incident: str
    reason: str = ""


class AcknowledgeAlarm(Struct, frozen=True):
    alarm: str


class CloseRoad(Struct, frozen=True):
    """Close the road along `points`, (lat, lon) each, in both directions."""

    points: tuple[tuple[float, float], ...]
    road: str = ""
    note: str = ""


class ReopenRoad(Struct, frozen=True):
    closure: str


class SettleConflict(Struct, frozen=True):
    """Decide a conflict. `keep` is the assignment that goes on, or "open" or "closed" for work after an end."""

    conflict: str
    keep: str


class MergeIncidents(Struct, frozen=True):
    """Two incidents are one event: what is known of `other`, and its units, go on in `keep`; `other` is closed."""

    keep: str
    other: str
    reason: str = ""


class Undo(Struct, frozen=True):
    """Take back this desk's last undoable command (or the named one) by compensating events."""

    command: str = ""


Command: TypeAlias = (
    SignOn
    | Enrol
    | Retire
    | OpenIncident
    | LinkCall
    | Retype
    | Relocate
    | SetPriority
    | SetSeverity
    | AddNarrative
    | Assign
    | SetStatus
    | MoveUp
    | Release
    | Contact
    | RaiseEmergency
    | CloseIncident
    | ReopenIncident
    | AcknowledgeAlarm
    | CloseRoad
    | ReopenRoad
    | SettleConflict
    | MergeIncidents
    | Undo
)
