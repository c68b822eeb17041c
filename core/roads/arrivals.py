"""When the first, second, third ... team arrives at every node, whatever the number of teams: up the tree, then down.

Every junction keeps the k quickest teams. Only these can be among the k quickest of what lies behind it, so that each
shortcut carries k times at most, first from the teams up to all above them, then from there down to everyone.
"""

from collections.abc import Sequence

import numpy as np

from core.roads.compiled import compiled, inlined
from core.roads.customise import CLOSED_MS, quickest_arc
from core.roads.engine import RoadEngine
from core.roads.segments import Ints
from core.roads.snap import Snap
from core.roads.stands import stands

NOBODY = -1


def arrivals_ms(engine: RoadEngine, places: Sequence[Snap], ready_ms: Sequence[int], siren: bool, k: int) -> Ints:
    """Ms [k, n] until the 1st to k-th team is at each node, CLOSED_MS for none; team i sets out after `ready_ms[i]`."""
    h, graph, network = engine.hierarchy, engine.graph, engine.network(siren)
    states, states_ms, owners = stands(graph, places, network.cost_ms)
    states_ms = states_ms + np.asarray(ready_ms, np.int32)[owners]
    chains = (h.where, h.slot_chain, h.slot_first, h.chain_owner, h.chain_other, h.step_out, h.step_back)
    driving = (graph.head, engine.arc_end, network.cost_ms)
    times, teams = np.full((h.junctions, k), CLOSED_MS, np.int32), np.full((h.junctions, k), NOBODY, np.int32)
    inside, inside_ms, inside_owner = set_out(*chains, *driving, states, states_ms, owners, times, teams)
    carry_up(h.up_first, h.up_head, network.up_ms, times, teams)
    carry_down(network.sweep_first, network.sweep_head, network.sweep_ms, times, teams)
    by_state, team_of = np.empty((graph.states, k), np.int32), np.empty((graph.states, k), np.int32)
    by_state[h.junction_state], team_of[h.junction_state] = times, teams
    slots = (h.slot_first, h.slot_state, h.chain_owner, h.chain_other, network.from_owner, network.from_other)
    fill_chains(*slots, times, teams, by_state, team_of)
    enter(h.slot_state[inside], inside_ms, inside_owner, by_state, team_of)
    merge_added(graph.node_of_state, graph.nodes, by_state, team_of)
    return np.ascontiguousarray(by_state[: graph.nodes].T)


@inlined
def _note(times: Ints, teams: Ints, at: int, ms: int, team: int) -> None:
    """Enter a team's time among the k of row `at`, in order, once per team."""
    k = times.shape[1]
    if ms < times[at, k - 1]:
        slot = k - 1
        for each in range(k):
            if teams[at, each] == team:
                slot = each if ms < times[at, each] else -1
        while slot > 0 and times[at, slot - 1] > ms:
            times[at, slot], teams[at, slot] = times[at, slot - 1], teams[at, slot - 1]
            slot -= 1
        if slot >= 0:
            times[at, slot], teams[at, slot] = ms, team


@compiled
def set_out(
    where: Ints,
    slot_chain: Ints,
    slot_first: Ints,
    chain_owner: Ints,
    chain_other: Ints,
    step_out: Ints,
    step_back: Ints,
    head: Ints,
    arc_end: Ints,
    cost_ms: Ints,
    states: Ints,
    states_ms: Ints,
    owners: Ints,
    times: Ints,
    teams: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Enter the teams at the junctions next to them; slots, ms and team of what they pass inside chains before."""
    slots, ms, team = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    for at in range(len(states)):
        if where[states[at]] >= 0:
            _note(times, teams, where[states[at]], states_ms[at], owners[at])
            continue
        begin = ~where[states[at]]
        chain = slot_chain[begin]
        for out in range(2):
            total, slot = states_ms[at] + 0, begin
            while total < CLOSED_MS and slot_first[chain] <= slot < slot_first[chain + 1]:
                slots.append(slot)
                ms.append(total)
                team.append(owners[at])
                arc = step_out[slot + 1 + chain] if out else step_back[slot + chain]
                if arc < 0:
                    total = CLOSED_MS
                    break
                total += cost_ms[quickest_arc(arc, head, cost_ms, arc_end[slot + out + chain, 1 - out])]
                slot += 1 if out else -1
            if total < CLOSED_MS:
                _note(times, teams, chain_other[chain] if out else chain_owner[chain], total, owners[at])
    return np.array(slots, np.int32), np.array(ms, np.int32), np.array(team, np.int32)


@compiled
def carry_up(up_first: Ints, up_head: Ints, up_ms: Ints, times: Ints, teams: Ints) -> None:
    """From every junction to all above it."""
    for back in range(len(times)):
        here = len(times) - 1 - back
        for link in range(up_first[here], up_first[here + 1] if times[here, 0] < CLOSED_MS else 0):
            _note_all(times, teams, up_head[link], times, teams, here, up_ms[link])


@compiled
def carry_down(sweep_first: Ints, sweep_head: Ints, sweep_ms: Ints, times: Ints, teams: Ints) -> None:
    """To every junction from those above it."""
    for here in range(len(times)):
        for link in range(sweep_first[here], sweep_first[here + 1]):
            _note_all(times, teams, here, times, teams, sweep_head[link], sweep_ms[link])


@inlined
def _note_all(times: Ints, teams: Ints, at: int, others: Ints, their_teams: Ints, other: int, ms: int) -> None:
    """Enter all of another row, `ms` later."""
    for each in range(times.shape[1]):
        if others[other, each] + ms >= times[at, times.shape[1] - 1]:
            break
        _note(times, teams, at, others[other, each] + ms, their_teams[other, each])


@compiled
def fill_chains(
    slot_first: Ints,
    slot_state: Ints,
    chain_owner: Ints,
    chain_other: Ints,
    from_owner: Ints,
    from_other: Ints,
    times: Ints,
    teams: Ints,
    by_state: Ints,
    team_of: Ints,
) -> None:
    """The insides of chains from the junctions at their ends."""
    for chain in range(len(chain_owner)):
        owner, other = chain_owner[chain], chain_other[chain]
        for slot in range(slot_first[chain], slot_first[chain + 1]):
            state = slot_state[slot]
            for each in range(times.shape[1]):
                reached = times[owner, each] < CLOSED_MS and from_owner[slot] < CLOSED_MS
                by_state[state, each] = times[owner, each] + from_owner[slot] if reached else CLOSED_MS
                team_of[state, each] = teams[owner, each] if reached else NOBODY
            if other >= 0:
                _note_all(by_state, team_of, state, times, teams, other, from_other[slot])


@compiled
def enter(states: Ints, ms: Ints, owners: Ints, by_state: Ints, team_of: Ints) -> None:
    """What teams pass inside a chain before they come to a junction."""
    for at in range(len(states)):
        _note(by_state, team_of, states[at], ms[at], owners[at])


@compiled
def merge_added(node_of_state: Ints, nodes: int, by_state: Ints, team_of: Ints) -> None:
    """A node is reached in any of its states."""
    for state in range(nodes, len(by_state)):
        _note_all(by_state, team_of, node_of_state[state], by_state, team_of, state, 0)
