"""A real desk over a town of 11 by 11 corners: two stations, four free units, and coverage followed live on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import Agency, CoverageRules, RosterEntry, StationEntry
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import SignOn
from core.roads.engine import RoadEngine
from core.roads.graph import build_graph
from core.roads.speeds import RoadClass
from core.store import open_store
from resources import resource_path
from tests.made_roads import RoadLine, segments_from_lines
from widgets.context import DeskContext
from widgets.coverage.closing import RoadClosing
from widgets.coverage.follower import CoverageFollower
from widgets.coverage.panel import CoveragePanel
from widgets.notifier import Notifier
from widgets.palette import DARK
from widgets.selection import Selection
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow

SOUTH, WEST, STEP, CORNERS = -29.920, -71.260, 0.002, 11  # corners about 200 m apart: 20 s with lights and siren
STATIONS = {
    "North (made up)": StationEntry("North (made up)", SOUTH + 10 * STEP, WEST + 10 * STEP),
    "South": StationEntry("South", SOUTH, WEST),
}
ROSTER = (
    RosterEntry("E1", "engine", "South"),
    RosterEntry("M1", "medic", "South"),
    RosterEntry("M2", "medic", "South"),
    RosterEntry("A1", "ambulance", "South"),
)
TARGET_S = 180


def corner(row: float, column: float) -> tuple[float, float]:
    return SOUTH + row * STEP, WEST + column * STEP


@pytest.fixture(scope="session")
def agency() -> Agency:
    shipped = read_agency(resource_path("agency", "default.toml"))
    rules = CoverageRules(TARGET_S, 1, "", {}, 20)
    return replace(shipped, name="Test city", stations=STATIONS, roster=ROSTER, coverage=rules)


@pytest.fixture(scope="session")
def engine() -> RoadEngine:
    """Streets along and across, and a motorway past it all, along which nobody lives."""
    lines = [
        RoadLine([corner(row, n) for n in range(CORNERS)], RoadClass.RESIDENTIAL, name=f"Street {row}")
        for row in range(CORNERS)
    ]
    lines += [
        RoadLine([corner(n, column) for n in range(CORNERS)], RoadClass.RESIDENTIAL, name=f"Avenue {column}")
        for column in range(CORNERS)
    ]
    lines.append(RoadLine([corner(12, 0), corner(12, 10)], RoadClass.MOTORWAY))
    engine = RoadEngine(build_graph(segments_from_lines(lines)))
    engine.warm_up()
    return engine


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_790_000_000_000)


@pytest.fixture
def reopen(tmp_path: Path, agency: Agency, clock: ManualClock) -> Callable[[], Desk]:
    """Opens the same store again, as after a crash."""
    return lambda: Desk(open_store(tmp_path / "desk.db", bytes(range(32)), clock), agency, clock, desk_id="A")


@pytest.fixture
def desk(reopen: Callable[[], Desk]) -> Iterator[Desk]:
    desk = reopen()
    desk.do(SignOn("mreyes", "Desk 1", "Day"))
    desk.roster(roster_commands(desk.agency, desk.board))
    yield desk
    desk.store.close()


@pytest.fixture
def context(desk: Desk, engine: RoadEngine, qapp: QApplication) -> Iterator[DeskContext]:
    notifier = Notifier(desk)
    notifier._timer.stop()  # tests tick by hand
    context = DeskContext(desk, notifier, Selection(), DARK, engine=engine)
    yield context
    notifier.close()


@pytest.fixture
def errors(context: DeskContext) -> list[Exception]:
    """What was reported to the operator."""
    told: list[Exception] = []
    context.report_error = told.append
    return told


@pytest.fixture
def follower(context: DeskContext) -> Iterator[CoverageFollower]:
    follower = CoverageFollower(context)
    yield follower
    follower.close()


@pytest.fixture
def counted(qtbot: QtBot, follower: CoverageFollower) -> Callable[[Callable[[], None]], None]:
    """Does something and waits until the figures that follow from it are there."""

    def count(act: Callable[[], None]) -> None:
        with qtbot.waitSignal(follower.figures_changed, timeout=20_000):
            act()
        qtbot.waitUntil(lambda: not follower._under_way and not follower._soon.isActive(), timeout=20_000)

    return count


@pytest.fixture
def closing(context: DeskContext) -> RoadClosing:
    return RoadClosing(context)


@pytest.fixture
def panel(context: DeskContext, follower: CoverageFollower, closing: RoadClosing, qtbot: QtBot) -> CoveragePanel:
    panel = CoveragePanel(context, follower, closing)
    qtbot.addWidget(panel)
    panel.resize(420, 640)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    return panel


@pytest.fixture
def window(context: DeskContext, qapp: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    """The whole window without its map."""
    window = MainWindow(context, Theme(qapp, Scheme.DARK), with_map=False)
    window.resize(1600, 1000)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def nodes_at(engine: RoadEngine) -> Callable[[int, int], int]:
    """The node at a corner of the town."""

    def node(row: int, column: int) -> int:
        lat, lon = corner(row, column)
        away = np.abs(engine.graph.node_lat - lat) + np.abs(engine.graph.node_lon - lon)
        return int(away.argmin())

    return node


@pytest.fixture(scope="session")
def place() -> Callable[[float, float], tuple[float, float]]:
    """Where a corner of the town is, or a point between."""
    return corner
