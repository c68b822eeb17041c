"""Who could go: free units, and units on less urgent incidents; each with its place on the road and its ETA."""

from dataclasses import dataclass

import numpy as np

from core.dispatch.needs import needs_of
from core.domain.agency import Agency
from core.domain.board import Board, Incident, Unit
from core.domain.statuses import Availability, Priority, UnitStatus
from core.roads.engine import UNREACHABLE, RoadEngine
from core.roads.snap import NotOnRoad, Snap
from core.roads.unit_snaps import UnitSnaps

_MAY_LEAVE = (UnitStatus.DISPATCHED, UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE)  # nobody leaves with a patient on board


@dataclass(slots=True)
class Candidate:
    """A unit under consideration. `held_by` is the less urgent incident it would be taken from, None if it is free."""

    unit: Unit
    held_by: Incident | None = None
    place: Snap | NotOnRoad | None = None  # None until it is measured
    eta_ms: int = UNREACHABLE
    route_m: float | None = None

    @property
    def free(self) -> bool:
        return self.held_by is None

    @property
    def reachable(self) -> bool:
        return self.eta_ms != UNREACHABLE


def candidates_for(incident: Incident, board: Board, agency: Agency) -> list[Candidate]:
    """Every unit that could be sent, by callsign; committed ones only if they have something the type asks for."""
    found = []
    for _, unit in sorted(board.units.items()):
        if unit.status.availability is Availability.FREE:
            found.append(Candidate(unit))
            continue
        held_by = board.incidents.get(unit.incident)
        if held_by is None or held_by.id == incident.id or held_by.priority <= incident.priority:
            continue
        if unit.status in _MAY_LEAVE and unit.capabilities & set(needs_of(incident, agency)):
            found.append(Candidate(unit, held_by))
    return found


def scene_of(incident: Incident, engine: RoadEngine | None) -> Snap | NotOnRoad:
    """Where the incident lies on the road, or why there are no travel times, in a sentence."""
    location = incident.location
    if engine is None:
        return NotOnRoad("No map is open.")
    if location.lat is None or location.lon is None:
        return NotOnRoad("The location has no place on the map yet.")
    place = engine.snap(location.lat, location.lon)
    if isinstance(place, NotOnRoad):
        return NotOnRoad(f"About the scene: {place.sentence}")
    return place


def measure(candidates: list[Candidate], scene: Snap, priority: Priority, agency: Agency, snaps: UnitSnaps) -> None:
    """Find every candidate on the road, and its time and way to the scene; one search for each way of driving."""
    groups: dict[bool, list[tuple[Candidate, Snap]]] = {}
    for candidate in candidates:
        candidate.place = _place(candidate.unit, agency, snaps)
        if isinstance(candidate.place, Snap):
            siren = agency.drives_with_siren(candidate.unit.kind, priority)
            groups.setdefault(siren, []).append((candidate, candidate.place))
    for siren, group in groups.items():
        journeys = snaps.engine.journeys_to(scene, [place for _, place in group], siren)
        for (candidate, _), ms, metres in zip(group, journeys.ms.tolist(), journeys.metres.tolist(), strict=True):
            candidate.eta_ms = ms
            candidate.route_m = None if np.isnan(metres) else metres


def _place(unit: Unit, agency: Agency, snaps: UnitSnaps) -> Snap | NotOnRoad:
    if unit.position is not None:
        return snaps.of(unit.callsign, unit.position.lat, unit.position.lon)
    if station := agency.stations.get(unit.station):
        return snaps.of(unit.callsign, station.lat, station.lon)
    return NotOnRoad("Its position is not known.")
