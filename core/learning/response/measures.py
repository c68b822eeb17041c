"""How good predicted times are: error, pinball loss, kept promises, with intervals from days drawn anew."""

import numpy as np
from numpy.typing import NDArray

from core.models.record import Measure
from core.response.journeys import Floats

_DRAWS = 200
_DAY_S = 86_400


def pinball(truth_s: Floats, answer_s: Floats, share: float) -> Floats:
    """The loss of each row, in seconds; its mean is least for the true quantile."""
    gap = truth_s - answer_s
    return np.maximum(share * gap, (share - 1.0) * gap)


def losses(truth_s: Floats, answer_s: Floats) -> dict[str, Floats]:
    """Each measure's value for each row: `answer_s` (n, 2) are the median and the ninth decile."""
    return {
        "mae_s": np.abs(truth_s - answer_s[:, 0]),
        "pinball_90_s": pinball(truth_s, answer_s[:, 1], 0.9),
        "within_50": (truth_s <= answer_s[:, 0]).astype(float),
        "within_90": (truth_s <= answer_s[:, 1]).astype(float),
    }


def measured(truth_s: Floats, answer_s: Floats, at: NDArray[np.int64], seed: int = 0) -> dict[str, Measure]:
    """Means with 95 % intervals; days are drawn, as rows of one day share its snow and its strikes."""
    days, day = np.unique(at // _DAY_S, return_inverse=True)
    count = np.bincount(day, minlength=len(days)).astype(float)
    drawn = np.random.default_rng(seed).integers(0, len(days), (_DRAWS, len(days)))
    result = {}
    for name, values in losses(truth_s, answer_s).items():
        sums = np.bincount(day, weights=values, minlength=len(days))
        means = sums[drawn].sum(1) / count[drawn].sum(1)
        low, high = np.quantile(means, (0.025, 0.975))
        result[name] = Measure(float(values.mean()), float(low), float(high))
    return result


def gain(ours: dict[str, Measure], theirs: dict[str, float]) -> float:
    """By which share we are better: the mean over the error and the loss at 90 %."""
    shares = [1.0 - ours[name].value / theirs[name] for name in ("mae_s", "pinball_90_s")]
    return float(np.mean(shares))
