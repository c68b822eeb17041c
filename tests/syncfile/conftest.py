"""Two desks of one agency, and one of another, each with a store of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.link.real import RealDesk
from tests.link.rig import Agency


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def new_desk(tmp_path: Path, agency: Agency) -> Iterator[Callable[..., RealDesk]]:
    made: list[RealDesk] = []

    def make(name: str, *, of: Agency | None = None) -> RealDesk:
        made.append(RealDesk(tmp_path / name, name, of or agency, roster=name == "A"))
        return made[-1]

    yield make
    for desk in made:
        desk.stop()


@pytest.fixture
def a(new_desk: Callable[..., RealDesk]) -> RealDesk:
    desk = new_desk("A")
    for number in range(12):
        desk.open_incident(f"{number} High Street")
    return desk


@pytest.fixture
def b(new_desk: Callable[..., RealDesk]) -> RealDesk:
    return new_desk("B")
