"""The desk over its store: nothing half done, nothing lost over a restart, positions beside the log."""

from collections.abc import Callable

import msgspec
import pytest

from core import desk as desk_module
from core.clock import ManualClock
from core.desk import Change, Desk
from core.domain import commands as c
from core.domain.agency import Agency
from core.domain.agency_file import roster_commands
from core.domain.board import Board, Incident
from core.domain.statuses import IncidentState, UnitStatus
from core.domain.values import Position, PositionSource
from core.errors import Refused, Unavailable
from core.store import Store

S = UnitStatus
HALF_A_DAY_S = 12 * 3600


def told(board: Board) -> object:
    return msgspec.to_builtins(board, order="sorted")


def test_that_listeners_hear_what_changed_until_they_stop(story) -> None:
    heard: list[Change] = []
    stop = story.desk.listen(heard.append)
    incident = story.open()
    story.send(incident, "E1")
    stop()
    story.set("E1", S.EN_ROUTE)
    assert [(change.incidents, change.units) for change in heard] == [
        (frozenset({incident.id}), frozenset()),
        (frozenset({incident.id}), frozenset({"E1"})),
    ]


def test_that_every_listener_hears_a_change_in_order_even_when_one_fails(story) -> None:
    heard: list[str] = []
    story.desk.listen(lambda _change: heard.append("first"))
    story.desk.listen(lambda _change: heard.remove("never there"))
    story.desk.listen(lambda _change: heard.append("last"))
    with pytest.raises(ValueError, match="not in list"):
        story.open()
    assert heard == ["first", "last"]


def test_that_a_refused_command_changes_nothing_and_tells_nobody(story) -> None:
    before, heard = told(story.desk.board), []
    story.desk.listen(heard.append)
    with pytest.raises(Refused):
        story.do(c.SetStatus("E1", S.ON_SCENE))
    assert (told(story.desk.board), heard) == (before, [])


