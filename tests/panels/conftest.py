"""A real desk over a real store, with a small made-up agency, and the panels on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import Agency, RosterEntry, StationEntry
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import OpenIncident, SignOn
from core.domain.events import IncidentOpened
from core.domain.statuses import Priority
from core.domain.values import Caller, Location, LocationSource
from core.pack.city import Address, City
from core.pack.gazetteer import Gazetteer
from core.pack.gazetteer_build import build_gazetteer
from core.pack.place import Place
from core.pack.ways import WayCollector
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.segments import RoadSegments
from core.roads.speeds import RoadClass
from core.store import open_store
from resources import resource_path
from widgets.context import DeskContext
from widgets.notifier import Notifier
from widgets.palette import DARK
from widgets.panels.rows_view import RowsView
from widgets.selection import Selection

KEY = bytes(range(32))
SOUTH, WEST, STEP = -29.920, -71.260, 0.002  # a grid of 11 by 11 corners, about 200 m apart
CORNERS = 11
ALONG = (
    "Balmaceda",
    "Colón",
    "Prat",
    "Brasil",
    "Infante",
    "Almagro",
    "Vicuña",
    "Larraín",
    "Andrés Bello",
    "Amunátegui",
)
ACROSS = (
    "Matta",
    "Rengifo",
    "O'Higgins",
    "Cienfuegos",
    "Benavente",
    "Rodríguez",
    "Peni",
    "Castro",
    "Zorrilla",
    "Edwards",
)
STATIONS = {
    "North": StationEntry("North", SOUTH + 10 * STEP, WEST + 5 * STEP, made_up=True),
    "South": StationEntry("South", SOUTH, WEST, made_up=True),
}
ROSTER = (
    RosterEntry("E1", "engine", "North"),
    RosterEntry("E2", "engine", "South"),
    RosterEntry("L1", "ladder", "North"),
    RosterEntry("M1", "medic", "North"),
    RosterEntry("M2", "medic", "South"),
    RosterEntry("A1", "ambulance", "South"),
    RosterEntry("B1", "chief", "North"),
)

OpenOne = Callable[..., str]


@pytest.fixture(scope="session")
def agency() -> Agency:
    shipped = read_agency(resource_path("agency", "default.toml"))
    return replace(shipped, name="Test city", stations=STATIONS, roster=ROSTER)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def reopen(tmp_path: Path, agency: Agency, clock: ManualClock) -> Callable[[], Desk]:
    """Opens the same store again, as after a crash."""
    return lambda: Desk(open_store(tmp_path / "desk.db", KEY, clock), agency, clock, desk_id="A")


@pytest.fixture
def desk(reopen: Callable[[], Desk]) -> Iterator[Desk]:
    desk = reopen()
    desk.do(SignOn("mreyes", "Desk 1", "Day"))
    desk.roster(roster_commands(desk.agency, desk.board))
    yield desk
    desk.store.close()


def corner(row: int, column: int) -> tuple[float, float]:
    return SOUTH + row * STEP, WEST + column * STEP


@pytest.fixture(scope="session")
def engine() -> RoadEngine:
    """The grid as roads."""
    indices = np.arange(CORNERS * CORNERS, dtype=np.int32).reshape(CORNERS, CORNERS)
    starts = np.concatenate([indices[:, :-1].ravel(), indices[:-1, :].ravel()])
    ends = np.concatenate([indices[:, 1:].ravel(), indices[1:, :].ravel()])
    lat, lon = zip(*(corner(row, column) for row in range(CORNERS) for column in range(CORNERS)), strict=True)
    ways = np.concatenate(
        [np.repeat(np.arange(CORNERS), CORNERS - 1), np.tile(np.arange(CORNERS), CORNERS - 1) + CORNERS]
    )
    names = (*ALONG, "Norte", *ACROSS, "Oriente")
    segments = RoadSegments(
        node_lat=np.array(lat),
        node_lon=np.array(lon),
        from_node=starts,
        to_node=ends,
        way=ways.astype(np.int32),
        way_class=np.full(2 * CORNERS, RoadClass.RESIDENTIAL, np.uint8),
        way_name=np.arange(2 * CORNERS, dtype=np.int32),
        way_speed_kmh=np.zeros(2 * CORNERS, np.float32),
        way_oneway=np.zeros(2 * CORNERS, np.int8),
        way_flags=np.zeros(2 * CORNERS, np.uint8),
        names=names,
    )
    engine = RoadEngine(build_graph(segments))
    engine.warm_up()
    return engine


@pytest.fixture(scope="session")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gazetteer]:
    """The grid as streets, crossings and some addresses."""
    collected, ref = WayCollector(), 0
    for row in range(CORNERS):
        for name, corners in (
            ((*ALONG, "Norte")[row], [(row, n) for n in range(CORNERS)]),
            ((*ACROSS, "Oriente")[row], [(n, row) for n in range(CORNERS)]),
        ):
            for at in corners:
                lat, lon = corner(*at)
                collected.node.append(at[0] * CORNERS + at[1])
                collected.lat.append(lat)
                collected.lon.append(lon)
            collected.end_way(ref, "residential", name)
            ref += 1
    addresses = [
        Address("Balmaceda", str(number), SOUTH, WEST + number * 1e-5, "Centro") for number in range(400, 500, 10)
    ]
    places = [Place("Hospital San Juan", "hospital", *corner(5, 5)), Place("Centro", "suburb", *corner(0, 2))]
    city = City("Grid", collected.ways(), "made up", "made up", [], addresses, places)
    path = tmp_path_factory.mktemp("gazetteer") / "gazetteer.sqlite"
    build_gazetteer(city, path)
    with Gazetteer(path, (WEST - 0.01, SOUTH - 0.01, WEST + 0.03, SOUTH + 0.03)) as opened:
        yield opened


@pytest.fixture
def context(desk: Desk, qapp: QApplication) -> Iterator[DeskContext]:
    notifier = Notifier(desk)
    notifier._timer.stop()  # tests tick by hand
    yield DeskContext(desk, notifier, Selection(), DARK)
    notifier.close()


@pytest.fixture
def open_one(desk: Desk) -> OpenOne:
    """Opens an incident and returns its id."""

    def open_it(
        type_: str = "EMS-CHE", text: str = "Balmaceda 450", *, priority: Priority | None = None, callback: str = ""
    ) -> str:
        place = Location(text, SOUTH, WEST + 0.0045, LocationSource.ADDRESS)
        events = desk.do(OpenIncident(type_, place, Caller(callback=callback), priority, "He holds his chest."))
        return next(event.body.incident for event in events if isinstance(event.body, IncidentOpened))

    return open_it


@pytest.fixture
def pointer_over() -> Callable[[RowsView, bool], None]:
    """Moves the pointer into a list, or out of it."""

    def move(view: RowsView, inside: bool) -> None:
        middle = QPointF(20, 20)
        event = QEnterEvent(middle, middle, middle) if inside else QEvent(QEvent.Type.Leave)
        QApplication.sendEvent(view.viewport(), event)

    return move


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Shows a panel as the active window, so that it takes the keyboard."""

    def show_it(panel: QWidget) -> None:
        qtbot.addWidget(panel)
        panel.show()
        panel.activateWindow()
        qtbot.waitUntil(panel.isActiveWindow)

    return show_it


@pytest.fixture
def press(qapp: QApplication) -> Callable[..., int]:
    """`press("text", key, ..., ctrl=False)` types at whatever has the keyboard; returns the number of keystrokes."""

    def press_them(keys: str, *named: Qt.Key, ctrl: bool = False) -> int:
        for character in keys:
            QTest.keyClicks(QApplication.focusWidget(), character)
        modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
        for key in named:
            QTest.keyClick(QApplication.focusWidget(), key, modifier)
        return len(keys) + len(named)

    return press_them
