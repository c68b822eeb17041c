"""Whom the desk recommends, in which order, and what it says about each."""

import pytest

from core.coverage.coverage_map import Change
from core.dispatch import recommend
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import PositionSource, ReleaseReason
from core.roads.unit_snaps import UnitSnaps

P1, P2, P3, P4 = Priority
ISLAND = 0.1


def order(recommendation):
    return [option.unit for option in recommendation.options]


def test_that_the_nearest_able_unit_by_road_is_chosen_and_others_follow_by_eta(town):
    town.unit("M1", 4)
    town.unit("M2", 12)
    town.unit("M3", 11)
    found = town.recommend(town.incident("CHEST", 10))
    assert found.chosen == ("M3",)
    assert order(found) == ["M3", "M2", "M1"]
    first = found.options[0]
    assert (first.eta_s, first.capability) == (pytest.approx(100, abs=0.1), "als")
    assert first.reason == "Quickest ALS by road."
    assert first.route_m == pytest.approx(1000, abs=1)
    assert found.options[2].reason == "3rd quickest ALS by road."


def test_that_the_eta_is_that_of_the_engine_to_the_millisecond(town):
    unit = town.unit("M1", 3.217)
    incident = town.incident("CHEST", 10.4)
    ends = (town.engine.snap(place.lat, place.lon) for place in (unit.position, incident.location))
    assert town.recommend(incident).options[0].eta_s == town.engine.route(*ends, siren=True).time_ms / 1000


def test_that_each_need_gets_a_unit_of_its_own(town):
    town.unit("M1", 9)
    town.unit("M2", 1)
    town.unit("A1", 8)
    town.unit("E1", 20, "engine")
    town.board.units["A1"].capabilities = frozenset({"bls"})
    found = town.recommend(town.incident("CRASH", 10))
    assert found.chosen == ("A1", "M1", "E1")
    assert [found.option(c).capability for c in found.chosen] == ["bls", "als", "engine"]
    assert found.unfilled == ()
    assert found.options[0].reason == "Quickest BLS by road besides M1."


def test_that_a_need_nobody_free_can_fill_is_said(town):
    town.unit("M1", 9)
    found = town.recommend(town.incident("CRASH", 10))
    assert (found.chosen, found.unfilled) == (("M1",), ("als", "engine"))
    assert "No free unit can fill: ALS, engine." in found.notes


def test_that_units_already_on_the_incident_count(town):
    incident = town.incident("CASE", 10, P2)
    town.commit(town.unit("M1", 9), incident)
    town.unit("M2", 8)
    town.unit("A1", 5, "ambulance")
    found = town.recommend(incident)
    assert "M1" not in order(found)
    assert len(found.chosen) == 1
    town.commit(town.board.units["M2"], incident)
    found = town.recommend(incident)
    assert found.chosen == ()
    assert found.notes == ("All that the type asks for is on it.",)


def test_that_a_unit_on_a_less_urgent_incident_comes_after_the_free_and_says_so(town):
    other = town.incident("CHEST", 2, P3, number="26-A-01041")
    town.commit(town.unit("M1", 9), other)
    town.unit("M2", 5)
    found = town.recommend(town.incident("CHEST", 10))
    assert order(found) == ["M2", "M1"]
    assert found.chosen == ("M2",)
    held = found.options[1]
    assert held.reason == "En route, on 26-A-01041 (P3): would be pre-empted."
    assert held.preempts == other.id
    assert "M1 would be 7 min quicker, but is on 26-A-01041 (P3)." in found.notes


def test_that_a_committed_unit_is_named_when_nobody_free_can_go(town):
    town.commit(town.unit("M1", 9), town.incident("CHEST", 2, P3, number="26-A-01041"))
    found = town.recommend(town.incident("CHEST", 10))
    assert found.chosen == ()
    assert "M1 could fill ALS, but is on 26-A-01041 (P3)." in found.notes


@pytest.mark.parametrize(
    ("priority", "status"),
    [
        (P2, UnitStatus.EN_ROUTE),
        (P1, UnitStatus.EN_ROUTE),
        (P4, UnitStatus.TRANSPORTING),
        (P4, UnitStatus.AT_HOSPITAL),
    ],
)
def test_that_nobody_is_taken_from_as_urgent_work_or_with_a_patient_on_board(town, priority, status):
    town.commit(town.unit("M1", 9), town.incident("CHEST", 2, priority, number="26-A-01041"), status)
    assert order(town.recommend(town.incident("CHEST", 10, P2))) == []


