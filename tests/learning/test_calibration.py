"""Probabilities, sets, cuts and gates keep their promises on calls they were not fitted on."""

import numpy as np
import pytest

from core.learning import metrics
from core.learning.age_gates import Allowed, called_severe, fit_gates
from core.learning.calibration import cut, fit_calibration, fit_cuts, fit_sets, sets_of, softmax

RNG = np.random.default_rng(5)


def _calls(count: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    logits = RNG.normal(0, 1.5, (count, classes))
    chance = softmax(logits)
    return logits, np.array([RNG.choice(classes, p=row) for row in chance])


def test_that_overconfident_logits_are_brought_back() -> None:
    logits, labels = _calls(4000)
    calibration = fit_calibration(3.0 * logits, labels)
    assert calibration.temperature == pytest.approx(3.0, rel=0.1)
    fresh, happened = _calls(4000)
    told = calibration(3.0 * fresh)[:, 0]
    assert metrics.calibration_error(happened == 0, told) < 0.03


def test_that_sets_miss_each_class_no_more_than_promised() -> None:
    logits, labels = _calls(4000)
    sets = fit_sets(softmax(logits), labels, miss=0.1)
    fresh, happened = _calls(8000)
    inside = sets_of(softmax(fresh), sets)
    for k in range(3):
        assert inside[happened == k, k].mean() > 0.88


def test_that_a_class_with_too_few_calls_is_always_in_the_set() -> None:
    logits, labels = _calls(400)
    labels[labels == 0] = 1
    labels[:5] = 0
    assert fit_sets(softmax(logits), labels).limits[0] == 1.0


def test_that_cuts_agree_at_least_as_well_as_the_likeliest_class() -> None:
    logits, labels = _calls(1500, 5)
    told = softmax(logits)
    cuts = fit_cuts(told, labels)
    by_cuts = metrics.quadratic_kappa(labels, cut(told @ np.arange(5), np.array(cuts)), 5)
    assert by_cuts >= metrics.quadratic_kappa(labels, told.argmax(axis=1), 5)
    assert list(cuts) == sorted(cuts)
    assert fit_cuts(told[:, :2], labels.clip(max=1)) == ()


def _by_age(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ages = RNG.uniform(0, 95, count)
    told = np.clip(RNG.beta(1, 6, count) + 0.25 * (ages > 60), 0.001, 0.999)
    return told, RNG.random(count) < told, ages


def test_that_children_are_missed_no_more_than_aimed_at_within_the_over_triage() -> None:
    told, severe, ages = _by_age(20_000)
    one = fit_gates(told, severe, ages, Allowed(0.35, 1.0))
    gates = fit_gates(told, severe, ages, Allowed(0.35, 0.15))
    fresh, happened, years = _by_age(20_000)
    children = years < 18
    called = called_severe(gates, fresh, years)
    assert metrics.under_triage(happened[children], called[children]) < 0.18
    assert metrics.over_triage(happened, called) < 0.37
    plain = called_severe(one, fresh, years)
    assert metrics.under_triage(happened[children], plain[children]) > 0.25


def test_that_an_unknown_age_gets_the_most_cautious_gate() -> None:
    gates = fit_gates(*_by_age(5000), Allowed())
    assert gates[-1].threshold == min(gate.threshold for gate in gates)
    called = called_severe(gates, np.array([gates[-1].threshold]), np.array([np.nan]))
    assert called.tolist() == [True]
