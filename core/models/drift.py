"""How far today's calls are from those a model was trained on: the population stability index over binned shares."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LEAST_SHARE = 1e-4  # an empty bin must not make the index infinite


class Reference(Protocol):
    """How an input was spread in training. `shares`: of bins or of choices and "another"; then of "not known"."""

    @property
    def name(self) -> str: ...
    @property
    def edges(self) -> tuple[float, ...]:
        """Inner edges of a number's bins; () for choices."""
        ...

    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def shares(self) -> tuple[float, ...]: ...


def psi(expected: Sequence[float], counts: Sequence[float] | Floats) -> float:
    """Population stability index of counted bins against expected shares: sum of (a - e) ln(a / e).

    Under 0.1 is taken for stable, over 0.25 for another population (Siddiqi 2006). Small samples raise it by about
    (bins - 1) / n by chance alone, which is taken off.
    """
    counted = np.asarray(counts, float)
    total = counted.sum()
    if total <= 0 or len(counted) != len(expected):
        return 0.0
    e = np.maximum(np.asarray(expected, float), _LEAST_SHARE)
    a = np.maximum(counted / total, _LEAST_SHARE)
    e, a = e / e.sum(), a / a.sum()
    by_chance = (np.count_nonzero(np.asarray(expected) > 0) - 1) / total
    return float(max(0.0, np.sum((a - e) * np.log(a / e)) - by_chance))


def counted(reference: Reference, values: Iterable[str | float | int | None]) -> Floats:
    """The values of today in the reference's bins, in the order of its shares."""
    bins = np.zeros(len(reference.shares))
    if reference.choices:
        places = {choice: at for at, choice in enumerate(reference.choices)}
        for word, count in Counter(_word(value) for value in values).items():
            at = len(bins) - 1 if not word else places.get(word, len(bins) - 2)
            bins[at] += count
        return bins
    numbers = np.array([_number(value) for value in values], float)
    known = numbers[np.isfinite(numbers)]
    at_bins = np.searchsorted(np.array(reference.edges), known, side="right")
    bins[: len(reference.edges) + 1] = np.bincount(at_bins, minlength=len(reference.edges) + 1)
    bins[-1] += len(numbers) - len(known)
    return bins


def drift(reference: Reference, values: Iterable[str | float | int | None]) -> float:
    """The index of today's values against the reference."""
    return psi(reference.shares, counted(reference, values))


def _word(value: str | float | None) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()


def _number(value: str | float | None) -> float:
    try:
        return float(value) if value is not None and value != "" else np.nan
    except ValueError:
        return np.nan
