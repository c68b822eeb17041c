"""Groups the arcs of a path into legs, each driven as one street, with the change of direction at its beginning.

Angles come from the road's own geometry some metres before and after the junction, for drawn corners are often rounded.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE
from core.roads.path import Path
from core.roads.segments import Floats, RoadFlag

LOOK_M = 15.0  # how far along the road its direction at a junction is taken
PIECE_M = 15.0  # a piece of road this short between two others is part of the junction
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
        self._nodes: list[int] = graph.node_of_state[graph.head[arcs]].tolist()
        self._points = _plane(path.points(graph))
        self.lengths_m: list[float] = path.arc_lengths_m(graph).tolist()
        self._at_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self._points, axis=0).T))])

    def heading_from(self, joint: int) -> float:
        """Compass degrees in which the path leaves the beginning of arc `joint`."""
        return self._heading(self._points[joint], self._point_at(float(self._at_m[joint]) + LOOK_M))

    def heading_into(self, joint: int) -> float:
        """Compass degrees in which the path comes to the beginning of arc `joint`; the path's end is its last joint."""
        return self._heading(self._point_at(float(self._at_m[joint]) - LOOK_M), self._points[joint])

    def exits_passed(self, leg: Leg) -> int:
        """Ways out of a roundabout on this leg, the one taken at its end included."""
        return sum(self._has_way_out(self._nodes[arc]) for arc in range(leg.begin, leg.end))

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
        """Legs with short pieces between two streets taken into the turn, and streets that merely go on as one leg."""
        kept = [legs[0]]
        for following in legs[1:]:
            leg, last = following, kept[-1]
            if len(kept) > 1 and self._is_piece(last) and not leg.roundabout and not kept[-2].roundabout:
                kept.pop()
                leg = replace(leg, begin=last.begin, turn_degrees=self._turn(last.begin, leg.begin))
                last = kept[-1]
            plain = not (leg.roundabout or last.roundabout)
            if plain and leg.name == last.name and abs(leg.turn_degrees) <= STAY_DEGREES:
                kept[-1] = replace(last, end=leg.end)
            else:
                kept.append(leg)
        return kept

    def _is_piece(self, leg: Leg) -> bool:
        return not leg.roundabout and sum(self.lengths_m[leg.begin : leg.end]) < PIECE_M

    def _has_choice(self, joint: int) -> bool:
        """Whether one could drive on in another way at the beginning of arc `joint`."""
        behind = self._nodes[joint - 2] if joint > 1 else -1
        return bool(self._neighbours(self._nodes[joint - 1]) - {behind, self._nodes[joint]})

    def _has_way_out(self, node: int) -> bool:
        graph = self._graph
        roads = graph.road[graph.first_out[node] : graph.first_out[node + 1]]
        return bool(((graph.road_flags[roads] & RoadFlag.ROUNDABOUT) == 0).any())

    def _neighbours(self, node: int) -> set[int]:
        graph = self._graph
        return set(graph.node_of_state[graph.head[graph.first_out[node] : graph.first_out[node + 1]]].tolist())

    def _turn(self, joint_in: int, joint_out: int) -> float:
        return (self.heading_from(joint_out) - self.heading_into(joint_in) + 180.0) % 360.0 - 180.0

    def _point_at(self, metres: float) -> Floats:
        return np.array([np.interp(metres, self._at_m, self._points[:, axis]) for axis in (0, 1)])

    @staticmethod
    def _heading(start: Floats, finish: Floats) -> float:
        east, north = finish - start
        return math.degrees(math.atan2(east, north)) % 360.0


def _plane(points: list[tuple[float, float]]) -> Floats:
    """(lat, lon) as metres east and north of the first point."""
    degrees = np.array(points, np.float64)
    stretch = math.cos(math.radians(float(degrees[:, 0].mean())))
    offset = degrees - degrees[0]
    return np.column_stack([offset[:, 1] * stretch, offset[:, 0]]) * METRES_PER_DEGREE
