"""One straight road of 30 km on which lights and siren make 1 km in 100 s, an island beside it, and a small agency."""

import itertools
from dataclasses import dataclass, field

import pytest

from core.dispatch import recommend
from core.domain.agency import Agency, IncidentType, Standards, StationEntry, UnitKind
from core.domain.board import Assignment, Board, Incident, Unit
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location, LocationSource, Position, PositionSource
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.speeds import RoadClass
from tests.made_roads import RoadLine, segments_from_lines

KM = 1 / 111.19508
NOW = 1_780_000_000_000
ISLAND = 0.1  # degrees north of the road

P1, P2, P3, P4 = Priority


@pytest.fixture(scope="session")
def engine():
    spots = [(0, at * KM) for at in range(31)]
    main = [RoadLine([a, b], RoadClass.RESIDENTIAL) for a, b in itertools.pairwise(spots)]
    island = RoadLine([(ISLAND, 0), (ISLAND, KM)], RoadClass.RESIDENTIAL)
    return RoadEngine(build_graph(segments_from_lines([*main, island])))


@dataclass
class Town:
    """The board as a test tells it; places are km along the road."""

    engine: RoadEngine | None
    board: Board = field(default_factory=Board)
    agency: Agency = field(
        default_factory=lambda: Agency(
            name="Town",
            desk_prefix="A",
            types={
                "CHEST": IncidentType("CHEST", "Chest pain", P1, "red", needs=("als",)),
                "CRASH": IncidentType("CRASH", "Crash", P1, "red", needs=("bls", "als", "engine")),
                "CASE": IncidentType("CASE", "Two crews", P2, "amber", needs=("bls", "als")),
                "NOTE": IncidentType("NOTE", "Information", P4, "green"),
            },
            kinds={
                "medic": UnitKind("medic", "Medic", ("als", "bls")),
                "ambulance": UnitKind("ambulance", "Ambulance", ("bls",)),
                "engine": UnitKind("engine", "Engine", ("engine",)),
                "car": UnitKind("car", "Car", ("als",), lights_and_siren=False),
            },
            dispositions={},
            standards=Standards(status_s={UnitStatus.EN_ROUTE: 900}, position_stale_s=120),
            stations={
                "Station 1": StationEntry("Station 1", 0, 0),
                "Station 2": StationEntry("Station 2", 0, 10 * KM),
            },
        )
    )

    def unit(self, callsign, km=None, kind="medic", *, station="", lat=0.0, age_s=5, source=PositionSource.GPS):
        position = None if km is None else Position(lat, km * KM, NOW - age_s * 1000, source)
        able = frozenset(self.agency.kinds[kind].capabilities)
        unit = self.board.units[callsign] = Unit(callsign, kind, able, station, position=position)
        return unit

    def incident(self, type_="CHEST", km=10.0, priority=P1, *, lat=0.0, number="26-A-01042"):
        place = Location("there", lat, None if km is None else km * KM, LocationSource.ADDRESS)
        if km is None:
            place = Location("somewhere")
        found = Incident(number, number, type_, priority, "", place, NOW, "ann", "A1")
        self.board.incidents[found.id] = found
        return found

    def commit(self, unit, incident, status=UnitStatus.EN_ROUTE):
        unit.status, unit.incident = status, incident.id
        incident.assignments.append(Assignment(f"{unit.callsign}@{incident.id}", incident.id, unit.callsign, NOW))

    def recommend(self, incident):
        return recommend(incident, self.board, self.agency, self.engine, NOW)


@pytest.fixture
def town(engine):
    return Town(engine)
