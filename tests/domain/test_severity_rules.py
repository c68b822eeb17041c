"""Whose severity stands: a person's own is never lowered, and the suggestion is kept beside it."""

import pytest

from core.domain.commands import Retype, SetSeverity, Undo
from core.domain.severity_words import severity_sentence
from core.errors import Refused


def opened(story, **said):
    return story.open("EMS-CHE", **said)


def test_that_the_suggestion_stands_while_nobody_sets_another(story) -> None:
    incident = opened(story, suggested="critical", suggested_why="red flag: not breathing")
    assert (incident.severity, incident.severity_by) == ("critical", "")
    assert severity_sentence(incident) == "severity critical, suggested (red flag: not breathing)"


def test_that_a_persons_own_severity_stands_beside_the_suggestion(story) -> None:
    incident = opened(story, severity="low", suggested="critical", suggested_why="red flag: not breathing")
    assert (incident.severity, incident.suggested) == ("low", "critical")
    expected = f"severity low, set by {incident.severity_by}; suggestion critical (red flag: not breathing)"
    assert severity_sentence(incident) == expected


def test_that_a_suggestion_is_never_below_the_types_default(story) -> None:
    incident = opened(story, suggested="low", suggested_why="model")
    assert (incident.severity, incident.suggested_why) == ("high", "incident type")


def test_that_retyping_keeps_what_a_person_set_and_what_the_words_said(story) -> None:
    own = opened(story, severity="low")
    story.do(Retype(own.id, "EMS-ARR"))
    assert (own.severity, own.suggested) == ("low", "critical")
    flagged = opened(story, suggested="critical", suggested_why="red flag: not breathing")
    story.do(Retype(flagged.id, "EMS-BRE"))
    assert (flagged.severity, flagged.suggested_why) == ("critical", "red flag: not breathing")
    plain = opened(story)
    story.do(Retype(plain.id, "EMS-ARR"))
    assert (plain.severity, plain.suggested_why) == ("critical", "incident type")
    story.do(Undo())
    assert (plain.type, plain.severity, plain.suggested) == ("EMS-CHE", "high", "high")


def test_that_severity_is_set_given_back_and_undone(story) -> None:
    incident = opened(story)
    story.do(SetSeverity(incident.id, "Low"))
    assert (incident.severity, bool(incident.severity_by)) == ("low", True)
    story.do(Undo())
    assert (incident.severity, incident.severity_by) == ("high", "")
    story.do(SetSeverity(incident.id, "moderate"))
    story.do(SetSeverity(incident.id, ""))
    assert (incident.severity, incident.severity_by) == ("high", "")


@pytest.mark.parametrize("severity", ["", "urgent", "P1"])
def test_that_a_severity_that_says_nothing_is_refused(story, severity: str) -> None:
    incident = opened(story)
    with pytest.raises(Refused):
        story.do(SetSeverity(incident.id, severity))
