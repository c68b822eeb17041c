"""What a response looks like to the model: nothing from the future, nothing that fails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.response.journeys import HOURS_A_WEEK, Featuriser, Journeys, JourneySpec, WordColumn, hour_of_week, month_of
from core.response.pulse import Recent, pulse

SPEC = JourneySpec(
    columns=(
        WordColumn("kind", ("ALS", "BLS"), (-0.1, 0.2)),
        WordColumn("area", ("north", "south"), (0.3, -0.2)),
    ),
    usual_log=6.0,
    usual_columns=("area",),
    pulse_column="area",
    usual_calls=(10.0,) * HOURS_A_WEEK,
    mean=(0.0,) * 18,
    scale=(1.0,) * 18,
    low=(-5.0,) * 18,
    high=(5.0,) * 18,
)
EMPTY = Recent.of(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.str_))


def journeys(at: list[int], areas: list[str], **numbers: list[float]) -> Journeys:
    words = {"area": np.array(areas, np.str_), "kind": np.array(["ALS"] * len(at), np.str_)}
    return Journeys(np.array(at, np.int64), words, {name: np.array(each, float) for name, each in numbers.items()})


def test_that_the_spec_is_as_wide_as_its_numbers() -> None:
    assert SPEC.width == 18
    ids, numbers = Featuriser(SPEC)(journeys([0], ["north"]))
    assert ids.shape == (1, 4)
    assert numbers.shape == (1, 18)


def test_that_words_that_are_not_known_are_nothing() -> None:
    featuriser = Featuriser(SPEC)
    ids, numbers = featuriser(journeys([0, 0], ["atlantis", ""]))
    assert ids[:, 1].tolist() == [0, 0]
    assert numbers[0, -1] == featuriser.strange[-1] == 0.0
    assert featuriser.usual(journeys([0], ["atlantis"])).tolist() == [6.0]
    assert featuriser.usual(journeys([0], ["north"])).tolist() == pytest.approx([6.3])


@pytest.mark.parametrize(
    ("at", "hour", "month"),
    [(0, 72, 0), (4 * 86_400, 0, 0), (4 * 86_400 - 1, 167, 0), (31 * 86_400, 6 * 24, 1), (-1, 71, 11)],
)
def test_that_hours_of_the_week_begin_on_monday(at: int, hour: int, month: int) -> None:
    moment = np.array([at], np.int64)
    assert hour_of_week(moment).tolist() == [hour]
    assert month_of(moment).tolist() == [month]


def test_that_the_pulse_knows_only_what_had_ended() -> None:
    recent = Recent.of(np.array([1000, 2000]), np.array([1.0, 1.0]), np.array(["north", "south"]))
    at = np.array([999, 1000, 1001, 2001], np.int64)
    assert pulse(recent, at, 10_000).tolist() == pytest.approx([0.0, 0.0, 1 / 6, 2 / 7])
    assert pulse(recent, at, 10_000, np.array(["south"] * 4)).tolist() == pytest.approx([0.0, 0.0, 0.0, 1 / 6])


def test_that_the_pulse_forgets_what_is_past() -> None:
    recent = Recent.of(np.array([1000]), np.array([1.0]), np.array(["north"]))
    assert pulse(recent, np.array([1000 + 3601]), 3600).tolist() == [0.0]


def test_that_a_row_alone_has_the_features_it_has_among_others() -> None:
    featuriser = Featuriser(SPEC)
    many = journeys([0, 3600, 7200], ["north", "south", "north"], eta_s=[100.0, np.nan, 300.0], calls_hour=[5, 9, 30])
    recent = featuriser.recent(many, np.array([600.0, 900.0, 300.0]))
    ids, numbers = featuriser(many, recent)
    for at in range(3):
        alone = featuriser(many.part(np.array([at])), recent)
        assert np.array_equal(alone[0][0], ids[at])
        assert np.array_equal(alone[1][0], numbers[at])


NUMBERS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@given(
    at=st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=5),
    area=st.text(max_size=20),
    eta_s=NUMBERS,
    calls=NUMBERS,
)
def test_that_nothing_given_makes_the_features_fail(
    at: list[int], area: str, eta_s: float | None, calls: float | None
) -> None:
    count = len(at)
    eta, busy = (np.nan if value is None else value for value in (eta_s, calls))
    given_ = journeys(at, [area] * count, eta_s=[eta] * count, calls_hour=[busy] * count, distance_m=[busy] * count)
    ids, numbers = Featuriser(SPEC)(given_, EMPTY)
    assert np.isfinite(numbers).all()
    assert (ids >= 0).all()
    assert (ids < np.array(Featuriser(SPEC).vocabularies)).all()
