"""A real desk over a real store, with a small made-up agency, and the panels on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent
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
from core.store import open_store
from resources import resource_path
from widgets.context import DeskContext
from widgets.notifier import Notifier
from widgets.palette import DARK
from widgets.panels.rows_view import RowsView
from widgets.selection import Selection

KEY = bytes(range(32))
STATIONS = {
    "North": StationEntry("North", -29.900, -71.250, made_up=True),
    "South": StationEntry("South", -29.960, -71.340, made_up=True),
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
        place = Location(text, -29.9045, -71.2489, LocationSource.ADDRESS)
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
