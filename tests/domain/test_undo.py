"""Undo by compensating events: what comes back, and what is refused because the world moved on."""

from collections.abc import Callable

import msgspec
import pytest

from core.domain import commands as c
from core.domain.board import Board
from core.domain.events import DispatchWithdrawn, IncidentWithdrawn, NarrativeStruck
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.values import Location, ReleaseReason
from core.errors import Refused

S = UnitStatus


def seen(board: Board) -> dict[str, object]:
    """The board as people see it: without what undo itself leaves behind."""
    told = msgspec.to_builtins(board, order="sorted")
    for unit in told["units"].values():
        del unit["left"], unit["folded"]
    for incident in told["incidents"].values():
        incident["changed_at"] = 0
        del incident["folded"], incident["closing"]
        if any(a["ended_at"] is None for a in incident["assignments"]):
            incident["waiting_since"] = 0  # it does not wait
        incident["narrative"] = [line for line in incident["narrative"] if not line["struck"]]
        incident["assignments"] = [a for a in incident["assignments"] if a["reason"] != ReleaseReason.UNDONE.value]
    return told


def test_that_undoing_an_assignment_brings_the_unit_back_as_it_was(story) -> None:
    incident = story.open()
    before = seen(story.desk.board)
    story.wait(30)
    story.send(incident, "E1", "L1")
    story.wait(5)
    events = story.do(c.Undo())
    assert [type(event.body) for event in events] == [DispatchWithdrawn, DispatchWithdrawn]
    assert seen(story.desk.board) == before
    assert incident.waiting_since == incident.opened_at


def test_that_undoing_a_preemption_puts_the_unit_back_to_its_first_work(story) -> None:
    first, second = story.open("EMS-FAL"), story.open("EMS-ARR")
    story.send(first, "M3")
    story.wait(60)
    story.set("M3", S.ON_SCENE)
    before = seen(story.desk.board)
    story.wait(60)
    story.send(second, "M3", override="nearest")
    story.do(c.Undo())
    assert seen(story.desk.board) == before
    assert (first.state, second.state) == (IncidentState.ON_SCENE, IncidentState.WAITING)


def test_that_undoing_a_preemption_leaves_the_unit_available_when_its_first_incident_has_closed(story) -> None:
    first, second = story.open("EMS-FAL"), story.open("EMS-ARR")
    story.send(first, "M3")
    dispatch = c.Assign(second.id, ("M3",), override="nearest")
    command = story.do(dispatch)[0].command
    story.do(c.CloseIncident(first.id, "NOTHING"))
    story.do(c.Undo(command))
    assert story.unit("M3").status is S.AVAILABLE
    assert first.state is IncidentState.CLOSED


@pytest.mark.parametrize(
    "change",
    [
        lambda i: c.SetStatus("M1", S.TRANSPORTING),
        lambda i: c.SetStatus("M1", S.AVAILABLE),
        lambda i: c.SetStatus("M1", S.EN_ROUTE, "wrong house"),
        lambda i: c.SetStatus("E2", S.OUT_OF_SERVICE),
        lambda i: c.Release("M1", "not needed"),
        lambda i: c.CloseIncident(i, "TREAT", "all well", release_units=True),
        lambda i: c.SetPriority(i, Priority.P4),
        lambda i: c.Retype(i, "POL-NOI"),
        lambda i: c.Relocate(i, Location("Colón 12", -29.95, -71.3)),
        lambda i: c.AddNarrative(i, "a slip of the pen"),
        lambda i: c.LinkCall(i, Location("Colón 12"), narrative="another caller"),
        lambda i: c.Assign(i, ("E1", "P11")),
    ],
)
def test_that_undo_restores_what_people_see(story, change: Callable[[str], c.Command]) -> None:
    incident = story.open("EMS-ARR")
    story.send(incident, "M1", "M2")
    story.wait(10)
    story.set("M1", S.EN_ROUTE)
    story.wait(10)
    story.set("M1", S.ON_SCENE)
    before = seen(story.desk.board)
    story.wait(10)
    story.do(change(incident.id))
    assert seen(story.desk.board) != before
    story.wait(10)
    story.do(c.Undo())
    assert seen(story.desk.board) == before


def test_that_undoing_a_reopening_closes_it_as_it_was(story) -> None:
    incident = story.open()
    story.do(c.CloseIncident(incident.id, "FALSE", "pranksters"))
    closed_at = incident.closed_at
    story.wait(60)
    story.do(c.ReopenIncident(incident.id))
    story.do(c.Undo())
    assert (incident.closed_at, incident.disposition, incident.closing_note) == (closed_at, "FALSE", "pranksters")


def test_that_undoing_a_reopening_and_then_the_closing_leaves_an_incident_that_is_served_and_waits_for_nobody(
    story,
) -> None:
    incident = story.open("EMS-FAL")
    story.send(incident, "M1")
    story.set("M1", S.ON_SCENE, S.AVAILABLE)
    before = (incident.state, incident.waiting_since)
    assert incident.state is IncidentState.SERVED
    story.wait(60)
    story.do(c.CloseIncident(incident.id, "TREAT"))
    story.wait(60)
    story.do(c.ReopenIncident(incident.id))
    story.do(c.Undo())
    story.do(c.Undo())
    assert (incident.state, incident.waiting_since) == before


