"""The words for where a unit or an incident stands, and which moves between them are legal."""

from enum import IntEnum, StrEnum


class UnitStatus(StrEnum):
    AVAILABLE = "available"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en route"
    ON_SCENE = "on scene"
    TRANSPORTING = "transporting"
    AT_HOSPITAL = "at hospital"
    RETURNING = "returning"
    OUT_OF_SERVICE = "out of service"

    @property
    def code(self) -> str:
        """The two-letter code shown on screen and typed on the command line."""
        return _CODES[self]

    @property
    def availability(self) -> "Availability":
        return _AVAILABILITY[self]

    @property
    def committed(self) -> bool:
        """Whether a unit in this status is bound to an incident."""
        return self.availability in (Availability.MOVING, Availability.WORKING)


class Availability(StrEnum):
    """The class that gives a unit its colour."""

    FREE = "free"
    MOVING = "moving"
    WORKING = "working"
    UNUSABLE = "unusable"


class IncidentState(StrEnum):
    """Derived from assignments and closing; never set by itself."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    ON_SCENE = "on scene"
    SERVED = "to close"
    CLOSED = "closed"


class Priority(IntEnum):
    """Operational urgency, set by people; 1 is the most urgent."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


_CODES = {
    UnitStatus.AVAILABLE: "AV",
    UnitStatus.DISPATCHED: "DI",
    UnitStatus.EN_ROUTE: "EN",
    UnitStatus.ON_SCENE: "OS",
    UnitStatus.TRANSPORTING: "TR",
    UnitStatus.AT_HOSPITAL: "AH",
    UnitStatus.RETURNING: "RT",
    UnitStatus.OUT_OF_SERVICE: "OO",
}

_AVAILABILITY = {
    UnitStatus.AVAILABLE: Availability.FREE,
    UnitStatus.RETURNING: Availability.FREE,
    UnitStatus.DISPATCHED: Availability.MOVING,
    UnitStatus.EN_ROUTE: Availability.MOVING,
    UnitStatus.TRANSPORTING: Availability.MOVING,
    UnitStatus.ON_SCENE: Availability.WORKING,
    UnitStatus.AT_HOSPITAL: Availability.WORKING,
    UnitStatus.OUT_OF_SERVICE: Availability.UNUSABLE,
}

# Moves an operator may make by naming a status. Dispatching (to `dispatched`) happens only by assigning.
LEGAL_MOVES: dict[UnitStatus, frozenset[UnitStatus]] = {
    UnitStatus.AVAILABLE: frozenset({UnitStatus.OUT_OF_SERVICE, UnitStatus.RETURNING}),
    UnitStatus.RETURNING: frozenset({UnitStatus.AVAILABLE, UnitStatus.OUT_OF_SERVICE}),
    UnitStatus.OUT_OF_SERVICE: frozenset({UnitStatus.AVAILABLE, UnitStatus.RETURNING}),
    UnitStatus.DISPATCHED: frozenset({UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE}),
    UnitStatus.EN_ROUTE: frozenset({UnitStatus.ON_SCENE}),
    UnitStatus.ON_SCENE: frozenset(
        {UnitStatus.TRANSPORTING, UnitStatus.AVAILABLE, UnitStatus.RETURNING, UnitStatus.OUT_OF_SERVICE}
    ),
    UnitStatus.TRANSPORTING: frozenset({UnitStatus.AT_HOSPITAL}),
    UnitStatus.AT_HOSPITAL: frozenset({UnitStatus.AVAILABLE, UnitStatus.RETURNING, UnitStatus.OUT_OF_SERVICE}),
}
