"""Units on their way stand where the route says they are at that moment."""

import pytest

from workstation.exercise.motion import Leg, leg_from

LEG = Leg(1000, ((0.0, 0.0), (0.0, 0.01), (0.01, 0.01)), (0, 10_000, 30_000))


@pytest.mark.parametrize(
    ("now_ms", "lat", "lon", "heading"),
    [
        (0, 0.0, 0.0, 90),
        (6000, 0.0, 0.005, 90),
        (11_000, 0.0, 0.01, 0),
        (21_000, 0.005, 0.01, 0),
        (99_000, 0.01, 0.01, 0),
    ],
)
def test_that_a_unit_is_between_the_points_around_its_time(now_ms: int, lat: float, lon: float, heading: float) -> None:
    position = LEG.position(now_ms)
    assert (position.lat, position.lon) == pytest.approx((lat, lon))
    assert position.heading == pytest.approx(heading, abs=0.01)


def test_that_a_route_of_no_length_is_a_place_to_stand() -> None:
    leg = leg_from(500, [(1.0, 2.0)], [0])
    assert leg.ends_at == 500
    assert (leg.position(9999).lat, leg.position(9999).lon) == (1.0, 2.0)
