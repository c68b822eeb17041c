"""Timers against standards, and the order of the queue that follows from them."""

import pytest

from core.domain.commands import Contact
from core.domain.queue import queue_order
from core.domain.statuses import Priority, UnitStatus
from core.domain.timers import TimerState, incident_timer, par_timer, unit_timer

S = UnitStatus


@pytest.mark.parametrize(
    ("after_s", "state"), [(0, "ok"), (47.9, "ok"), (48, "warn"), (59.9, "warn"), (60, "overdue"), (9000, "overdue")]
)
def test_that_a_waiting_p1_warns_at_80_percent_and_is_overdue_at_100(story, agency, after_s: float, state: str) -> None:
    incident = story.open("EMS-ARR")
    timer = incident_timer(incident, agency, story.wait(after_s))
    assert (timer.elapsed_s, timer.standard_s, timer.state) == (after_s, 60, TimerState(state))


def test_that_an_assigned_incident_has_no_standard_and_a_closed_one_stands_still(story, agency) -> None:
    incident = story.open("EMS-ARR")
    story.send(incident, "M1")
    story.wait(500)
    assert incident_timer(incident, agency, story.clock.now_ms()).standard_s is None
    incident.closed_at = story.clock.now_ms()
    assert incident_timer(incident, agency, story.wait(100)).elapsed_s == 500


def test_that_a_committed_unit_runs_against_its_status_and_a_free_one_against_nothing(story, agency) -> None:
    story.send(story.open("EMS-ARR"), "M1")
    now_ms = story.wait(90)
    assert unit_timer(story.unit("M1"), agency, now_ms).state is TimerState.OVERDUE
    assert unit_timer(story.unit("M2"), agency, now_ms).standard_s is None
    story.set("M1", S.EN_ROUTE)
    assert unit_timer(story.unit("M1"), agency, now_ms).elapsed_s == 0


def test_that_the_welfare_timer_runs_on_scene_only_and_contact_resets_it(story, agency) -> None:
    story.send(story.open(), "E1")
    assert par_timer(story.unit("E1"), agency, story.wait(5000)) is None
    story.set("E1", S.ON_SCENE)
    assert par_timer(story.unit("E1"), agency, story.wait(1200)).state is TimerState.OVERDUE
    story.do(Contact("E1"))
    assert par_timer(story.unit("E1"), agency, story.clock.now_ms()).elapsed_s == 0


def test_that_a_clock_that_jumped_back_makes_no_negative_times(story, agency) -> None:
    incident = story.open()
    assert incident_timer(incident, agency, story.clock.now_ms() - 3_600_000).elapsed_s == 0


def test_that_the_queue_puts_unassigned_first_then_priority_then_overdue_then_age(story, agency) -> None:
    assigned = story.open("FIRE-STR")
    story.send(assigned, "E1")
    low = story.open("POL-NOI")
    young_p2 = story.open(priority=Priority.P2)
    old_waiting_again = story.open(priority=Priority.P2)
    urgent = story.open("EMS-ARR")
    closed = story.open()
    closed.closed_at = 1
    order = queue_order(story.desk.board, agency, story.wait(10))
    assert [i.id for i in order] == [i.id for i in (urgent, young_p2, old_waiting_again, low, assigned)]
    young_p2.waiting_since = story.clock.now_ms()
    order = queue_order(story.desk.board, agency, story.wait(175))
    assert [i.id for i in order][:3] == [i.id for i in (urgent, old_waiting_again, young_p2)]
