"""Crossings of the same words are told apart, and the carriageways of one are one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.pack.city import City
from core.pack.gazetteer import Gazetteer
from core.pack.gazetteer_build import build_gazetteer
from core.pack.ways import WayCollector

STEP = 0.0005  # about 55 m to the north
Build = Callable[[dict[str, list[list[tuple[int, int]]]]], Gazetteer]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Makes a gazetteer of streets, each of ways over corners (row, column) of a grid."""
    opened: list[Gazetteer] = []

    def make(streets: dict[str, list[list[tuple[int, int]]]]) -> Gazetteer:
        collected = WayCollector()
        ways = [(name, corners) for name, several in streets.items() for corners in several]
        for ref, (name, corners) in enumerate(ways):
            for row, column in corners:
                collected.node.append(row * 1000 + column)
                collected.lat.append(row * STEP)
                collected.lon.append(column * STEP)
            collected.end_way(ref, "residential", name)
        path = tmp_path / "gazetteer.sqlite"
        build_gazetteer(City("Grid", collected.ways(), "made up", "made up", [], [], []), path)
        opened.append(Gazetteer(path, (-1.0, -1.0, 1.0, 1.0)))
        return opened[-1]

    yield make
    for gazetteer in opened:
        gazetteer.close()


def test_that_two_crossings_of_the_same_streets_say_what_is_next_to_them(build: Build) -> None:
    along = [(0, column) for column in range(60)]
    gazetteer = build(
        {
            "Arica": [along],
            "Miramar": [[(1, 5), (0, 5)], [(1, 45), (0, 45)]],
            "Marbella": [[(1, 6), (0, 6)]],
            "Lisboa": [[(1, 47), (0, 47)]],
        }
    )
    hits = gazetteer.search("arica & miramar")
    assert [hit.text for hit in hits] == ["Arica & Miramar"] * 2
    assert {hit.detail for hit in hits} == {"56 m from Marbella", "111 m from Lisboa"}


def test_that_crossings_a_few_steps_apart_are_one(build: Build) -> None:
    along = [(0, column) for column in range(20)]
    gazetteer = build({"Arica": [along], "Miramar": [[(1, 5), (0, 5)], [(1, 6), (0, 6)]]})
    assert [(hit.text, hit.detail) for hit in gazetteer.search("arica & miramar")] == [("Arica & Miramar", "")]
