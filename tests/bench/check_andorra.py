"""Compares coverage with a reference that others computed on Andorra, node by node: run it from the root.

    python tests/bench/check_andorra.py [FOLDER]

FOLDER holds `andorra.osm.pbf` and `andorra_coverage/`: nodes, arcs with RoutingKit's car times, 70 units, and how many
of these reach each node in less than 300 and 480 s. First with the reference's own times, where every node must be
equal and any difference ends the run with 1; then with Foredesk's, where the differences are counted and explained.
"""

import csv
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.coverage.coverage_map import CoverageMap
from core.coverage.etas import NEVER, team_etas_ms
from core.coverage.teams import Team
from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.path import Path as RoadPath
from core.roads.segments import RoadSegments, lengths_m
from core.roads.snap import Snap
from core.roads.speeds import RoadClass
from core.roads.weighting import Weighting

MAPS = ROOT.parent / "shared" / "data" / "maps"
THRESHOLDS_S = (300, 480)
SAME_PLACE_M = 2.0  # a node of ours this near is the reference's node
Columns = dict[str, np.ndarray]


def columns(path: Path) -> Columns:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return dict(zip(rows[0], np.array(rows[1:], float).T, strict=True))


@dataclass
class Reference:
    nodes: Columns
    arcs: Columns
    units: Columns

    @classmethod
    def read(cls, folder: Path) -> "Reference":
        return cls(*(columns(folder / f"{name}.csv") for name in ("nodes", "arcs", "units")))

    @property
    def unit_nodes(self) -> list[int]:
        return self.units["node"].astype(int).tolist()


def say(what: str, value: str) -> None:
    print(f"{what:<70}{value:>12}")


# With the reference's own times ---------------------------------------------------------------------------------------


def reference_engine(reference: Reference) -> RoadEngine:
    """The reference's arcs, each a one-way road of its own, so that `road` tells its number; turns are all allowed."""
    tail, head = (reference.arcs[name].astype(np.int32) for name in ("tail", "head"))
    count = len(tail)
    segments = RoadSegments(
        node_lat=reference.nodes["lat"],
        node_lon=reference.nodes["lon"],
        from_node=tail,
        to_node=head,
        way=np.arange(count, dtype=np.int32),
        way_class=np.full(count, RoadClass.RESIDENTIAL, np.uint8),
        way_name=np.full(count, -1, np.int32),
        way_speed_kmh=np.zeros(count, np.float32),
        way_oneway=np.ones(count, np.int8),
        way_flags=np.zeros(count, np.uint8),
    )
    graph = build_graph(segments)
    pair = tail.astype(np.int64) * len(reference.nodes["node"]) + head
    order = np.lexsort((reference.arcs["travel_time_ms"], pair))
    twins, first = np.unique(pair[order], return_index=True)
    quickest = reference.arcs["travel_time_ms"][order][first].astype(np.int32)
    ms = quickest[np.searchsorted(twins, pair[graph.road])]
    return RoadEngine(replace(graph, travel_ms=ms, siren_ms=ms))


def reference_numbers(reference: Reference, engine: RoadEngine) -> np.ndarray:
    """The reference's number of each of the engine's nodes; -1 for one that has arcs to itself only."""
    graph = engine.graph
    numbers = np.full(graph.nodes, -1, np.int64)
    numbers[np.repeat(np.arange(graph.states), np.diff(graph.first_out))] = reference.arcs["tail"][graph.road]
    numbers[graph.head] = reference.arcs["head"][graph.road]
    return numbers


def at_node(engine: RoadEngine, node: int, callsign: str) -> Team:
    graph = engine.graph
    leaving = tuple((arc, 0.0) for arc in range(graph.first_out[node], graph.first_out[node + 1]))
    lat, lon = float(graph.node_lat[node]), float(graph.node_lon[node])
    return Team(callsign, Snap(lat, lon, lat, lon, 0.0, leaving, (), node, int(graph.weak[node]), False), siren=False)


