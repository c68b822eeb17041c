"""What posts cover, in the form in which it is optimised: nodes that the same sites reach counted as one.

The worth of a place with k units in reach is 1 - q^k, where q is the share of time in which a unit is busy (Daskin's
MEXCLP, 1983); with q = 0 it is 1 as soon as one unit reaches it (Church and ReVelle's MCLP, 1974). Between whole
numbers it is taken to be straight, so that it is concave: the line that touches it anywhere lies above it everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.coverage.counting import mark
from core.coverage.demand import Demand
from core.coverage.reaches import Reaches
from core.roads.segments import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_BITS = 64
_BLOCKS = 24  # of neighbouring places, each with cuts of its own: more of them converge in fewer rounds
_ALMOST = 1e-7  # a solver's 0.9999999 is 1


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """r groups of nodes and c sites. Weights are shares of all demand, that of unreachable places included."""

    reached: "csr_array"  # [r, c] 1 where the site reaches the group
    weights: Floats  # [r]
    blocks: Ints  # [b + 1] into the groups
    busy: float

    @property
    def sites(self) -> int:
        return int(self.reached.shape[1])

    @property
    def within_reach(self) -> float:
        """The share that all sites together reach: no plan covers more."""
        return float(self.weights.sum())

    def worth(self, units: Floats) -> float:
        """The share that is covered, or expected to be, with so many units at each site [c]; fractions are allowed."""
        whole, part = self._units_in_reach(units)
        return float(self.weights @ (1.0 - self.busy**whole * (1.0 - part * (1.0 - self.busy))))

    def gain_of_one_more(self, units: Floats) -> Floats:
        """What one more unit at each site [c] would add; exact where `units` are whole numbers."""
        gains: Floats = self.reached.T @ (self.weights * self._slope(units))
        return gains

    def cuts(self, units: Floats) -> tuple[Floats, Floats]:
        """For each block the line that touches its worth at `units`: constant [b] and slope by site [b, c]."""
        whole = self._units_in_reach(units)[0]
        slope = self.weights * (1.0 - self.busy) * self.busy**whole
        constant = self.weights * (1.0 - self.busy**whole) - slope * whole
        slopes = np.array(
            [
                self.reached[begin:end].T @ slope[begin:end]
                for begin, end in zip(self.blocks[:-1], self.blocks[1:], strict=True)
            ]
        )
        return np.add.reduceat(constant, self.blocks[:-1]), slopes

    def _slope(self, units: Floats) -> Floats:
        slope: Floats = (1.0 - self.busy) * self.busy ** self._units_in_reach(units)[0]
        return slope

    def _units_in_reach(self, units: Floats) -> tuple[Floats, Floats]:
        in_reach = self.reached @ units + _ALMOST
        whole = np.floor(in_reach)
        return whole, np.clip(in_reach - whole - _ALMOST, 0.0, 1.0)


def gains_of(reaches: Reaches, ranges: Sequence[Ints], demand: Demand, busy: float) -> Gains:
    """The gains of sites that reach those ranges of places (see `Reaches.of`)."""
    from scipy.sparse import csr_array  # only planners need it: a desk starts sooner without

    weights = demand.weights[reaches.node_at] / max(demand.total, np.finfo(float).tiny)
    group, words = _grouped(ranges, len(weights))
    first = np.unique(group, return_index=True)[1]
    bits = np.stack([word[first] for word in words], axis=1) if words else np.zeros((len(first), 0), np.uint64)
    total = np.bincount(group, weights, len(first))
    kept = np.flatnonzero((total > 0) & bits.any(axis=1))
    kept = kept[np.argsort(first[kept], kind="stable")]  # neighbours together
    octets = bits[kept].astype("<u8").view(np.uint8).reshape(len(kept), 8 * len(words))
    reached = np.unpackbits(octets, axis=1, bitorder="little")[:, : len(ranges)]
    blocks = np.unique(np.linspace(0, len(kept), min(_BLOCKS, len(kept)) + 1).astype(np.int32)).astype(np.int32)
    return Gains(csr_array(reached).astype(np.float64), total[kept].astype(np.float64), blocks, busy)


def _grouped(ranges: Sequence[Ints], places: int) -> tuple[NDArray[np.int64], list[NDArray[np.uint64]]]:
    """Which group each place is in, 64 sites refining it at a time, and the bits of those sites by place."""
    group, words = np.zeros(places, np.int64), []
    for begin in range(0, len(ranges), _BITS):
        word = np.zeros(places, np.uint64)
        for bit, reach in enumerate(ranges[begin : begin + _BITS]):
            mark(word, reach, bit)
        number = np.unique(word, return_inverse=True)[1].reshape(-1)
        group = np.unique(group * (int(number.max()) + 1) + number, return_inverse=True)[1].reshape(-1)
        words.append(word)
    return group, words
