"""A desk over a real store with the demo's agency, and short words for the commands that stories are made of."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import Agency
from core.domain.agency_file import read_agency, roster_commands
from core.domain.board import Incident
from core.domain.commands import Assign, OpenIncident, SetStatus, SignOn
from core.domain.statuses import UnitStatus
from core.domain.values import Caller, Location, LocationSource
from core.store import Store, open_store
from resources import resource_path

KEY = bytes(range(32))
BALMACEDA = Location("Balmaceda 391", -29.9027, -71.2519, LocationSource.ADDRESS)


class Story:
    """A desk with what a test says often."""

    def __init__(self, desk: Desk, clock: ManualClock) -> None:
        self.desk = desk
        self.clock = clock
        self.do = desk.do

    def open(
        self, type_: str = "FIRE-STR", location: Location = BALMACEDA, callback: str = "", **more: object
    ) -> Incident:
        """Open an incident and return it as it stands on the board."""
        opened = self.do(OpenIncident(type_, location, Caller("Rosa", callback), **more))[0].body
        return self.desk.board.incidents[opened.incident]

    def send(self, incident: Incident, *units: str, override: str = "") -> None:
        self.do(Assign(incident.id, units, override=override))

    def set(self, unit: str, *statuses: UnitStatus, override: str = "") -> None:
        for status in statuses:
            self.do(SetStatus(unit, status, override))

    def unit(self, callsign: str):
        return self.desk.board.units[callsign]

    def wait(self, seconds: float) -> int:
        return self.clock.advance(seconds)


@pytest.fixture(scope="session")
def agency() -> Agency:
    return read_agency(resource_path("agency", "demo.toml"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_780_000_000_000)  # 2026-05-28


@pytest.fixture
def new_store(tmp_path: Path, clock: ManualClock) -> Iterator[Callable[[], Store]]:
    """Opens the test's store; opened again it closes the one before, as a new start of the program would."""
    opened: list[Store] = []

    def open_again() -> Store:
        for store in opened:
            store.close()
        opened[:] = [open_store(tmp_path / "desk.foredesk", KEY, clock)]
        return opened[0]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def story(new_store: Callable[[], Store], agency: Agency, clock: ManualClock) -> Story:
    desk = Desk(new_store(), agency, clock, desk_id="A1")
    desk.do(SignOn("Ana", "Dispatch 1", "day"))
    desk.roster(roster_commands(agency, desk.board))
    return Story(desk, clock)
