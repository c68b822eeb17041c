"""Measures coverage in the real window: from a position report to the repainted map, with 200 units moving each second.

    python tests/bench/bench_coverage_view.py [PACK.fdpack]

Without a pack it takes the demo city. Figures depend on the machine; nothing here is a test.
"""

import os
import sys
import tempfile
from collections import deque
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.desk import Desk
    from core.roads.graph import RoadGraph
    from widgets.window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

UNITS, SECONDS, SETTLE_MS, BEATS = 200, 20, 12_000, 20
STEP_M = 15.0


class Stopwatch:
    """Follows each report through the question it gets into, the answer, and the paint that shows it."""

    def __init__(self, window: "MainWindow") -> None:
        self._waiting: list[float] = []
        self._asked: list[float] = []
        self._answered: list[float] = []
        self._sent: deque[list[float]] = deque()
        self.took_ms: list[float] = []
        self.answers_ms: list[float] = []
        self.unchanged = 0
        self._asked_at = 0.0
        follower, map_follow = window.panes.follower, window.map_follow
        assert map_follow is not None
        covering = map_follow.view.covering
        ask = follower._ask

        def asking() -> None:
            if not follower._under_way:
                self._asked, self._waiting = self._asked + self._waiting, []
                self._asked_at = perf_counter()
            ask()

        follower._soon.timeout.disconnect()
        follower._soon.timeout.connect(asking)
        follower._answered.connect(self._take)
        follower.states_changed.connect(lambda _states: self._changed())
        covering._bridge.covers.connect(lambda _address: self._send())
        covering.drawn.connect(self._drawn)

    def tell(self) -> None:
        took = self.took_ms
        print(f"  reports that changed what is shown: {len(took)}, that did not: {self.unchanged}")
        middle, most = percentile(took, 0.5), percentile(took, 0.95)
        print(f"  report to repainted map: median {middle:.0f} ms, 95 % {most:.0f}, worst {max(took, default=0):.0f}")
        middle, most = percentile(self.answers_ms, 0.5), percentile(self.answers_ms, 0.95)
        print(f"  counting: {len(self.answers_ms)} answers, median {middle:.0f} ms, 95 % {most:.0f}")

    def report(self) -> None:
        self._waiting.append(perf_counter())

    def _take(self, _answer: object) -> None:
        """After the states were handed on, for this was connected last: what is still here changed nothing."""
        self.answers_ms.append((perf_counter() - self._asked_at) * 1000)
        self.unchanged += len(self._asked)
        self._asked = []

    def _changed(self) -> None:
        self._answered += self._asked
        self._asked = []

    def _send(self) -> None:
        self._sent.append(self._answered + self._asked)
        self._answered, self._asked = [], []

    def _drawn(self) -> None:
        now = perf_counter()
        if self._sent:
            self.took_ms += [(now - at) * 1000 for at in self._sent.popleft()]


def enrol(desk: "Desk", graph: "RoadGraph", shown: tuple[float, float, float, float]) -> dict[str, tuple[float, float]]:
    """Units of one kind on roads within a view (south, west, north, east)."""
    import numpy as np

    from core.domain import commands as c

    south, west, north, east = shown
    lat, lon = np.asarray(graph.node_lat), np.asarray(graph.node_lon)
    inside = np.flatnonzero((lat > south) & (lat < north) & (lon > west) & (lon < east))
    nodes = np.random.default_rng(1).choice(inside, UNITS)
    places = {f"U{n:03}": (float(lat[node]), float(lon[node])) for n, node in enumerate(nodes.tolist())}
    for callsign, (y, x) in places.items():
        desk.do(c.Enrol(callsign, "ambulance", (), "", y, x))
    return places


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def rest(ms: int) -> None:
    """Let the window's loop run."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def open_window(pack_path: Path, folder: str) -> "MainWindow":
    """The window over a desk whose roads are the pack's, with its map drawn."""
    from workstation.qt import start_qt

    application = start_qt()
    from core.desk import Desk
    from core.domain.agency_file import read_agency
    from core.pack.pack import open_pack
    from core.roads.engine import RoadEngine
    from core.store import open_store
    from resources import resource_path
    from widgets.context import DeskContext, Mode
    from widgets.notifier import Notifier
    from widgets.selection import Selection
    from widgets.theme import Scheme, Theme
    from widgets.window import MainWindow
    from workstation.clock import SteadyClock

    clock = SteadyClock()
    pack = open_pack(pack_path, Path(tempfile.gettempdir(), "foredesk-bench-packs"))
    store = open_store(Path(folder, "desk.store"), bytes(range(32)), clock)
    desk = Desk(store, read_agency(resource_path("agency", "default.toml")), clock, desk_id="A")
    theme = Theme(application, Scheme.DARK)
    context = DeskContext(desk, Notifier(desk), Selection(), theme.palette, Mode.DEMO)
    context.pack, context.engine = pack, RoadEngine(pack.graph())
    context.engine.warm_up()
    window = MainWindow(context, theme)
    window.resize(1600, 1000)
    window.show()
    rest(SETTLE_MS // 2)
    window.use_map()
    return window


def drive(window: "MainWindow", places: dict[str, tuple[float, float]], watch: Stopwatch) -> float:
    """A twentieth of the fleet every 50 ms, as fixes come in: each unit moves once a second. Returns CPU seconds."""
    from PySide6.QtCore import QTimer

    from core.domain.values import Position

    desk, callsigns, beat = window.context.desk, list(places), 0

    def move() -> None:
        nonlocal beat
        now_ms, moved = desk.clock.now_ms(), {}
        for callsign in callsigns[beat % BEATS :: BEATS]:
            lat, lon = places[callsign]
            places[callsign] = (lat + STEP_M / 111_195, lon)
            moved[callsign] = Position(*places[callsign], now_ms, heading=0.0)
        watch.report()
        desk.place_units(moved)
        beat += 1

    mover = QTimer()
    mover.timeout.connect(move)
    mover.start(1000 // BEATS)
    began = process_time()
    rest(SECONDS * 1000)
    mover.stop()
    return process_time() - began


def main(pack_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        window = open_window(pack_path, folder)
        from widgets.coverage.follower import Settings

        context = window.context
        assert window.map_follow is not None
        assert context.pack is not None
        assert context.engine is not None
        west, south, east, north = context.pack.bounds
        y, x = (south + north) / 2, (west + east) / 2
        places = enrol(context.desk, context.engine.graph, (y - 0.06, x - 0.08, y + 0.06, x + 0.08))
        window.map_follow.view.fit((x - 0.08, y - 0.06, x + 0.08, y + 0.06))
        window.panes.follower.choose(Settings(target_s=480, capability="", teams=1, mode="gaps"))
        window.keys.focus_coverage()
        rest(SETTLE_MS)
        watch = Stopwatch(window)
        spent = drive(window, places, watch)
        nodes = context.engine.graph.nodes
        print(f"{context.pack.info.name}: {nodes:,} nodes, {UNITS} units moving once a second for {SECONDS} s")
        watch.tell()
        print(f"  CPU of this process: {spent / SECONDS:.0%}")
        window.close()
        context.notifier.close()
        context.desk.store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources" / "demo" / "la-serena.fdpack")
    sys.stdout.flush()
    os._exit(0)
