"""Prints every bar of coverage and travel times on a real city, beside SciPy's Dijkstra on the same graph in one run.

    python tests/bench/bench_coverage.py [EXTRACT.osm.pbf]
    python tests/bench/bench_coverage.py --soak 10000     # that many random moves, status changes and closures
    python tests/bench/bench_coverage.py --andorra        # against the reference, on its weights and on Foredesk's own

Questions are asked of both in turn, so that what else the machine does weighs on both alike. Wall clock and the
processor's time of the thread are printed, medians of several runs. Answers are compared; a difference ends the run.
igraph and networkit are asked too where they are installed.
"""

import importlib
import importlib.util
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.coverage.coverage_map import CoverageMap
from core.coverage.demand import demand_by_road
from core.coverage.etas import team_etas_ms
from core.coverage.move_ups import best_move_up
from core.coverage.reaches import Reaches, Start
from core.coverage.teams import Team
from core.pack.osm_roads import read_osm_ways
from core.pack.road_table import road_segments
from core.roads.conditions import weighting_at
from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph, build_graph
from core.roads.hierarchy import contraction
from core.roads.segments import RoadSegments
from core.roads.snap import Snap

UNITS, MOVES, QUESTIONS, RUNS = 200, 600, 15, 15
MAPS = ROOT.parent / "shared" / "data" / "maps"
READY = """
import sys, time
sys.path.insert(0, sys.argv[1])
begin = time.perf_counter(), time.process_time()
import numpy, numba
print("START", time.perf_counter() - begin[0], time.process_time() - begin[1])
from pathlib import Path
from core.roads.graph import RoadGraph
from core.roads.engine import RoadEngine
for name in ("FIRST", "AGAIN"):
    begin = time.perf_counter(), time.process_time()
    engine = RoadEngine(RoadGraph.load(Path(sys.argv[2])))
    engine.network(True), engine.network(False)
    engine.warm_up()
    print(name, time.perf_counter() - begin[0], time.process_time() - begin[1])
"""


class Clock:
    """Wall and thread time of what is run, run by run, in ms."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.thread_time()
        answer = work()
        self.cpu.append((time.thread_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)
        return answer

    def __str__(self) -> str:
        return f"{np.median(self.wall):9.2f} ms wall {np.median(self.cpu):9.2f} ms cpu"

    def over(self, other: "Clock") -> str:
        wall, cpu = (np.median(one) / np.median(two) for one, two in ((self.wall, other.wall), (self.cpu, other.cpu)))
        return f"{wall:9.1f} x wall  {cpu:9.1f} x cpu"


def say(what: str, value: object, bar: str = "") -> None:
    print(f"{what:<64}{value!s:>38}  {bar}", flush=True)


def scipy_graph(engine: RoadEngine) -> csr_array:
    graph = engine.graph
    return csr_array((graph.siren_ms.astype(float), graph.head, graph.first_out), shape=(graph.states,) * 2)


def places(engine: RoadEngine, count: int, seed: int) -> list[Snap]:
    """Nodes of the main network, so that SciPy can be asked the same question."""
    graph = engine.graph
    main = np.flatnonzero(graph.strong[: graph.nodes] == graph.main_strong[0])
    chosen = np.random.default_rng(seed).choice(main, 2 * count, replace=False)
    found = (engine.snap(float(graph.node_lat[node]), float(graph.node_lon[node])) for node in chosen)
    return [place for place in found if isinstance(place, Snap) and place.node >= 0][:count]


def teams_at(spots: list[Snap]) -> list[Team]:
    kinds = (frozenset({"als", "bls"}), frozenset({"engine"}))
    return [Team(f"U{at}", place, kinds[at % 2]) for at, place in enumerate(spots)]


def scipy_counts(matrix: csr_array, engine: RoadEngine, spots: list[Snap], limit_ms: int) -> np.ndarray:
    """Bounded Dijkstra ten at a time, which is the quickest way to ask SciPy."""
    graph = engine.graph
    counts = np.zeros(graph.nodes, np.int32)
    extra = graph.node_of_state[graph.nodes :]
    for first in range(0, len(spots), 10):
        times = dijkstra(matrix, indices=[spot.node for spot in spots[first : first + 10]], limit=float(limit_ms))
        reached = np.isfinite(times[:, : graph.nodes])
        for row in range(len(reached)):
            reached[row, extra[np.isfinite(times[row, graph.nodes :])]] = True
        counts += reached.sum(axis=0, dtype=np.int32)
    return counts


class SharedWork:
    """Work on a pool of two threads, with the processor's time of each: what two free cores would take is known even
    where others use them."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self.cpu_ms: dict[int, float] = {}

    def spread(self, work: Callable[[Any], Any], pieces: Iterable[Any]) -> Iterator[Any]:
        def timed(piece: Any) -> Any:
            begin = time.thread_time()
            answer = work(piece)
            me = threading.get_ident()
            self.cpu_ms[me] = self.cpu_ms.get(me, 0.0) + (time.thread_time() - begin) * 1000
            return answer

        return self._pool.map(timed, pieces)


