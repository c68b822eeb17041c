"""Two desks at two real windows and a real server: both dispatch M3 while they are cut off, and one of them settles it.

To look at what they saw: FOREDESK_KEEP_PICTURES=1, and the pictures are in docs/images.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.domain.agency_file import read_agency
from core.domain.board import Board
from core.domain.commands import SignOn
from core.errors import ForedeskError
from resources import resource_path
from tests.scenarios.centre import Cable, Centre
from tests.scenarios.seat import Seat
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.selection import Selection
from widgets.sync.control import LinkState
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow
from workstation.clock import SteadyClock
from workstation.compose import open_desk
from workstation.demo import place_at_stations
from workstation.maps import LoadedMap
from workstation.sync.session import SyncSession

PATIENCE_MS = 30_000
AWAY_MS = 900_000


class LateClock:
    """Runs evenly; `skip` goes ahead. It begins behind the server's, so that it never is ahead of it."""

    def __init__(self) -> None:
        self._steady, self._behind_ms = SteadyClock(), AWAY_MS

    def now_ms(self) -> int:
        return self._steady.now_ms() - self._behind_ms

    def skip(self, ms: int) -> None:
        self._behind_ms -= ms


@dataclass(slots=True)
class Console:
    """A seat with its link, its cable and its clock."""

    seat: Seat
    sync: SyncSession
    cable: Cable
    clock: LateClock

    @property
    def board(self) -> Board:
        return self.seat.desk.board

    @property
    def window(self) -> MainWindow:
        return self.seat.window

    @property
    def state(self) -> LinkState:
        return self.sync.view().state

    def to_the_front(self, qtbot: QtBot) -> Seat:
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        return self.seat

    def alarm(self) -> str:
        self.window.tray.refresh()
        return " ".join(alarm.sentence for alarm in self.window.tray.alarms)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path / "centre")
    yield running
    running.stop()


@pytest.fixture
def picture(repository: Path) -> Callable[[MainWindow, str], None]:
    """Keeps a window's picture, where pictures are kept."""

    def keep(window: MainWindow, name: str) -> None:
        QApplication.processEvents()
        if os.environ.get("FOREDESK_KEEP_PICTURES"):
            assert window.grab().save(str(repository / "docs" / "images" / f"{name}.png"))

    return keep


@pytest.fixture
def consoles(
    tmp_path: Path, qtbot: QtBot, qapp: QApplication, city: LoadedMap, centre: Centre
) -> Iterator[tuple[Console, Console]]:
    """Ana's desk and Kim's, not joined yet."""
    theme = Theme(qapp, Scheme.DARK)
    made = [_console(tmp_path / name, name, theme, city, centre) for name in ("Ana Rojas", "Kim Soto")]
    yield made[0], made[1]
    for console in made:
        console.sync.shut()
        console.seat.leave()
        console.cable.cut()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _console(folder: Path, operator: str, theme: Theme, city: LoadedMap, centre: Centre) -> Console:
    clock = LateClock()
    opened = open_desk(folder, read_agency(resource_path("agency", "demo.toml")), clock)
    place_at_stations(opened.desk)
    opened.desk.do(SignOn(operator))
    context = DeskContext(opened.desk, Notifier(opened.desk), Selection(), theme.palette, Mode.LIVE)
    context.pack, context.engine, context.gazetteer = city.pack, city.engine, city.gazetteer
    sync = SyncSession(opened.desk, opened.store, _tell, folder=folder)
    context.sync = sync
    window = MainWindow(context, theme, with_map=False)
    window.resize(1600, 1000)
    window.show()
    return Console(Seat(window, context, opened), sync, Cable(centre.port), clock)


def _tell(error: ForedeskError) -> None:
    raise error


def _join(console: Console, code: str, qtbot: QtBot) -> None:
    """Ctrl+Shift+L, the address, the code, Enter."""
    seat = console.to_the_front(qtbot)
    console.window.keys.toggle_server()
    seat.press(console.cable.address, Qt.Key.Key_Tab, code, Qt.Key.Key_Tab, f"Console {code[:1]}", Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: console.state is LinkState.UP_TO_DATE, timeout=PATIENCE_MS)
    seat.press(Qt.Key.Key_Escape)
    assert not console.window.sync.page.isVisible()