def test_that_undoing_an_opening_takes_the_incident_off_the_board_and_keeps_its_number_used(story) -> None:
    story.open(narrative="a mistake")
    events = story.do(c.Undo())
    assert [type(event.body) for event in events] == [IncidentWithdrawn]
    assert not story.desk.board.incidents
    assert story.open().number == "26-A-00002"


def test_that_an_opening_with_units_sent_is_not_taken_back(story) -> None:
    incident = story.open()
    opened = story.desk.store.undoable_commands("A1")[0]
    story.send(incident, "E1")
    with pytest.raises(Refused, match="Units have been sent to 26-A-00001") as refused:
        story.do(c.Undo(opened))
    assert refused.value.holds == "It was not taken back."


def test_that_a_struck_narrative_line_stays_to_be_read(story) -> None:
    incident = story.open()
    story.do(c.AddNarrative(incident.id, "wrong incident"))
    events = story.do(c.Undo())
    assert [type(event.body) for event in events] == [NarrativeStruck]
    assert [(line.text, line.struck) for line in incident.narrative] == [("wrong incident", True)]


def test_that_undo_goes_back_step_by_step_and_then_says_that_nothing_is_left(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.set("E1", S.EN_ROUTE)
    for _ in range(3):
        story.wait(1)
        story.do(c.Undo())
    assert not story.desk.board.incidents
    with pytest.raises(Refused, match="There is nothing to take back"):
        story.do(c.Undo())


def test_that_a_unit_that_has_gone_elsewhere_stays_there(story) -> None:
    first, second = story.open("EMS-FAL"), story.open("EMS-ARR")
    sent = story.do(c.Assign(first.id, ("M3",)))[0].command
    story.wait(5)
    story.send(second, "M3", override="nearest")
    with pytest.raises(Refused, match="M3 is dispatched on 26-A-00002 by now"):
        story.do(c.Undo(sent))
    assert story.unit("M3").incident == second.id


def test_that_one_unit_that_moved_on_keeps_the_whole_command(story) -> None:
    incident = story.open()
    sent = story.do(c.Assign(incident.id, ("E1", "L1")))[0].command
    story.wait(5)
    story.set("E1", S.EN_ROUTE)
    with pytest.raises(Refused, match="E1 is en route"):
        story.do(c.Undo(sent))
    assert story.unit("L1").status is S.DISPATCHED


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (lambda i: c.SetPriority(i, Priority.P3), lambda i: c.SetPriority(i, Priority.P4)),
        (lambda i: c.Retype(i, "POL-NOI"), lambda i: c.Retype(i, "POL-THE")),
        (lambda i: c.Relocate(i, Location("a")), lambda i: c.Relocate(i, Location("b"))),
    ],
)
def test_that_a_value_changed_again_is_not_taken_back(
    story, first: Callable[[str], c.Command], then: Callable[[str], c.Command]
) -> None:
    incident = story.open()
    command = story.do(first(incident.id))[0].command
    story.do(then(incident.id))
    with pytest.raises(Refused, match="changed again since"):
        story.do(c.Undo(command))


def test_that_a_closed_incidents_release_is_not_taken_back(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    command = story.do(c.Release("E1"))[0].command
    story.do(c.CloseIncident(incident.id, "CANCEL"))
    with pytest.raises(Refused, match="is closed"):
        story.do(c.Undo(command))


def test_that_a_command_is_taken_back_only_once(story) -> None:
    incident = story.open()
    command = story.do(c.AddNarrative(incident.id, "once"))[0].command
    story.do(c.Undo(command))
    with pytest.raises(Refused, match="cannot be taken back"):
        story.do(c.Undo(command))


def test_that_enrolling_and_signing_on_are_passed_over(story) -> None:
    incident = story.open()
    story.do(c.SetPriority(incident.id, Priority.P4))
    story.do(c.SignOn("Bea"))
    story.do(c.Contact("E1"))
    story.do(c.Undo())
    assert incident.priority is Priority.P1
    assert story.desk.board.operator == "Bea"


def test_that_the_log_keeps_both_the_act_and_its_undoing(story) -> None:
    incident = story.open()
    done = story.do(c.AddNarrative(incident.id, "once"))
    undone = story.do(c.Undo())
    assert undone[0].undoes == done[0].command
    assert story.desk.store.events_of_incident(incident.id)[-2:] == (*done, *undone)


def test_that_a_busy_fleets_radios_do_not_hide_what_the_operator_did_last(story) -> None:
    incident = story.open()
    story.do(c.SetPriority(incident.id, Priority.P4))
    for number in range(60):
        story.desk.do(c.AddNarrative(incident.id, f"radio says {number}"), by="radio M1")
    story.do(c.Undo())
    assert incident.priority is Priority.P1