def full_coverage(engine: RoadEngine, matrix: csr_array, spots: list[Snap]) -> None:
    theirs, ours, both = Clock(), Clock(), Clock()
    teams, longest_ms = teams_at(spots), []
    with ThreadPoolExecutor(2) as pool:
        for run in range(RUNS):
            work = SharedWork(pool)
            alone, shared = CoverageMap(engine, 480), CoverageMap(engine, 480, spread=work.spread)
            ours.time(lambda alone=alone: alone.put(teams))
            both.time(lambda shared=shared: shared.put(teams))
            longest_ms.append(both.cpu[-1] + max(work.cpu_ms.values()))
            if run < 3:
                exact = theirs.time(lambda: scipy_counts(matrix, engine, spots, 480_000))
                same = np.array_equal(alone.counts(), exact) and np.array_equal(shared.counts(), exact)
                if not same:
                    raise SystemExit("A count differs from SciPy's.")
    say(f"SciPy {scipy.__version__}, bounded Dijkstra, {UNITS} units, T = 8 min", theirs)
    say("full coverage, equal at every node, one core", ours)
    say("  ratio to SciPy", theirs.over(ours), "bar: 8 x")
    say("full coverage, two cores", both)
    say("  ratio to one core", f"{np.median(ours.wall) / np.median(both.wall):9.2f} x wall", "bar: 1.5 x")
    say("  the same, best of the runs", f"{min(ours.wall) / min(both.wall):9.2f} x wall")
    say("  the same by the busier thread's own time", f"{np.median(ours.cpu) / np.median(longest_ms):9.2f} x cpu")
    quarter = Clock()
    for _ in range(RUNS):
        quarter.time(lambda: CoverageMap(engine, 900).put(teams))
    say("full coverage, T = 15 min", quarter, "bar: 73 ms (sketch)")


def moves(engine: RoadEngine, spots: list[Snap]) -> None:
    coverage = CoverageMap(engine, 480)
    coverage.put(teams_at(spots))
    clock = Clock()
    rng = np.random.default_rng(9)
    for place in places(engine, MOVES, 3):
        team = coverage.teams[f"U{rng.integers(UNITS)}"]
        clock.time(lambda team=team, place=place: coverage.put([replace(team, place=place)]))
    fresh = CoverageMap(engine, 480)
    fresh.put(coverage.teams.values())
    if not np.array_equal(fresh.counts("als"), coverage.counts("als")):
        raise SystemExit("After the moves a count differs from a full one.")
    say(f"one unit moved anywhere, {MOVES} times, median", clock, "bar: 0.5 ms")
    tail = f"{np.percentile(clock.wall, 95):9.2f} ms wall {np.percentile(clock.cpu, 95):9.2f} ms cpu"
    say("  at the 95th percentile", tail, "bar: 3 ms")
    demand = demand_by_road(engine.graph)
    stations = {f"S{at}": place for at, place in enumerate(places(engine, 30, 4))}
    for what, work in (
        ("share of demand by count", lambda: coverage.shares(demand, "als")),
        ("before and after sending one unit", lambda: coverage.without(["U3"], demand, "als")),
        ("all counts by node", lambda: coverage.counts("als")),
        ("best move-up, 100 able units to 30 stations", lambda: best_move_up(coverage, stations, demand, "als")),
        ("first, second, third arrival at every node", lambda: team_etas_ms(engine, coverage.teams.values())),
    ):
        work()
        clock = Clock()
        for _ in range(RUNS):
            clock.time(work)
        say(what, clock)


def many_to_one(engine: RoadEngine, matrix: csr_array, spots: list[Snap]) -> None:
    backwards = matrix.T.tocsr()
    theirs, ours, routes = Clock(), Clock(), Clock()
    for target in places(engine, QUESTIONS, 2):
        states = engine.graph.states_of(target.node)
        times = theirs.time(lambda states=states: dijkstra(backwards, indices=states, min_only=True))
        etas = ours.time(lambda target=target: engine.etas_to(target, spots, siren=True))
        if not np.array_equal(np.asarray(etas, float), times[[spot.node for spot in spots]]):
            raise SystemExit("A travel time differs from SciPy's.")
        routes.time(lambda target=target: engine.route(spots[0], target, siren=True))
    say(f"SciPy, {UNITS} units to 1 incident", theirs)
    say("this engine, equal at every unit", ours)
    say("  ratio", theirs.over(ours), "bar: 30 x")
    say("one route with its sentences", routes)
    others(engine, spots, places(engine, 3, 2))


