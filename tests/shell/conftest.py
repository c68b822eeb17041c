"""A desk with a real store and the demo agency, a board with everything on it, and the window over it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain import commands as c
from core.domain.agency import Agency
from core.domain.agency_file import read_agency, roster_commands
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, LocationSource, Position
from core.store import open_store
from resources import resource_path
from tests.other_desk import other_desk, pass_on
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.selection import Selection
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow

PLACES = (
    ("Avenida del Mar 1200", -29.9195, -71.2740),
    ("Balmaceda 480", -29.9040, -71.2500),
    ("Cuatro Esquinas 97 & Ruta 5", -29.9292, -71.2580),
    ("Colón 300, mercado", -29.9010, -71.2560),
    ("Las Rosas 24", -29.9110, -71.2330),
    ("Francisco de Aguirre 12", -29.9050, -71.2620),
)


def open_one(desk: Desk, type_code: str, place: int, priority: Priority | None = None, words: str = "") -> str:
    """Open an incident; returns its id."""
    text, lat, lon = PLACES[place % len(PLACES)]
    location = Location(text, lat, lon, LocationSource.ADDRESS)
    caller = Caller("Ana Rojas", "+56 9 5555 0147")
    events = desk.do(c.OpenIncident(type_code, location, caller, priority, words, desk.clock.now_ms()))
    return next(event.body.incident for event in events if hasattr(event.body, "incident"))


def fill(desk: Desk, clock: ManualClock) -> None:
    """Incidents waiting, assigned and on scene; units in every status, some with positions gone stale."""
    desk.roster(roster_commands(desk.agency, desk.board))
    desk.do(c.SignOn("Carla Muñoz", "Desk 1", "Day"))
    units = sorted(desk.board.units)
    types = list(desk.agency.types)
    for number, callsign in enumerate(units):
        lat, lon = -29.90 - 0.004 * (number % 7), -71.25 - 0.005 * (number % 5)
        desk.place_unit(callsign, Position(lat, lon, clock.now_ms(), heading=40.0 * number % 360))
    incidents = []
    for number in range(6):
        incidents.append(open_one(desk, types[number * 3 % len(types)], number, words="Smoke from the second floor."))
        clock.advance(37)
    desk.do(c.Assign(incidents[0], tuple(units[0:2])))
    desk.do(c.SetStatus(units[0], UnitStatus.EN_ROUTE))
    clock.advance(150)
    desk.do(c.SetStatus(units[0], UnitStatus.ON_SCENE))
    desk.do(c.Assign(incidents[1], (units[2],)))
    for status in (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE, UnitStatus.TRANSPORTING):
        clock.advance(60)
        desk.do(c.SetStatus(units[2], status))
    desk.do(c.Assign(incidents[2], (units[3],)))
    desk.do(c.SetStatus(units[4], UnitStatus.OUT_OF_SERVICE))
    clock.advance(45)
    for number, callsign in enumerate(units):
        if number % 4:
            position = desk.board.units[callsign].position
            assert position is not None
            desk.place_unit(callsign, Position(position.lat, position.lon, clock.now_ms(), heading=position.heading))


@pytest.fixture(scope="session")
def agency() -> Agency:
    return read_agency(resource_path("agency", "demo.toml"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_790_000_000_000)


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, agency: Agency) -> Iterator[Desk]:
    """An empty desk with the demo roster."""
    store = open_store(tmp_path / "desk.store", bytes(range(32)), clock)
    desk = Desk(store, agency, clock, desk_id="A")
    desk.roster(roster_commands(agency, desk.board))
    yield desk
    store.close()


class Scenes:
    """Opens incidents on the desk, and on another one."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self._folder, self._held = folder, ExitStack()
        self._other: Desk | None = None

    @property
    def other(self) -> Desk:
        """Another desk that knows what this one knew when it was first asked for."""
        if self._other is None:
            self._other = self._held.enter_context(other_desk(self.desk, self._folder))
        return self._other

    def do_elsewhere(self, command: c.Command) -> None:
        """What the other desk does, as it arrives here."""
        self.other.do(command)
        pass_on(self.other, self.desk)

    def close(self) -> None:
        self._held.close()

    def open(self, priority: Priority | None = None, place: int = 0, type_code: str = "") -> str:
        """An incident of the first type, or of that one; returns its id."""
        return open_one(self.desk, type_code or next(iter(self.desk.agency.types)), place, priority)

    def elsewhere(self, count: int) -> list[str]:
        """Incidents that another desk opens, one command each, as they arrive here."""
        opened = []
        for number in range(count):
            opened.append(open_one(self.other, next(iter(self.desk.agency.types)), number))
            pass_on(self.other, self.desk)
        return opened


@pytest.fixture
def scenes(desk: Desk, tmp_path: Path) -> Iterator[Scenes]:
    scenes = Scenes(desk, tmp_path)
    yield scenes
    scenes.close()


@pytest.fixture(scope="session")
def one_theme(qapp: QApplication) -> Theme:
    return Theme(qapp, Scheme.DARK)


@pytest.fixture
def theme(one_theme: Theme) -> Iterator[Theme]:
    """The application's theme: dark and at 100 %, whatever the test before made of it."""
    yield one_theme
    if (one_theme.scheme, one_theme.scale_percent) != (Scheme.DARK, 100):
        one_theme.recall("dark 100")


@pytest.fixture
def context(desk: Desk, theme: Theme) -> Iterator[DeskContext]:
    notifier = Notifier(desk)
    yield DeskContext(desk, notifier, Selection(), theme.palette, Mode.DEMO)
    notifier.close()


@pytest.fixture
def make_window(qtbot: QtBot, context: DeskContext, theme: Theme) -> Iterator[Callable[[], MainWindow]]:
    """Makes the window at 1600 x 1000, shown, without the map."""
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow(context, theme, with_map=False)
        window.resize(1600, 1000)
        window.show()
        qtbot.waitExposed(window)
        made.append(window)
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()


@pytest.fixture
def busy_window(desk: Desk, clock: ManualClock, make_window: Callable[[], MainWindow]) -> MainWindow:
    """The window over a full board."""
    fill(desk, clock)
    return make_window()
