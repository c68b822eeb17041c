"""A mayday stands above every other alarm until the unit is heard, and what a radio did says that a radio did it."""

import pytest

from core.domain.alarms import alarms
from core.domain.commandline import parse
from core.domain.commands import AcknowledgeAlarm, Contact, RaiseEmergency, Retire, SetStatus, Undo
from core.domain.statuses import Priority, UnitStatus
from core.errors import Refused


def standing(story):
    return alarms(story.desk.board, story.desk.agency, story.clock.now_ms())


def test_that_a_mayday_is_the_first_alarm_and_stands_in_the_narrative(story) -> None:
    waiting = story.open(priority=Priority.P1)
    story.wait(600)
    incident = story.open()
    story.send(incident, "E1")
    story.do(RaiseEmergency("E1", "man down"), by="radio E1")
    first = standing(story)[0]
    assert (first.level, first.unit, first.incident) == (1, "E1", incident.id)
    assert "Mayday: E1" in first.sentence
    assert "man down" in first.sentence
    assert "par e1" in first.action
    assert any(alarm.incident == waiting.id for alarm in standing(story)[1:])
    line = incident.narrative[-1]
    assert (line.text, line.unit, line.operator) == ("Mayday: man down", "E1", "radio E1")


def test_that_a_button_pressed_again_adds_nothing(story) -> None:
    assert len(story.do(RaiseEmergency("M1"))) == 1
    assert story.do(RaiseEmergency("M1", "again")) == ()


def test_that_acknowledging_quietens_a_mayday_and_only_hearing_the_unit_ends_it(story) -> None:
    story.do(RaiseEmergency("M1"))
    story.do(AcknowledgeAlarm(standing(story)[0].key))
    assert standing(story)[0].acknowledged
    story.do(Contact("M1"))
    assert standing(story) == []
    story.wait(5)
    story.do(RaiseEmergency("M1"))
    assert not standing(story)[0].acknowledged


def test_that_a_mayday_typed_by_mistake_can_be_taken_back_until_it_was_answered(story) -> None:
    story.do(RaiseEmergency("M1"))
    story.do(Undo())
    assert standing(story) == []
    raised = story.do(RaiseEmergency("M1"))[0].command
    story.do(Contact("M1"))
    with pytest.raises(Refused, match="answered"):
        story.do(Undo(raised))


def test_that_a_retired_unit_leaves_no_mayday(story) -> None:
    story.do(RaiseEmergency("M1"))
    story.do(Retire("M1"))
    assert standing(story) == []


def test_that_the_command_line_raises_it(story) -> None:
    parsed = parse("mayday e1", story.desk.board, story.desk.agency, "")
    assert parsed.actions == (RaiseEmergency("E1"),)
    assert parsed.echo == "Raise the alarm: mayday of E1."


def test_that_ctrl_z_passes_over_what_a_radio_did(story) -> None:
    incident = story.open()
    story.send(incident, "E1")
    event = story.do(SetStatus("E1", UnitStatus.EN_ROUTE), by="radio E1")[0]
    assert event.operator == "radio E1"
    story.do(SetStatus("M1", UnitStatus.OUT_OF_SERVICE))
    story.do(SetStatus("E1", UnitStatus.ON_SCENE), by="radio E1")
    story.do(Undo())
    assert story.unit("M1").status is UnitStatus.AVAILABLE
    assert story.unit("E1").status is UnitStatus.ON_SCENE
