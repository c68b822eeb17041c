"""Most states only lie between two others; this takes them out of the search without losing a millisecond.

A state with at most two neighbours (coming and going taken together) is the inside of a chain: whoever enters it at one
end leaves it at the other. What remains are the junctions, a sixth of the states of Porto. A chain joins two junctions,
leads from one back to itself, or ends dead. Two neighbouring junctions are joined by a chain with nothing inside.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import Ints

NO_ONE = -1
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """c chains with s states inside them in all, the slots; a chain with k slots has k + 1 steps.

    Steps of chain i begin at `slot_first[i] + i`. Step t leads from slot t - 1 to slot t; the first comes from `one`,
    the last goes to `other`.
    """

    one: Ints  # [c] state
    other: Ints  # [c] state, -1 at a dead end
    slot_first: Ints  # [c + 1]
    slot_state: Ints  # [s]


@compiled
def neighbours(first_out: Ints, head: Ints, first_in: Ints, tail: Ints) -> tuple[Ints, Flags]:
    """The first two neighbours of each state [q, 2] (-1 for none), and whether it has more [q]."""
    states = len(first_out) - 1
    near = np.full((states, 2), NO_ONE, np.int32)
    more = np.zeros(states, np.bool_)
    for state in range(states):
        for first, others in ((first_out, head), (first_in, tail)):
            for at in range(first[state], first[state + 1]):
                other = others[at]
                if other in (near[state, 0], near[state, 1]):
                    continue
                if near[state, 0] == NO_ONE:
                    near[state, 0] = other
                elif near[state, 1] == NO_ONE:
                    near[state, 1] = other
                else:
                    more[state] = True
    return near, more


@compiled
def find_chains(
    first_out: Ints, head: Ints, first_in: Ints, tail: Ints, near: Ints, junction: Flags
) -> tuple[Ints, Ints, Ints, Ints]:
    """The fields of `Chains`. A ring or a road with no junction at all gets one: `junction` [q] is changed for it."""
    states = len(first_out) - 1
    one, other = np.empty(len(head) + 1, np.int32), np.empty(len(head) + 1, np.int32)
    slot_first, slot_state = np.zeros(len(head) + 2, np.int32), np.empty(states, np.int32)
    seen = np.zeros(states, np.bool_)
    chains, slots = 0, 0
    for left_over in (False, True):
        for start in range(states):
            if junction[start] == left_over or seen[start]:
                continue
            junction[start] = True
            outward = first_out[start + 1] - first_out[start]
            for step in range(outward + first_in[start + 1] - first_in[start]):
                state = _neighbour(step, outward, start, first_out, head, first_in, tail)
                if seen[state]:
                    continue
                if junction[state] and (
                    state < start or _came_before(step, outward, start, first_out, head, first_in, tail)
                ):
                    continue
                before = start
                while state != NO_ONE and not junction[state]:
                    seen[state] = True
                    slot_state[slots] = state
                    slots += 1
                    onward = near[state, 1] if near[state, 0] == before else near[state, 0]
                    before, state = state, onward
                one[chains], other[chains] = start, state
                chains += 1
                slot_first[chains] = slots
    return one[:chains].copy(), other[:chains].copy(), slot_first[: chains + 1].copy(), slot_state[:slots].copy()


@compiled
def _neighbour(step: int, outward: int, state: int, first_out: Ints, head: Ints, first_in: Ints, tail: Ints) -> int:
    return int(head[first_out[state] + step] if step < outward else tail[first_in[state] + step - outward])


@compiled
def _came_before(step: int, outward: int, state: int, first_out: Ints, head: Ints, first_in: Ints, tail: Ints) -> bool:
    this = _neighbour(step, outward, state, first_out, head, first_in, tail)
    came = False
    for earlier in range(step):
        came = came or _neighbour(earlier, outward, state, first_out, head, first_in, tail) == this
    return came


def chains_of(
    first_out: Ints, head: Ints, first_in: Ints, tail: Ints, always_junction: NDArray[np.int64]
) -> tuple[Chains, NDArray[np.int64]]:
    """The chains between junctions, and the states that are junctions; those of `always_junction` always are."""
    near, more = neighbours(first_out, head, first_in, tail)
    more[always_junction] = True
    fields = find_chains(first_out, head, first_in, tail, near, more)
    return Chains(*fields), np.flatnonzero(more)
