"""Makes the sea from coastlines: OpenStreetMap draws only the shore, with the water on its right-hand side."""

import numpy as np
import shapely

from core.pack.city import Geometries
from core.pack.info import BoundsTuple

MARGIN_DEG = 0.002  # of sea around the streets
_ASIDE_DEG = 1e-6  # how far beside the shore its sides are probed
_LONGEST_LINK_DEG = 0.03
_SURE = 0.98  # a shore with gaps leaves land and sea in one piece; then nothing is drawn


def sea_of(shore: Geometries, bounds: BoundsTuple) -> list[shapely.Polygon]:
    """The parts of the area around `bounds` that lie on the right of the shore lines."""
    west, south, east, north = bounds
    area = shapely.box(west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
    lines = shapely.get_parts(shapely.intersection(shapely.line_merge(shapely.multilinestrings(shore)), area))
    if not len(lines):
        return []
    edges = shapely.union_all([*lines, *_to_the_edge(lines, area.boundary), area.boundary])
    faces = shapely.get_parts(shapely.polygonize([shapely.node(edges)]))
    wet, dry = (_hits(faces, points) for points in _sides(shore))
    votes = wet + dry
    return [
        face
        for face, share, count in zip(faces, wet / np.maximum(votes, 1), votes, strict=True)
        if count and share >= _SURE
    ]


def _to_the_edge(lines: Geometries, edge: shapely.LinearRing) -> Geometries:
    """From each loose end, where the extract was cut, straight on to the nearest edge of the area."""
    open_lines = lines[~shapely.is_closed(lines)]
    ends = np.concatenate([shapely.get_point(open_lines, 0), shapely.get_point(open_lines, -1)])
    away = shapely.distance(ends, edge)
    links = shapely.shortest_line(ends, edge)
    loose = (away > 0) & (away < _LONGEST_LINK_DEG)
    return np.asarray(links[loose])


def _sides(shore: Geometries) -> tuple[Geometries, Geometries]:
    """Points just right and just left of every piece of shore."""
    points, line = shapely.get_coordinates(shore, return_index=True)
    same = line[1:] == line[:-1]
    a, b = points[:-1][same], points[1:][same]
    along = b - a
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-12)
    right = np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None] * _ASIDE_DEG
    middle = (a + b) / 2
    return shapely.points(middle + right), shapely.points(middle - right)


def _hits(faces: Geometries, points: Geometries) -> np.ndarray:
    """How many of the points lie in each face."""
    pairs = shapely.STRtree(faces).query(points, predicate="within")
    return np.bincount(pairs[1], minlength=len(faces)).astype(np.float64)
