"""Prints how long travel times take on a real city, beside SciPy's Dijkstra on the same graph: run it from the root.

    python tests/bench/bench_roads.py [EXTRACT.osm.pbf]

Each question is asked of both in turn, so that what else the machine does weighs on both alike; times are medians of
wall clock. Every answer is compared, and a difference ends the run.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.dispatch import recommend
from core.domain.agency import Agency, IncidentType, Standards, UnitKind
from core.domain.board import Board, Incident, Unit
from core.domain.statuses import Priority
from core.domain.values import Location, Position
from core.pack.build import build_pack
from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph, build_graph
from core.roads.hierarchy import contraction
from core.roads.snap import Snap
from core.roads.unit_snaps import UnitSnaps

UNITS = 200
QUESTIONS = 15
PORTO = ROOT.parent / "shared" / "data" / "maps" / "porto.osm.pbf"


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Milliseconds, and the answer."""
    begin = time.perf_counter()
    answer = work()
    return (time.perf_counter() - begin) * 1000, answer


def say(what: str, value: str) -> None:
    print(f"{what:<58}{value:>16}")


def at_nodes(engine: RoadEngine, count: int, seed: int) -> list[Snap]:
    """Places at nodes of the main network, so that SciPy can be asked the same question."""
    graph = engine.graph
    main = np.flatnonzero(graph.strong[: graph.nodes] == graph.main_strong[0])
    chosen = np.random.default_rng(seed).choice(main, count, replace=False)
    places = [engine.snap(float(graph.node_lat[node]), float(graph.node_lon[node])) for node in chosen]
    return [place for place in places if isinstance(place, Snap) and place.node >= 0]


def scipy_etas(graph: RoadGraph, backwards: csr_array, target: Snap, sources: list[Snap]) -> np.ndarray:
    """The same question to SciPy: one search from the target over the transposed graph, read at each source."""
    times = dijkstra(backwards, indices=graph.states_of(target.node), min_only=True)
    return times[[source.node for source in sources]]


def compare(engine: RoadEngine) -> None:
    graph = engine.graph
    forwards = csr_array((graph.siren_ms.astype(float), graph.head, graph.first_out), shape=(graph.states,) * 2)
    backwards = forwards.T.tocsr()
    ours, theirs, nearest, routes = [], [], [], []
    sources = at_nodes(engine, UNITS, 1)
    for target in at_nodes(engine, QUESTIONS, 2):
        their_ms, exact = timed(lambda target=target: scipy_etas(graph, backwards, target, sources))
        our_ms, answer = timed(lambda target=target: engine.etas_to(target, sources, siren=True))
        if not np.array_equal(np.asarray(answer, float), exact):
            raise SystemExit("A travel time differs from SciPy's.")
        ours.append(our_ms)
        theirs.append(their_ms)
        nearest.append(timed(lambda target=target: engine.nearest_to(target, sources, siren=True))[0])
        routes.append(timed(lambda target=target: engine.route(sources[0], target, siren=True))[0])
    say(f"SciPy's Dijkstra, {len(sources)} units to one incident", f"{np.median(theirs):.2f} ms")
    say("this engine, equal at every unit", f"{np.median(ours):.2f} ms")
    say("ratio", f"{np.median(np.divide(theirs, ours)):.1f}")
    say("nearest unit alone", f"{np.median(nearest):.2f} ms")
    say("one route with its sentences", f"{np.median(routes):.2f} ms")


def recommendation(engine: RoadEngine) -> None:
    kinds = {"medic": UnitKind("medic", "Medic", ("als", "bls")), "engine": UnitKind("engine", "Engine", ("engine",))}
    types = {"CRASH": IncidentType("CRASH", "Crash", Priority.P1, "red", needs=("als", "bls", "engine"))}
    agency = Agency("Bench", "B", types, kinds, {}, Standards())
    board = Board()
    for at, place in enumerate(at_nodes(engine, UNITS, 3)):
        kind = "engine" if at % 3 == 0 else "medic"
        position = Position(place.lat, place.lon, 0)
        board.units[f"U{at}"] = Unit(f"U{at}", kind, frozenset(kinds[kind].capabilities), "", position=position)
    snaps = UnitSnaps(engine)
    times = []
    for scene in at_nodes(engine, QUESTIONS, 4):
        incident = Incident("i", "1", "CRASH", Priority.P1, "", Location("", scene.lat, scene.lon), 0, "", "")
        times.append(timed(lambda i=incident: recommend(i, board, agency, engine, 0, snaps))[0])
    say(f"recommendation from {len(board.units)} units (first, with snapping)", f"{times[0]:.2f} ms")
    say("recommendation, units' places known", f"{np.median(times[1:]):.2f} ms")


def main(source: Path) -> None:
    read_ms, ways = timed(lambda: read_osm_ways(source))
    build_ms, graph = timed(lambda: build_graph(road_segments(ways)))
    say("roads read from the extract", f"{read_ms / 1000:.2f} s")
    say(f"graph built: {graph.nodes} nodes, {graph.arcs} arcs", f"{build_ms / 1000:.2f} s")
    order_ms, order = timed(lambda: contraction(graph))
    say("order of contraction, which the pack keeps", f"{order_ms / 1000:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        replace(graph, order=order).save(Path(folder, "roads"))
        load_ms, loaded = timed(lambda: RoadGraph.load(Path(folder, "roads")))
        ready_ms, engine = timed(lambda: RoadEngine(loaded))
        warm_ms, _ = timed(engine.warm_up)
        say("graph mapped from disk", f"{load_ms:.1f} ms")
        say("engine made (kernels compiled, or from the cache)", f"{ready_ms:.0f} ms")
        say("engine warmed up", f"{warm_ms:.0f} ms")
        say("engine made again, kernels in memory", f"{timed(lambda: RoadEngine(loaded))[0]:.0f} ms")
        compare(engine)
        recommendation(engine)
        pack_ms, _ = timed(lambda: build_pack(source, Path(folder, "bench.fdpack")))
        say("the whole map pack built", f"{pack_ms / 1000:.1f} s")


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else PORTO
    if not chosen.exists():
        raise SystemExit(f"There is no {chosen}. Give the path of an OpenStreetMap extract.")
    main(chosen)
