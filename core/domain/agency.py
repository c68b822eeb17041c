"""What an agency decides for itself: incident types, standards, dispositions, units and stations, in one TOML file.

The file ships documented (resources/agency/default.toml); an agency edits a copy. Reading it tells every mistake
at once.
"""

from msgspec import Struct, field

from core.domain.statuses import Priority, UnitStatus

URGENT = (Priority.P1, Priority.P2)  # driven to with lights and siren by units that have them


class IncidentType(Struct, frozen=True):
    code: str  # what is typed, for example "FIRE-STR"
    name: str
    priority: Priority
    severity: str  # the type's default severity word, until the model suggests
    needs: tuple[str, ...] = ()  # a capability per unit wanted; repeated for several units
    words: tuple[str, ...] = ()  # words in the narrative that point to this type


class UnitKind(Struct, frozen=True):
    code: str
    name: str
    capabilities: tuple[str, ...]
    shape: str = "circle"  # marker on the map: circle, square, triangle, diamond, pentagon
    lights_and_siren: bool = True


class Disposition(Struct, frozen=True):
    """`outcome` is how severe incidents that end so turned out to be, "" where that cannot be said of all of them."""

    code: str
    name: str
    outcome: str = ""


class StationEntry(Struct, frozen=True):
    name: str
    lat: float
    lon: float
    made_up: bool = False


class RosterEntry(Struct, frozen=True):
    callsign: str
    kind: str
    station: str
    capabilities: tuple[str, ...] = ()  # beyond those of its kind


class Standards(Struct, frozen=True):
    """Seconds each step may take. Timers warn at 80 % and are overdue at 100 %."""

    waiting_s: dict[Priority, int] = field(default_factory=dict)  # open with no unit
    status_s: dict[UnitStatus, int] = field(default_factory=dict)  # a committed unit in one status
    par_s: int = 1200  # welfare check interval for a unit on scene
    position_stale_s: int = 120
    duplicate_radius_m: float = 400.0
    duplicate_window_s: int = 1800

    def stale_after_s(self, own_s: int) -> int:
        """The age at which a position is stale: its source's own, where it has one."""
        return own_s or self.position_stale_s


class RadioRules(Struct, frozen=True):
    """What units' radios and positions may do by themselves: "set" does it, "propose" asks the operator, "off" neither.

    `statuses` gives the codes that radios send a meaning: a status' word, "emergency" or "contact".
    """

    presets: str = "set"
    arrival: str = "propose"
    scene_radius_m: float = 120.0
    station_radius_m: float = 80.0
    statuses: dict[str, str] = field(default_factory=dict)


class CoverageRules(Struct, frozen=True):
    """What counts as covered: `teams` free teams that reach a place within `target_s` of the alarm.

    `turnout_s` tells by kind the seconds from alarm to wheels turning, for units at rest; `turnout_else_s` for others.
    """

    target_s: int = 480
    teams: int = 1
    capability: str = ""  # whose coverage is looked at first, "" for any unit's
    turnout_s: dict[str, int] = field(default_factory=dict)
    turnout_else_s: int = 60


class SeverityRules(Struct, frozen=True):
    """How severity is suggested. `person_first`: a person's own value is asked for before the suggestion is shown.

    `red_flags` is the path of the agency's own red-flag file, "" for none beyond those that ship.
    """

    person_first: bool = False
    red_flags: str = ""


class ModelRules(Struct, frozen=True):
    """When a candidate is trained by itself; 0 turns a reason off.

    Quiet hours are local, from included to not included; the same hour twice means any.
    """

    every_days: int = 90
    new_outcomes: int = 500
    on_alarm: bool = True
    fewest_days: int = 7  # between two trainings, whatever the reason
    quiet_from_hour: int = 2
    quiet_to_hour: int = 5
    most_open_incidents: int = 2


class Agency(Struct, frozen=True):
    name: str
    desk_prefix: str
    types: dict[str, IncidentType]
    kinds: dict[str, UnitKind]
    dispositions: dict[str, Disposition]
    standards: Standards
    stations: dict[str, StationEntry] = field(default_factory=dict)
    roster: tuple[RosterEntry, ...] = ()
    utc_offset_note: str = ""
    made_up: bool = False  # demo data says so everywhere
    capabilities: dict[str, str] = field(default_factory=dict)  # code to name
    radio: RadioRules = RadioRules()
    coverage: CoverageRules = CoverageRules()
    severity: SeverityRules = SeverityRules()
    models: ModelRules = ModelRules()

    @property
    def turnout_s(self) -> dict[str, float]:
        """Seconds from alarm to wheels turning, by kind, for every kind there is."""
        rules = self.coverage
        return {kind: float(rules.turnout_s.get(kind, rules.turnout_else_s)) for kind in self.kinds}

    def drives_with_siren(self, kind: str, priority: Priority) -> bool:
        """Whether a unit of that kind drives to an incident of that priority with lights and siren."""
        known = self.kinds.get(kind)
        return priority in URGENT and (known is None or known.lights_and_siren)
