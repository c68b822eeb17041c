"""Arriving: once per visit, by standing and not by driving past, at the scene or back at the station."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.avl.geofence import Arrival, ArrivalWatch, Fence, fence_for
from core.domain.agency_file import read_agency
from core.domain.board import Board, Incident, Unit
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location, Position, PositionSource
from resources import resource_path

AGENCY = read_agency(resource_path("agency", "demo.toml"))
NOW = 1_790_000_000_000
SCENE = Location("Balmaceda 391", -29.9027, -71.2519)
M_PER_DEGREE = 111_195.0


def board_with(status: UnitStatus, location: Location = SCENE) -> tuple[Board, Unit]:
    entry = AGENCY.roster[0]
    incident = Incident("i1", "26-A-00041", "FIRE-STR", Priority.P1, "", location, NOW, "Ana", "A")
    unit = Unit(entry.callsign, entry.kind, frozenset(), entry.station, status, NOW)
    unit.incident = "i1" if status.committed else ""
    return Board(incidents={"i1": incident}, units={unit.callsign: unit}), unit


class Drive:
    """Fixes one second apart, given as metres north of the fence's middle and a speed."""

    def __init__(self, status: UnitStatus = UnitStatus.EN_ROUTE) -> None:
        self.board, self.unit = board_with(status)
        self.watch, self.now_ms = ArrivalWatch(), NOW

    def at(self, metres: float, speed_mps: float | None = None, **changed: object) -> Arrival | None:
        self.now_ms += 1000
        fence = fence_for(self.unit, self.board, AGENCY)
        assert fence is not None
        facts = {"fixed_at": self.now_ms, "speed_mps": speed_mps} | changed
        return self.watch.look(
            self.unit, Position(fence.lat + metres / M_PER_DEGREE, fence.lon, **facts), fence, self.now_ms
        )


def test_that_standing_at_the_scene_is_an_arrival_once() -> None:
    drive = Drive()
    told = [drive.at(metres, 0.5) for metres in (400, 110, 40, 40, 40, 41)]
    assert [bool(t) for t in told] == [False, False, True, False, False, False]
    assert told[2].fence.status is UnitStatus.ON_SCENE
    assert told[2].fence.name == "26-A-00041"


def test_that_driving_past_is_none() -> None:
    drive = Drive()
    assert not any(drive.at(100 - 15 * n, 15.0) for n in range(14))
    assert not any(drive.at(100 - 15 * n) for n in range(14)), "the speed is worked out where the device sends none"


def test_that_fixes_wandering_over_the_line_arrive_once() -> None:
    drive = Drive()
    radius_m = AGENCY.radio.scene_radius_m
    told = [drive.at(radius_m + side * 9, 0.0) for side in (-1, -1, 1, -1, -1, 1, 1, -1, -1)]
    assert sum(bool(t) for t in told) == 1


def test_that_leaving_and_coming_back_is_a_second_arrival() -> None:
    drive = Drive()
    assert sum(bool(drive.at(m, 1.0)) for m in (10, 10, 10, 300, 10, 10, 10)) == 2


def test_that_old_repeated_and_typed_positions_do_not_arrive() -> None:
    drive = Drive()
    assert not any(drive.at(10, 0.0, fixed_at=drive.now_ms - 90_000) for _ in range(4))
    assert not any(drive.at(10, 0.0, fixed_at=NOW) for _ in range(4))
    assert not any(drive.at(10, 0.0, source=PositionSource.TYPED) for _ in range(4))


def test_that_a_returning_unit_arrives_at_its_station() -> None:
    drive = Drive(UnitStatus.RETURNING)
    told = [drive.at(20, 0.0), drive.at(20, 0.0)]
    assert told[1].fence.status is UnitStatus.AVAILABLE
    assert told[1].fence.name == drive.unit.station


def test_that_there_is_nowhere_to_arrive_without_a_place_or_a_way() -> None:
    for status in (UnitStatus.AVAILABLE, UnitStatus.ON_SCENE, UnitStatus.OUT_OF_SERVICE):
        board, unit = board_with(status)
        assert fence_for(unit, board, AGENCY) is None
    board, unit = board_with(UnitStatus.EN_ROUTE, Location("somewhere"))
    assert fence_for(unit, board, AGENCY) is None


def test_that_a_moved_incident_is_another_place_to_arrive_at() -> None:
    drive = Drive()
    drive.at(10, 0.0)
    drive.at(10, 0.0)
    drive.board.incidents["i1"].location = Location("round the corner", SCENE.lat + 0.0005, SCENE.lon)
    assert [bool(drive.at(10, 0.0)) for _ in range(2)] == [False, True]


@given(st.lists(st.floats(0, 170), min_size=1, max_size=60), st.floats(0, 4.9))
def test_that_within_the_wider_circle_there_is_at_most_one_arrival(metres: list[float], speed_mps: float) -> None:
    """170 m is less than one and a half times the radius: however the fixes jitter, the unit never left."""
    drive = Drive()
    told = [drive.at(each, speed_mps) for each in metres]
    assert sum(bool(t) for t in told) <= 1
    inside = [each <= AGENCY.radio.scene_radius_m for each in metres]
    assert any(told) == any(a and b for a, b in pairwise(inside))


def test_that_a_fence_is_a_value() -> None:
    assert Fence("a", "b", 1, 2, 3, UnitStatus.ON_SCENE) == Fence("a", "b", 1, 2, 3, UnitStatus.ON_SCENE)
