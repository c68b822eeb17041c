"""A page that hears only differences knows the same as one that is told everything."""

from array import array

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from widgets.map.differences import UnitDifferences
from widgets.map.rows import MapUnit

degrees = st.floats(-80, 80).map(lambda value: round(value, 6))
rows = st.builds(
    MapUnit,
    callsign=st.sampled_from(["E1", "E2", "M3", "M4", "L5", "ÉÑ6"]),
    shape=st.sampled_from(["circle", "square"]),
    availability=st.sampled_from(["free", "moving"]),
    lat=degrees,
    lon=degrees,
    heading=st.none() | st.floats(0, 359),
    source=st.sampled_from(["gps", "typed"]),
    age=st.integers(0, 2),
    age_text=st.sampled_from(["", "3 min"]),
    selected=st.booleans(),
)
fleets = st.lists(rows, max_size=6, unique_by=lambda row: row.callsign)


class Page:
    """The page's side of units.js."""

    def __init__(self) -> None:
        self.known: dict[int, list[object]] = {}

    def hear(self, message: dict[str, object] | None) -> None:
        if message is None:
            return
        for slot in message["drop"]:
            del self.known[slot]
        for slot, *look in message["put"]:
            self.known[slot] = look

    def looks(self) -> list[list[object]]:
        return sorted(self.known.values())

    def places(self, block: bytes) -> dict[str, tuple[float, float]]:
        numbers = array("f", block)
        return {
            str(look[0]): (numbers[0] + numbers[3 + 3 * slot], numbers[1] + numbers[4 + 3 * slot])
            for slot, look in self.known.items()
        }


@given(st.lists(fleets, max_size=8))
def test_that_the_page_knows_every_unit_and_its_place_after_any_changes(history: list[list[MapUnit]]) -> None:
    differences, page = UnitDifferences(), Page()
    for fleet in history:
        page.hear(differences.take(fleet))
        expected = [[r.callsign, r.shape, r.availability, r.source, r.age, r.age_text, r.selected] for r in fleet]
        assert page.looks() == sorted(expected)
        places = page.places(differences.positions())
        for row in fleet:
            lat, lon = places[row.callsign]
            assert abs(lat - row.lat) < 2e-5
            assert abs(lon - row.lon) < 2e-5


@given(st.lists(fleets, min_size=1, max_size=8))
def test_that_a_new_page_is_told_everything(history: list[list[MapUnit]]) -> None:
    differences, old, new = UnitDifferences(), Page(), Page()
    for fleet in history:
        old.hear(differences.take(fleet))
    new.hear(differences.everything())
    assert new.known == old.known


@given(fleets)
def test_that_nothing_is_said_when_nothing_changed(fleet: list[MapUnit]) -> None:
    differences = UnitDifferences()
    differences.take(fleet)
    differences.moved()
    assert differences.take(fleet) is None
    assert not differences.moved()


def test_that_a_city_is_placed_to_a_tenth_of_a_metre() -> None:
    fleet = [
        MapUnit(f"U{i}", "circle", "free", -29.9 + i * 1.23e-4, -71.25 - i * 1.7e-4, None, "gps", 0, "", False)
        for i in range(500)
    ]
    differences, page = UnitDifferences(), Page()
    page.hear(differences.take(fleet))
    places = page.places(differences.positions())
    assert max(abs(places[row.callsign][0] - row.lat) for row in fleet) < 1e-6


def test_that_a_move_costs_no_words() -> None:
    row = MapUnit("E1", "circle", "free", -30.0, -71.0, None, "gps", 0, "", False)
    differences = UnitDifferences()
    differences.take([row])
    differences.moved()
    assert differences.take([msgspec.structs.replace(row, lat=-30.001)]) is None
    assert differences.moved()