def test_that_units_out_of_service_are_left_out_and_returning_ones_are_free(town):
    town.unit("M1", 9).status = UnitStatus.OUT_OF_SERVICE
    town.unit("M2", 8).status = UnitStatus.RETURNING
    assert town.recommend(town.incident()).chosen == ("M2",)


def test_that_a_unit_off_the_map_is_listed_last_without_an_eta(town):
    town.unit("M1", 25)
    town.unit("M2", 10, lat=0.05)
    town.unit("M3", 10, lat=ISLAND * 9)
    town.unit("M4", 0.5, lat=ISLAND)
    town.unit("M5")
    found = town.recommend(town.incident())
    assert order(found) == ["M1", "M2", "M3", "M4", "M5"]
    assert [option.eta_s for option in found.options[1:]] == [None] * 4
    assert [option.reason for option in found.options[1:]] == [
        "There is no road within 500 m.",
        "It is off the map.",
        "No road leads from it to the scene. It is on roads that do not connect with the main network.",
        "Its position is not known.",
    ]


def test_that_a_scene_on_an_island_is_said_and_only_its_own_units_have_etas(town):
    town.unit("M1", 0.9, lat=ISLAND)
    town.unit("M2", 0.9)
    found = town.recommend(town.incident("CHEST", 0.1, lat=ISLAND))
    assert found.chosen == ("M1",)
    assert "do not connect" in found.notes[0]


def test_that_doubtful_positions_are_warned_about(town):
    town.unit("M1", 9, age_s=600)
    town.unit("M2", 8, source=PositionSource.TYPED)
    town.unit("M3", 7, source=PositionSource.STATION, station="Station 1")
    town.unit("M4", station="Station 1")
    town.unit("M5", 6, source=PositionSource.PREDICTED)
    found = town.recommend(town.incident())
    assert found.option("M1").warnings == ("The position is 10 min old.",)
    assert found.option("M1").position_age_s == 600
    assert found.option("M2").warnings == ("The position was typed.",)
    assert found.option("M3").warnings == ("No position was reported: taken to be at Station 1.",)
    assert "taken to be at Station 1" in found.option("M4").warnings[0]
    assert found.option("M4").eta_s == pytest.approx(1000, abs=1)
    assert found.option("M5").warnings == ("The position is predicted.",)


def test_that_far_units_and_wrong_kinds_are_warned_about(town):
    town.unit("M1", 25)
    town.unit("E1", 10, "engine")
    found = town.recommend(town.incident())
    assert order(found) == ["M1", "E1"]
    assert found.options[0].warnings == ("Far: 25 min by road, over the standard of 15 min.",)
    assert found.options[1].warnings == ("Wrong kind: it has none of what is asked for (ALS).",)


def test_that_lights_and_siren_are_for_urgent_incidents_and_units_that_have_them(town):
    town.unit("M1", 9)
    town.unit("C1", 11, "car")
    urgent, calm = (town.recommend(town.incident("CHEST", 10, priority)) for priority in (P2, P3))
    normal_s = 1000 / 28 * 3.6
    assert (urgent.lights_and_siren, calm.lights_and_siren) == (True, False)
    assert urgent.option("M1").eta_s == pytest.approx(100, abs=0.1)
    assert urgent.option("C1").eta_s == pytest.approx(normal_s, abs=0.1)
    assert calm.option("M1").eta_s == pytest.approx(normal_s, abs=0.1)


def test_that_what_sending_leaves_behind_is_told_by_road(town):
    town.unit("M1", 10, station="Station 2")
    town.unit("M5", 17, station="Station 1")
    assert town.recommend(town.incident()).options[0].leaves == (
        "Leaves Station 2 with no ALS; the next ALS, M5, is 12 min from there."
    )


def test_that_units_staying_at_the_station_are_named(town):
    town.unit("M1", 10, station="Station 2")
    town.unit("M2", 9.5, station="Station 2")
    assert town.recommend(town.incident()).options[0].leaves == "Leaves Station 2 with 1 ALS (M2)."


def test_that_all_units_chosen_together_are_gone_from_the_station(town):
    town.unit("M1", 10, station="Station 2")
    town.unit("M2", 9.5, station="Station 2")
    found = town.recommend(town.incident("CASE", 10, P2))
    assert set(found.chosen) == {"M1", "M2"}
    assert found.option("M1").leaves == "Leaves Station 2 with no BLS; no other BLS is free."


@pytest.mark.parametrize("km", [None, 10.0])
def test_that_without_a_place_or_a_map_units_are_listed_without_travel_times(town, km):
    if km is not None:
        town.engine = None
    town.unit("M1", 9)
    town.unit("E1", 9, "engine")
    found = town.recommend(town.incident("CHEST", km))
    assert found.chosen == ()
    assert order(found) == ["M1", "E1"]
    assert [option.eta_s for option in found.options] == [None, None]
    assert found.notes[0].startswith("There are no travel times. ")


