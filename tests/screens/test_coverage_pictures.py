"""Pictures of coverage: whole, calm, in a colour of its own, before and after a dispatch.

To keep them: FOREDESK_KEEP_PICTURES=1 python -m pytest tests/screens. Only then Porto is drawn as well: its map takes
half a minute to build.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.domain.commands import OpenIncident, SignOn
from core.domain.values import Location, LocationSource, Position
from core.pack.build import build_pack
from core.store import open_store
from resources import resource_path
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.palette import DARK, LIGHT
from widgets.selection import Selection
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow
from workstation.exercise.clock import ExerciseClock
from workstation.maps import LoadedMap, load_map

pytestmark = pytest.mark.screens

DRAWING_MS = 1500
SCHEMES = pytest.mark.parametrize(
    ("scheme", "palette"), [(Scheme.DARK, DARK), (Scheme.LIGHT, LIGHT)], ids=["dark", "light"]
)
PORTO = (-8.70, 41.115, -8.54, 41.205)  # west, south, east, north of the town


def _ground(qtbot: QtBot, window: MainWindow, path: Path) -> np.ndarray:
    """The map's part of a picture, blue first."""
    qtbot.wait(DRAWING_MS)
    picture = window.grab().toImage()
    assert picture.save(str(path))
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3]
    view = window.map_follow.view
    corner = view.mapTo(window, view.rect().topLeft())
    return pixels[corner.y() : corner.y() + view.height(), corner.x() : corner.x() + view.width()].astype(int)


def _look(qtbot: QtBot, window: MainWindow, mode: str) -> None:
    follower = window.panes.follower
    with qtbot.waitSignal(window.map_follow.view.covering.drawn, timeout=60_000):
        follower.choose(replace(follower.settings, mode=mode))
    qtbot.waitUntil(lambda: follower.figures is not None, timeout=60_000)


@SCHEMES
def test_that_coverage_is_calm_and_tells_before_and_after(
    qtbot: QtBot, open_window: Callable, busy_desk: Desk, pictures: Path, tmp_path: Path, scheme, palette
) -> None:
    window = open_window(scheme, 100)
    window.keys.layout(2)
    bare = _ground(qtbot, window, tmp_path / "without.png")
    _look(qtbot, window, "gaps")
    calm = _ground(qtbot, window, pictures / f"coverage-{palette.name}.png")
    changed = np.abs(calm - bare).max(axis=2) > 12
    assert 0.003 < changed.mean() < 0.3, "gaps are coloured, and most of the ground is not"
    window.keys.layout(1)
    where = Location("Las Garzas", -29.9250, -71.2600, LocationSource.ADDRESS)
    events = busy_desk.do(OpenIncident("EMS-CHE", where))
    window.context.selection.select_incident(events[0].body.incident)
    panel = window.panes.recommendation
    qtbot.waitUntil(lambda: bool(panel.found.options[0].cost and panel.advice.text()), timeout=30_000)
    _ground(qtbot, window, pictures / f"coverage-dispatch-{palette.name}.png")
    window.keys.focus_coverage()
    _look(qtbot, window, "counts")
    full = _ground(qtbot, window, pictures / f"coverage-counts-{palette.name}.png")
    assert full.std() > 5


@pytest.fixture(scope="session")
def porto(porto_pbf: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedMap:
    if not os.environ.get("FOREDESK_KEEP_PICTURES"):
        pytest.skip("Porto is drawn only when pictures are kept (FOREDESK_KEEP_PICTURES).")
    pack = tmp_path_factory.mktemp("porto") / "porto.fdpack"
    build_pack(porto_pbf, pack, name="Porto")
    return load_map(pack)


@pytest.fixture
def porto_desk(tmp_path: Path, porto: LoadedMap) -> Iterator[Desk]:
    """The demo's units, spread over Porto's streets."""
    clock = ExerciseClock(1_780_322_400_000, lambda: 0.0)
    store = open_store(tmp_path / "porto.store", bytes(range(32)), clock)
    desk = Desk(store, read_agency(resource_path("agency", "demo.toml")), clock, desk_id="P")
    desk.roster(roster_commands(desk.agency, desk.board))
    desk.do(SignOn("Ana Sousa", "console 1", "day"))
    graph = porto.engine.graph
    west, south, east, north = PORTO
    inside = np.flatnonzero(
        (graph.node_lat > south) & (graph.node_lat < north) & (graph.node_lon > west) & (graph.node_lon < east)
    )
    for callsign, node in zip(sorted(desk.board.units), np.random.default_rng(2).choice(inside, 60), strict=False):
        desk.place_unit(callsign, Position(float(graph.node_lat[node]), float(graph.node_lon[node]), clock.now_ms()))
    yield desk
    desk.close()


@SCHEMES
def test_that_coverage_of_a_large_city_is_drawn(
    qtbot: QtBot, qapp: QApplication, porto: LoadedMap, porto_desk: Desk, pictures: Path, scheme, palette
) -> None:
    theme, notifier = Theme(qapp, scheme, 100), Notifier(porto_desk)
    context = DeskContext(porto_desk, notifier, Selection(), theme.palette, Mode.DEMO)
    context.pack, context.engine, context.gazetteer = porto.pack, porto.engine, porto.gazetteer
    window = MainWindow(context, theme)
    window.resize(QSize(1600, 1000))
    window.show()
    qtbot.waitUntil(lambda: window.map_follow is not None and window.map_follow.view.is_ready, timeout=30_000)
    window.use_map()
    window.keys.layout(2)
    window.map_follow.view.fit(PORTO)
    _look(qtbot, window, "gaps")
    drawn = _ground(qtbot, window, pictures / f"coverage-porto-{palette.name}.png")
    assert len(np.unique(drawn.reshape(-1, 3)[::7], axis=0)) > 60
    window.close()
    window.deleteLater()
    notifier.close()
