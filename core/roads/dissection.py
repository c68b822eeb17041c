"""In which order junctions are contracted: nested dissection, so that the last ones part the city into halves.

Each part is cut where the fewest roads join its sides: the outer quarters in a direction are held apart, and the
smallest cut between them is found as a largest flow (inertial flow, after Schild and Sommer 2015). Of the cut, the
junctions of one side come last; then each side is cut in the same way.
"""

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import Floats, Ints

SMALLEST_PART = 6
HELD_APART = 0.25  # of a part's junctions, at either end of the direction
_DIRECTIONS = ((1.0, 0.0), (0.0, 1.0), (0.7071, 0.7071), (0.7071, -0.7071))

_FREE, _SOURCE, _SINK, _CUT = 0, 1, 2, 3
Bytes = NDArray[np.int8]


def contraction_order(count: int, one: Ints, other: Ints, x_m: Floats, y_m: Floats) -> Ints:
    """The junctions [count] in the order of contraction, for roads between `one` [r] and `other` [r] at x, y metres."""
    ends = np.concatenate([one, other]).astype(np.int64)
    others = np.concatenate([other, one]).astype(np.int64)
    pairs = np.unique((ends * max(1, count) + others)[ends != others])
    tail, head = (pairs // max(1, count)).astype(np.int32), (pairs % max(1, count)).astype(np.int32)
    first = np.searchsorted(tail, np.arange(count + 1)).astype(np.int32)
    twin = np.searchsorted(pairs, head.astype(np.int64) * max(1, count) + tail).astype(np.int32)
    return dissect(first, head, twin, x_m, y_m, np.array(_DIRECTIONS))


@compiled
def dissect(first: Ints, head: Ints, twin: Ints, x_m: Floats, y_m: Floats, directions: Floats) -> Ints:
    """See `contraction_order`; `twin` [2r] is the same road the other way."""
    count = len(first) - 1
    order = np.arange(count).astype(np.int32)
    part = np.zeros(count, np.int32)  # which part a junction is in; those of other parts are not there
    role, level = np.zeros(count, np.int8), np.zeros(count, np.int32)
    queue, following = np.zeros(count, np.int32), np.zeros(count, np.int32)
    flow, path = np.zeros(len(head), np.int8), np.zeros(count + 1, np.int32)
    begins, ends = [0], [count]
    number = 0
    while len(begins) > 0:
        begin, end = begins.pop(), ends.pop()
        if end - begin <= SMALLEST_PART:
            continue
        number += 1
        part[order[begin:end]] = number
        best, best_side = order[begin:end].copy(), np.zeros(end - begin, np.int8)
        best_size, best_even = end - begin + 1, 0
        for row in range(len(directions)):
            members = order[begin:end].copy()
            members = members[np.argsort(x_m[members] * directions[row, 0] + y_m[members] * directions[row, 1])]
            _hold_apart(members, first, role, flow)
            while _levels(members, first, head, part, role, flow, level, queue):
                _push(members, first, head, twin, part, role, flow, level, following, path)
            side = _separated(members, first, head, twin, part, role, flow, level, queue)
            size = np.sum(side == _CUT)
            even = min(np.sum(side == _SOURCE), np.sum(side == _SINK))
            if size < best_size or (size == best_size and even > best_even):
                best, best_side, best_size, best_even = members, side, size, even
        at = begin
        for wanted in (_SOURCE, _SINK, _CUT):
            for member in range(len(best)):
                if best_side[member] == wanted:
                    order[at] = best[member]
                    at += 1
        left = begin + np.sum(best_side == _SOURCE)
        begins.append(begin)
        ends.append(left)
        begins.append(left)
        ends.append(left + np.sum(best_side == _SINK))
    return order


@compiled
def _hold_apart(members: Ints, first: Ints, role: Bytes, flow: Bytes) -> None:
    """The members at either end become sources and sinks; no road carries any flow yet."""
    held = max(1, int(len(members) * HELD_APART))
    for at in range(len(members)):
        member = members[at]
        role[member] = _SOURCE if at < held else _SINK if at >= len(members) - held else _FREE
        flow[first[member] : first[member + 1]] = 0


@compiled
def _levels(
    members: Ints, first: Ints, head: Ints, part: Ints, role: Bytes, flow: Bytes, level: Ints, queue: Ints
) -> bool:
    """Links from the sources to each member over roads with room left, -1 for none; whether a sink has any."""
    size = 0
    for at in range(len(members)):
        member = members[at]
        level[member] = -1
        if role[member] == _SOURCE:
            level[member] = 0
            queue[size] = member
            size += 1
    done, found = 0, False
    while done < size:
        here = queue[done]
        done += 1
        for link in range(first[here], first[here + 1]):
            there = head[link]
            if part[there] == part[here] and flow[link] < 1 and level[there] < 0:
                level[there] = level[here] + 1
                found = found or role[there] == _SINK
                queue[size] = there
                size += 1
    return found


@compiled
def _push(
    members: Ints,
    first: Ints,
    head: Ints,
    twin: Ints,
    part: Ints,
    role: Bytes,
    flow: Bytes,
    level: Ints,
    following: Ints,
    path: Ints,
) -> None:
    """Send flow along rising levels until every way from the sources to the sinks has a full road."""
    for at in range(len(members)):
        following[members[at]] = first[members[at]]
    for at in range(len(members)):
        start = members[at]
        if role[start] != _SOURCE:
            break
        here, length = start, 0
        while True:
            if role[here] == _SINK:
                for step in range(length):
                    flow[path[step]] += 1
                    flow[twin[path[step]]] -= 1
                here, length = start, 0
            while following[here] < first[here + 1]:
                link = following[here]
                there = head[link]
                if part[there] == part[here] and flow[link] < 1 and level[there] == level[here] + 1:
                    break
                following[here] += 1
            if following[here] < first[here + 1]:
                path[length] = following[here]
                length += 1
                here = head[following[here]]
            elif length > 0:
                length -= 1
                here = head[twin[path[length]]]
                following[here] += 1
            else:
                break


@compiled
def _separated(
    members: Ints, first: Ints, head: Ints, twin: Ints, part: Ints, role: Bytes, flow: Bytes, level: Ints, queue: Ints
) -> Bytes:
    """For each member the side it is on (_SOURCE, _SINK), or _CUT for those of the fewer at the cut.

    There is a smallest cut next to the sources and one next to the sinks: the more even one is taken.
    """
    near_source = np.empty(len(members), np.bool_)
    for at in range(len(members)):
        near_source[at] = level[members[at]] >= 0
    size = _reach_back(members, first, head, twin, part, role, flow, level, queue)
    if abs(2 * (len(members) - size) - len(members)) < abs(2 * np.sum(near_source) - len(members)):
        for at in range(len(members)):
            near_source[at] = level[members[at]] < 0
    for at in range(len(members)):
        level[members[at]] = 1 if near_source[at] else 0
    side = np.where(near_source, _SOURCE, _SINK).astype(np.int8)
    edge = np.zeros(len(members), np.bool_)
    for at in range(len(members)):
        here = members[at]
        for link in range(first[here], first[here + 1]):
            if part[head[link]] == part[here] and level[head[link]] != level[here]:
                edge[at] = True
    fewer = _SOURCE if np.sum(edge & near_source) < np.sum(edge & ~near_source) else _SINK
    for at in range(len(members)):
        if edge[at] and side[at] == fewer:
            side[at] = _CUT
    return side


@compiled
def _reach_back(
    members: Ints, first: Ints, head: Ints, twin: Ints, part: Ints, role: Bytes, flow: Bytes, level: Ints, queue: Ints
) -> int:
    """Give level 0 to the members from which a sink can be reached over roads with room left, -1 to the others.

    How many can.
    """
    size = 0
    for at in range(len(members)):
        member = members[at]
        level[member] = -1
        if role[member] == _SINK:
            level[member] = 0
            queue[size] = member
            size += 1
    done = 0
    while done < size:
        here = queue[done]
        done += 1
        for link in range(first[here], first[here + 1]):
            there = head[link]
            if part[there] == part[here] and flow[twin[link]] < 1 and level[there] < 0:
                level[there] = 0
                queue[size] = there
                size += 1
    return size
