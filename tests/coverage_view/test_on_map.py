"""Coverage in the real page: states as colours, closed roads, the legend; and a map that does without."""

import json
import os
import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from core.domain.board import Closure
from core.roads.engine import RoadEngine
from widgets.coverage.follower import CoverageFollower, Settings
from widgets.coverage.on_map import CoverageOnMap
from widgets.map.covering import packed_roads
from widgets.map.look import NOBODY, SOON, Look
from widgets.map.view import MapView
from widgets.palette import DARK, LIGHT

WAIT_MS = 20_000


class Page:
    """A map on show with the questions that these tests ask."""

    def __init__(self, view: MapView, qtbot: QtBot) -> None:
        self.view, self.qtbot = view, qtbot

    def ask(self, script: str) -> object:
        answers: list[object] = []
        self.view.run_script(f"JSON.stringify({script})", answers.append)
        self.qtbot.waitUntil(lambda: bool(answers), timeout=WAIT_MS)
        return json.loads(answers[0]) if isinstance(answers[0], str) else None

    def until(self, condition: str) -> None:
        self.qtbot.waitUntil(lambda: self.ask(f"Boolean({condition})") is True, timeout=WAIT_MS)

    def census(self) -> dict[str, object]:
        found = self.ask("Foredesk.coverage.census()")
        assert isinstance(found, dict)
        return found

    def pixels(self) -> np.ndarray:
        """RGBA of the coverage's canvas."""
        drawn = "[...Foredesk.covering.canvas.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        data = self.ask(f"(() => {{ const c = Foredesk.covering.canvas; return {drawn}; }})()")
        return np.array(data, np.uint8).reshape(-1, 4)


@pytest.fixture
def page(qtbot: QtBot, engine: RoadEngine) -> Iterator[Page]:
    view = MapView(DARK)
    view.resize(300, 300)
    with qtbot.waitSignal(view.ready, timeout=WAIT_MS):
        view.show()
    south, west, north, east = engine.graph.bounds
    view.fit((west, south, east, north))
    found = Page(view, qtbot)
    found.until("Foredesk.map.getZoom() > 11")
    yield found
    view.shut()
    view.close()
    view.deleteLater()


GAPS = Look("gaps", 1, "ALS, 8 min", (("gap", "No free team"), ("blank", "Covered")))


def show(page: Page, engine: RoadEngine, states: np.ndarray, look: Look = GAPS) -> None:
    page.view.covering.show_look(look)
    page.view.covering.show_roads(engine.graph)
    with page.qtbot.waitSignal(page.view.covering.drawn, timeout=WAIT_MS):
        page.view.covering.show_states(states.astype(np.uint8).tobytes())
    page.until("Foredesk.coverage.shown && Foredesk.coverage.draws > 0")


def test_that_the_roads_reach_the_page_where_they_are(page: Page, engine: RoadEngine) -> None:
    graph = engine.graph
    assert len(packed_roads(graph)) == 32 + 8 * graph.nodes + 8 * len(graph.segment_a)
    show(page, engine, np.zeros(graph.nodes))
    for node in (0, graph.nodes - 1):
        net = "const n = Foredesk.coverage.net;"
        x, y = page.ask(f"(() => {{ {net} return [0, 1].map((i) => [n.x, n.y][i] + n.offsets[{2 * node} + i]); }})()")
        lat, lon = float(graph.node_lat[node]), float(graph.node_lon[node])
        meant = page.ask(f"Foredesk.worldOf({lat}, {lon})")
        assert (x, y) == (pytest.approx(meant["x"], abs=1e-8), pytest.approx(meant["y"], abs=1e-8))


def test_that_states_become_classes_and_colours(page: Page, engine: RoadEngine) -> None:
    states = np.full(engine.graph.nodes, 3)
    states[:20], states[20:30], states[30:35] = 0, 1 + SOON, NOBODY
    show(page, engine, states)
    assert page.census()["classes"] == {"0": 20, "1": 10, "-1": engine.graph.nodes - 30}
    page.view.covering.show_look(Look("counts", 1, "ALS", GAPS.rows))
    page.until("Foredesk.coverage.look.mode === 'counts'")
    assert page.census()["classes"] == {"0": 20, "1": 10, "4": engine.graph.nodes - 35, "-1": 5}
    page.view.covering.show_look(Look("counts", 2, "ALS", GAPS.rows))
    page.until("Foredesk.coverage.look.teams === 2")
    assert page.census()["classes"]["0"] == 30, "one team is not two, whoever is sent"


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_that_only_gaps_are_coloured_and_in_their_own_colour(
    page: Page, engine: RoadEngine, palette, qtbot: QtBot
) -> None:
    page.view.set_palette(palette)
    show(page, engine, np.ones(engine.graph.nodes))
    page.until("Foredesk.theme.palette.name === " + repr(palette.name))
    assert not page.pixels()[:, 3].any(), "all is covered: nothing is coloured"
    with qtbot.waitSignal(page.view.covering.drawn, timeout=WAIT_MS):
        page.view.covering.show_states(np.zeros(engine.graph.nodes, np.uint8).tobytes())
    drawn = page.pixels()
    strong = drawn[drawn[:, 3] > 200][:, :3].astype(int)
    gap = np.array([int(palette.gap[at : at + 2], 16) for at in (1, 3, 5)])
    assert len(strong) > 100
    assert np.abs(strong - gap).max() <= 6


