"""Counts as machine code: reaches added to and taken from counts, and the demand that they cover.

A reach is a table of ranges [r, 2] of places (see `Reaches`), each from its first place to the one after its last.
They are in order and do not overlap.
"""

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import Floats, Ints

Counts = NDArray[np.uint16]
Bits = NDArray[np.uint64]


@compiled
def add(counts: Counts, ranges: Ints) -> None:
    """One more team at every place of the ranges."""
    for row in range(len(ranges)):
        for place in range(ranges[row, 0], ranges[row, 1]):
            counts[place] += np.uint16(1)


@compiled
def take(counts: Counts, ranges: Ints) -> None:
    """One team less at every place of the ranges."""
    for row in range(len(ranges)):
        for place in range(ranges[row, 0], ranges[row, 1]):
            counts[place] -= np.uint16(1)


@compiled
def shift(counts: Counts, more: Ints, fewer: Ints) -> None:
    """One more team for each time that a place is in `more`, one less for each in `fewer`; both [r, 2] in any order.

    Quicker than `add` and `take` for many reaches: only where they begin and end is looked at, then all places once.
    """
    change = np.zeros(len(counts) + 1, np.int32)
    for row in range(len(more)):
        change[more[row, 0]] += 1
        change[more[row, 1]] -= 1
    for row in range(len(fewer)):
        change[fewer[row, 0]] -= 1
        change[fewer[row, 1]] += 1
    running = 0
    for place in range(len(counts)):
        running += change[place]
        counts[place] = np.uint16(counts[place] + running)


@compiled
def weight_by_count(counts: Counts, weights: Floats, most: int) -> Floats:
    """The weight of all places with 0, 1, 2, ... teams [most + 1]; the last entry is for `most` or more."""
    total = np.zeros(most + 1)
    for place in range(len(counts)):
        total[min(int(counts[place]), most)] += weights[place]
    return total


@compiled
def weight_at(counts: Counts, weights: Floats, ranges: Ints, count: int) -> float:
    """The weight of those places of the ranges that have exactly `count` teams."""
    total = 0.0
    for row in range(len(ranges)):
        for place in range(ranges[row, 0], ranges[row, 1]):
            if counts[place] == count:
                total += weights[place]
    return total


@compiled
def mark(bits: Bits, ranges: Ints, bit: int) -> None:
    """Set one bit at every place of the ranges."""
    value = np.uint64(1) << np.uint64(bit)
    for row in range(len(ranges)):
        for place in range(ranges[row, 0], ranges[row, 1]):
            bits[place] |= value


@compiled
def weight_by_bit(counts: Counts, weights: Floats, bits: Bits, ranges: Ints, count: int) -> Floats:
    """For each bit [64] the weight of those places of the ranges with exactly `count` teams that have it."""
    total = np.zeros(64)
    for row in range(len(ranges)):
        for place in range(ranges[row, 0], ranges[row, 1]):
            if counts[place] == count and bits[place]:
                left = bits[place]
                for bit in range(64):
                    if left & np.uint64(1):
                        total[bit] += weights[place]
                    left >>= np.uint64(1)
                    if not left:
                        break
    return total
