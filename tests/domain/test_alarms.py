"""Alarms: each names its action, is acknowledged by key, folds with its like, and comes back when its cause does."""

from core.domain.alarms import Alarm, alarms
from core.domain.commands import AcknowledgeAlarm, Contact
from core.domain.statuses import UnitStatus

S = UnitStatus


def standing(story) -> list[Alarm]:
    return alarms(story.desk.board, story.desk.agency, story.clock.now_ms())


def test_that_a_calm_board_has_no_alarms(story) -> None:
    story.send(story.open(), "E1")
    assert standing(story) == []


def test_that_a_p1_without_a_unit_alarms_before_its_standard_has_run_out(story) -> None:
    incident = story.open("EMS-ARR")
    story.wait(47)
    assert standing(story) == []
    story.wait(1)
    (alarm,) = standing(story)
    assert (alarm.level, alarm.incident) == (1, incident.id)
    assert alarm.sentence == "26-A-00001, P1 Cardiac arrest, has waited 48 s for a unit."
    assert alarm.action == "Send one: select it and press F8, or type d UNIT 1."


def test_that_lesser_priorities_alarm_only_when_overdue(story) -> None:
    story.open("EMS-INJ")
    story.open("POL-NOI")
    story.wait(150)
    assert standing(story) == []
    story.wait(1700)
    assert [alarm.level for alarm in standing(story)] == [2, 3]


def test_that_an_acknowledged_alarm_is_marked_and_comes_back_when_it_gets_worse(story) -> None:
    story.open("EMS-ARR")
    story.wait(50)
    story.do(AcknowledgeAlarm(standing(story)[0].key))
    assert [alarm.acknowledged for alarm in standing(story)] == [True]
    assert story.do(AcknowledgeAlarm(standing(story)[0].key)) == ()
    story.wait(10)
    assert [alarm.acknowledged for alarm in standing(story)] == [False]


def test_that_units_late_in_the_same_status_share_one_alarm_and_a_new_one_alarms_again(story) -> None:
    incident = story.open()
    story.send(incident, "E1", "L1")
    story.wait(60)
    story.send(incident, "E2")
    story.wait(60)
    (alarm,) = standing(story)
    assert (alarm.level, alarm.unit, alarm.count) == (2, "E1", 2)
    assert alarm.sentence == "E1 and L1 have been dispatched for 2 min on 26-A-00001."
    assert alarm.action == "Ask by radio, then type en e1 l1."
    story.do(AcknowledgeAlarm(alarm.key))
    assert standing(story)[0].acknowledged
    story.wait(60)
    (alarm,) = standing(story)
    assert (alarm.acknowledged, alarm.count) == (False, 3)


def test_that_a_welfare_check_is_due_and_contact_ends_it(story) -> None:
    story.send(story.open(), "E1")
    story.set("E1", S.ON_SCENE)
    story.wait(1200)
    (alarm,) = standing(story)
    assert alarm.sentence == "E1 has not been heard for 20 min on scene."
    assert alarm.action.endswith("type par e1.")
    story.do(Contact("E1"))
    assert standing(story) == []


def test_that_what_the_action_says_can_be_typed(story) -> None:
    from core.domain.commandline import parse

    incident = story.open("EMS-ARR")
    story.send(incident, "M1")
    for status in (S.DISPATCHED, S.EN_ROUTE, S.ON_SCENE, S.TRANSPORTING, S.AT_HOSPITAL):
        if status is not S.DISPATCHED:
            story.set("M1", status)
        story.wait(4000)
        for alarm in standing(story):
            typed = alarm.action.rpartition("type ")[2].rstrip(".")
            assert parse(typed, story.desk.board, story.desk.agency).error is None, typed


def test_that_unacknowledged_alarms_come_first_then_the_more_urgent(story) -> None:
    story.open("EMS-INJ")
    story.open("EMS-ARR")
    story.wait(200)
    assert [alarm.level for alarm in standing(story)] == [1, 2]
    story.do(AcknowledgeAlarm(standing(story)[0].key))
    assert [alarm.level for alarm in standing(story)] == [2, 1]
