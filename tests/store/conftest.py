"""A store in a folder of its own, a clock that moves when told, and a scribe that writes plausible events."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.domain import events as happened
from core.domain.events import Body, Event
from core.domain.ids import IdMaker
from core.domain.statuses import Priority
from core.domain.values import Caller, Location, LocationSource
from core.store import Store, open_store

KEY = bytes(range(32))


class Scribe:
    """Makes events as the desk would, one command at a time; every command is a second after the one before."""

    def __init__(self, clock: ManualClock, desk: str = "A") -> None:
        self.clock, self.desk = clock, desk
        self.ids = IdMaker(clock)
        self.opened = 0

    def command(self, *bodies: Body, undoes: str = "") -> tuple[Event, ...]:
        self.clock.advance(1)
        command = self.ids.next()
        at = self.clock.now_ms()
        return tuple(Event(self.ids.next(), self.desk, "kim", at, command, body, undoes) for body in bodies)

    def opening(
        self,
        address: str = "12 High Street",
        callback: str = "+56 51 220 0001",
        point: tuple[float, float] | None = None,
    ) -> tuple[Event, ...]:
        self.opened += 1
        incident = self.ids.next()
        lat, lon = point or (None, None)
        location = Location(address, lat, lon, LocationSource.ADDRESS)
        number = f"26-{self.desk}-{self.opened:05}"
        return self.command(
            happened.IncidentOpened(incident, number, "MED-1", Priority.P2, "", location),
            happened.CallTaken(self.ids.next(), incident, Caller("Ana", callback), location, self.clock.now_ms()),
            happened.NarrativeAdded(incident, "Man of 60, chest pain since this morning."),
        )

    def closing(self, incident: str) -> tuple[Event, ...]:
        return self.command(happened.IncidentClosed(incident, "TREATED"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def scribe(clock: ManualClock) -> Scribe:
    return Scribe(clock)


@pytest.fixture
def key() -> bytes:
    return KEY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "foredesk.store"


@pytest.fixture
def opened(path: Path, clock: ManualClock) -> Iterator[Callable[..., Store]]:
    """Opens the store at `path`, or another; whatever is open is closed at the end."""
    stores: list[Store] = []

    def open_one(where: Path = path, key: bytes = KEY) -> Store:
        stores.append(open_store(where, key, clock))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[..., Store]) -> Store:
    return opened()


@pytest.fixture
def as_after_kill(tmp_path: Path) -> Callable[[Path], Path]:
    """The files as another process would find them if this one were killed now."""

    def copy(path: Path) -> Path:
        folder = tmp_path / f"killed-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name in (path.name, f"{path.name}-wal"):
            if (path.parent / name).exists():
                shutil.copyfile(path.parent / name, folder / name)
        return folder / path.name

    return copy