def compare_same_times(reference: Reference) -> bool:
    engine = reference_engine(reference)
    numbers = reference_numbers(reference, engine)
    known = numbers >= 0
    where = {number: node for node, number in enumerate(numbers.tolist())}
    teams = [at_node(engine, where[node], f"U{at}") for at, node in enumerate(reference.unit_nodes)]
    say("nodes, of which joined to another", f"{len(known)}, {known.sum()}")
    equal = True
    for threshold_s in THRESHOLDS_S:
        coverage = CoverageMap(engine, threshold_s, strict=True)
        coverage.put(teams)
        same = coverage.counts()[known] == reference.nodes[f"units_within_{threshold_s}s"][numbers[known]]
        say(f"counts equal at {threshold_s} s", f"{same.mean():.3%}")
        equal &= bool(same.all())
    theirs = reference.nodes["first_unit_ms"][numbers[known]]  # -1 where no unit comes
    same = team_etas_ms(engine, teams, k=1)[0][known] == np.where(theirs < 0, NEVER, theirs)
    say("first unit's ms equal", f"{same.mean():.3%}")
    return equal and bool(same.all())


# With Foredesk's times ------------------------------------------------------------------------------------------------


class Ours:
    """Foredesk's roads from the extract, and which of their nodes each node of the reference is (-1 for none)."""

    def __init__(self, extract: Path, reference: Reference) -> None:
        self.engine = RoadEngine(build_graph(road_segments(read_osm_ways(extract))))
        self.reference = reference
        lat, lon = reference.nodes["lat"], reference.nodes["lon"]
        self.node = np.array([self._node_at(*place) for place in zip(lat.tolist(), lon.tolist(), strict=True)])

    def _node_at(self, lat: float, lon: float) -> int:
        graph = self.engine.graph
        near = np.flatnonzero((np.abs(graph.node_lat - lat) < 3e-5) & (np.abs(graph.node_lon - lon) < 4e-5))
        if not len(near):
            return -1
        away_m = lengths_m(graph.node_lat[near], graph.node_lon[near], lat, lon)
        return int(near[away_m.argmin()]) if away_m.min() <= SAME_PLACE_M else -1

    def teams(self, siren: bool) -> list[Team]:
        found = enumerate(self.node[self.reference.unit_nodes].tolist())
        return [replace(at_node(self.engine, node, f"U{at}"), siren=siren) for at, node in found if node >= 0]

    def driven(self) -> list[RoadPath | None]:
        """For each arc of the reference our way from end to end, None where there is none."""
        arcs = self.reference.arcs
        ends = np.column_stack([self.node[arcs[name].astype(int)] for name in ("tail", "head")]).tolist()
        return [self._path(*pair) if min(pair) >= 0 and pair[0] != pair[1] else None for pair in ends]

    def _path(self, tail: int, head: int) -> RoadPath | None:
        graph = self.engine.graph
        places = [self.engine.snap(float(graph.node_lat[n]), float(graph.node_lon[n])) for n in (tail, head)]
        path = self.engine.path(*places, siren=False) if all(isinstance(place, Snap) for place in places) else None
        return path if path is not None and path.arcs else None

    def with_times(self, paths: list[RoadPath | None], same_road: np.ndarray) -> RoadEngine:
        """Our roads and turns, with the reference's time on each of its arcs that is a road of ours."""
        ms = self.engine.graph.travel_ms.astype(np.int64)
        for at in np.flatnonzero(same_road):
            arcs = list(dict.fromkeys(paths[at].arcs))
            until = np.cumsum(ms[arcs]) / max(1, ms[arcs].sum())
            ms[arcs] = np.diff(np.rint(until * self.reference.arcs["travel_time_ms"][at]), prepend=0)
        times = np.maximum(ms, 1).astype(np.int32)
        return RoadEngine(replace(self.engine.graph, travel_ms=times))


