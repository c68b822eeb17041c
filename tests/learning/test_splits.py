"""Who trains and who tests: later calls test, and no case stands on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.learning.examples import Examples
from core.learning.splits import split_by_time, stratified_folds, validation_rows
from core.severity.features import CallFacts


def examples(count: int = 300, *, dates: bool = True, cases: bool = False) -> Examples:
    rng = np.random.default_rng(0)
    days = np.datetime64("2020-01-01") + rng.integers(0, 900, count)
    return Examples(
        "made",
        tuple(CallFacts(f"call {i}") for i in range(count)),
        rng.integers(0, 3, count),
        days if dates else np.full(count, "NaT", "datetime64[D]"),
        ("",) * count,
        tuple(str(i // 2) for i in range(count)) if cases else ("",) * count,
        ("a", "b", "c"),
        ("critical", "high", "low"),
        1,
        "0",
    )


def test_that_every_test_call_is_later_than_every_training_call() -> None:
    made = examples()
    split = split_by_time(made)
    assert made.days[split.train].max() < made.days[split.validation].min()
    assert made.days[split.validation].max() < made.days[split.test].min()
    assert len(split.train) + len(split.validation) + len(split.test) == len(made)


def test_that_the_first_test_day_can_be_named() -> None:
    made = examples()
    assert made.days[split_by_time(made, "2021-06-01").test].min() >= np.datetime64("2021-06-01")


def test_that_a_case_never_stands_on_both_sides() -> None:
    made = examples(cases=True)
    split = split_by_time(made)
    sides = [{made.cases[i] for i in rows} for rows in (split.train, split.validation, split.test)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_that_no_dates_are_refused() -> None:
    with pytest.raises(Refused, match="no dates"):
        split_by_time(examples(dates=False))


def test_that_a_first_test_day_after_all_calls_is_refused() -> None:
    with pytest.raises(Refused):
        split_by_time(examples(), "2050-01-01")


@given(st.lists(st.integers(0, 3), min_size=20, max_size=80), st.integers(2, 5), st.integers(0, 3))
def test_that_folds_deal_every_call_out_once_and_every_class_evenly(labels: list[int], folds: int, seed: int) -> None:
    array = np.array(labels)
    tested = []
    for train, test in stratified_folds(array, folds, seed):
        assert not set(train) & set(test)
        tested += list(test)
        for k in range(4):
            assert abs((array[test] == k).sum() - (array == k).sum() / folds) < 1.0
    assert sorted(tested) == list(range(len(array)))


def test_that_stopping_rows_hold_every_class() -> None:
    labels = np.array([0] * 10 + [1] * 90)
    train, stop = validation_rows(labels, 0.1, 1)
    assert set(labels[stop]) == {0, 1}
    assert len(train) + len(stop) == 100
