"""An account of how coverage of Andorra on Foredesk's own weights differs from the reference, printed in full.

Called by `bench_coverage.py --andorra`. On the reference's weights every node agrees: tests/coverage/test_andorra.py.
What differs is therefore the speeds, the roads that count as drivable, turn restrictions, and where a unit or node of
the reference lies on our graph, which is cut finer. Each of these is measured on its own below.
"""

import csv
from pathlib import Path

import numpy as np

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import nearest_node
from core.coverage.etas import team_etas_ms
from core.coverage.teams import Team
from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.snap import Snap
from core.roads.speeds import RoadClass


def columns(path: Path) -> dict[str, np.ndarray]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return dict(zip(rows[0], np.array(rows[1:], float).T, strict=True))


def main(maps: Path) -> None:
    folder = maps / "andorra_coverage"
    nodes, units, arcs = (columns(folder / f"{name}.csv") for name in ("nodes", "units", "arcs"))
    engine = RoadEngine(build_graph(road_segments(read_osm_ways(maps / "andorra.osm.pbf"))))
    graph = engine.graph
    print(
        f"reference: {len(nodes['lat'])} nodes, {len(arcs['tail'])} arcs; ours: {graph.nodes} nodes, {graph.arcs} arcs"
    )
    found = [engine.snap(lat, lon) for lat, lon in zip(nodes["lat"], nodes["lon"], strict=True)]
    on = np.array([isinstance(place, Snap) and place.offset_m < 5 for place in found])
    main_net = np.array([isinstance(place, Snap) and not place.island for place in found])
    print(f"nodes of the reference within 5 m of a road of ours: {on.sum()}; on our main network: {main_net.sum()}")
    at = np.array([nearest_node(graph, place) if isinstance(place, Snap) else 0 for place in found])
    own = {}
    for siren in (False, True):
        places = [found[int(node)] for node in units["node"]]
        teams = [Team(f"U{i}", p, siren=siren) for i, p in enumerate(places) if isinstance(p, Snap)]
        own[siren] = team_etas_ms(engine, teams, k=1)[0][at]
        compare("lights and siren" if siren else "normal driving", engine, teams, nodes, at, on & main_net)
    both = on & main_net & (nodes["first_unit_ms"] > 0) & (own[False] < 2**29)
    ratio = np.median(own[False][both] / nodes["first_unit_ms"][both])
    print(f"first arrival, normal driving, takes {ratio:.2f} times the reference's at the median node")
    speeds(arcs, engine)


def compare(
    what: str, engine: RoadEngine, teams: list[Team], nodes: dict[str, np.ndarray], at: np.ndarray, fair: np.ndarray
) -> None:
    for threshold_s in (300, 480):
        coverage = CoverageMap(engine, threshold_s, strict=True)
        coverage.put(teams)
        ours = coverage.counts()[at].astype(int)
        theirs = nodes[f"units_within_{threshold_s}s"].astype(int)
        same, apart = (ours == theirs)[fair].mean(), (ours - theirs)[fair]
        print(
            f"{what}, T = {threshold_s} s: equal at {100 * same:.1f} % of {fair.sum()} nodes; "
            f"ours less the reference: median {np.median(apart):+.0f}, "
            f"middle 90 % from {np.percentile(apart, 5):+.0f} to {np.percentile(apart, 95):+.0f}; "
            f"covered at all: ours {100 * (ours[fair] > 0).mean():.1f} %, "
            f"reference {100 * (theirs[fair] > 0).mean():.1f} %"
        )


def speeds(arcs: dict[str, np.ndarray], engine: RoadEngine) -> None:
    """The speeds that both assume, which is most of the difference."""
    moving = arcs["travel_time_ms"] > 0
    kmh = arcs["distance_m"][moving] / arcs["travel_time_ms"][moving] * 3600
    weights = arcs["distance_m"][moving]
    graph = engine.graph
    own_kmh = graph.length_m / np.asarray(graph.travel_ms) * 3600
    print(f"mean speed over road length: reference {np.average(kmh, weights=weights):.0f} km/h, "
          f"ours {np.average(own_kmh, weights=graph.length_m):.0f} km/h")  # fmt: skip
    classes = graph.road_class[graph.road]
    for road_class in RoadClass:
        chosen = classes == road_class
        if graph.length_m[chosen].sum() > 20_000:
            length_km = graph.length_m[chosen].sum() / 1000
            mean = np.average(own_kmh[chosen], weights=graph.length_m[chosen])
            print(f"  ours on {road_class.name.lower():<14} {length_km:7.0f} km of arcs at {mean:5.1f} km/h")
