"""Probabilities that mean what they say, sets that keep their promise: fitted on calls that training did not see."""

from dataclasses import dataclass

import numpy as np

from core.learning.metrics import Floats, Labels, quadratic_kappa
from core.severity.bundle import Sets


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities are softmax(logits / temperature + bias)."""

    temperature: float = 1.0
    bias: tuple[float, ...] = ()

    def __call__(self, logits: Floats) -> Floats:
        """Probabilities (n, classes) from logits (n, classes)."""
        return softmax(logits / self.temperature + (np.array(self.bias) if self.bias else 0.0))


def softmax(logits: Floats) -> Floats:
    """Rows that sum to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def log_loss(probabilities: Floats, labels: Labels) -> float:
    """Mean negative logarithm of the probability of what happened."""
    return float(-np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-12, None)).mean())


def fit_calibration(logits: Floats, labels: Labels, *, bias: bool = True) -> Calibration:
    """Temperature scaling (Guo 2017), with a bias for each class unless told otherwise, by log loss.

    The bias is drawn gently towards zero, so that a class with few calls is not moved by chance.
    """
    from scipy.optimize import minimize

    classes = logits.shape[1]

    def loss(x: Floats) -> float:
        shift = np.append(x[1:], 0.0) if bias else np.zeros(classes)
        told = softmax(logits / np.exp(x[0]) + shift)
        return log_loss(told, labels) + float(x[0] ** 2 + (x[1:] ** 2).sum()) / len(labels)

    found = minimize(loss, np.zeros(classes if bias else 1), method="L-BFGS-B")
    shift = (*(round(float(v), 6) for v in found.x[1:]), 0.0) if bias else ()
    return Calibration(round(float(np.exp(found.x[0])), 6), shift)


def fit_cuts(probabilities: Floats, labels: Labels) -> tuple[float, ...]:
    """Cuts of the mean class number that make the quadratic kappa greatest, each moved in turn; () for two classes.

    Where squared errors count, the mean of the class numbers is the best guess; the cuts make up for rare classes.
    """
    classes = probabilities.shape[1]
    if classes < 3 or len(np.unique(labels)) < classes:
        return ()
    middle = probabilities @ np.arange(classes)
    shares = np.bincount(labels, minlength=classes) / len(labels)
    cuts = np.quantile(middle, np.cumsum(shares)[:-1])
    tried = np.quantile(middle, np.linspace(0.002, 0.998, 100))
    best = quadratic_kappa(labels, cut(middle, cuts), classes)
    for _ in range(4):
        for k in range(classes - 1):
            for value in tried:
                moved = cuts.copy()
                moved[k] = value
                found = quadratic_kappa(labels, cut(middle, moved), classes) if (np.diff(moved) >= 0).all() else -1.0
                if found > best + 1e-9:
                    best, cuts = found, moved
    return tuple(round(float(each), 6) for each in cuts)


def cut(middle: Floats, cuts: Floats) -> Labels:
    """How many cuts lie below each mean class number."""
    return np.searchsorted(cuts, middle).astype(np.int64)


def fit_sets(probabilities: Floats, labels: Labels, *, miss: float = 0.1) -> Sets:
    """Mondrian limits (Vovk 2003): for each class the ceil((n + 1)(1 - miss))-th smallest 1 - p of its own calls.

    A class with too few calls for that promise gets the limit 1: it is always in the set.
    """
    limits = []
    for k in range(probabilities.shape[1]):
        strange = np.sort(1.0 - probabilities[labels == k, k])
        rank = int(np.ceil((len(strange) + 1) * (1.0 - miss)))
        limits.append(round(float(strange[rank - 1]), 6) if rank <= len(strange) else 1.0)
    return Sets(miss, tuple(limits))


def sets_of(probabilities: Floats, sets: Sets) -> np.ndarray:
    """Which classes each call's set holds, bool (n, classes)."""
    inside: np.ndarray = 1.0 - probabilities <= np.array(sets.limits)
    return inside
