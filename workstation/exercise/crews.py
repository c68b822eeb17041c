"""Crews that do what crews do: turn out, drive the road, work, take patients to hospital, go home.

They speak to the desk only through commands, as a radio would, and react to whatever the desk says of their unit, so
an operator may cancel, reassign or override at any moment.
"""

import logging
from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

from msgspec import Struct

from core.desk import Desk
from core.domain.board import Incident, Unit
from core.domain.commands import SetStatus
from core.domain.rules.movement import MOVE_UP
from core.domain.rules.situation import RADIO
from core.domain.statuses import Priority, UnitStatus
from core.errors import Refused
from workstation.exercise.motion import Leg

log = logging.getLogger(__name__)

Point = tuple[float, float]

_REPORT_EVERY_MS = 20_000  # a standing unit's tracker still reports, so that its position does not go stale
_NO_ROAD_MS = 480_000  # a drive to a place without coordinates or without a road
_TURNOUT_S = (25.0, 80.0)
_HOSPITAL_S = (420.0, 900.0)


class Work(Struct, frozen=True):
    """What an incident asks of the crews on it."""

    work_s: float
    transports: bool


class City(Protocol):
    """What crews need of the map. `drive` answers None where there is no way by road."""

    stations: Mapping[str, Point]

    def drive(self, start: Point, goal: Point, started_at: int, *, siren: bool) -> Leg | None: ...
    def nearest_hospital(self, start: Point) -> Point | None: ...


class _Crew(Struct):
    """One unit's crew: the status it last saw, what it drives and when it acts next."""

    status: UnitStatus | None = None
    incident: str = ""
    note: str = ""
    leg: Leg | None = None
    acts_at: int | None = None
    post: str = ""  # the station it was moved up to, until it is sent again
    reported_at: int = 0


class Crews:
    """All crews of the roster. `work_of` says how much work an incident is; `seed` fixes every delay."""

    def __init__(self, desk: Desk, city: City, work_of: Callable[[Incident], Work], seed: int) -> None:
        self._desk = desk
        self._city = city
        self._work_of = work_of
        self._rng = Random(seed)
        self._crews: dict[str, _Crew] = {}

    def step(self) -> None:
        """Bring every crew up to the desk's clock: act, move, report."""
        now_ms = self._desk.clock.now_ms()
        for unit in tuple(self._desk.board.units.values()):
            crew = self._crews.setdefault(unit.callsign, _Crew())
            if (unit.status, unit.incident, unit.note) != (crew.status, crew.incident, crew.note):
                self._plan(unit, crew, now_ms)
            if crew.acts_at is not None and now_ms >= crew.acts_at:
                crew.acts_at = None
                self._act(unit)
            self._report(unit, crew, now_ms)

    def _plan(self, unit: Unit, crew: _Crew, now_ms: int) -> None:
        """The desk says something new of this unit: decide what the crew does next and when."""
        crew.status, crew.incident, crew.note = unit.status, unit.incident, unit.note
        crew.acts_at = None
        incident = self._desk.board.incidents.get(unit.incident)
        match unit.status:
            case UnitStatus.DISPATCHED:
                crew.post = ""
                crew.acts_at = now_ms + self._delay_ms(_TURNOUT_S)
            case UnitStatus.EN_ROUTE if incident is not None:
                self._set_out(crew, unit, _place_of(incident), now_ms, siren=incident.priority <= Priority.P2)
            case UnitStatus.ON_SCENE if incident is not None:
                work_ms = round(self._work_of(incident).work_s * 1000 * self._rng.uniform(0.8, 1.2))
                crew.leg, crew.acts_at = None, now_ms + work_ms
            case UnitStatus.TRANSPORTING:
                here = _here(unit)
                goal = self._city.nearest_hospital(here) if here else None
                self._set_out(crew, unit, goal, now_ms, siren=True)
            case UnitStatus.AT_HOSPITAL:
                crew.leg, crew.acts_at = None, now_ms + self._delay_ms(_HOSPITAL_S)
            case UnitStatus.RETURNING | UnitStatus.AVAILABLE:
                if unit.status is UnitStatus.RETURNING:
                    crew.post = unit.note.removeprefix(MOVE_UP) if unit.note.startswith(MOVE_UP) else ""
                goal = self._city.stations.get(crew.post or unit.station)
                self._set_out(crew, unit, goal, now_ms, siren=False)
                if unit.status is UnitStatus.AVAILABLE:
                    crew.acts_at = None
            case _:
                crew.leg = None

    def _set_out(self, crew: _Crew, unit: Unit, goal: Point | None, now_ms: int, *, siren: bool) -> None:
        here = _here(unit)
        crew.leg = self._city.drive(here, goal, now_ms, siren=siren) if here and goal else None
        crew.acts_at = crew.leg.ends_at if crew.leg else now_ms + _NO_ROAD_MS

    def _delay_ms(self, span_s: tuple[float, float]) -> int:
        return round(1000 * self._rng.uniform(*span_s))

    def _act(self, unit: Unit) -> None:
        next_status = self._next_status(unit)
        if next_status is None:
            return
        try:
            self._desk.do(SetStatus(unit.callsign, next_status), by=f"{RADIO}{unit.callsign}")
        except Refused as refusal:
            log.info("crew of %s was refused: %s", unit.callsign, refusal)

    def _next_status(self, unit: Unit) -> UnitStatus | None:
        incident = self._desk.board.incidents.get(unit.incident)
        match unit.status:
            case UnitStatus.DISPATCHED:
                return UnitStatus.EN_ROUTE
            case UnitStatus.EN_ROUTE:
                return UnitStatus.ON_SCENE
            case UnitStatus.ON_SCENE:
                takes = incident is not None and self._takes_patient(unit, incident)
                return UnitStatus.TRANSPORTING if takes else UnitStatus.RETURNING
            case UnitStatus.TRANSPORTING:
                return UnitStatus.AT_HOSPITAL
            case UnitStatus.AT_HOSPITAL:
                return UnitStatus.RETURNING
            case UnitStatus.RETURNING:
                return UnitStatus.AVAILABLE
        return None

    def _takes_patient(self, unit: Unit, incident: Incident) -> bool:
        """The first transporting unit on scene takes the patient; the others clear."""
        if "transport" not in unit.capabilities or not self._work_of(incident).transports:
            return False
        return not any(UnitStatus.TRANSPORTING in assignment.times for assignment in incident.assignments)

    def _report(self, unit: Unit, crew: _Crew, now_ms: int) -> None:
        here = _here(unit)
        if crew.leg is not None:
            self._desk.place_unit(unit.callsign, crew.leg.position(now_ms))
            crew.reported_at = now_ms
            if now_ms >= crew.leg.ends_at:
                crew.leg = None
        elif here is not None and now_ms - crew.reported_at >= _REPORT_EVERY_MS:
            standing = Leg(now_ms, (here,), (0,))
            self._desk.place_unit(unit.callsign, standing.position(now_ms))
            crew.reported_at = now_ms


def _here(unit: Unit) -> Point | None:
    return (unit.position.lat, unit.position.lon) if unit.position is not None else None


def _place_of(incident: Incident) -> Point | None:
    location = incident.location
    if location.lat is None or location.lon is None:
        return None
    return (location.lat, location.lon)