def test_that_a_store_that_refuses_leaves_the_board_untouched(story, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = story.open()
    before = told(story.desk.board)

    def full(_events: object) -> None:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(story.desk.store, "commit", full)
        with pytest.raises(Unavailable):
            story.send(incident, "E1")
    assert told(story.desk.board) == before
    story.send(incident, "E1")
    assert story.unit("E1").status is S.DISPATCHED


def test_that_a_failing_snapshot_fails_no_command(story, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_board: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(desk_module, "SNAPSHOT_EVERY", 1)
    monkeypatch.setattr(story.desk.store, "save_snapshot", full)
    assert story.open().number == "26-A-00001"


def test_that_a_restart_finds_the_same_board(story, new_store: Callable[[], Store], agency: Agency) -> None:
    first, second = story.open("EMS-FAL", narrative="fell down the stairs"), story.open("EMS-ARR")
    story.send(first, "M3", "E1")
    story.wait(20)
    story.send(second, "M3", override="nearest")
    story.set("E1", S.ON_SCENE)
    story.do(c.Undo())
    before = told(story.desk.board)
    story.desk.close()
    again = Desk(new_store(), agency, story.clock, desk_id="A1")
    assert told(again.board) == before


def test_that_the_board_folded_from_the_whole_log_equals_the_live_one(
    story, new_store: Callable[[], Store], agency: Agency
) -> None:
    incident = story.open("EMS-ARR")
    story.send(incident, "M1", "E1")
    story.set("M1", S.EN_ROUTE, S.ON_SCENE)
    story.do(c.Undo())
    story.do(c.CloseIncident(incident.id, "TREAT", release_units=True))
    story.do(c.Undo())
    before = told(story.desk.board)
    # No snapshot was saved: the store folds everything anew.
    assert told(Desk(new_store(), agency, story.clock, desk_id="A1").board) == before


def test_that_ids_go_on_after_the_newest_when_the_clock_has_jumped_back(
    story, new_store: Callable[[], Store], agency: Agency
) -> None:
    newest = story.open().id
    earlier = ManualClock(story.clock.now_ms() - 3_600_000)
    again = Desk(new_store(), agency, earlier, desk_id="A1")
    events = again.do(c.SetStatus("E1", S.OUT_OF_SERVICE))
    assert events[0].id > newest


def test_that_closed_incidents_leave_the_board_after_a_shift_and_numbers_go_on(story) -> None:
    incident = story.open()
    story.do(c.CloseIncident(incident.id, "FALSE"))
    story.wait(HALF_A_DAY_S - 700)
    story.do(c.Contact("M1"))
    assert incident.id in story.desk.board.incidents
    heard: list[Change] = []
    story.desk.listen(heard.append)
    story.wait(700)
    events = story.do(c.Contact("M1"))
    assert not story.desk.board.incidents
    assert heard == [Change(events, frozenset({incident.id}), frozenset({"M1"}))]
    assert story.open().number == "26-A-00002"


def _said(incident: Incident) -> dict[str, str]:
    letters = incident.number.split("-")[1]
    return {"id": incident.id, "number": incident.number, "letters": f"{letters}-1", "tail": "1"}


@pytest.mark.parametrize("named", ["id", "number", "letters", "tail"])
def test_that_an_incident_off_the_board_is_reopened_and_survives_a_restart(
    story, new_store: Callable[[], Store], agency: Agency, named: str
) -> None:
    incident = story.open("EMS-ARR", narrative="not breathing")
    story.send(incident, "M1")
    story.do(c.CloseIncident(incident.id, "TREAT", release_units=True))
    story.wait(2 * HALF_A_DAY_S)
    story.do(c.Contact("M1"))
    story.desk.store.save_snapshot(story.desk.board)
    story.do(c.ReopenIncident(_said(incident)[named]))
    assert story.desk.board.incidents[incident.id].state is IncidentState.WAITING
    again = Desk(new_store(), agency, story.clock, desk_id="A1")
    assert again.board.incidents[incident.id].narrative[0].text == "not breathing"
    assert again.board.incidents[incident.id].state is IncidentState.WAITING


def test_that_a_closing_is_taken_back_after_the_incident_has_left_the_board(story) -> None:
    incident = story.open()
    story.do(c.CloseIncident(incident.id, "FALSE"))
    story.wait(HALF_A_DAY_S)
    story.do(c.Contact("M1"))
    story.do(c.Undo())
    assert story.desk.board.incidents[incident.id].closed_at is None


def test_that_a_refusal_about_an_old_incident_leaves_it_off_the_board(story) -> None:
    incident = story.open()
    story.do(c.CloseIncident(incident.id, "FALSE"))
    story.wait(HALF_A_DAY_S)
    story.do(c.Contact("M1"))
    with pytest.raises(Refused, match="is closed"):
        story.send(incident, "E1")
    assert not story.desk.board.incidents


def test_that_an_unknown_incident_is_refused(story) -> None:
    with pytest.raises(Refused, match="not known"):
        story.do(c.ReopenIncident("26-A-09999"))


def test_that_a_unit_without_a_place_stands_at_its_station_once_that_is_known(story) -> None:
    story.do(c.Enrol("X1", "engine", station="Centro"))
    assert story.unit("X1").position is None
    story.do(c.Enrol("X1", "engine", station="Centro", lat=-29.9, lon=-71.25))
    assert story.unit("X1").position.lat == -29.9
    assert story.do(c.Enrol("X1", "engine", station="Centro", lat=-29.9, lon=-71.25)) == ()


def test_that_the_roster_is_brought_in_line_once(story, agency: Agency) -> None:
    events = story.desk.store.status().events
    story.desk.roster(roster_commands(agency, story.desk.board))
    assert story.desk.store.status().events == events
    smaller = msgspec.structs.replace(agency, roster=agency.roster[1:])
    story.desk.roster(roster_commands(smaller, story.desk.board))
    assert agency.roster[0].callsign not in story.desk.board.units


def test_that_a_unit_stands_at_its_station_until_it_reports(story, agency: Agency) -> None:
    station = agency.stations[story.unit("E1").station]
    assumed = story.unit("E1").position
    assert (assumed.lat, assumed.lon, assumed.source) == (station.lat, station.lon, PositionSource.STATION)
    fix = Position(-29.9, -71.25, story.clock.now_ms() - 5000)
    story.desk.place_unit("E1", fix)
    assert story.unit("E1").position == fix


def test_that_an_older_fix_does_not_replace_a_newer_one(story) -> None:
    now_ms = story.clock.now_ms()
    newest, late = Position(-29.9, -71.25, now_ms), Position(-29.8, -71.2, now_ms - 1)
    heard: list[Change] = []
    story.desk.place_unit("E1", newest)
    story.desk.listen(heard.append)
    story.desk.place_unit("E1", late)
    assert (story.unit("E1").position, heard) == (newest, [])


def test_that_many_positions_are_one_change_and_are_found_again(
    story, new_store: Callable[[], Store], agency: Agency
) -> None:
    heard: list[Change] = []
    story.desk.listen(heard.append)
    fixes = {unit: Position(-29.9, -71.25, story.clock.now_ms()) for unit in ("E1", "M1", "P11")}
    story.desk.place_units(fixes)
    assert heard == [Change(positions=frozenset(fixes))]
    again = Desk(new_store(), agency, story.clock, desk_id="A1")
    assert {unit: again.board.units[unit].position for unit in fixes} == fixes


@pytest.mark.parametrize("lat", [float("nan"), 91.0])
def test_that_an_impossible_position_is_refused(story, lat: float) -> None:
    with pytest.raises(Refused):
        story.desk.place_unit("E1", Position(lat, 0.0, story.clock.now_ms()))
    with pytest.raises(Refused, match="no unit E99"):
        story.desk.place_unit("E99", Position(0.0, 0.0, story.clock.now_ms()))
