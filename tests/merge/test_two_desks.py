"""Two desks cut off from each other, and what both boards say when they have heard of each other again."""

import pytest

from core.domain import commands as c
from core.domain.alarms import TAKEN, alarms
from core.domain.conflict import CLOSED_WHILE_WORKED, DOUBLE_DISPATCH, STOOD_DOWN_WHILE_WORKED
from core.domain.events import UnitStatusChanged
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.values import Caller, Location, ReleaseReason
from core.errors import Refused
from tests.merge.sites import assert_alike, reconcile

S = UnitStatus


def the_conflict(*sites):
    """The one open conflict that all of them have."""
    assert_alike(*sites)
    found = sites[0].board.open_conflicts()
    assert len(found) == 1, found
    return found[0]


def test_that_a_unit_sent_by_both_is_a_conflict_with_both_facts_and_the_first_claim_holds(two) -> None:
    a, b = two
    fire, fall = a.open(), b.open("EMS-FAL")
    a.clock.advance(10)
    b.clock.advance(20)
    first, second = a.send(fire, "M3"), b.send(fall, "M3")
    reconcile(a, b)
    conflict = the_conflict(a, b)
    assert (conflict.kind, conflict.unit) == (DOUBLE_DISPATCH, "M3")
    assert [(s.incident, s.assignment, s.desk, s.operator) for s in conflict.sides] == [
        (fire.id, first, "A", "Ana"),
        (fall.id, second, "B", "Ben"),
    ]
    assert a.unit("M3").incident == b.unit("M3").incident == fire.id
    assert [claim.incident for claim in b.unit("M3").claims] == [fire.id, fall.id]


@pytest.mark.parametrize("kept", [0, 1])
def test_that_settling_a_double_dispatch_keeps_one_claim_at_every_desk(two, kept) -> None:
    a, b = two
    incidents = a.open(), b.open("EMS-FAL")
    a.send(incidents[0], "M3")
    b.clock.advance(1)
    b.send(incidents[1], "M3")
    reconcile(a, b)
    conflict = the_conflict(a, b)
    b.do(c.SettleConflict(conflict.id, conflict.sides[kept].assignment))
    reconcile(a, b)
    assert_alike(a, b)
    assert not a.board.open_conflicts()
    settled = a.board.conflicts[conflict.id]
    assert (settled.kept, settled.settled_by, settled.settled_desk) == (conflict.sides[kept].assignment, "Ben", "B")
    assert a.unit("M3").incident == incidents[kept].id
    other = a.incident(incidents[1 - kept]).assignments[0]
    assert other.reason is ReleaseReason.REASSIGNED
    with pytest.raises(Refused, match="settled by Ben"):
        a.do(c.SettleConflict(conflict.id, conflict.sides[0].assignment))


def test_that_of_two_decisions_made_at_once_the_first_counts_and_the_unit_is_never_lost(two) -> None:
    a, b = two
    incidents = a.open(), b.open("EMS-FAL")
    a.send(incidents[0], "M3")
    b.send(incidents[1], "M3")
    reconcile(a, b)
    conflict = the_conflict(a, b)
    a.clock.advance(5)
    b.clock.advance(9)
    a.do(c.SettleConflict(conflict.id, conflict.sides[0].assignment))
    b.do(c.SettleConflict(conflict.id, conflict.sides[1].assignment))
    reconcile(a, b)
    assert_alike(a, b)
    assert a.unit("M3").incident == conflict.sides[0].incident
    assert [claim.assignment for claim in a.unit("M3").claims] == [conflict.sides[0].assignment]


def test_that_a_conflict_that_ended_by_itself_stays_on_the_record_as_settled(two) -> None:
    a, b = two
    fire, fall = a.open(), b.open("EMS-FAL")
    a.send(fire, "M3")
    b.clock.advance(1)
    b.send(fall, "M3")
    a.clock.advance(60)
    a.set("M3", S.ON_SCENE, S.AVAILABLE)
    reconcile(a, b)
    assert_alike(a, b)
    assert [(c.kind, c.is_open, c.kept) for c in a.board.conflicts.values()] == [(DOUBLE_DISPATCH, False, "")]
    assert a.unit("M3").incident == fall.id


