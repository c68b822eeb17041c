"""The stretch of road that an operator points at: from junction to junction, with its name and its line."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from core.roads.closures import Point, closed_arcs
from core.roads.engine import RoadEngine
from core.roads.path import tails
from core.roads.snap import Snap

POINTING_M = 80.0  # farther from a road nobody means it


@dataclass(frozen=True, slots=True)
class Stretch:
    """(lat, lon) of the nodes along a road between two junctions, and the road's name ("" for none)."""

    points: tuple[Point, ...]
    road: str


def stretch_at(engine: RoadEngine, lat: float, lon: float) -> Stretch | None:
    """The stretch nearest to a position in degrees; None where there is no road within `POINTING_M`."""
    place, graph = engine.snap(lat, lon), engine.graph
    if not isinstance(place, Snap) or place.offset_m > POINTING_M:
        return None
    arcs = closed_arcs(engine, [(lat, lon)])
    name = int(graph.road_name[graph.road[arcs[0]]])
    beside: dict[int, list[int]] = defaultdict(list)
    ends = zip(graph.node_of_state[tails(graph, arcs)], graph.node_of_state[graph.head[arcs]], strict=True)
    for one, other in ends:
        for here, there in ((int(one), int(other)), (int(other), int(one))):
            if there not in beside[here]:
                beside[here].append(there)
    nodes = np.array(_in_order(beside))
    points = zip(graph.node_lat[nodes].tolist(), graph.node_lon[nodes].tolist(), strict=True)
    return Stretch(tuple(points), graph.names[name] if name >= 0 else "")


def _in_order(beside: dict[int, list[int]]) -> list[int]:
    """The nodes from one end to the other. Of a ring one piece stays out, for a line that closes means an area."""
    here = min(beside, key=lambda node: (len(beside[node]), node))
    order = [here]
    while onward := [node for node in beside[here] if node not in order]:
        here = onward[0]
        order.append(here)
    return order