def others(engine: RoadEngine, spots: list[Snap], targets: list[Snap]) -> None:
    """The same question to libraries that are not ours, where they are installed."""
    graph, nodes = engine.graph, [spot.node for spot in spots]
    tail = np.repeat(np.arange(graph.states), np.diff(graph.first_out))
    asked: dict[str, Callable[[Any], Callable[[int], Any]]] = {
        "igraph": lambda library: _igraph(library, graph, tail, nodes),
        "networkit": lambda library: _networkit(library, graph, tail),
    }
    for name, prepare in asked.items():
        try:
            ask = prepare(importlib.import_module(name))
        except ImportError:
            say(f"{name}, {UNITS} units to 1 incident", "not installed")
            continue
        clock = Clock()
        for target in targets:
            clock.time(lambda ask=ask, target=target: ask(target.node))
        say(f"{name}, {UNITS} units to 1 incident", clock)
    for name in ("valhalla", "osrm"):
        there = importlib.util.find_spec(name) is not None
        say(f"{name}, which answers on tiles of its own making", "installed: not asked" if there else "not installed")


def _igraph(library: Any, graph: RoadGraph, tail: np.ndarray, nodes: list[int]) -> Callable[[int], Any]:
    made = library.Graph(n=graph.states, edges=np.column_stack([tail, graph.head]), directed=True)
    weights = graph.siren_ms.tolist()
    return lambda node: made.distances(node, nodes, weights=weights, mode="in")


def _networkit(library: Any, graph: RoadGraph, tail: np.ndarray) -> Callable[[int], Any]:
    made = library.Graph(graph.states, weighted=True, directed=True)
    for one, other, ms in zip(graph.head.tolist(), tail.tolist(), graph.siren_ms.tolist(), strict=True):
        made.addEdge(one, other, ms)
    return lambda node: library.distance.Dijkstra(made, node).run()


def four_copies(source: RoadSegments) -> RoadEngine:
    """The city four times beside each other, joined by nothing."""
    nodes, ways = len(source.node_lat), len(source.way_class)
    wide = float(np.ptp(source.node_lon)) + 0.1
    shifted = {"from_node": nodes, "to_node": nodes, "ban_via": nodes, "way": ways, "ban_from": ways, "ban_to": ways}
    columns: dict[str, Any] = {"names": source.names}
    for field in fields(RoadSegments):
        if field.name != "names":
            values, step = getattr(source, field.name), shifted.get(field.name, 0)
            columns[field.name] = (
                np.concatenate([values + values.dtype.type(step * copy) for copy in range(4)])
                if (step)
                else np.tile(values, 4)
            )
    columns["node_lon"] = np.concatenate([source.node_lon + wide * copy for copy in range(4)])
    return RoadEngine(build_graph(RoadSegments(**columns)))


def size(engine: RoadEngine, segments: RoadSegments, spots: list[Snap]) -> None:
    large = four_copies(segments)
    wide = float(np.ptp(segments.node_lon)) + 0.1
    copies = [[large.snap(spot.lat, spot.lon + wide * copy) for spot in spots] for copy in range(4)]
    same, everywhere = copies[0], [place for copy in copies for place in copy]
    clocks = Clock(), Clock(), Clock()
    for _ in range(RUNS):
        for clock, base, where in zip(clocks, (engine, large, large), (spots, same, everywhere), strict=True):
            teams = teams_at([place for place in where if isinstance(place, Snap)])
            coverage = CoverageMap(base, 480)
            clock.time(lambda coverage=coverage, teams=teams: coverage.put(teams))
    clocks[2].wall, clocks[2].cpu = ([ms / 4 for ms in run] for run in (clocks[2].wall, clocks[2].cpu))
    say(f"four copies of the map, {UNITS} units in one of them, per unit", clocks[1].over(clocks[0]), "bar: 1.3 x")
    say(f"four copies of the map, {UNITS} units in each, per unit", clocks[2].over(clocks[0]), "bar: 1.3 x")
    singles = Clock(), Clock()
    bases = (Reaches(engine), spots), (Reaches(large), same)
    for at in range(100):
        for clock, (reaches, where) in zip(singles, bases, strict=True):
            clock.time(lambda reaches=reaches, where=where, at=at: reaches.of([Start(where[at], True, 480_000)]))
    say("four copies of the map, one unit alone", singles[1].over(singles[0]), "bar: 1.3 x")


