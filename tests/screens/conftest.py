"""The real window over the demo city in the middle of its busy hour, always the same minute of the same day."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import SignOn
from core.store import open_store
from resources import resource_path
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.selection import Selection
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow
from workstation.compose import demo_pack_path
from workstation.demo import begin_exercise, place_at_stations
from workstation.exercise.clock import ExerciseClock
from workstation.exercise.player import Part
from workstation.maps import LoadedMap, load_map

START_MS = 1_780_322_400_000  # 2026-06-01 14:00 UTC
MINUTES = 24
KEEP = "FOREDESK_KEEP_PICTURES"  # set: the pictures go to docs/images, where README.md shows them


@pytest.fixture(scope="session")
def city() -> LoadedMap:
    if not demo_pack_path().exists():
        pytest.fail("The demo city is missing: python3 packaging/bootstrap.py setup makes it.")
    return load_map(demo_pack_path())


@pytest.fixture(scope="session")
def pictures(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: docs/images when they are to be kept, else a folder that is thrown away."""
    return repository / "docs" / "images" if os.environ.get(KEEP) else tmp_path_factory.mktemp("pictures")


@pytest.fixture
def busy_desk(tmp_path: Path, city: LoadedMap) -> Iterator[Desk]:
    """A desk 24 minutes into the exercise; its clock stands."""
    clock = ExerciseClock(START_MS, lambda: 0.0)
    store = open_store(tmp_path / "desk.store", bytes(range(32)), clock)
    desk = Desk(store, read_agency(resource_path("agency", "demo.toml")), clock, desk_id="A")
    desk.roster(roster_commands(desk.agency, desk.board))
    desk.do(SignOn("Carla Muñoz", "console 1", "day"))
    place_at_stations(desk)
    exercise = begin_exercise(desk, city, seed=3, part=Part.WATCH)
    for _ in range(MINUTES * 12):
        clock.skip(5)
        exercise.step()
    exercise.close()
    yield desk
    desk.close()


Open = Callable[[Scheme, int], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication, busy_desk: Desk, city: LoadedMap) -> Iterator[Open]:
    """Opens the window at 1600 by 1000 design pixels, in a scheme and at a scale in per cent, with its map drawn."""
    windows: list[MainWindow] = []
    notifiers: list[Notifier] = []

    def open_(scheme: Scheme, scale_percent: int) -> MainWindow:
        theme = Theme(qapp, scheme, scale_percent)
        notifiers.append(Notifier(busy_desk))
        context = DeskContext(busy_desk, notifiers[0], Selection(), theme.palette, Mode.DEMO)
        context.pack, context.engine, context.gazetteer = city.pack, city.engine, city.gazetteer
        window = MainWindow(context, theme)
        windows.append(window)
        window.resize(QSize(1600, 1000) * (scale_percent / 100))
        window.show()
        qtbot.waitUntil(lambda: window.map_follow is not None and window.map_follow.view.is_ready, timeout=30_000)
        window.use_map()
        return window

    yield open_
    for window in windows:
        window.close()
        window.deleteLater()
    for notifier in notifiers:
        notifier.close()
    Theme(qapp, Scheme.DARK, 100)
