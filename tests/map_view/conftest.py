"""A real Chromium with no screen, one profile for the session, and a small made-up town to draw."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QTimer

from widgets.map.environment import prepare_web_engine

prepare_web_engine()  # before any test makes the QApplication

import numpy as np
import shapely

from core.pack.basemap import write_basemap
from core.pack.city import Shapes
from core.pack.drawing import Layer
from widgets.map.ground import MapGround, Sign
from widgets.map.room import WebRoom, web_room
from widgets.map.rows import MapIncident, MapUnit
from widgets.map.view import MapView
from widgets.palette import DARK

LAT, LON = -30.0, -71.0  # the middle of the made-up town
WAIT_MS = 15000


def _grid() -> Shapes:
    """Named streets 200 m apart, the middle ones major, and enough footpaths to make the tile a long read."""
    lines, kinds, names = [], [], []
    for i in range(-10, 11):
        kind = "primary" if i == 0 else "secondary" if i % 5 == 0 else "residential"
        across = [(LON - 0.02, LAT + i * 0.002), (LON + 0.02, LAT + i * 0.002)]
        along = [(LON + i * 0.002, LAT - 0.02), (LON + i * 0.002, LAT + 0.02)]
        lines += [across, along]
        kinds += [kind, kind]
        names += [f"Calle {i + 11}", f"Avenida {i + 11}"]
    random = np.random.default_rng(1)
    for start in random.uniform(-0.02, 0.02, (6000, 2)):
        end = start + random.uniform(-0.003, 0.003, 2)
        lines.append([(LON + start[0], LAT + start[1]), (LON + end[0], LAT + end[1])])
        kinds.append("path")
        names.append(None)
    columns = {"kind": kinds, "name": names, "oneway": [(i % 3 == 0 and 1) or 0 for i in range(len(lines))]}
    return Shapes(np.array([shapely.LineString(line) for line in lines], dtype=object), columns)


def _town() -> list[Layer]:
    zones = [shapely.box(LON - 0.02 + i * 0.01, LAT - 0.02, LON - 0.01 + i * 0.01, LAT + 0.02) for i in range(4)]
    lake = shapely.Point(LON + 0.012, LAT + 0.012).buffer(0.004)
    return [
        Layer("zones", 6, 14, Shapes(np.array(zones, dtype=object), {"population": [100, 900, 5000, 12000]})),
        Layer("water", 6, 14, Shapes(np.array([lake], dtype=object), {"kind": ["water"]})),
        Layer("roads", 13, 14, _grid()),
        Layer(
            "places", 6, 14, Shapes(shapely.points([LON], [LAT + 0.001]), {"kind": ["town"], "name": ["Made-up Town"]})
        ),
    ]


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    bounds = (LON - 0.02, LAT - 0.02, LON + 0.02, LAT + 0.02)
    write_basemap(_town(), folder / "town.pmtiles", folder, bounds, "Made up", lambda share: None)
    return folder / "town.pmtiles"


@pytest.fixture(scope="session")
def ground(tiles: Path) -> MapGround:
    signs = (Sign("fire_station", "Station 1", LAT + 0.005, LON), Sign("hospital", "Hospital", LAT, LON + 0.005))
    return MapGround(tiles, (LON - 0.015, LAT - 0.01, LON + 0.015, LAT + 0.01), "© Made-up Streets <b>&</b> Co", signs)


@pytest.fixture(scope="session")
def web(qapp: object) -> Iterator[WebRoom]:
    room = web_room()
    yield room
    room.close()


class Shown:
    """A map on show, with the questions tests ask of its page."""

    def __init__(self, view: MapView, wait_until: Callable[..., None]) -> None:
        self.view = view
        self._wait_until = wait_until

    def script(self, code: str) -> object:
        """The value of `code` in the page, through JSON: Qt's own conversion loses lists."""
        answers: list[str] = []
        self.view.run_script(f"JSON.stringify(eval({json.dumps(code)}) ?? null)", answers.append)
        self._wait_until(lambda: bool(answers), timeout=WAIT_MS)
        return json.loads(answers[0] or "null")

    def awaited(self, expression: str) -> object:
        """The value that the promise `expression` settles to, or the text of its error."""
        settle = "v => { window.answer = [v]; }, e => { window.answer = [String(e)]; }"
        self.script(f"window.answer = undefined; ({expression}).then({settle}); 0")
        self.until("window.answer !== undefined")
        settled = self.script("window.answer")
        assert isinstance(settled, list)
        return settled[0]

    def census(self) -> dict[str, object]:
        found = self.script("Foredesk.census()")
        assert isinstance(found, dict)
        return found

    def until(self, condition: str) -> None:
        """Let the event loop run until `condition` is true in the page."""
        self._wait_until(lambda: self.script(f"Boolean({condition})") is True, timeout=WAIT_MS)

    def point_of(self, name: str) -> tuple[float, float]:
        """Where a marker is in the map's box."""
        self.until(f"Foredesk.census().targets.some(t => t.id === {name!r})")
        found = next(target for target in self.census()["targets"] if target["id"] == name)
        return found["x"], found["y"]


@pytest.fixture
def shown(qtbot: object, web: WebRoom, ground: MapGround) -> Iterator[Shown]:
    """The town on a map of 900 x 600 pixels, ready and drawn."""
    view = MapView(DARK)
    view.set_ground(ground)
    view.resize(900, 600)
    with qtbot.waitSignal(view.ready, timeout=WAIT_MS):
        view.show()
    page = Shown(view, qtbot.waitUntil)
    page.until("Foredesk.basemap.drawn >= 6")
    web.content.unknown.clear()  # what the page before had still asked for when it was closed
    yield page
    view.shut()
    view.close()
    view.deleteLater()
    _let_go()


def _let_go() -> None:
    loop = QEventLoop()
    QTimer.singleShot(0, loop.quit)
    loop.exec()


def unit(callsign: str, lat: float = LAT, lon: float = LON, **changes: object) -> MapUnit:
    facts = {
        "shape": "square", "availability": "free", "heading": None, "source": "gps", "age": 0, "age_text": "",
        "selected": False,
    } | changes  # fmt: skip
    return MapUnit(callsign=callsign, lat=lat, lon=lon, **facts)


def incident(number: str, lat: float = LAT, lon: float = LON, **changes: object) -> MapIncident:
    facts = {"detail": "Fall", "priority": 2, "alarm": False, "selected": False} | changes
    return MapIncident(id=f"id-{number}", label=number, lat=lat, lon=lon, **facts)


@pytest.fixture(scope="session")
def make_unit() -> Callable[..., MapUnit]:
    return unit


@pytest.fixture(scope="session")
def make_incident() -> Callable[..., MapIncident]:
    return incident
