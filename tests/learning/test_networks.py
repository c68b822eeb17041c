"""Linear branches: weights that change with age, and many branches made one."""

import numpy as np

from core.learning.architectures import BranchPlan
from core.learning.linear import joined, waves
from core.severity.features import ChoiceField, NumberField
from core.severity.network import Branch, NumpyCore, from_arrays, to_arrays

RNG = np.random.default_rng(7)
FIELDS = (ChoiceField("sex", ("f", "m")), NumberField("age", (0.0, 10.0, 20.0, 40.0, 60.0, 80.0, 95.0)))


def _tab(age: float | None) -> np.ndarray:
    tab = np.zeros(1 + 4 + 7, np.float32)
    FIELDS[1].fill(age, tab[5:])
    return tab


def test_that_waves_make_the_gaussian_kernel_at_the_knots() -> None:
    kernel, bias = waves(BranchPlan(by="age", sway=0.5, reach=20.0), FIELDS)
    told = np.array([_tab(age) @ kernel + bias for age in FIELDS[1].knots])
    knots = np.array(FIELDS[1].knots)
    expected = 0.5 * np.exp(-((knots[:, None] - knots) ** 2) / 800)
    assert np.abs(told @ told.T - expected).max() < 0.05
    unknown = _tab(None) @ kernel + bias
    np.testing.assert_allclose(unknown, told.mean(axis=0), atol=1e-5)


def _branch(classes: int, *, gated: bool, seed: int) -> Branch:
    rng = np.random.default_rng(seed)
    kernel, bias = waves(BranchPlan(by="age"), FIELDS)
    width = len(bias) * classes if gated else classes
    text = rng.normal(size=(30, width)).astype(np.float32)
    if not gated:
        tab = rng.normal(size=(12, width)).astype(np.float32)
        return Branch(text, tab, rng.normal(size=width).astype(np.float32))
    total = np.tile(np.eye(classes, dtype=np.float32), (len(bias), 1))
    gate = (np.repeat(kernel, classes, axis=1), np.repeat(bias, classes))
    empty = np.zeros((12, width), np.float32)
    return Branch(text, empty, np.zeros(width, np.float32), ((total, np.zeros(classes, np.float32)),), gate)


def test_that_joined_branches_tell_the_same_odds() -> None:
    for classes in (2, 4):
        branches = [_branch(classes, gated=gated, seed=i) for i, gated in enumerate((False, True, False, True))]
        one = joined(branches, 0.5)
        for age in (None, 3.0, 50.0):
            ids = RNG.permutation(30)[:9].astype(np.int32)
            weights = RNG.random(9).astype(np.float32)
            total = 0.5 * sum(branch(ids, weights, _tab(age)) for branch in branches)
            found = one(ids, weights, _tab(age))
            np.testing.assert_allclose(found - found[-1], total - total[-1], atol=1e-4)


def test_that_a_core_comes_back_from_its_arrays() -> None:
    core = NumpyCore((_branch(3, gated=True, seed=1), _branch(3, gated=False, seed=2)))
    again = from_arrays(to_arrays(core))
    ids, weights = np.arange(5, dtype=np.int32), np.ones(5, np.float32)
    assert np.array_equal(core(ids, weights, _tab(8)), again(ids, weights, _tab(8)))
