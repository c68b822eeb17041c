"""One question to the hierarchy: from the arcs that leave the sources to those that arrive at the target."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.customise import CLOSED_MS
from core.roads.ends import Ends, Starts
from core.roads.graph import RoadGraph
from core.roads.hierarchy import Hierarchy
from core.roads.network import Network
from core.roads.queries import INSIDE, OTHER, OWNER, Room, chains_along, times_to, ways_in, ways_out
from core.roads.segments import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The answer for each start [k], CLOSED_MS for none, with all that its route is unpacked from."""

    starts: Starts
    ends: Ends
    total_ms: NDArray[np.int64]
    total_m: Floats
    ways: tuple[Ints, Ints, Floats]
    column: NDArray[np.int64]  # [k] of the ways
    behind: tuple[Ints, Ints, Floats, Ints]
    wanted: Ints
    room: Room  # as the answer left it


def solve(
    graph: RoadGraph,
    hierarchy: Hierarchy,
    arc_end: Ints,
    network: Network,
    starts: Starts,
    ends: Ends,
    room: Room,
) -> Solved:
    """The quickest way from the head of each start's arc to the target, with what is driven of that arc before.

    Clear the room afterwards.
    """
    h = hierarchy
    chains = (h.where, h.slot_chain, h.slot_first, h.chain_owner, h.chain_other, h.step_out, h.step_back)
    driving = (graph.head, arc_end, network.cost_ms, graph.length_m)
    goals = (ends.states, ends.passed_ms, ends.passed_m)
    behind = ways_in(*chains, *driving, *goals)
    ways = ways_out(*chains, *driving, starts.heads, *goals)
    junction, ms, metres = ways
    on = junction[:, :INSIDE] >= 0
    up = (network.up_ms, network.down_ms, network.up_m, network.down_m)
    wanted = junction[:, :INSIDE][on]
    times_to(room, h.up_first, h.up_head, *up, *behind[:3], wanted)
    totals, totals_m = ms.astype(np.int64), metres.copy()
    totals[:, :INSIDE][on] += room.times[wanted]
    totals_m[:, :INSIDE][on] += room.metres[wanted]
    column = totals.argmin(axis=1)
    rows = np.arange(len(column))
    total_ms = np.minimum(totals[rows, column] + starts.driven_ms, CLOSED_MS)
    return Solved(starts, ends, total_ms, totals_m[rows, column] + starts.driven_m, ways, column, behind, wanted, room)


def pieces_of(solved: Solved, start: int, hierarchy: Hierarchy, network: Network, low_of: Ints) -> tuple[Ints, int]:
    """The pieces of chains (see `arcs_along`) from one start to the target, and which of its ends that arrives at."""
    h = hierarchy
    column, state = int(solved.column[start]), solved.starts.heads[start]
    begin = ~int(h.where[state])
    chain = int(h.slot_chain[begin]) if begin >= 0 else -1
    if column == INSIDE:
        end = int(solved.ways[0][start, INSIDE])
        goal = ~int(h.where[solved.ends.states[end]])
        inside = (chain, 0, begin + 1, goal) if goal >= begin else (chain, 1, goal + 1, begin)
        return np.array([inside], np.int32), end
    pieces: list[tuple[int, int, int, int]] = []
    if begin >= 0 and column == OWNER:
        pieces.append((chain, 1, int(h.slot_first[chain]), begin))
    elif begin >= 0:
        pieces.append((chain, 0, begin + 1, int(h.slot_first[chain + 1])))
    room = solved.room
    junction = int(solved.ways[0][start, column])
    rows, last = chains_along(
        h.up_first, h.up_head, network.up_by, network.down_by, room.above, room.below, room.below_link, junction, low_of
    )
    whole = np.column_stack([rows, h.slot_first[rows[:, 0]], h.slot_first[rows[:, 0] + 1]])
    seeds, seeds_ms, _, origin = solved.behind
    here = np.flatnonzero(seeds == last)
    end, side = origin[here[seeds_ms[here].argmin()]].tolist()
    goal = ~int(h.where[solved.ends.states[end]])
    last_piece: list[tuple[int, int, int, int]] = []
    if side == OWNER:
        chain = int(h.slot_chain[goal])
        last_piece.append((chain, 0, int(h.slot_first[chain]), goal))
    elif side == OTHER:
        chain = int(h.slot_chain[goal])
        last_piece.append((chain, 1, goal + 1, int(h.slot_first[chain + 1])))
    all_pieces = [np.array(p, np.int32).reshape(-1, 4) for p in (pieces, whole, last_piece)]
    return np.ascontiguousarray(np.concatenate(all_pieces), np.int32), end
