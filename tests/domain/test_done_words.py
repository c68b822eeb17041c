"""What undo says it took back, and whose doing it leaves alone."""

from core.domain.commands import AddNarrative, CloseIncident, RaiseEmergency, SetPriority, SetStatus, Undo
from core.domain.done_words import done_words
from core.domain.statuses import Priority, UnitStatus


def _words_of_undo(story) -> str:
    undone = story.desk.do(Undo())[0].undoes
    return done_words(story.desk.store.events_of_command(undone), story.desk.board)


def test_that_undo_can_say_what_it_took_back(story) -> None:
    incident = story.open()
    story.do(AddNarrative(incident.id, "The caller says that the smoke is black and comes from the roof."))
    assert _words_of_undo(story) == f"the line “The caller says that the smoke is black…” in {incident.number}"
    story.do(SetPriority(incident.id, Priority.P4))
    assert _words_of_undo(story) == f"P4 for {incident.number}"
    story.send(incident, "E1", "M1")
    assert _words_of_undo(story) == f"E1, M1 sent to {incident.number}"
    story.send(incident, "E1")
    story.do(RaiseEmergency("E1", "trapped"))
    assert _words_of_undo(story) == "the mayday of E1"
    story.do(Undo())
    story.do(CloseIncident(incident.id, "NOTHING"))
    assert _words_of_undo(story) == f"the closing of {incident.number}"
    assert _words_of_undo(story) == f"the opening of {incident.number}"


def test_that_undo_passes_over_what_a_radio_or_an_exercise_did(story) -> None:
    incident = story.open()
    story.do(AddNarrative(incident.id, "mine"))
    story.send(incident, "E1")
    sent = story.desk.do(Undo())
    assert sent
    story.desk.do(SetStatus("M1", UnitStatus.OUT_OF_SERVICE), by="radio M1")
    story.desk.do(AddNarrative(incident.id, "not mine"), by="exercise")
    assert _words_of_undo(story) == f"the line “mine” in {incident.number}"
    assert story.unit("M1").status is UnitStatus.OUT_OF_SERVICE