def test_that_a_unit_sent_to_one_incident_by_both_is_no_conflict(two) -> None:
    a, b = two
    fire = a.open()
    reconcile(a, b)
    a.send(fire, "E1")
    b.send(b.incident(fire), "E1")
    reconcile(a, b)
    assert_alike(a, b)
    assert not a.board.conflicts
    assert len(a.incident(fire).active_assignments) == 1
    b.do(c.Undo())
    reconcile(a, b)
    assert_alike(a, b)
    assert a.unit("E1").status is S.DISPATCHED
    a.clock.advance(60)
    b.clock.advance(60)
    a.set("E1", S.ON_SCENE, S.AVAILABLE)
    reconcile(a, b)
    assert_alike(a, b)
    assert b.unit("E1").status is S.AVAILABLE
    assert not b.incident(fire).active_assignments


def test_that_an_incident_closed_while_a_unit_was_sent_elsewhere_stays_open_with_the_reason(two) -> None:
    a, b = two
    fire = a.open()
    reconcile(a, b)
    a.send(fire, "E1")
    b.clock.advance(5)
    b.do(c.CloseIncident(fire.id, "FALSE"))
    reconcile(a, b)
    conflict = the_conflict(a, b)
    assert conflict.kind == CLOSED_WHILE_WORKED
    assert [side.words for side in conflict.sides] == ["sent E1", "closed it as FALSE"]
    assert a.incident(fire).state is IncidentState.ASSIGNED
    assert "closed it as FALSE" in a.incident(fire).narrative[-1].text
    a.do(c.SettleConflict(conflict.id, "open"))
    reconcile(a, b)
    assert_alike(a, b)
    assert not b.board.open_conflicts()


def test_that_an_incident_closed_there_and_worked_on_here_is_reopened_with_its_unit(two) -> None:
    a, b = two
    fire = a.open()
    a.send(fire, "E1")
    reconcile(a, b)
    b.do(c.CloseIncident(fire.id, "FALSE", release_units=True))
    a.clock.advance(60)
    a.set("E1", S.EN_ROUTE, S.ON_SCENE)
    reconcile(a, b)
    conflict = the_conflict(a, b)
    assert conflict.kind == CLOSED_WHILE_WORKED
    assert [side.words for side in conflict.sides] == ["closed it as FALSE", "E1 en route"]
    assert b.incident(fire).state is IncidentState.ON_SCENE
    assert (b.unit("E1").status, b.unit("E1").incident) == (S.ON_SCENE, fire.id)
    b.clock.advance(90)
    b.do(c.SettleConflict(conflict.id, "closed"))
    reconcile(a, b)
    assert_alike(a, b)
    assert a.incident(fire).disposition == "FALSE"
    assert a.unit("E1").status is S.AVAILABLE
    assert [(one.is_open, one.kept) for one in a.board.conflicts.values()] == [(False, "closed")]


def test_that_a_late_note_on_a_closed_incident_does_not_reopen_it(two) -> None:
    a, b = two
    fire = a.open()
    reconcile(a, b)
    b.do(c.CloseIncident(fire.id, "FALSE"))
    a.clock.advance(60)
    a.do(c.AddNarrative(fire.id, "Caller rang again to thank."))
    a.do(c.SetPriority(fire.id, Priority.P4))
    reconcile(a, b)
    assert_alike(a, b)
    assert a.incident(fire).closed_at is not None
    assert not a.board.conflicts


def test_that_another_call_about_an_incident_closed_there_reopens_it(two) -> None:
    a, b = two
    fire = a.open()
    reconcile(a, b)
    b.do(c.CloseIncident(fire.id, "FALSE"))
    a.clock.advance(60)
    a.do(c.LinkCall(fire.id, Location("Balmaceda 393"), Caller("Eva", "51 222")))
    reconcile(a, b)
    assert the_conflict(a, b).sides[1].words == "took another call about it"
    assert b.incident(fire).closed_at is None


def test_that_an_opening_taken_back_there_and_worked_on_here_comes_back(two) -> None:
    a, b = two
    fire = b.open()
    reconcile(a, b)
    b.do(c.Undo())
    assert fire.id not in b.board.incidents
    a.clock.advance(1)
    a.send(fire, "E1")
    reconcile(a, b)
    assert the_conflict(a, b).sides[0].words == "took its opening back"
    assert b.incident(fire).state is IncidentState.ASSIGNED


