"""Roads are closed and reopened by events: they outlive the program, and undo takes either back."""

from collections.abc import Callable

import pytest

from core.desk import Desk
from core.domain.commands import CloseRoad, ReopenRoad, Undo
from core.domain.events import RoadClosed, RoadReopened
from core.errors import Refused
from core.store import Store

BRIDGE = ((-29.9021, -71.2533), (-29.9027, -71.2541))


def test_that_a_closed_road_stands_on_the_board_until_it_is_reopened(story) -> None:
    (event,) = story.do(CloseRoad(BRIDGE, "Puente  Libertador", "flooded"))
    assert isinstance(event.body, RoadClosed)
    (closure,) = story.desk.board.closures.values()
    assert (closure.points, closure.note, closure.operator) == (BRIDGE, "flooded", "Ana")
    assert closure.at == event.at
    story.do(ReopenRoad(closure.id))
    assert story.desk.board.closures == {}


def test_that_a_closure_survives_a_restart(story, new_store: Callable[[], Store], agency, clock) -> None:
    story.do(CloseRoad(BRIDGE, "Puente"))
    story.do(CloseRoad(((-29.9, -71.25), (-29.91, -71.25)), "Balmaceda"))
    before = story.desk.board.closures
    story.do(ReopenRoad(next(iter(before))))
    again = Desk(new_store(), agency, clock, desk_id="A1")
    assert again.board.closures == before
    assert [closure.road for closure in again.board.closures.values()] == ["Balmaceda"]


def test_that_undo_takes_back_a_closing_and_a_reopening(story) -> None:
    story.do(CloseRoad(BRIDGE, "Puente"))
    story.do(Undo())
    assert story.desk.board.closures == {}
    (event,) = story.do(CloseRoad(BRIDGE, "Puente"))
    story.wait(600)
    story.do(ReopenRoad(event.body.closure))
    undone = story.do(Undo())
    assert [type(e.body) for e in undone] == [RoadClosed]
    (closure,) = story.desk.board.closures.values()
    assert closure.at == event.at


def test_that_a_closing_that_was_reopened_since_cannot_be_taken_back(story) -> None:
    (event,) = story.do(CloseRoad(BRIDGE, "Puente"))
    (reopened,) = story.do(ReopenRoad(event.body.closure))
    assert isinstance(reopened.body, RoadReopened)
    with pytest.raises(Refused, match="reopened already"):
        story.do(Undo(event.command))
    story.do(CloseRoad(BRIDGE, "Puente"))
    with pytest.raises(Refused, match="closed again"):
        story.do(Undo(reopened.command))


@pytest.mark.parametrize("points", [(), BRIDGE[:1], ((91.0, 0.0), (0.0, 0.0))])
def test_that_what_is_no_road_is_not_closed(story, points) -> None:
    with pytest.raises(Refused):
        story.do(CloseRoad(points))


def test_that_a_piece_is_closed_once_whichever_way_it_is_told(story) -> None:
    story.do(CloseRoad(BRIDGE, "Puente"))
    with pytest.raises(Refused, match="closed already"):
        story.do(CloseRoad(BRIDGE[::-1], "Puente"))


def test_that_a_road_that_is_open_cannot_be_reopened(story) -> None:
    with pytest.raises(Refused, match="open"):
        story.do(ReopenRoad("nothing"))


def test_that_the_agency_says_what_counts_as_covered(agency) -> None:
    assert (agency.coverage.target_s, agency.coverage.teams) == (480, 1)
    assert set(agency.turnout_s) == set(agency.kinds)
    assert agency.turnout_s["engine"] == 80
    assert agency.turnout_s["medic"] == 60
