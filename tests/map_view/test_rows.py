"""What the map shows of the board, decided without any Qt."""

import pytest

from core.domain.agency import Agency, Disposition, IncidentType, Standards, UnitKind
from core.domain.board import Assignment, Board, Incident, Unit
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location, LocationSource, Position, PositionSource
from widgets.map.rows import CALL_IN_HAND, age_words, call_rows, incident_rows, staleness, unit_rows

NOW = 1_750_000_000_000
AGENCY = Agency(
    name="Test",
    desk_prefix="A",
    types={"FALL": IncidentType("FALL", "Fall", Priority.P3, "")},
    kinds={"medic": UnitKind("medic", "Medic", (), shape="triangle")},
    dispositions={"D": Disposition("D", "Done")},
    standards=Standards(waiting_s={Priority.P3: 600}, position_stale_s=100),
)


def position(age_s: float = 0, source: PositionSource = PositionSource.GPS) -> Position:
    return Position(-30.0, -71.0, round(NOW - age_s * 1000), source, heading=90.0)


def incident(priority: Priority = Priority.P3, **changes: object) -> Incident:
    facts = {"location": Location("Somewhere", -30.0, -71.0), "opened_at": NOW, "waiting_since": NOW} | changes
    return Incident("i1", "26-A-01041", "FALL", priority, "", opened_by="ana", desk="d", **facts)


@pytest.mark.parametrize(("age_s", "expected"), [(0, 0), (99, 0), (100, 1), (499, 1), (500, 2), (1e6, 2)])
def test_that_a_position_fades_and_then_turns_hollow(age_s: float, expected: int) -> None:
    assert staleness(position(age_s), NOW, 100) == expected


def test_that_an_assumed_station_never_goes_stale() -> None:
    assert staleness(position(1e7, PositionSource.STATION), NOW, 100) == 0


def test_that_a_fix_from_the_future_is_fresh() -> None:
    assert staleness(position(-3600), NOW, 100) == 0


@pytest.mark.parametrize(
    ("age_s", "words"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (90000, "1 d")]
)
def test_that_an_age_is_said_in_one_unit(age_s: float, words: str) -> None:
    assert age_words(age_s) == words


def test_that_units_are_rows_with_shape_colour_class_and_age() -> None:
    moving = Unit("M3", "medic", frozenset(), "S1", UnitStatus.EN_ROUTE, position=position(130))
    unknown_kind = Unit("X1", "gone", frozenset(), "S1", position=position())
    nowhere = Unit("M4", "medic", frozenset(), "S1")
    board = Board(units={unit.callsign: unit for unit in (moving, unknown_kind, nowhere)})
    first, second = unit_rows(board, AGENCY, NOW, ("M3",))
    assert (first.callsign, first.shape, first.availability) == ("M3", "triangle", "moving")
    assert (first.age, first.age_text, first.selected, first.heading) == (1, "2 min", True, 90.0)
    assert (second.shape, second.age_text, second.selected) == ("circle", "", False)


def test_that_only_open_incidents_with_a_place_are_on_the_map() -> None:
    nowhere = incident(location=Location("No idea where"))
    closed = incident(closed_at=NOW)
    rows = incident_rows([incident(), nowhere, closed], AGENCY, NOW, "i1")
    assert [(row.label, row.detail, row.priority, row.selected) for row in rows] == [("1041", "Fall", 3, True)]


def test_that_an_unassigned_p1_alarms_at_once_and_others_when_overdue() -> None:
    def alarms(one: Incident, now: int = NOW) -> bool:
        return incident_rows([one], AGENCY, now)[0].alarm

    assert alarms(incident(Priority.P1))
    assert not alarms(incident())
    assert alarms(incident(), NOW + 600_000)
    assert not alarms(incident(Priority.P4), NOW + 10**9), "no standard, no alarm"
    assigned = incident(Priority.P1, assignments=[Assignment("a", "i1", "M3", NOW)])
    assert not alarms(assigned)


def test_that_the_call_in_hand_has_a_plate_once_it_has_a_place() -> None:
    assert call_rows(None) == []
    assert call_rows(Location("somewhere")) == []
    (row,) = call_rows(Location("here", -29.9, -71.2, LocationSource.ADDRESS))
    assert (row.id, row.label, row.lat, row.lon) == (CALL_IN_HAND, "New call", -29.9, -71.2)
