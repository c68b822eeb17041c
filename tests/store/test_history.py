"""Past incidents: by number, caller, address and place."""

import pytest

from core.domain import events as happened
from core.domain.values import Caller, Location
from core.store.derived import address_key, callback_key


def numbers(rows):
    return [row.number for row in rows]


def test_that_an_incident_is_found_by_its_number_or_what_people_say_of_it(store, scribe):
    made = [scribe.opening() for _ in range(12)]
    for events in made:
        store.commit(events)
    wanted = made[10][0].body
    assert store.find_incident("26-A-00011") == wanted.incident
    assert store.find_incident(" #26-a-00011") == wanted.incident
    assert store.find_incident("11") == wanted.incident
    assert store.find_incident("0011") == wanted.incident
    assert store.find_incident("99") is None
    assert store.find_incident("") is None


def test_that_the_newest_incident_wins_when_two_years_share_a_number(store, scribe):
    old, new = scribe.opening(), scribe.opening()
    store.commit(old)
    body = new[0].body
    renumbered = happened.IncidentOpened(body.incident, "27-A-00001", body.type, body.priority, "", body.location)
    store.commit(scribe.command(renumbered))
    assert store.find_incident("1") == body.incident


def test_that_another_desks_number_is_found_by_its_letters_and_its_end(store, scribe):
    own, theirs, older = scribe.opening(), scribe.opening(), scribe.opening()
    store.commit(own)
    for events, number in ((older, "25-B-00001"), (theirs, "26-B-00001")):
        body = events[0].body
        store.commit(
            scribe.command(happened.IncidentOpened(body.incident, number, body.type, body.priority, "", body.location))
        )
    assert store.find_incident("B-1") == theirs[0].body.incident
    assert store.find_incident(" #b-00001") == theirs[0].body.incident
    assert store.find_incident("25-B-00001") == older[0].body.incident
    assert store.find_incident("A-1") == own[0].body.incident
    assert store.find_incident("C-1") is None
    assert store.find_incident("B-2") is None


def test_that_an_incident_taken_back_hides_no_older_one_of_that_number(store, scribe):
    old, new = scribe.opening(), scribe.opening()
    store.commit(old)
    body = new[0].body
    renumbered = happened.IncidentOpened(body.incident, "27-A-00001", body.type, body.priority, "", body.location)
    store.commit(scribe.command(renumbered))
    store.commit(scribe.command(happened.IncidentWithdrawn(body.incident)))
    assert store.find_incident("1") == old[0].body.incident
    assert store.find_incident("27-A-00001") is None


def test_that_history_tells_how_an_incident_ended(store, scribe):
    events = scribe.opening()
    store.commit(events)
    store.commit(scribe.closing(events[0].body.incident))
    row = store.history()[0]
    assert (row.number, row.type, row.disposition, row.callbacks) == (
        "26-A-00001",
        "MED-1",
        "TREATED",
        "+56 51 220 0001",
    )
    assert row.closed_at == row.opened_at + 1000


@pytest.mark.parametrize("asked", ["+56 51 220 0001", "0056512200001", "051 220-0001", "(51) 2200001", "2200001"])
def test_that_a_caller_is_known_however_the_number_is_written(store, scribe, asked):
    store.commit(scribe.opening(callback="+56 51 220 0001"))
    store.commit(scribe.opening(callback="+56 51 220 0002"))
    assert numbers(store.history(callback=asked)) == ["26-A-00001"]


def test_that_a_number_kept_without_its_area_code_is_found_with_it(store, scribe):
    store.commit(scribe.opening(callback="220 0001"))
    assert numbers(store.history(callback="+56 51 220 0001")) == ["26-A-00001"]


def test_that_short_numbers_match_only_themselves(store, scribe):
    store.commit(scribe.opening(callback="112"))
    store.commit(scribe.opening(callback="5112"))
    assert numbers(store.history(callback="112")) == ["26-A-00001"]


def test_that_a_callback_without_digits_finds_nobody(store, scribe):
    store.commit(scribe.opening(callback="withheld"))
    assert store.history(callback="withheld") == ()


