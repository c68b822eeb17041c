"""A free unit is sent to stand at another station: it stays free, says where it goes, and undo takes it back."""

import pytest

from core.domain.commands import MoveUp, SetStatus, Undo
from core.domain.statuses import UnitStatus
from core.errors import Refused


@pytest.fixture
def elsewhere(story) -> str:
    return next(name for name in story.desk.agency.stations if name != story.unit("M1").station)


def test_that_a_unit_that_moves_up_is_returning_and_says_where_to(story, elsewhere) -> None:
    (event,) = story.do(MoveUp("m1", elsewhere))
    assert event.body.note == f"Move-up to {elsewhere}"
    assert (story.unit("M1").status, story.unit("M1").note) == (UnitStatus.RETURNING, event.body.note)
    story.do(SetStatus("M1", UnitStatus.AVAILABLE))
    assert story.unit("M1").note == ""


def test_that_a_move_up_can_be_taken_back(story, elsewhere) -> None:
    story.do(MoveUp("M1", elsewhere))
    story.do(Undo())
    assert (story.unit("M1").status, story.unit("M1").note) == (UnitStatus.AVAILABLE, "")


@pytest.mark.parametrize("mistake", ["assignment", "status", "another move-up"])
def test_that_a_mistake_made_during_a_move_up_leaves_it_as_it_was(story, elsewhere, mistake) -> None:
    story.do(MoveUp("M1", elsewhere))
    story.wait(60)
    if mistake == "assignment":
        story.send(story.open(), "M1")
    elif mistake == "status":
        story.do(SetStatus("M1", UnitStatus.OUT_OF_SERVICE))
    else:
        story.do(MoveUp("M1", story.unit("M1").station))
    story.do(Undo())
    assert (story.unit("M1").status, story.unit("M1").note) == (UnitStatus.RETURNING, f"Move-up to {elsewhere}")


def test_that_a_unit_on_its_way_can_be_sent_elsewhere_and_not_twice_to_the_same_place(story, elsewhere) -> None:
    story.do(MoveUp("M1", elsewhere))
    with pytest.raises(Refused, match="already"):
        story.do(MoveUp("M1", elsewhere))
    other = next(name for name in story.desk.agency.stations if name not in (elsewhere, story.unit("M1").station))
    story.do(MoveUp("M1", other))
    assert story.unit("M1").note.endswith(other)


def test_that_only_free_units_move_up_and_only_to_stations_that_there_are(story, elsewhere) -> None:
    with pytest.raises(Refused, match="no station"):
        story.do(MoveUp("M1", "Nowhere"))
    story.send(story.open(), "M1")
    with pytest.raises(Refused, match="Only a free unit"):
        story.do(MoveUp("M1", elsewhere))