def test_that_the_legend_says_what_the_colours_mean_and_goes_with_them(page: Page, engine: RoadEngine) -> None:
    assert page.ask("document.querySelector('.foredesk-legend').hidden") is True
    show(page, engine, np.zeros(engine.graph.nodes))
    assert page.ask("document.querySelector('.foredesk-legend').innerText").split("\n")[0] == "ALS, 8 min"
    assert page.ask("document.querySelector('.foredesk-legend').getAttribute('aria-label')") == (
        "ALS, 8 min. No free team. Covered"
    )
    page.view.covering.show_look(Look())
    page.until("document.querySelector('.foredesk-legend').hidden")
    assert page.ask("Foredesk.coverage.shown") is False


def test_that_closed_roads_are_drawn_and_go(page: Page, place) -> None:
    closure = Closure("1", (place(5, 5), place(5, 6)), "Street 5", "", 0, "ann")
    page.view.covering.show_closures([closure])
    page.until("Foredesk.closures.known.length === 1")
    page.view.covering.show_closures([])
    page.until("Foredesk.closures.known.length === 0")


def test_that_the_pointer_says_that_a_road_is_meant(page: Page) -> None:
    page.view.covering.aim(True)
    page.until("document.querySelector('.aiming')")
    page.view.covering.aim(False)
    page.until("!document.querySelector('.aiming')")


def test_that_a_crashed_page_comes_back_with_coverage_and_closures(
    page: Page, engine: RoadEngine, qtbot: QtBot, place
) -> None:
    states = np.zeros(engine.graph.nodes)
    show(page, engine, states)
    page.view.covering.show_closures([Closure("1", (place(5, 5), place(5, 6)), "Street 5", "", 0, "ann")])
    with qtbot.waitSignal(page.view.ready, timeout=WAIT_MS):
        os.kill(page.view._page.renderProcessPid(), signal.SIGKILL)
    page.until("Foredesk.coverage.shown && Foredesk.closures.known.length === 1")
    assert page.census()["nodes"] == engine.graph.nodes


def test_that_states_of_other_roads_are_not_painted(page: Page, engine: RoadEngine, qtbot: QtBot) -> None:
    page.view.covering.show_look(GAPS)
    with qtbot.waitSignal(page.view.covering.drawn, timeout=WAIT_MS):
        page.view.covering.show_states(bytes(7))
    assert page.ask("Foredesk.coverage.shown") is False
    page.view.covering.show_roads(engine.graph)
    with qtbot.waitSignal(page.view.covering.drawn, timeout=WAIT_MS):
        page.view.covering.show_states(bytes(engine.graph.nodes - 1))
    assert page.ask("Foredesk.coverage.shown") is False
    assert page.view.complaints == []


def test_that_live_coverage_reaches_the_page_when_it_is_asked_for(
    page: Page, context, follower: CoverageFollower, counted: Callable[[Callable[[], None]], None], qtbot: QtBot
) -> None:
    CoverageOnMap(context, follower, page.view)
    counted(follower.refresh)
    assert page.census()["nodes"] == 0, "nobody asked: the roads stay where they are"
    with qtbot.waitSignal(page.view.covering.drawn, timeout=WAIT_MS):
        counted(lambda: follower.choose(Settings(180, "", 1, "gaps")))
    classes = page.census()["classes"]
    assert classes["0"] > 0
    assert classes["-1"] > 0
    counted(lambda: follower.choose(Settings(180, "", 1, "off")))
    page.until("!Foredesk.coverage.shown")


def test_that_the_context_menu_closes_the_road_that_was_pointed_at(page: Page, place) -> None:
    wanted: list[tuple[float, float]] = []
    page.view.close_here.connect(lambda lat, lon: wanted.append((lat, lon)))
    page.view._offer(*place(5, 5.5), 100.0, 100.0)
    menu = page.view.findChildren(QMenu)[-1]
    next(action for action in menu.actions() if action.text() == "Close this road here").trigger()
    assert wanted == [place(5, 5.5)]
    menu.close()