def test_that_a_unit_stood_down_here_that_goes_on_there_is_told(two) -> None:
    a, b = two
    fire = a.open()
    a.send(fire, "E1", "L1")
    reconcile(a, b)
    b.do(c.Release("E1"))
    a.clock.advance(30)
    a.set("E1", S.ON_SCENE)
    reconcile(a, b)
    conflict = the_conflict(a, b)
    assert (conflict.kind, conflict.unit) == (STOOD_DOWN_WHILE_WORKED, "E1")
    assert b.unit("E1").status is S.ON_SCENE
    b.clock.advance(60)
    b.do(c.SettleConflict(conflict.id, "closed"))
    reconcile(a, b)
    assert_alike(a, b)
    assert a.unit("E1").status is S.AVAILABLE


def test_that_a_dispatch_taken_back_here_stands_when_the_unit_moved_there(two) -> None:
    a, b = two
    fire = a.open()
    a.send(fire, "E1")
    reconcile(a, b)
    b.clock.advance(1)
    b.set("E1", S.EN_ROUTE)
    a.clock.advance(5)
    a.do(c.Undo())
    assert a.unit("E1").status is S.AVAILABLE
    reconcile(a, b)
    assert the_conflict(a, b).kind == STOOD_DOWN_WHILE_WORKED
    assert a.unit("E1").status is S.EN_ROUTE
    with pytest.raises(Refused):
        a.do(c.Undo())


def test_that_statuses_set_apart_obey_the_machine_and_the_record_keeps_both(two) -> None:
    a, b = two
    fire = a.open()
    a.send(fire, "E1")
    reconcile(a, b)
    a.clock.advance(10)
    a.set("E1", S.EN_ROUTE, S.ON_SCENE)
    b.clock.advance(20)
    b.set("E1", S.EN_ROUTE)
    reconcile(a, b)
    assert_alike(a, b)
    assert a.unit("E1").status is S.ON_SCENE
    told = [event.body for event in b.store.events_of_incident(fire.id) if isinstance(event.body, UnitStatusChanged)]
    assert len(told) == 3


def test_that_the_later_fact_wins_per_field_and_narrative_only_grows(two) -> None:
    a, b = two
    fire = a.open()
    reconcile(a, b)
    a.clock.advance(10)
    a.do(c.SetPriority(fire.id, Priority.P2))
    a.do(c.AddNarrative(fire.id, "from A"))
    b.clock.advance(20)
    b.do(c.Relocate(fire.id, Location("Colón 12")))
    b.do(c.SetPriority(fire.id, Priority.P4))
    b.do(c.AddNarrative(fire.id, "from B"))
    reconcile(a, b)
    assert_alike(a, b)
    merged = a.incident(fire)
    assert (merged.priority, merged.location.text) == (Priority.P4, "Colón 12")
    assert [line.text for line in merged.narrative] == ["from A", "from B"]


def test_that_sign_ons_elsewhere_are_presence(two) -> None:
    a, b = two
    assert (a.board.operator, b.board.operator) == ("Ana", "Ben")
    assert {desk: on.operator for desk, on in a.board.presence.items()} == {"A": "Ana", "B": "Ben"}


def test_that_a_roster_beside_others_adds_and_never_takes_away(two, new_site, agency) -> None:
    from core.domain.agency_file import roster_commands

    a, b = two
    b.desk.roster([c.Enrol("X9", "ENGINE" if "ENGINE" in agency.kinds else next(iter(agency.kinds)))])
    reconcile(a, b)
    a.desk.roster(roster_commands(agency, a.board))
    assert "X9" in a.board.units
    assert_alike(a, b)


def test_that_a_unit_retired_there_and_sent_here_leaves_when_its_work_is_done(two) -> None:
    a, b = two
    fire = a.open()
    a.send(fire, "E1")
    b.clock.advance(1)
    b.do(c.Retire("E1"))
    reconcile(a, b)
    assert_alike(a, b)
    assert b.unit("E1").incident == fire.id
    a.clock.advance(60)
    a.set("E1", S.ON_SCENE, S.AVAILABLE)
    reconcile(a, b)
    assert_alike(a, b)
    assert "E1" not in a.board.units


def test_that_numbers_given_apart_never_collide(two) -> None:
    a, b = two
    numbers = {site.open().number for site in (a, b) for _ in range(3)}
    assert len(numbers) == 6


def test_that_a_routine_contact_where_the_mayday_was_not_heard_does_not_end_it(two) -> None:
    a, b = two
    a.do(c.RaiseEmergency("E1"))
    b.clock.advance(5)
    b.do(c.Contact("E1"))
    reconcile(a, b)
    assert_alike(a, b)
    assert "E1" in b.board.emergencies
    b.clock.advance(5)
    b.do(c.Contact("E1"))
    reconcile(a, b)
    assert_alike(a, b)
    assert not a.board.emergencies


