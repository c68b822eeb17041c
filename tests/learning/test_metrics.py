"""Figures against scikit-learn's, and what they must do at the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learning import metrics

CALLS = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=2, max_size=60)


def _arrays(calls: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([severe for severe, _ in calls]), np.array([score / 20 for _, score in calls])


@given(CALLS)
def test_that_auroc_is_the_share_of_pairs_in_order(calls: list[tuple[bool, int]]) -> None:
    severe, score = _arrays(calls)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[severe] for b in score[~severe]]
    if pairs:
        assert metrics.auroc(severe, score) == pytest.approx(np.mean(pairs))
    else:
        assert np.isnan(metrics.auroc(severe, score))


@given(CALLS, st.floats(0, 1))
def test_that_no_more_others_are_called_severe_than_allowed(calls: list[tuple[bool, int]], over: float) -> None:
    severe, score = _arrays(calls)
    called = score > metrics.threshold_at_over(severe, score, over)
    if (~severe).any():
        assert metrics.over_triage(severe, called) <= over + 1e-12


def test_that_figures_agree_with_scikit_learn() -> None:
    from sklearn import metrics as theirs

    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 500)
    told = np.where(rng.random(500) < 0.6, truth, rng.integers(0, 4, 500))
    score = rng.random(500).round(2)
    severe = truth < 2
    precision, recall, f1 = metrics.precision_recall_f1(truth, told, 4)
    expected = theirs.precision_recall_fscore_support(truth, told)
    np.testing.assert_allclose([precision, recall, f1], expected[:3])
    kappa = theirs.cohen_kappa_score(truth, told, weights="quadratic")
    assert metrics.quadratic_kappa(truth, told, 4) == pytest.approx(kappa)
    assert metrics.auroc(severe, score) == pytest.approx(theirs.roc_auc_score(severe, score))
    unique = rng.permutation(500) / 500
    assert metrics.average_precision(severe, unique) == pytest.approx(theirs.average_precision_score(severe, unique))


def test_that_honest_probabilities_have_hardly_any_calibration_error() -> None:
    rng = np.random.default_rng(2)
    told = rng.random(20_000)
    assert metrics.calibration_error(rng.random(20_000) < told, told) < 0.015
    assert metrics.calibration_error(rng.random(20_000) < told**2, told) > 0.1


def test_that_the_bootstrap_holds_the_value_and_is_the_same_each_time() -> None:
    values = np.random.default_rng(3).random(200)
    low, high = metrics.bootstrap(lambda rows: float(values[rows].mean()), 200)
    assert low < values.mean() < high
    assert (low, high) == metrics.bootstrap(lambda rows: float(values[rows].mean()), 200)


def test_that_nothing_severe_gives_no_figure_instead_of_a_wrong_one() -> None:
    severe, score = np.zeros(5, bool), np.linspace(0, 1, 5)
    assert np.isnan(metrics.under_at_over(severe, score, 0.35))
    assert np.isnan(metrics.average_precision(severe, score))
