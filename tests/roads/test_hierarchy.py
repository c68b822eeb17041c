"""The hierarchy is a tree of all junctions, its places are all nodes, and packs without an order still open."""

import numpy as np
import pytest

from core.roads.engine import RoadEngine
from core.roads.graph import RoadGraph
from core.roads.hierarchy import contraction


@pytest.fixture
def town(sketch):
    """A block of nine corners with one-way streets, a dead end, a ring of its own, and a lone road."""
    nodes = [(0.002 * row, 0.002 * column) for row in range(3) for column in range(3)]
    nodes += [(0.006, 0.0), (0.02, 0.02), (0.02, 0.022), (0.022, 0.02), (0.03, 0.03), (0.03, 0.032)]
    streets = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (6, 9)]
    return sketch(nodes, [*streets, (10, 11, 12, 10), (13, 14)], oneway={1: 1, 4: -1}).graph()


def test_that_ancestors_come_first_and_each_subtree_is_one_piece(town):
    h = RoadEngine(town).hierarchy
    for here in range(h.junctions):
        above = h.up_head[h.up_first[here] : h.up_first[here + 1]]
        assert (np.diff(above) > 0).all()
        assert (above < here).all()
        assert all(here < h.last[ancestor] for ancestor in above.tolist())


def test_that_every_node_is_one_place_and_every_state_is_somewhere(town):
    h = RoadEngine(town).hierarchy
    assert sorted(h.node_at.tolist()) == list(range(town.nodes))
    slots = ~h.where[h.where < 0]
    assert sorted(slots.tolist()) == list(range(len(h.slot_state)))
    assert sorted(h.where[h.where >= 0].tolist()) == list(range(h.junctions))


def test_that_a_pack_without_an_order_opens_and_answers_the_same(town, tmp_path):
    from dataclasses import replace

    replace(town, order=contraction(town)).save(tmp_path / "new")
    town.save(tmp_path / "old")
    (tmp_path / "old" / "order.npy").unlink()
    new, old = (RoadEngine(RoadGraph.load(tmp_path / name)) for name in ("new", "old"))
    assert len(new.graph.order) > 0 == len(old.graph.order)
    places = [new.snap(float(lat), float(lon)) for lat, lon in zip(town.node_lat, town.node_lon, strict=True)]
    for target in places:
        assert new.etas_to(target, places, siren=True).tolist() == old.etas_to(target, places, siren=True).tolist()


def test_that_one_engine_answers_many_threads(town):
    from concurrent.futures import ThreadPoolExecutor

    engine = RoadEngine(town)
    places = [engine.snap(float(lat), float(lon)) for lat, lon in zip(town.node_lat, town.node_lon, strict=True)]
    alone = [engine.journeys_to(target, places, siren=False).ms.tolist() for target in places]
    with ThreadPoolExecutor(4) as pool:
        asked = pool.map(lambda target: engine.etas_to(target, places, siren=False).tolist(), places * 20)
        assert list(asked) == alone * 20


def test_that_no_roads_at_all_make_an_engine_that_knows_no_place(sketch):
    engine = RoadEngine(sketch([(0.0, 0.0)], [(0, 0)]).graph())
    engine.warm_up()
    assert engine.hierarchy.junctions <= 1
