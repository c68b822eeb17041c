"""Positions in the notations that people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pack.coordinates import read_position

CENTRE = (-29.9, -71.25)


@pytest.mark.parametrize(
    "text",
    [
        "-29.9045, -71.2489", "-29.9045 -71.2489", "-29.9045,-71.2489", "-29,9045; -71,2489", "-29,9045 -71,2489",
        "−29.9045 −71.2489", "29.9045S 71.2489W", "S 29.9045 W 71.2489", "71.2489W 29.9045S", "29.9045 s, 71.2489 o",
        "29°54'16.2\"S 71°14'56.04\"W", "29°54′16.2″S 71°14′56.04″W", "29 54 16.2 S 71 14 56.04 W",
        "29° 54.27' S, 71° 14.934' W", "S29 54 16.2 W071 14 56.04",
    ],
)  # fmt: skip
def test_that_one_place_is_read_in_every_notation(text: str) -> None:
    assert read_position(text, CENTRE) == pytest.approx((-29.9045, -71.2489), abs=1e-6)


@pytest.mark.parametrize("text", ["19J BG 82747 90168", "19JBG8274790168", "BG 82747 90168", "bg 8274 9016"])
def test_that_a_grid_reference_is_read_with_and_without_its_zone(text: str) -> None:
    assert read_position(text, CENTRE) == pytest.approx((-29.9, -71.25), abs=2e-4)


@pytest.mark.parametrize(
    "text",
    [
        "", "12 14", "12, Main Street", "Balmaceda 391", "391 Balmaceda", "29.9 n", "100.5 -29.0", "-29.9 -271.2",
        "29 54 71 14", "4 e 5", "19J BG 8274 901", "ZZZZ 1234",
    ],
)  # fmt: skip
def test_that_an_address_or_nonsense_is_no_position(text: str) -> None:
    assert read_position(text, CENTRE) is None


@given(st.floats(-90, 90).map(lambda x: round(x, 6)), st.floats(-180, 180).map(lambda x: round(x, 6)))
def test_that_decimal_degrees_come_back_as_they_were_written(lat: float, lon: float) -> None:
    assert read_position(f"{lat:.6f}, {lon:.6f}", CENTRE) == pytest.approx((lat, lon))


@given(
    st.tuples(st.integers(0, 89), st.integers(0, 59), st.integers(0, 59), st.sampled_from("NS")),
    st.tuples(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59), st.sampled_from("EW")),
)
def test_that_degrees_minutes_and_seconds_add_up(
    lat: tuple[int, int, int, str], lon: tuple[int, int, int, str]
) -> None:
    text = " ".join(f"{d}°{m}'{s}\"{h}" for d, m, s, h in (lat, lon))
    expected = [(d + m / 60 + s / 3600) * (-1 if h in "SW" else 1) for d, m, s, h in (lat, lon)]
    assert read_position(text, CENTRE) == pytest.approx(tuple(expected))


@given(st.text(max_size=60))
def test_that_no_text_breaks_the_reading(text: str) -> None:
    position = read_position(text, CENTRE)
    assert position is None or (abs(position[0]) <= 90 and abs(position[1]) <= 180)
