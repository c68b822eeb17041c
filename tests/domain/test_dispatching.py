"""Assigning, reassigning, pre-empting and releasing units, and the first incident's state after it."""

import pytest

from core.domain.commands import Assign, CloseIncident, Quote, Release
from core.domain.events import AssignmentEnded, UnitAssigned
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.values import ReleaseReason
from core.errors import Refused


def test_that_assigned_units_are_dispatched_with_the_quoted_times(story) -> None:
    incident = story.open()
    story.do(Assign(incident.id, ("e1", "M1"), (Quote("E1", 240.5, 1800.0),)))
    assert incident.state is IncidentState.ASSIGNED
    engine, medic = incident.assignments
    assert (engine.unit, engine.eta_s, engine.route_m, medic.eta_s) == ("E1", 240.5, 1800.0, None)
    assert story.unit("E1").status is UnitStatus.DISPATCHED
    assert story.unit("M1").incident == incident.id
    assert engine.times == {UnitStatus.DISPATCHED: story.clock.now_ms()}


def test_that_a_unit_already_on_the_incident_is_refused(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    with pytest.raises(Refused, match="E1 is already on 26-A-00001") as refused:
        story.send(incident, "E1", override="again")
    assert not refused.value.overridable
    assert len(incident.assignments) == 1


def test_that_a_unit_named_twice_is_refused(story) -> None:
    with pytest.raises(Refused, match="E1 is named twice"):
        story.send(story.open(), "E1", "e1")


def test_that_naming_no_unit_is_refused(story) -> None:
    with pytest.raises(Refused, match="No unit is named"):
        story.send(story.open())


def test_that_an_unknown_unit_is_refused_and_none_of_the_others_goes(story) -> None:
    incident = story.open()
    with pytest.raises(Refused, match="There is no unit M11"):
        story.send(incident, "E1", "M11")
    assert story.unit("E1").status is UnitStatus.AVAILABLE


def test_that_a_committed_unit_is_refused_saying_where_it_is(story) -> None:
    first, second = story.open(), story.open()
    story.send(first, "M3")
    with pytest.raises(Refused, match="M3 is committed to 26-A-00001") as refused:
        story.send(second, "M3")
    assert refused.value.overridable


def test_that_everything_in_the_way_is_told_together(story) -> None:
    first, second = story.open(), story.open()
    story.send(first, "M3")
    story.set("E1", UnitStatus.OUT_OF_SERVICE)
    with pytest.raises(Refused, match=r"M3 is committed .* E1 is out of service"):
        story.send(second, "M3", "E1", "M2")


def test_that_a_more_urgent_incident_preempts_and_the_first_waits_again(story) -> None:
    first, second = story.open("EMS-FAL"), story.open("EMS-ARR")
    story.send(first, "M3")
    story.wait(60)
    events = story.do(Assign(second.id, ("M3",), override="nearest medic"))
    ended, assigned = (event.body for event in events)
    assert isinstance(ended, AssignmentEnded)
    assert isinstance(assigned, UnitAssigned)
    assert (ended.reason, ended.to_incident) == (ReleaseReason.PREEMPTED, second.id)
    assert assigned.override == "nearest medic"
    assert first.state is IncidentState.WAITING
    assert first.waiting_since == story.clock.now_ms()
    assert second.state is IncidentState.ASSIGNED
    assert story.unit("M3").incident == second.id


def test_that_an_incident_that_keeps_another_unit_does_not_wait_again(story) -> None:
    first, second = story.open("EMS-FAL"), story.open("EMS-ARR")
    story.send(first, "M3", "M2")
    story.send(second, "M3", override="nearest medic")
    assert first.state is IncidentState.ASSIGNED


@pytest.mark.parametrize("priority", [Priority.P1, Priority.P2])
def test_that_an_incident_no_more_urgent_reassigns(story, priority: Priority) -> None:
    first, second = story.open(priority=Priority.P1), story.open(priority=priority)
    story.send(first, "M3")
    story.send(second, "M3", override="the first one is nearly done")
    assert first.assignments[0].reason is ReleaseReason.REASSIGNED


def test_that_a_unit_out_of_service_goes_only_with_a_reason(story) -> None:
    incident = story.open()
    story.set("E1", UnitStatus.OUT_OF_SERVICE)
    with pytest.raises(Refused, match="E1 is out of service") as refused:
        story.send(incident, "E1")
    assert refused.value.overridable
    story.send(incident, "E1", override="crew is back")
    assert story.unit("E1").status is UnitStatus.DISPATCHED


def test_that_nothing_is_sent_to_a_closed_incident(story) -> None:
    incident = story.open()
    story.do(CloseIncident(incident.id, "FALSE"))
    with pytest.raises(Refused, match="is closed"):
        story.send(incident, "E1")


def test_that_a_released_unit_is_available_and_the_incident_waits(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.wait(30)
    story.do(Release("E1", "not needed"))
    assert story.unit("E1").status is UnitStatus.AVAILABLE
    assert story.unit("E1").incident == ""
    assert incident.assignments[0].reason is ReleaseReason.CANCELLED
    assert incident.waiting_since == story.clock.now_ms()
    assert (incident.narrative[-1].text, incident.narrative[-1].unit) == ("not needed", "E1")


def test_that_a_unit_on_no_incident_cannot_be_released(story) -> None:
    with pytest.raises(Refused, match="E1 is on no incident; it is available"):
        story.do(Release("E1"))


def test_that_a_unit_can_return_to_the_same_incident(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.do(Release("E1"))
    story.send(incident, "E1")
    assert [a.active for a in incident.assignments] == [False, True]
