"""The figures that say how good an estimate is, each for given labels and probabilities, in plain NumPy.

Classes are numbered from the most urgent (0). "Severe" is the first few classes together; its probability is their sum.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def confusion(truth: Labels, told: Labels, classes: int) -> NDArray[np.int64]:
    """Counts (classes, classes): rows are the truth, columns what was told."""
    return np.bincount(truth * classes + told, minlength=classes * classes).reshape(classes, classes)


def accuracy(truth: Labels, told: Labels) -> float:
    """The share told right; NaN for no calls."""
    return float(np.mean(truth == told)) if len(truth) else float("nan")


def precision_recall_f1(truth: Labels, told: Labels, classes: int) -> tuple[Floats, Floats, Floats]:
    """Per class (classes,); 0 where nothing was told or nothing is there, as scikit-learn has it."""
    counts = confusion(truth, told, classes).astype(float)
    right = np.diag(counts)
    precision = _ratio(right, counts.sum(0))
    recall = _ratio(right, counts.sum(1))
    return precision, recall, _ratio(2 * precision * recall, precision + recall)


def quadratic_kappa(truth: Labels, told: Labels, classes: int) -> float:
    """Cohen's kappa with squared distances (Cohen 1968); NaN when only one class was ever there and told."""
    counts = confusion(truth, told, classes).astype(float)
    steps = np.arange(classes)
    cost = (steps[:, None] - steps[None]) ** 2.0
    by_chance = np.outer(counts.sum(1), counts.sum(0)) / max(counts.sum(), 1.0)
    expected = float((cost * by_chance).sum())
    return 1.0 - float((cost * counts).sum()) / expected if expected else float("nan")


def auroc(severe: Flags, score: Floats) -> float:
    """The chance that a severe call scores above another one, ties half (Mann-Whitney); NaN when a kind is missing."""
    positives = int(severe.sum())
    negatives = len(severe) - positives
    if not positives or not negatives:
        return float("nan")
    return float((mean_ranks(score)[severe].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def mean_ranks(score: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean."""
    _, where, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - (counts - 1) / 2.0)[where]
    return ranks


def average_precision(severe: Flags, score: Floats) -> float:
    """Area under precision over recall, as a step function; NaN when nothing is severe."""
    if not severe.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = severe[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def calibration_error(happened: Flags, told: Floats, bins: int = 10) -> float:
    """ECE (Naeini 2015) with bins of equal counts: mean gap between what was told and what happened."""
    if not len(told):
        return float("nan")
    gaps = [abs(happened[part].mean() - told[part].mean()) * len(part) for part in equal_bins(told, bins)]
    return float(sum(gaps) / len(told))


def equal_bins(told: Floats, bins: int) -> list[NDArray[np.intp]]:
    """The rows of each of at most `bins` groups of equal size by `told`; equal values stay together."""
    edges = np.unique(np.quantile(told, np.linspace(0, 1, bins + 1))[1:-1])
    group = np.searchsorted(edges, told, side="left")
    return [part for k in range(len(edges) + 1) if len(part := np.flatnonzero(group == k))]


def threshold_at_over(severe: Flags, score: Floats, over: float) -> float:
    """The lowest threshold (severe when score > it) that calls at most the share `over` of the others severe."""
    others = np.sort(score[~severe])[::-1]
    allowed = int(np.floor(over * len(others)))
    return float(others[allowed]) if allowed < len(others) else -np.inf


def under_triage(severe: Flags, called_severe: Flags) -> float:
    """The share of severe calls that were not called severe; NaN when nothing is severe."""
    return float(np.mean(~called_severe[severe])) if severe.any() else float("nan")


def over_triage(severe: Flags, called_severe: Flags) -> float:
    """The share of the other calls that were called severe (1 - specificity); NaN when all are severe."""
    return float(np.mean(called_severe[~severe])) if (~severe).any() else float("nan")


def under_at_over(severe: Flags, score: Floats, over: float) -> float:
    """Under-triage when over-triage may be at most `over`."""
    return under_triage(severe, score > threshold_at_over(severe, score, over))


def bootstrap(
    measure: Callable[[NDArray[np.intp]], float], rows: int, *, rounds: int = 300, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """The percentile interval (Efron 1979) of a measure over rows drawn with replacement; NaN rounds are left out."""
    rng = np.random.default_rng(seed)
    values = np.array([measure(rng.integers(0, rows, rows)) for _ in range(rounds)]) if rows else np.array([])
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _ratio(over: Floats, under: Floats) -> Floats:
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)