def test_that_a_scene_away_from_any_road_says_so(town):
    town.unit("M1", 9)
    found = town.recommend(town.incident("CHEST", 10, lat=0.05))
    assert found.notes == ("There are no travel times. About the scene: There is no road within 500 m.",)


@pytest.mark.parametrize(
    ("type_", "note"),
    [
        ("NOTE", "The incident's type asks for no unit."),
        ("GONE", "The agency file has no type GONE, so nothing says which units it needs."),
    ],
)
def test_that_a_type_that_asks_for_nothing_chooses_nobody_and_still_ranks(town, type_, note):
    town.unit("M1", 5)
    town.unit("E1", 9, "engine")
    found = town.recommend(town.incident(type_, 10, P4))
    assert (found.chosen, order(found)) == ((), ["E1", "M1"])
    assert found.notes == (note,)
    assert found.options[0].reason == "By road."


def test_that_quotes_carry_what_was_said(town):
    town.unit("M1", 9)
    found = town.recommend(town.incident())
    quote = found.quotes(["M1", "NOBODY"])[0]
    assert (quote.unit, quote.eta_s, quote.route_m) == ("M1", found.options[0].eta_s, found.options[0].route_m)


def test_that_only_units_that_moved_are_looked_up_again(town, monkeypatch):
    asked = []
    snaps = UnitSnaps(town.engine)
    snap = town.engine.snap
    monkeypatch.setattr(type(town.engine), "snap", lambda _, lat, lon: (asked.append((lat, lon)), snap(lat, lon))[1])
    first = snaps.of("M1", 0, 0.01)
    assert snaps.of("M1", 0, 0.01) is first
    snaps.of("M1", 0, 0.02)
    assert len(asked) == 2


def test_that_nobody_is_ticked_for_an_incident_whose_units_have_finished(town):
    incident = town.incident("CHEST", 10)
    unit = town.unit("M1", 9)
    town.commit(unit, incident)
    done = incident.assignments[0]
    done.ended_at, done.reason = incident.opened_at, ReleaseReason.CLEARED
    unit.status, unit.incident = UnitStatus.AVAILABLE, ""
    found = town.recommend(incident)
    assert (found.chosen, found.unfilled) == ((), ())
    assert found.notes[0].startswith("Its units have finished.")
    done.reason = ReleaseReason.PREEMPTED
    assert town.recommend(incident).chosen == ("M1",)


def test_that_each_option_tells_what_sending_it_does_to_coverage(town):
    town.unit("M1", 9)
    town.unit("M2", 12)
    town.commit(town.unit("M3", 11), town.incident("CASE", 11, P3, number="26-A-01001"))
    incident = town.incident("CHEST", 10)
    changes = {("M1", "als"): Change(0.9412, 0.8868), ("M2", "als"): Change(0.99996, 0.99996)}

    def covers(callsign, capability):
        return changes.get((callsign, capability))

    found = recommend(incident, town.board, town.agency, town.engine, incident.opened_at, covers=covers)
    costs = {option.unit: option.cost for option in found.options}
    assert costs["M1"] == "ALS coverage of the area drops from 94.1 to 88.7 %."
    assert costs["M2"] == "ALS coverage stays at 99.9 %."
    assert costs["M3"] == "", "it is not free, so that it covers nothing now"
    assert found.option("M1").coverage == Change(0.9412, 0.8868)


def test_that_a_recommendation_does_without_coverage(town):
    town.unit("M1", 9)
    found = town.recommend(town.incident())
    assert (found.options[0].coverage, found.options[0].cost) == (None, "")


def test_that_of_two_units_that_are_as_quick_only_one_is_called_the_quickest(town):
    town.unit("M1", 8)
    town.unit("M2", 8)
    town.unit("M3", 4)
    found = town.recommend(town.incident("CHEST", 10))
    reasons = [option.reason for option in found.options]
    assert reasons == ["Quickest ALS by road.", "2nd quickest ALS by road.", "3rd quickest ALS by road."]


def test_that_places_far_down_are_counted_in_words(town):
    for number in range(1, 24):
        town.unit(f"M{number:02}", 10 + number / 10)
    reasons = [option.reason for option in town.recommend(town.incident("CHEST", 10)).options]
    assert [reasons[at].partition(" ")[0] for at in (10, 11, 12, 20, 21)] == ["11th", "12th", "13th", "21st", "22nd"]
