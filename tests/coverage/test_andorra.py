"""A reference that others computed: on its own weights every node has the same counts and the same first arrival."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from core.coverage.coverage_map import CoverageMap
from core.coverage.etas import NEVER, team_etas_ms
from core.coverage.teams import Team
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.segments import RoadSegments
from core.roads.snap import Snap
from core.roads.speeds import RoadClass

pytestmark = pytest.mark.shared_data


def columns(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return dict(zip(rows[0], np.array(rows[1:], float).T, strict=True))


@pytest.fixture(scope="module")
def reference(shared_data):
    folder = shared_data / "maps" / "andorra_coverage"
    if not folder.is_dir():
        pytest.skip("../shared/data/maps/andorra_coverage is absent.")
    return {name: columns(folder / f"{name}.csv") for name in ("nodes", "arcs", "units")}


@pytest.fixture(scope="module")
def engine(reference):
    """The reference's arcs, each a one-way road of its own, with its milliseconds; `road` is then the arc's number."""
    nodes, arcs = reference["nodes"], reference["arcs"]
    tail, head = arcs["tail"].astype(np.int32), arcs["head"].astype(np.int32)
    count = len(tail)
    graph = build_graph(
        RoadSegments(
            node_lat=nodes["lat"],
            node_lon=nodes["lon"],
            from_node=tail,
            to_node=head,
            way=np.arange(count, dtype=np.int32),
            way_class=np.full(count, RoadClass.RESIDENTIAL, np.uint8),
            way_name=np.full(count, -1, np.int32),
            way_speed_kmh=np.zeros(count, np.float32),
            way_oneway=np.ones(count, np.int8),
            way_flags=np.zeros(count, np.uint8),
        )
    )
    least = {}
    for one, other, ms in zip(tail.tolist(), head.tolist(), arcs["travel_time_ms"].tolist(), strict=True):
        least[one, other] = min(int(ms), least.get((one, other), 2**30))
    times = [least[int(tail[road]), int(head[road])] for road in graph.road.tolist()]
    cost_ms = np.array(times, np.int32)
    return RoadEngine(replace(graph, travel_ms=cost_ms, siren_ms=cost_ms))


@pytest.fixture(scope="module")
def numbers(reference, engine):
    """The reference's number of each node of the graph."""
    graph = engine.graph
    found = np.full(graph.nodes, -1, np.int64)
    tails = np.repeat(np.arange(graph.states), np.diff(graph.first_out))
    found[tails] = reference["arcs"]["tail"][graph.road].astype(np.int64)
    found[graph.head] = reference["arcs"]["head"][graph.road].astype(np.int64)
    left = set(range(len(reference["nodes"]["node"]))) - set(found.tolist())
    for at in np.flatnonzero(found < 0).tolist():  # an arc from a node to itself is all that they have
        spot = (graph.node_lat[at], graph.node_lon[at])
        found[at] = next(n for n in left if (reference["nodes"]["lat"][n], reference["nodes"]["lon"][n]) == spot)
        left.discard(int(found[at]))
    assert len(set(found.tolist())) == graph.nodes == len(reference["nodes"]["node"])
    return found


@pytest.fixture(scope="module")
def teams(reference, engine, numbers):
    where = {number: at for at, number in enumerate(numbers.tolist())}
    graph, found = engine.graph, []
    for unit, node in zip(reference["units"]["unit"], reference["units"]["node"], strict=True):
        at = where[int(node)]
        leaving = tuple((arc, 0.0) for arc in range(graph.first_out[at], graph.first_out[at + 1]))
        lat, lon = float(graph.node_lat[at]), float(graph.node_lon[at])
        place = Snap(lat, lon, lat, lon, 0.0, leaving, (), at, int(graph.weak[at]), island=False)
        found.append(Team(f"U{unit:.0f}", place))
    return found


@pytest.mark.parametrize("threshold_s", [300, 480])
def test_that_every_node_has_the_count_of_the_reference(threshold_s, reference, engine, numbers, teams):
    coverage = CoverageMap(engine, threshold_s, strict=True)
    coverage.put(teams)
    exact = reference["nodes"][f"units_within_{threshold_s}s"][numbers]
    assert (coverage.counts() != exact).sum() == 0


def test_that_the_first_unit_comes_when_the_reference_says(reference, engine, numbers, teams):
    first_ms = team_etas_ms(engine, teams, k=1)[0]
    exact = reference["nodes"]["first_unit_ms"][numbers]
    assert (np.where(first_ms == NEVER, -1, first_ms) != exact).sum() == 0
