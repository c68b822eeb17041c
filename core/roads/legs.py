"""Groups the arcs of a path into legs, each driven as one street, with the change of direction at its beginning.

Angles come from the road's own geometry some metres before and after the junction, for drawn corners are often rounded.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE
from core.roads.path import Path, tails
from core.roads.segments import UNNAMED, Floats, RoadFlag

LOOK_M = 15.0  # how far along the road its direction at a junction is taken
PIECE_M = 15.0  # a piece of road this short between two others is part of the junction
QUIET_M = 60.0  # an unnamed piece up to this long that goes straight on is not worth a sentence
SAME_M = 2000.0  # a street that bears another name for up to this on its way (a bridge, a tunnel) is said once
STRAIGHT_DEGREES = 20.0
STAY_DEGREES = 45.0  # a street that bends more than this at a junction is announced though it keeps its name


@dataclass(frozen=True, slots=True)
class Leg:
    """Arcs `begin` to `end` (without it) of a path. `turn_degrees`: right is positive, 0 at the path's beginning."""

    begin: int
    end: int
    name: int  # index into the graph's names, UNNAMED for none
    roundabout: bool
    turn_degrees: float


class Line:
    """A path on the plane, to ask for directions, junctions and legs."""

    def __init__(self, graph: RoadGraph, path: Path) -> None:
        self._graph = graph
        arcs = list(path.arcs)
        roads = graph.road[arcs]
        self._names: list[int] = graph.road_name[roads].tolist()
        self._round: list[bool] = ((graph.road_flags[roads] & RoadFlag.ROUNDABOUT) != 0).tolist()
        first = tails(graph, np.array(arcs[:1]))
        # The node at each joint: before arc 0, between arcs 0 and 1, and so on.
        self._nodes: list[int] = graph.node_of_state[np.concatenate([first, graph.head[arcs]])].tolist()
        self._points = _plane(path.points(graph))
        self.lengths_m: list[float] = path.arc_lengths_m(graph).tolist()
        at_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self._points, axis=0).T))])
        east, north = self._points.T
        ahead = (np.interp(at_m + LOOK_M, at_m, axis) - axis for axis in (east, north))
        behind = (axis - np.interp(at_m - LOOK_M, at_m, axis) for axis in (east, north))
        self._from_degrees: list[float] = (np.degrees(np.arctan2(*ahead)) % 360.0).tolist()
        self._into_degrees: list[float] = (np.degrees(np.arctan2(*behind)) % 360.0).tolist()

    def heading_from(self, joint: int) -> float:
        """Compass degrees in which the path leaves the beginning of arc `joint`."""
        return self._from_degrees[joint]

    def heading_into(self, joint: int) -> float:
        """Compass degrees in which the path comes to the beginning of arc `joint`; the path's end is its last joint."""
        return self._into_degrees[joint]

    def exits_passed(self, leg: Leg) -> int:
        """Ways out of a roundabout on this leg, the one taken at its end included."""
        return sum(self._has_way_out(self._nodes[joint]) for joint in range(leg.begin + 1, leg.end + 1))

    def legs(self) -> list[Leg]:
        """The path's legs in order: none for an empty path."""
        if not self._names:
            return []
        starts = [0, *(joint for joint in range(1, len(self._names)) if self._changes(joint))]
        legs = [self._leg(begin, end) for begin, end in zip(starts, [*starts[1:], len(self._names)], strict=True)]
        return self._joined(legs)

    def _leg(self, begin: int, end: int) -> Leg:
        turn = self._turn(begin, begin) if begin else 0.0
        return Leg(begin, end, self._names[begin], self._round[begin], turn)

    def _changes(self, joint: int) -> bool:
        if self._round[joint] or self._round[joint - 1]:
            return self._round[joint] != self._round[joint - 1]
        if self._names[joint] != self._names[joint - 1]:
            return True
        return abs(self._turn(joint, joint)) > STAY_DEGREES and self._has_choice(joint)

    def _joined(self, legs: list[Leg]) -> list[Leg]:
        """The same path in fewer legs: what a driver would not call a manoeuvre is part of the leg before or after."""
        kept = [legs[0]]
        for following in legs[1:]:
            leg, last = following, kept[-1]
            if self._belongs_to_turn(kept, leg):
                kept.pop()
                leg = replace(leg, begin=last.begin, turn_degrees=self._turn(last.begin, leg.begin))
            elif self._is_quiet(last) and _goes_on(leg) and not last.roundabout:
                kept.pop()
                leg = replace(leg, begin=last.begin, turn_degrees=last.turn_degrees)
            if self._is_interrupted(kept, leg):
                kept.pop()
                kept[-1] = replace(kept[-1], end=leg.end)
            elif kept and self._goes_on_alike(kept, leg):
                kept[-1] = replace(kept[-1], end=leg.end)
            else:
                kept.append(leg)
        return kept

    def _belongs_to_turn(self, kept: list[Leg], leg: Leg) -> bool:
        """Whether the last leg is but a piece of the junction between the one before it and `leg`."""
        if len(kept) < 2 or leg.roundabout or kept[-2].roundabout or kept[-1].roundabout:
            return False
        return self._length_m(kept[-1]) < PIECE_M

    def _is_interrupted(self, kept: list[Leg], leg: Leg) -> bool:
        """Whether the street before the last leg goes on as `leg`, with no real turn in between."""
        if len(kept) < 2 or leg.roundabout or kept[-1].roundabout or kept[-2].roundabout:
            return False
        bends = max(abs(leg.turn_degrees), abs(kept[-1].turn_degrees))
        same = leg.name == kept[-2].name != UNNAMED
        return same and bends <= STAY_DEGREES and self._length_m(kept[-1]) < SAME_M

    def _goes_on_alike(self, kept: list[Leg], leg: Leg) -> bool:
        """Whether `leg` needs no sentence: the same street, or a short unnamed piece straight ahead."""
        last = kept[-1]
        if leg.roundabout or last.roundabout:
            return False
        if leg.name == last.name:
            return abs(leg.turn_degrees) <= STAY_DEGREES
        return self._is_quiet(leg) and _goes_on(leg)

    def _is_quiet(self, leg: Leg) -> bool:
        return leg.name == UNNAMED and self._length_m(leg) < QUIET_M

    def _length_m(self, leg: Leg) -> float:
        return sum(self.lengths_m[leg.begin : leg.end])

    def _has_choice(self, joint: int) -> bool:
        """Whether one could drive on in another way at the beginning of arc `joint`."""
        before, here, after = self._nodes[joint - 1 : joint + 2]
        return bool(self._neighbours(here) - {before, after})

    def _has_way_out(self, node: int) -> bool:
        graph = self._graph
        roads = graph.road[graph.first_out[node] : graph.first_out[node + 1]]
        return bool(((graph.road_flags[roads] & RoadFlag.ROUNDABOUT) == 0).any())

    def _neighbours(self, node: int) -> set[int]:
        graph = self._graph
        return set(graph.node_of_state[graph.head[graph.first_out[node] : graph.first_out[node + 1]]].tolist())

    def _turn(self, joint_in: int, joint_out: int) -> float:
        return (self.heading_from(joint_out) - self.heading_into(joint_in) + 180.0) % 360.0 - 180.0


def _goes_on(leg: Leg) -> bool:
    return not leg.roundabout and abs(leg.turn_degrees) < STRAIGHT_DEGREES


def _plane(points: list[tuple[float, float]]) -> Floats:
    """(lat, lon) as metres east and north of the first point."""
    degrees = np.array(points, np.float64)
    stretch = math.cos(math.radians(float(degrees[:, 0].mean())))
    offset = degrees - degrees[0]
    return np.column_stack([offset[:, 1] * stretch, offset[:, 0]]) * METRES_PER_DEGREE
