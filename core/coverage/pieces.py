"""Roads as the lines in which coverage is drawn and exported: pieces on which the number of teams does not change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.graph import RoadGraph
from core.roads.path import tails
from core.roads.segments import Floats, Ints

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RoadPieces:
    """p lines over v vertices. Each runs along one way between two junctions, or to where its level changes."""

    vertices: Ints  # [v] nodes along all lines, one line after the other
    first: Ints  # [p + 1] into the vertices
    level: Ints  # [p]
    way: Ints  # [p]

    def __len__(self) -> int:
        return len(self.level)

    def lonlat(self, graph: RoadGraph) -> Floats:
        """Degrees [v, 2] of the vertices."""
        return np.column_stack([graph.node_lon[self.vertices], graph.node_lat[self.vertices]])

    def line_of_vertex(self) -> NDArray[np.int64]:
        """Which line each vertex [v] belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def most(self, values: Ints) -> Ints:
        """The greatest of the nodes' values [n] along each line [p]."""
        if not len(self):
            return np.zeros(0, values.dtype)
        greatest: Ints = np.maximum.reduceat(values[self.vertices], self.first[:-1])
        return greatest


def road_pieces(graph: RoadGraph, level: NDArray[np.integer]) -> RoadPieces:
    """Every road once, whichever ways it is driven, cut where the level changes.

    `level` [n] is told by node; between two nodes the lower counts, for a road is as good as its worse end.
    """
    a, b, way = _segments(graph)
    levels = np.minimum(level[a], level[b]).astype(np.int32)
    ends, incident = np.concatenate([a, b]), np.tile(np.arange(len(a), dtype=np.int32), 2)
    order = np.argsort(ends, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=graph.nodes))]).astype(np.int32)
    at_node = incident[order]
    through = _through(first, at_node, way, levels)
    vertices, starts, segment = trace_lines(a, b, first, at_node, through)
    return RoadPieces(vertices, starts, levels[segment], way[segment])


def _segments(graph: RoadGraph) -> tuple[Ints, Ints, Ints]:
    tail = graph.node_of_state[tails(graph, np.arange(graph.arcs))]
    head = graph.node_of_state[graph.head]
    pairs = np.minimum(tail, head).astype(np.int64) * max(1, graph.nodes) + np.maximum(tail, head)
    once = np.unique(pairs, return_index=True)[1]
    once = once[tail[once] != head[once]]
    return tail[once].astype(np.int32), head[once].astype(np.int32), graph.road[once].astype(np.int32)


def _through(first: Ints, at_node: Ints, way: Ints, level: Ints) -> Bools:
    """Whether a line runs on through each node [n]: two segments of one way and level meet there and nothing else."""
    two = np.flatnonzero(np.diff(first) == 2)
    one, other = at_node[first[two]], at_node[first[two] + 1]
    through = np.zeros(len(first) - 1, np.bool_)
    through[two] = (way[one] == way[other]) & (level[one] == level[other])
    return through


@compiled
def trace_lines(a: Ints, b: Ints, first: Ints, at_node: Ints, through: Bools) -> tuple[Ints, Ints, Ints]:
    """The lines as vertices, where each begins [p + 1], and one segment of each [p]. Rings come last."""
    done = np.zeros(len(a), np.bool_)
    vertices, starts, segments = np.empty(2 * len(a), np.int32), np.empty(len(a) + 1, np.int32), np.empty_like(a)
    size, lines = 0, 0
    for rings in range(2):
        for begin in range(len(first) - 1):
            if through[begin] and not rings:
                continue
            for place in range(first[begin], first[begin + 1]):
                segment = at_node[place]
                if done[segment]:
                    continue
                starts[lines], segments[lines] = size, segment
                lines += 1
                node = begin
                vertices[size] = node
                size += 1
                while not done[segment]:
                    done[segment] = True
                    node = b[segment] if a[segment] == node else a[segment]
                    vertices[size] = node
                    size += 1
                    if not through[node]:
                        break
                    if at_node[first[node]] == segment:
                        segment = at_node[first[node] + 1]
                    else:
                        segment = at_node[first[node]]
    starts[lines] = size
    return vertices[:size].copy(), starts[: lines + 1].copy(), segments[:lines].copy()
