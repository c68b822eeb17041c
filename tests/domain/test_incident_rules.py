"""Opening, describing, closing and reopening incidents."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.commands import (
    AddNarrative,
    CloseIncident,
    LinkCall,
    OpenIncident,
    Relocate,
    ReopenIncident,
    Retype,
    SetPriority,
    Undo,
)
from core.domain.events import CallTaken, IncidentOpened
from core.domain.rules.wording import clean_line, clean_location, clean_text
from core.domain.statuses import IncidentState, Priority, UnitStatus
from core.domain.values import Caller, Location, LocationSource
from core.errors import Refused

ELSEWHERE = Location("Colón 12", -29.95, -71.3, LocationSource.ADDRESS)


def test_that_an_incident_takes_its_types_default_priority_and_severity(story) -> None:
    incident = story.open("fire-str")
    assert (incident.type, incident.priority, incident.severity) == ("FIRE-STR", Priority.P1, "critical")
    assert incident.state is IncidentState.WAITING
    assert incident.waiting_since == incident.opened_at == story.clock.now_ms()


def test_that_a_priority_chosen_by_a_person_stays(story) -> None:
    assert story.open("FIRE-STR", priority=Priority.P3).priority is Priority.P3


def test_that_every_event_carries_operator_desk_and_time(story) -> None:
    for event in story.do(OpenIncident("EMS-ARR", ELSEWHERE, narrative="not breathing")):
        assert (event.operator, event.desk, event.at) == ("Ana", "A1", story.clock.now_ms())


def test_that_numbers_count_up_within_a_utc_year_and_begin_again_in_the_next(story) -> None:
    assert [story.open().number for _ in range(3)] == ["26-A-00001", "26-A-00002", "26-A-00003"]
    story.wait(366 * 86_400)
    assert story.open().number == "27-A-00001"


def test_that_an_unknown_type_is_refused_with_the_nearest_one(story) -> None:
    with pytest.raises(Refused, match="Did you mean FIRE-STR"):
        story.do(OpenIncident("FIRE-SRT", ELSEWHERE))
    assert not story.desk.board.incidents


def test_that_a_call_answered_in_the_future_counts_as_answered_now(story) -> None:
    events = story.do(OpenIncident("EMS-ARR", ELSEWHERE, answered_at=story.clock.now_ms() + 3_600_000))
    taken = next(event.body for event in events if isinstance(event.body, CallTaken))
    assert taken.answered_at == story.clock.now_ms()


def test_that_a_second_call_joins_the_incident_with_its_own_words(story) -> None:
    incident = story.open()
    story.do(LinkCall(incident.id, ELSEWHERE, Caller("Luis", "51 2 123456"), "smoke from the roof"))
    assert [call.caller.name for call in incident.calls] == ["Rosa", "Luis"]
    assert incident.narrative[-1].text == "smoke from the roof"


def test_that_a_call_cannot_be_linked_to_a_closed_incident(story) -> None:
    incident = story.open()
    story.do(CloseIncident(incident.id, "false"))
    with pytest.raises(Refused, match=r"26-A-00001 is closed. Nothing was changed. Reopen it first: r 1."):
        story.do(LinkCall(incident.id, ELSEWHERE))


def test_that_type_priority_and_location_change_and_a_change_to_the_same_is_refused(story) -> None:
    incident = story.open()
    for command in (
        Retype(incident.id, "EMS-ARR"),
        SetPriority(incident.id, Priority.P4),
        Relocate(incident.id, ELSEWHERE),
    ):
        story.do(command)
        with pytest.raises(Refused, match="already"):
            story.do(command)
    assert (incident.type, incident.priority, incident.location) == ("EMS-ARR", Priority.P4, ELSEWHERE)


def test_that_a_narrative_of_100_000_characters_is_kept_whole(story) -> None:
    incident, text = story.open(), "ñ🔥 " * 33_333 + "x"
    story.do(AddNarrative(incident.id, text))
    assert incident.narrative[0].text == text
    assert len(story.desk.store.events_of_incident(incident.id)[-1].body.text) == 100_000


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x1b\x7f"])
def test_that_an_empty_narrative_is_refused(story, text: str) -> None:
    with pytest.raises(Refused, match="empty"):
        story.do(AddNarrative(story.open().id, text))


def test_that_text_of_over_a_million_characters_is_refused_with_its_length(story) -> None:
    with pytest.raises(Refused, match="1,000,001 characters"):
        story.do(AddNarrative(story.open().id, "x" * 1_000_001))


def test_that_control_characters_go_and_other_scripts_emoji_and_newlines_stay() -> None:
    assert clean_text("a\x00b\x1b\r\n\u200fשלום\n👩‍🚒\tend\ud800") == "ab\n\u200fשלום\n👩‍🚒\tend\ufffd"
    assert clean_line("two\nlines") == "two lines"


@given(st.text())
def test_that_cleaned_text_is_clean_and_can_be_written_as_utf8(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    cleaned.encode("utf-8")


def test_that_late_notes_on_a_closed_incident_are_kept(story) -> None:
    incident = story.open()
    story.do(CloseIncident(incident.id, "FALSE"))
    story.do(AddNarrative(incident.id, "The caller rang again to apologise."))
    assert incident.narrative[-1].text.startswith("The caller rang")


@pytest.mark.parametrize(
    ("lat", "lon"), [(math.nan, 0.0), (math.inf, 0.0), (90.1, 0.0), (0.0, -180.1), (1.0, None), (None, 1.0)]
)
def test_that_impossible_coordinates_are_refused(story, lat: float | None, lon: float | None) -> None:
    with pytest.raises(Refused):
        story.do(OpenIncident("EMS-ARR", Location("somewhere", lat, lon)))


def test_that_a_location_needs_words_or_coordinates() -> None:
    with pytest.raises(Refused, match="empty"):
        clean_location(Location(" "))
    placed = clean_location(Location("", -29.9, -71.25, LocationSource.MAP_CLICK))
    assert (placed.text, placed.source) == ("-29.90000, -71.25000", LocationSource.MAP_CLICK)


def test_that_an_unmatched_address_is_kept_as_unverified(story) -> None:
    assert story.open(location=Location("behind the old mill")).location.source is LocationSource.UNVERIFIED


def test_that_callbacks_are_kept_as_given(story) -> None:
    assert story.open(callback="+56 (9) 1234-5678 ext. 2").calls[0].caller.callback == "+56 (9) 1234-5678 ext. 2"


def test_that_closing_needs_a_known_disposition(story) -> None:
    incident = story.open()
    with pytest.raises(Refused, match="Did you mean TREAT"):
        story.do(CloseIncident(incident.id, "TREET"))
    with pytest.raises(Refused, match="A disposition is needed"):
        story.do(CloseIncident(incident.id, " "))


def test_that_closing_with_units_on_it_needs_their_release_to_be_confirmed(story) -> None:
    incident = story.open()
    story.send(incident, "E1", "L1")
    with pytest.raises(Refused, match="E1, L1 are still on 26-A-00001") as refused:
        story.do(CloseIncident(incident.id, "OUT"))
    assert refused.value.overridable
    story.do(CloseIncident(incident.id, "OUT", "Handed over.", release_units=True))
    assert (incident.state, incident.closing_note) == (IncidentState.CLOSED, "Handed over.")
    assert [story.unit(c).status for c in ("E1", "L1")] == [UnitStatus.AVAILABLE] * 2
    assert all(a.ended_at == story.clock.now_ms() for a in incident.assignments)


def test_that_a_reopened_incident_waits_from_now_on(story) -> None:
    incident = story.open()
    story.do(CloseIncident(incident.id, "NOTHING"))
    story.wait(600)
    story.do(ReopenIncident(incident.id, "The smoke came back."))
    assert incident.state is IncidentState.WAITING
    assert incident.waiting_since == story.clock.now_ms()
    with pytest.raises(Refused, match="is not closed"):
        story.do(ReopenIncident(incident.id))


def test_that_closing_twice_is_refused(story) -> None:
    incident = story.open()
    story.do(CloseIncident(incident.id, "FALSE"))
    with pytest.raises(Refused, match="already closed"):
        story.do(CloseIncident(incident.id, "FALSE"))


def test_that_an_incident_is_found_by_the_end_of_its_number_newest_first(story) -> None:
    old = story.open()
    story.wait(366 * 86_400)
    new = story.open()
    find = story.desk.board.by_number
    assert old.number == "26-A-00001"
    assert find("1") is new
    assert find("#00001") is new
    assert find("26-a-00001") is old
    assert find("9") is find("") is find("0") is None


def test_that_opening_is_one_event_with_the_number_people_say(story) -> None:
    events = story.do(OpenIncident("SRV-AST", ELSEWHERE))
    assert isinstance(events[0].body, IncidentOpened)
    assert len({event.command for event in events}) == 1


def test_that_what_was_said_at_closing_and_reopening_is_in_the_narrative(story) -> None:
    incident = story.open()
    story.do(CloseIncident(incident.id, "FALSE", "A barbecue."))
    story.do(ReopenIncident(incident.id, "it burns after all"))
    assert [line.text for line in incident.narrative] == ["A barbecue.", "Reopened: it burns after all"]
    story.do(Undo())
    assert [line.struck for line in incident.narrative] == [False, True]
    assert incident.state is IncidentState.CLOSED