def test_that_undo_is_refused_when_another_desk_has_moved_the_unit_meanwhile(two) -> None:
    a, b = two
    fire, fall = a.open(), a.open("EMS-ARR")
    a.send(fire, "M3")
    reconcile(a, b)
    b.send(b.incident(fall), "M3", override="nearest")
    reconcile(a, b)
    with pytest.raises(Refused, match="by now"):
        a.do(c.Undo())
    assert_alike(a, b)


def test_that_two_incidents_for_one_event_become_one_and_nothing_is_lost(two) -> None:
    a, b = two
    one, two_ = a.open(narrative="smoke"), b.open(narrative="flames")
    b.send(two_, "E1")
    b.clock.advance(60)
    b.set("E1", S.ON_SCENE)
    reconcile(a, b)
    a.clock.advance(90)
    a.do(c.MergeIncidents(one.id, two_.id, "same house"))
    reconcile(a, b)
    assert_alike(a, b)
    kept, gone = b.incident(one), b.incident(two_)
    assert (gone.state, gone.merged_into, gone.disposition) == (IncidentState.CLOSED, one.id, "MERGED")
    assert (b.unit("E1").incident, b.unit("E1").status, kept.state) == (one.id, S.ON_SCENE, IncidentState.ON_SCENE)
    assert len(kept.calls) == 2
    assert any("flames" in line.text for line in kept.narrative)
    assert not a.board.conflicts
    with pytest.raises(Refused):
        a.do(c.Undo())


def test_that_incidents_merged_crosswise_never_both_vanish(two) -> None:
    a, b = two
    one, two_ = a.open(), b.open()
    reconcile(a, b)
    a.clock.advance(5)
    b.clock.advance(9)
    a.do(c.MergeIncidents(one.id, two_.id))
    b.do(c.MergeIncidents(two_.id, one.id))
    reconcile(a, b)
    assert_alike(a, b)
    assert [i.id for i in a.board.open_incidents()] == [one.id]
    assert not a.board.conflicts


def taken_from(two, type_: str, *others: str):
    """B's incident loses M3 to A's, by Ana's decision a while after both had sent it."""
    a, b = two
    mine, theirs = a.open(), b.open(type_)
    b.clock.advance(30)
    a.send(mine, "M3")
    b.clock.advance(1)
    b.send(theirs, "M3", *others)
    reconcile(a, b)
    conflict = the_conflict(a, b)
    for site in two:
        site.clock.advance(120)
    a.do(c.SettleConflict(conflict.id, conflict.sides[0].assignment))
    reconcile(a, b)
    assert_alike(a, b)
    return b.incident(theirs)


def told_at(site):
    standing = alarms(site.board, site.desk.agency, site.clock.now_ms())
    return [alarm for alarm in standing if alarm.key.startswith(TAKEN)]


@pytest.mark.parametrize(("type_", "level"), [("EMS-FAL", 2), ("EMS-ARR", 1)])
def test_that_a_desk_is_told_until_it_acknowledges_that_another_took_a_unit_off_its_incident(two, type_, level) -> None:
    a, b = two
    lost = taken_from(two, type_)
    (alarm,) = told_at(b)
    assert alarm.sentence == f"M3 was taken off {lost.number} by Ana at desk A; it waits for a unit."
    assert (alarm.level, alarm.incident, alarm.unit) == (level, lost.id, "M3")
    assert told_at(a) == []
    b.do(c.AcknowledgeAlarm(alarm.key))
    assert told_at(b) == []


def test_that_a_taken_unit_is_told_less_urgently_where_others_stay_and_not_once_it_is_back(two) -> None:
    b = two[1]
    lost = taken_from(two, "EMS-ARR", "M2")
    (alarm,) = told_at(b)
    assert (alarm.level, alarm.sentence.rpartition("; ")[2]) == (2, "M2 stays on it.")
    b.send(lost, "M3", override="nearer to this one")
    assert told_at(b) == []


def test_that_an_incident_whose_unit_was_settled_away_has_waited_since_it_was_opened(two) -> None:
    lost = taken_from(two, "EMS-ARR")
    assert (lost.state, lost.waiting_since) == (IncidentState.WAITING, lost.opened_at)