def test_that_a_second_caller_of_an_incident_is_known_too_until_the_link_is_undone(store, scribe):
    events = scribe.opening()
    store.commit(events)
    incident = events[0].body.incident
    linked = scribe.command(happened.CallTaken("call-2", incident, Caller("Bo", "555 0199 77"), Location("same"), 1))
    store.commit(linked)
    assert numbers(store.history(callback="555 0199 77")) == ["26-A-00001"]
    store.commit(scribe.command(happened.CallWithdrawn("call-2", incident), undoes=linked[0].command))
    assert store.history(callback="555 0199 77") == ()
    assert store.verify() == []


def test_that_an_address_is_known_without_accents_case_or_points(store, scribe):
    store.commit(scribe.opening("Av. Francisco de Aguirre 1200, La Serena"))
    store.commit(scribe.opening("Av. Francisco de Aguirre 12, La Serena"))
    assert numbers(store.history(location_text="av francisco de AGUIRRE 1200")) == ["26-A-00001"]
    assert numbers(store.history(location_text="Av. Francisco de Aguirre 1200 La Séréna")) == ["26-A-00001"]


def test_that_a_moved_incident_is_found_where_it_is_now(store, scribe):
    events = scribe.opening("1 Old Road", point=(-29.9, -71.25))
    store.commit(events)
    moved = Location("2 New Road", -29.95, -71.3)
    store.commit(scribe.command(happened.IncidentLocated(events[0].body.incident, moved)))
    assert store.history(location_text="1 Old Road") == ()
    assert numbers(store.history(location_text="2 new road")) == ["26-A-00001"]
    assert store.history(near=(-29.9, -71.25)) == ()
    assert numbers(store.history(near=(-29.95, -71.3))) == ["26-A-00001"]


def test_that_near_means_within_100_metres(store, scribe):
    store.commit(scribe.opening(point=(60.0, 10.0)))
    store.commit(scribe.opening(point=(60.0, 10.0 + 0.0017)))  # 94.5 m to the east
    store.commit(scribe.opening(point=(60.0, 10.0 + 0.0019)))  # 105.6 m
    store.commit(scribe.opening(point=(60.0008, 10.0016)))  # in the box but 125 m away
    assert sorted(numbers(store.history(near=(60.0, 10.0)))) == ["26-A-00001", "26-A-00002"]


def test_that_what_matches_in_any_way_comes_once_newest_first_and_limited(store, scribe):
    for number in range(6):
        store.commit(scribe.opening("5 Elm", f"555 0000 {number}", (1.0, 2.0)))
    found = store.history(callback="555 0000 1", location_text="5 elm", near=(1.0, 2.0), limit=4)
    assert numbers(found) == ["26-A-00006", "26-A-00005", "26-A-00004", "26-A-00003"]


def test_that_an_opening_taken_back_is_no_history(store, scribe):
    events = scribe.opening()
    store.commit(events)
    store.commit(scribe.command(happened.IncidentWithdrawn(events[0].body.incident), undoes=events[0].command))
    assert store.history() == ()
    assert store.incident(events[0].body.incident) is None
    assert len(store.events_of_incident(events[0].body.incident)) == 4


def test_that_reopening_takes_the_closing_out_of_history(store, scribe):
    events = scribe.opening()
    store.commit(events)
    store.commit(scribe.closing(events[0].body.incident))
    store.commit(scribe.command(happened.IncidentReopened(events[0].body.incident)))
    assert (store.history()[0].closed_at, store.history()[0].disposition) == (None, "")


def test_that_a_past_incident_is_folded_from_its_own_events(store, scribe):
    events = scribe.opening()
    store.commit(events)
    store.commit(scribe.opening())
    store.commit(scribe.closing(events[0].body.incident))
    incident = store.incident(events[0].body.incident)
    assert (incident.number, incident.disposition, len(incident.calls)) == ("26-A-00001", "TREATED", 1)
    assert store.incident("unknown") is None


def test_that_keys_are_plain_and_bounded():
    assert address_key("  Av. Balmaceda,  1.200 (Ñuñoa) ") == "av balmaceda 1 200 nunoa"
    assert len(address_key("word " * 1000)) <= 200
    assert callback_key("+56 (51) 22") == "221565"
    assert callback_key("٠٥١") == "15"
