"""Where units could be posted: stations of the map, and places on its roads spread over where demand is."""

import numpy as np

from core.coverage.demand import Demand
from core.roads.engine import RoadEngine
from core.roads.segments import EARTH_RADIUS_M
from core.roads.snap import Snap

_LOOKED_AT = 20_000  # nodes among which sites are chosen


def sites_on_roads(engine: RoadEngine, demand: Demand, count: int) -> list[Snap]:
    """`count` nodes with demand, each as far from those before it as can be; the first is the middle of demand.

    Only of the main network, from which and to which all of it can be driven.
    """
    graph = engine.graph
    main = graph.strong[: graph.nodes] == graph.main_strong[0]
    nodes = np.flatnonzero(main & (demand.weights > 0))
    nodes = nodes[:: max(1, len(nodes) // _LOOKED_AT)]
    if not len(nodes):
        return []
    lat, lon, weights = np.radians(graph.node_lat[nodes]), np.radians(graph.node_lon[nodes]), demand.weights[nodes]
    plane_m = EARTH_RADIUS_M * np.column_stack([lat, lon * np.cos(lat.mean())])
    middle = np.average(plane_m, axis=0, weights=weights)
    chosen = [int(((plane_m - middle) ** 2).sum(axis=1).argmin())]
    apart = ((plane_m - plane_m[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < min(count, len(nodes)) and apart.max() > 0:
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, ((plane_m - plane_m[chosen[-1]]) ** 2).sum(axis=1))
    places = (engine.snap(float(graph.node_lat[node]), float(graph.node_lon[node])) for node in nodes[chosen])
    return [place for place in places if isinstance(place, Snap)]