def _until(qtbot: QtBot, holds: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(holds()), timeout=PATIENCE_MS)


def test_that_both_dispatch_m3_while_cut_off_and_one_of_them_settles_it(
    consoles: tuple[Console, Console], centre: Centre, qtbot: QtBot, picture: Callable[[MainWindow, str], None]
) -> None:
    ana, kim = consoles
    _join(ana, centre.first_code, qtbot)
    _join(kim, centre.code(), qtbot)

    fire = ana.to_the_front(qtbot).call("Balmaceda 391", "fire-str", "Smoke from the roof")
    _until(qtbot, lambda: fire.id in kim.board.incidents)
    chest = kim.to_the_front(qtbot).call("Avenida del Mar 1200", "ems-che", "Chest pain")
    _until(qtbot, lambda: chest.id in ana.board.incidents)
    _until(qtbot, lambda: ana.state is kim.state is LinkState.UP_TO_DATE)
    _see_each_other(ana, kim, fire.id, qtbot)

    for console in consoles:
        console.cable.cut()
        _until(qtbot, lambda console=console: console.state is LinkState.OFFLINE)
    for console, incident in ((ana, fire.id), (kim, chest.id)):
        seat = console.to_the_front(qtbot)
        console.window.context.selection.select_incident(incident)
        assert "Done" in seat.command("d m3")
        seat.tick()
        assert seat.strip["Link"].startswith("offline since")
        assert console.window.panes.marks.count(incident) > 0
    picture(ana.window, "cut-off-alone")

    for console in consoles:
        console.clock.skip(600_000)
        console.cable.mend()
        console.sync.try_now()
    _until(qtbot, lambda: ana.board.open_conflicts() and kim.board.open_conflicts())
    _until(qtbot, lambda: ana.state is kim.state is LinkState.UP_TO_DATE)
    for console in consoles:
        console.to_the_front(qtbot).tick()
        assert "M3 was sent to" in console.alarm()
        assert console.window.panes.marks.count(fire.id) == 0
        assert console.window.sync.card.isVisible(), "what changed while away is told"
        claimed = console.window.panes.units.model.cell(console.window.panes.units.model.row_of("M3"), 3).text
        assert claimed == "twice"
    picture(ana.window, "cut-off-back")

    _settle(ana, kim, qtbot, picture)
    for console in consoles:
        assert console.board.units["M3"].incident == fire.id
        assert [claim.incident for claim in console.board.units["M3"].claims] == [fire.id]
        assert not console.board.incidents[chest.id].active_assignments


def _see_each_other(ana: Console, kim: Console, incident: str, qtbot: QtBot) -> None:
    """Kim looks at Ana's incident, and Ana's window says so."""
    kim.window.context.selection.select_incident(incident)
    ana.window.context.selection.select_incident(incident)
    line = ana.window.panes.incident.presence.label

    def said() -> bool:
        ana.seat.tick()
        return line.isVisible() and "Kim Soto" in line.text()

    _until(qtbot, said)
    assert line.text().startswith("Also at ")
    kim.window.keys.clear_selection()


def _settle(ana: Console, kim: Console, qtbot: QtBot, picture: Callable[[MainWindow, str], None]) -> None:
    """Both look; Kim decides by one digit; Ana sees who did."""
    ana.to_the_front(qtbot).press(Qt.Key.Key_Escape)
    ana.window.keys.toggle_conflicts()
    kim.to_the_front(qtbot).command("conflicts")
    panel = kim.window.panes.conflicts
    matter = panel.marked
    assert matter is not None
    assert matter.advice.startswith("Keep it on ")
    facts = " ".join(text for choice in matter.choices for _, text in choice.facts)
    assert "Ana Rojas" in facts
    assert "Kim Soto at this desk" in facts
    picture(ana.window, "cut-off-conflict-ana")
    picture(kim.window, "cut-off-conflict-kim")
    fire = next(at for at, choice in enumerate(matter.choices) if "fire" in choice.about.lower())
    kim.seat.press(str(fire + 1))
    assert panel.settled.text().startswith("Settled")
    other = ana.window.panes.conflicts
    _until(qtbot, lambda: "Kim Soto" in other.settled.text())
    assert "M3" in other.settled.text()
    picture(ana.window, "cut-off-settled-ana")
