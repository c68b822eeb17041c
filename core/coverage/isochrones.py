"""How far a unit gets in some minutes, as areas to look at. Never to count by: between roads an area says nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.coverage.etas import NEVER, team_etas_ms
from core.coverage.pieces import road_pieces
from core.coverage.teams import Team
from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph
from core.roads.grid import METRES_PER_DEGREE
from core.roads.segments import Ints

if TYPE_CHECKING:
    from shapely import MultiPolygon

BESIDE_M = 70.0  # how far beside a road its area goes: houses and their gardens
_SMOOTH_M = 15.0
_HOLE_M2 = 150_000.0  # holes smaller than some blocks are filled


def isochrones(engine: RoadEngine, teams: Sequence[Team], limits_s: Sequence[float]) -> "list[MultiPolygon]":
    """For each limit the area around the roads that some of the teams reaches, turnout included, in degrees.

    A piece of road belongs to it when both of its ends are reached. Empty where nothing is. For a city it takes a
    second or more: not for the window's thread.
    """
    first_ms = team_etas_ms(engine, teams, k=1)[0] if teams else np.full(engine.graph.nodes, NEVER, np.int32)
    return [_area(engine.graph, first_ms, round(1000 * limit_s)) for limit_s in limits_s]


def _area(graph: RoadGraph, first_ms: Ints, limit_ms: int) -> "MultiPolygon":
    import shapely  # only those who look at areas need it

    pieces = road_pieces(graph, (first_ms <= limit_ms).astype(np.int8))
    kept = pieces.level[pieces.line_of_vertex()] > 0
    lonlat, line = pieces.lonlat(graph)[kept], np.unique(pieces.line_of_vertex()[kept], return_inverse=True)[1]
    if not len(lonlat):
        return shapely.MultiPolygon()
    east_m = METRES_PER_DEGREE * max(0.01, float(np.cos(np.radians(lonlat[:, 1].mean()))))
    scale = np.array([east_m, METRES_PER_DEGREE])
    lines = shapely.simplify(shapely.linestrings(lonlat * scale, indices=line), _SMOOTH_M)
    around = shapely.union_all(shapely.buffer(lines, BESIDE_M, quad_segs=3))
    smooth = shapely.simplify(around, _SMOOTH_M)
    return shapely.MultiPolygon(
        [
            shapely.Polygon(
                part.exterior.coords / scale, [hole.coords / scale for hole in part.interiors if _large(hole)]
            )
            for part in shapely.get_parts(smooth)
        ]
    )


def _large(hole: object) -> bool:
    import shapely

    return float(shapely.Polygon(hole).area) >= _HOLE_M2
