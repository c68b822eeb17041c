"""What is typed becomes points, and points become words, on the small town."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.values import LocationSource
from core.pack.gazetteer import OUTSIDE, Gazetteer
from core.pack.pack import MapPack


@pytest.mark.parametrize(
    "text", ["Calle Cordovez 4", "4 Calle Cordovez", "cordovez 4", "c cordovez #4", "CORDOVEZ nº 4"]
)
def test_that_a_house_number_is_found_before_and_after_its_street(gazetteer: Gazetteer, text: str) -> None:
    hit = gazetteer.search(text)[0]
    assert (hit.text, hit.kind, hit.detail) == ("Calle Cordovez 4", LocationSource.ADDRESS, "Centro")
    assert (hit.lat, hit.lon) == pytest.approx((41.0021, -7.9996))


@pytest.mark.parametrize(
    ("text", "caution", "lon"),
    [
        ("cordovez 14", "approximate: between 10 and 20", -7.9986),
        ("cordovez 999", "approximate: placed at 20, the nearest number in this map", -7.998),
        ("cordovez 4C", "approximate: 4 is the number in this map", -7.9996),
    ],
)
def test_that_a_number_the_map_lacks_keeps_its_words_and_says_where_it_was_put(
    gazetteer: Gazetteer, text: str, caution: str, lon: float
) -> None:
    hit = gazetteer.search(text)[0]
    assert hit.text == f"Calle {text.title()}"
    assert caution in hit.detail
    assert hit.lon == pytest.approx(lon)


def test_that_a_street_without_numbers_says_so_and_keeps_the_number(gazetteer: Gazetteer) -> None:
    hit = gazetteer.search("Balmaceda 391")[0]
    assert (hit.text, hit.kind) == ("Avenida José Balmaceda 391", LocationSource.STREET)
    assert "no house numbers in this map" in hit.detail


def test_that_a_number_may_be_part_of_a_name(gazetteer: Gazetteer) -> None:
    assert gazetteer.search("21 de mayo")[0].text == "21 de Mayo"
    assert gazetteer.search("21 de mayo 3")[0].text == "21 de Mayo 3"


def test_that_two_streets_of_one_name_are_told_apart(gazetteer: Gazetteer) -> None:
    hits = gazetteer.search("calle cordovez")
    assert [(hit.text, hit.detail.split(";")[0]) for hit in hits] == [
        ("Calle Cordovez", "Centro"),
        ("Calle Cordovez", "Altovalsol"),
    ]
    assert gazetteer.search("cordovez, altovalsol")[0].lat == pytest.approx(41.03)


def test_that_a_districts_name_finds_the_district_and_not_all_of_its_streets(gazetteer: Gazetteer) -> None:
    assert [hit.text for hit in gazetteer.search("centro")] == ["Centro"]
    assert [hit.text for hit in gazetteer.search("altovalsol")] == ["Altovalsol"]


@pytest.mark.parametrize(
    "text",
    [
        "balmaceda & urizar", "balmaceda y urízar", "Balmaceda/Urizar", "urizar and balmaceda", "balmaceda x urizar",
        "av balmaceda esquina con gregorio urizar", "balmaceda @ urizar", "jose balmaceda e urizar",
    ],
)  # fmt: skip
def test_that_an_intersection_is_found_however_it_is_joined(gazetteer: Gazetteer, text: str) -> None:
    hit = gazetteer.search(text)[0]
    assert hit.kind is LocationSource.INTERSECTION
    assert set(hit.text.split(" & ")) == {"Avenida José Balmaceda", "Gregorio Urízar"}
    assert (hit.lat, hit.lon) == pytest.approx((41.0, -8.0))


def test_that_a_name_with_and_in_it_is_a_street_and_can_be_crossed(gazetteer: Gazetteer) -> None:
    assert gazetteer.search("ramon y cajal")[0].kind is LocationSource.STREET
    assert gazetteer.search("ramon y cajal y cordovez")[0].text == "Ramón y Cajal & Calle Cordovez"


def test_that_a_street_and_a_sign_offer_its_crossings(gazetteer: Gazetteer) -> None:
    hits = gazetteer.search("balmaceda &")
    assert {hit.kind for hit in hits} == {LocationSource.INTERSECTION}
    assert len(hits) == 3


def test_that_streets_which_do_not_meet_are_offered_with_that_said(gazetteer: Gazetteer) -> None:
    hits = gazetteer.search("balmaceda & cordovez")
    assert {hit.kind for hit in hits} == {LocationSource.STREET}
    assert all("no crossing of the two in this map" in hit.detail for hit in hits)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("balmaseda", "Avenida José Balmaceda"), ("cordobez", "Calle Cordovez"), ("sao joao", "Rua de São João"),
        ("gregoro urizar", "Gregorio Urízar"), ("hosp san juan", "Hospital San Juan de Dios"),
        ("panaderia nandu", "Panadería Ñandú"), ("avda balmaceda", "Avenida José Balmaceda"),
    ],
)  # fmt: skip
def test_that_slips_accents_and_abbreviations_are_forgiven(gazetteer: Gazetteer, text: str, found: str) -> None:
    assert gazetteer.search(text)[0].text == found


@pytest.mark.parametrize(
    "text", ["", "   ", "qqqqqq", "شارع النيل", "🚒🚒", '"', "'; DROP TABLE street; --", "NEAR(", "a" * 100_000]
)
def test_that_what_is_nowhere_gives_nothing_and_breaks_nothing(gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.search(text) == []


def test_that_coordinates_are_placed_and_described(gazetteer: Gazetteer) -> None:
    hit = gazetteer.search("41.0, -7.9985")[0]
    assert hit.kind is LocationSource.COORDINATES
    assert hit.detail == "near Avenida José Balmaceda between Gregorio Urízar and 21 de Mayo"
    assert gazetteer.search("52.0, 1.0")[0].detail == OUTSIDE
    assert gazetteer.search("-7.9985, 41.0")[0].detail.startswith("read as longitude, latitude")


def test_that_what_is_near_wins_between_equals(gazetteer: Gazetteer) -> None:
    assert gazetteer.search("calle cordovez", near=(41.0, -8.0))[0].lat == pytest.approx(41.002)
    assert gazetteer.search("calle cordovez", near=(41.03, -8.0))[0].lat == pytest.approx(41.03)


def test_that_a_point_becomes_an_address_a_crossing_or_a_block(gazetteer: Gazetteer) -> None:
    said = {
        (41.0021, -7.99962): "Calle Cordovez 4",
        (41.00005, -7.997): "21 de Mayo & Avenida José Balmaceda",
        (41.0, -7.9985): "Avenida José Balmaceda between Gregorio Urízar and 21 de Mayo",
        (41.012, -8.0): "Ruta 5 between Gregorio Urízar and Calle Cordovez",
    }
    for (lat, lon), text in said.items():
        hit = gazetteer.reverse(lat, lon)
        assert hit is not None
        assert set(hit.text.split(" & ")) == set(text.split(" & "))
        assert (hit.lat, hit.lon) == (lat, lon)


def test_that_distance_is_said_and_the_far_away_is_not_named(gazetteer: Gazetteer) -> None:
    hit = gazetteer.reverse(41.0005, -7.9965)
    assert hit is not None
    assert hit.detail == "42 m away"
    assert gazetteer.reverse(41.2, -7.5) is None


@given(text=st.text(max_size=80))
def test_that_no_text_breaks_the_search(town_pack: MapPack, text: str) -> None:
    with town_pack.gazetteer() as gazetteer:
        assert len(gazetteer.search(text, limit=5)) <= 5


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_that_any_point_can_be_asked_about(town_pack: MapPack, lat: float, lon: float) -> None:
    with town_pack.gazetteer() as gazetteer:
        gazetteer.reverse(lat, lon)