def memory(engine: RoadEngine, spots: list[Snap]) -> None:
    parts = [engine.hierarchy, engine.network(True), engine.network(False)]
    arrays = [getattr(part, field.name) for part in parts for field in fields(part) if field.name != "cost_ms"]
    held = sum(array.nbytes for array in arrays) + engine.arc_end.nbytes
    say("memory of the engine beyond the mapped graph, both speeds", f"{held / 1e6:9.1f} MB", "bar: 60 MB")
    coverage = CoverageMap(engine, 480)
    coverage.put(teams_at(spots))
    ranges = sum(reach.nbytes for _, reach in coverage.counting_teams().values())
    layers = 2 * engine.graph.nodes * (1 + len(coverage.capabilities))
    say(f"memory of a coverage map with {UNITS} units", f"{(ranges + layers) / 1e6:9.1f} MB")
    say("peak of this process", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:9.0f} MB")


def ready(folder: Path) -> None:
    """From the mapped road graph to an engine that has answered, in a process of its own."""
    print("a new process makes the engine twice; kernels that are not cached yet are compiled now", flush=True)
    runs = []
    for _ in range(4):
        told = subprocess.run(
            [sys.executable, "-c", READY, str(ROOT), str(folder)], check=True, capture_output=True, text=True
        ).stdout
        runs.append({line.split()[0]: [float(v) * 1000 for v in line.split()[1:]] for line in told.splitlines()})
    for name, what, bar in (
        ("START", "numpy and numba imported by a new process", ""),
        ("FIRST", "pack to ready engine, with numba's own start", "bar: 500 ms"),
        ("AGAIN", "pack to ready engine, in a process that runs", "bar: 500 ms"),
    ):
        wall, cpu = np.median([run[name] for run in runs[1:]], axis=0)
        say(what, f"{wall:9.0f} ms wall {cpu:9.0f} ms cpu", bar)


def weighted(engine: RoadEngine) -> None:
    clock = Clock()
    for hour in range(RUNS):
        clock.time(lambda hour=hour: engine.weighted(weighting_at(hour, snow=True)).network(True))
    say("the whole area at another hour and in snow", clock)


def soak(engine: RoadEngine, steps: int) -> None:
    """Random moves, status changes, closures and hours; the counts kept are counted anew every 50 steps."""
    rng = np.random.default_rng(1)
    spots = places(engine, 2000, 5)
    coverage = CoverageMap(engine, 480)
    coverage.put(teams_at(spots[:UNITS]))
    closed: set[int] = set()
    for step in range(1, steps + 1):
        name, what = f"U{rng.integers(UNITS)}", rng.random()
        team = coverage.teams.get(name) or Team(name, spots[0], frozenset({"als"}))
        if what < 0.7:
            coverage.put([replace(team, place=spots[rng.integers(len(spots))])])
        elif what < 0.93:
            coverage.put([replace(team, free=not team.free)])
        elif what < 0.98:
            coverage.remove([name])
        else:
            closed ^= {int(rng.integers(engine.graph.arcs))}
            now = weighting_at(int(rng.integers(24)), closed=np.array(sorted(closed), np.int64))
            coverage.drive_on(engine.weighted(now))
        if step % 50 == 0 or step == steps:
            fresh = CoverageMap(coverage.engine, 480)
            fresh.put(coverage.teams.values())
            for capability in ("", "als", "bls", "engine"):
                if not np.array_equal(fresh.counts(capability), coverage.counts(capability)):
                    raise SystemExit(f"After {step} steps a count differs from a full one.")
    say(f"{steps} random steps, counted anew every 50", "no difference")


def main(source: Path, steps: int) -> None:
    segments = road_segments(read_osm_ways(source))
    graph = build_graph(segments)
    order = Clock()
    graph = replace(graph, order=order.time(lambda: contraction(graph)))
    say("order of contraction, once when the pack is built", order)
    with tempfile.TemporaryDirectory() as folder:
        graph.save(Path(folder, "roads"))
        ready(Path(folder, "roads"))
        engine = RoadEngine(RoadGraph.load(Path(folder, "roads")))
        say(f"{graph.nodes} nodes, {graph.arcs} arcs, of which junctions", engine.hierarchy.junctions)
        engine.warm_up()
        if steps:
            soak(engine, steps)
            return
        matrix, spots = scipy_graph(engine), places(engine, UNITS, 1)
        full_coverage(engine, matrix, spots)
        moves(engine, spots)
        many_to_one(engine, matrix, spots)
        weighted(engine)
        memory(engine, spots)
        size(engine, segments, spots)


if __name__ == "__main__":
    words = sys.argv[1:]
    if "--andorra" in words:
        sys.path.insert(0, str(Path(__file__).parent))
        importlib.import_module("account_andorra").main(MAPS)
        raise SystemExit
    count = int(words[words.index("--soak") + 1]) if "--soak" in words else 0
    chosen = [word for word in words if word.endswith(".pbf")]
    extract = Path(chosen[0]) if chosen else MAPS / "porto.osm.pbf"
    if not extract.exists():
        raise SystemExit(f"There is no {extract}. Give the path of an OpenStreetMap extract.")
    main(extract, count)
