"""The pulse: by how much responses that ended lately took longer than usual, so that snow is felt at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAMPING = 5.0  # as many responses that took as long as usual are taken to have ended as well


@dataclass(frozen=True, slots=True)
class Recent:
    """Ended responses, the earliest end first: local seconds (n,), log of the time over the usual (n,), area (n,)."""

    ended_at: NDArray[np.int64]
    lag: Floats
    areas: NDArray[np.str_]

    @classmethod
    def of(cls, ended_at: NDArray[np.int64], lag: Floats, areas: NDArray[np.str_]) -> "Recent":
        order = np.argsort(ended_at, kind="stable")
        return cls(ended_at[order], lag[order], areas[order])


def pulse(recent: Recent, at: NDArray[np.int64], window_s: int, areas: NDArray[np.str_] | None = None) -> Floats:
    """Damped mean lag of responses that ended in the `window_s` before each `at`; of its area where `areas` are given.

    Only what had ended by then counts, so that a row of training data knows no more than the desk would have known.
    """
    if areas is None:
        return _means(recent.ended_at, recent.lag, at, window_s)
    result = np.zeros(len(at))
    for area in np.unique(areas):
        ours, theirs = areas == area, recent.areas == area
        result[ours] = _means(recent.ended_at[theirs], recent.lag[theirs], at[ours], window_s)
    return result


def _means(ended_at: NDArray[np.int64], lag: Floats, at: NDArray[np.int64], window_s: int) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(lag)])
    last, first = np.searchsorted(ended_at, at, "left"), np.searchsorted(ended_at, at - window_s, "left")
    found: Floats = (sums[last] - sums[first]) / (last - first + DAMPING)
    return found