def compare_counts(ours: Ours, engine: RoadEngine, siren: bool, what: str) -> None:
    teams, known = ours.teams(siren), ours.node >= 0
    nodes, first_ms = ours.node[known], team_etas_ms(engine, ours.teams(siren), k=1)[0]
    for threshold_s in THRESHOLDS_S:
        coverage = CoverageMap(engine, threshold_s, strict=True)
        coverage.put(teams)
        more = coverage.counts()[nodes].astype(int) - ours.reference.nodes[f"units_within_{threshold_s}s"][known]
        print(
            f"  {what:<44}{threshold_s} s: equal {np.mean(more == 0):6.1%}, within 1 {np.mean(abs(more) <= 1):6.1%}, "
            f"mean {more.mean():+.2f}, covered or not alike {_alike(more, ours, known, threshold_s):6.1%}"
        )
    both = (first_ms[nodes] < NEVER) & (ours.reference.nodes["first_unit_ms"][known] > 0)
    ratio = first_ms[nodes][both] / ours.reference.nodes["first_unit_ms"][known][both]
    low, middle, high = np.quantile(ratio, [0.1, 0.5, 0.9])
    print(f"  {'':<44}first unit's time, ours by theirs: {low:.2f} / {middle:.2f} / {high:.2f} (10, 50, 90 %)")


def _alike(more: np.ndarray, ours: Ours, known: np.ndarray, threshold_s: int) -> float:
    theirs = ours.reference.nodes[f"units_within_{threshold_s}s"][known]
    return float(np.mean((theirs > 0) == (theirs + more > 0)))


def explain(ours: Ours) -> None:
    reference = ours.reference
    say("nodes of the reference that are nodes of ours", f"{np.mean(ours.node >= 0):.2%}")
    say("units on such nodes", f"{len(ours.teams(siren=False))} of {len(reference.unit_nodes)}")
    graph, paths = ours.engine.graph, ours.driven()
    driven = np.array([path is not None for path in paths])
    ms = np.array([path.time_ms if path else -1 for path in paths])
    metres = np.array([path.length_m(graph) if path else np.nan for path in paths])
    middle = np.array([path.arcs[len(path.arcs) // 2] if path else 0 for path in paths])
    kind = graph.road_class[graph.road[middle]]
    theirs_ms, theirs_m = reference.arcs["travel_time_ms"], reference.arcs["distance_m"]
    same_road = driven & (np.abs(metres - theirs_m) <= 0.03 * theirs_m + 3)
    say("arcs of theirs that we drive at all", f"{driven.mean():.2%}")
    say("arcs of theirs that we drive along the same road (length within 3 %)", f"{same_road.mean():.2%}")
    print("\nSpeeds by class, median km/h, on arcs driven along the same road:")
    factors = {}
    for road_class in RoadClass:
        chosen = same_road & (kind == road_class) & (theirs_ms > 0)
        if chosen.any():
            mine, other = (3600 * theirs_m[chosen] / np.asarray(t)[chosen] for t in (ms, theirs_ms))
            factors[road_class] = float(np.median(theirs_ms[chosen] / ms[chosen]))
            name = road_class.name.lower()
            print(f"  {name:<16}{chosen.sum():>6} arcs   ours {np.median(mine):5.1f}   theirs {np.median(other):5.1f}")
    print("\nCounts at the same nodes, ours against the reference:")
    compare_counts(ours, ours.engine, siren=False, what="our normal speeds")
    compare_counts(ours, ours.engine, siren=True, what="our lights and siren")
    alike = ours.engine.weighted(Weighting(normal=factors))
    compare_counts(ours, alike, siren=False, what="our roads and turns, their speeds by class")
    exact = ours.with_times(paths, same_road)
    compare_counts(ours, exact, siren=False, what="our roads and turns, their time on each arc")


def main(folder: Path) -> int:
    reference = Reference.read(folder / "andorra_coverage")
    print("With the reference's own times:")
    equal = compare_same_times(reference)
    print("\nWith Foredesk's own times, from the extract:")
    explain(Ours(folder / "andorra.osm.pbf", reference))
    return 0 if equal else 1


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else MAPS
    if not (chosen / "andorra_coverage").is_dir():
        raise SystemExit(f"There is no andorra_coverage in {chosen}. Give the folder that holds it.")
    raise SystemExit(main(chosen))
