"""The status machine: every pair of statuses, overrides, and what a move does to the work."""

import itertools

import pytest

from core.domain.board import Unit
from core.domain.commands import Contact, Release, Retire, SetStatus, Undo
from core.domain.rules.movement import refusal_of_move
from core.domain.statuses import LEGAL_MOVES, IncidentState, UnitStatus
from core.domain.values import ReleaseReason
from core.errors import Refused

S = UnitStatus


@pytest.mark.parametrize(("at", "to"), list(itertools.product(S, S)))
def test_that_a_move_is_refused_exactly_when_it_is_not_legal(at: UnitStatus, to: UnitStatus) -> None:
    refusal = refusal_of_move(Unit("E1", "engine", frozenset(), "", at), to, "26-A-00001" if at.committed else "")
    assert (refusal is None) == (to in LEGAL_MOVES[at])


@pytest.mark.parametrize(("at", "to"), list(itertools.product([s for s in S if s.committed], S)))
def test_that_every_other_move_of_a_committed_unit_can_be_overridden(at: UnitStatus, to: UnitStatus) -> None:
    refusal = refusal_of_move(Unit("E1", "engine", frozenset(), "", at), to, "26-A-00001")
    assert refusal is None or refusal.overridable == (at is not to)


def test_that_a_run_keeps_the_time_of_every_status(story) -> None:
    incident = story.open("EMS-ARR")
    story.send(incident, "M1")
    start = story.clock.now_ms()
    for status in (S.EN_ROUTE, S.ON_SCENE, S.TRANSPORTING, S.AT_HOSPITAL):
        story.wait(60)
        story.set("M1", status)
    story.wait(60)
    story.set("M1", S.AVAILABLE)
    (assignment,) = incident.assignments
    minutes = {status: (at - start) // 60_000 for status, at in assignment.times.items()}
    assert minutes == {S.DISPATCHED: 0, S.EN_ROUTE: 1, S.ON_SCENE: 2, S.TRANSPORTING: 3, S.AT_HOSPITAL: 4}
    assert (assignment.ended_at, assignment.reason) == (start + 300_000, ReleaseReason.CLEARED)


@pytest.mark.parametrize("free", [S.AVAILABLE, S.RETURNING, S.OUT_OF_SERVICE])
def test_that_a_free_status_ends_the_work(story, free: UnitStatus) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.set("E1", S.ON_SCENE)
    assert incident.state is IncidentState.ON_SCENE
    story.set("E1", free)
    assert (story.unit("E1").status, story.unit("E1").incident) == (free, "")
    assert incident.state is IncidentState.SERVED


def test_that_an_incident_waits_again_when_its_last_unit_was_taken_away_before_it_finished(story) -> None:
    incident = story.open()
    story.send(incident, "E1", "M1")
    story.set("E1", S.ON_SCENE)
    story.wait(60)
    story.set("E1", S.AVAILABLE)
    story.wait(60)
    story.do(Release("M1"))
    assert incident.state is IncidentState.WAITING


def test_that_work_ended_before_arrival_counts_as_cancelled(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.set("E1", S.OUT_OF_SERVICE, override="flat tyre")
    assert incident.assignments[0].reason is ReleaseReason.CANCELLED


def test_that_an_illegal_move_names_the_reason_and_what_is_legal(story) -> None:
    story.send(story.open(), "E1")
    with pytest.raises(Refused) as refused:
        story.do(SetStatus("E1", S.TRANSPORTING))
    assert "E1 is dispatched on 26-A-00001 and cannot go straight to transporting." in str(refused.value)
    assert "en (en route) or os (on scene)" in refused.value.do
    assert refused.value.overridable


def test_that_an_override_is_logged_only_where_it_was_needed(story) -> None:
    story.send(story.open(), "E1")
    (needless,) = story.do(SetStatus("E1", S.EN_ROUTE, "hurry"))
    needed, _told = story.do(SetStatus("E1", S.TRANSPORTING, "patient met the engine"))
    assert (needless.body.override, needed.body.override) == ("", "patient met the engine")


def test_that_no_reason_makes_a_free_unit_committed_without_an_incident(story) -> None:
    with pytest.raises(Refused, match="E1 is on no incident") as refused:
        story.do(SetStatus("E1", S.ON_SCENE, "he said so"))
    assert not refused.value.overridable


def test_that_going_back_to_the_road_takes_the_arrival_back(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.set("E1", S.EN_ROUTE, S.ON_SCENE)
    story.set("E1", S.EN_ROUTE, override="wrong house")
    assert incident.state is IncidentState.ASSIGNED
    story.wait(120)
    story.set("E1", S.ON_SCENE)
    assert incident.assignments[0].times[S.ON_SCENE] == story.clock.now_ms()


def test_that_the_same_status_again_is_refused(story) -> None:
    with pytest.raises(Refused, match="E1 is already available"):
        story.do(SetStatus("E1", S.AVAILABLE, "sure"))


def test_that_contact_resets_only_the_welfare_clock(story) -> None:
    story.send(story.open(), "E1")
    since = story.unit("E1").since
    story.wait(100)
    story.do(Contact("E1"))
    assert (story.unit("E1").since, story.unit("E1").contacted_at) == (since, story.clock.now_ms())


def test_that_a_committed_unit_cannot_be_retired(story) -> None:
    story.send(story.open(), "E1")
    with pytest.raises(Refused, match="E1 is committed to 26-A-00001"):
        story.do(Retire("E1"))
    story.do(Retire("E2"))
    assert "E2" not in story.desk.board.units


def test_that_an_incident_whose_unit_left_with_the_patient_is_no_longer_on_scene(story) -> None:
    incident = story.open("EMS-CHE")
    story.send(incident, "M1", "E1")
    story.set("M1", UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE)
    assert [a.unit for a in incident.on_scene] == ["M1"]
    story.set("M1", UnitStatus.TRANSPORTING)
    assert (incident.state, incident.on_scene) == (IncidentState.ASSIGNED, [])
    story.set("E1", UnitStatus.ON_SCENE)
    assert incident.state is IncidentState.ON_SCENE
    story.do(Undo())
    assert incident.state is IncidentState.ASSIGNED


def test_that_undoing_a_clearance_brings_the_unit_back_on_scene(story) -> None:
    incident = story.open("EMS-CHE")
    story.send(incident, "M1")
    story.set("M1", UnitStatus.ON_SCENE, UnitStatus.AVAILABLE)
    story.do(Undo())
    assert [a.unit for a in incident.on_scene] == ["M1"]


def test_that_the_reason_of_a_move_out_of_turn_is_in_the_narrative_until_the_move_is_taken_back(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    story.set("E1", S.EN_ROUTE, S.ON_SCENE)
    assert not incident.narrative
    story.set("E1", S.EN_ROUTE, override="wrong house")
    (line,) = incident.narrative
    assert (line.text, line.unit) == ("En route out of turn: wrong house", "E1")
    story.do(Undo())
    assert incident.narrative[0].struck
