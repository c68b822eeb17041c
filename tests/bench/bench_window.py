"""Measures the window: stalls of its loop while 500 units move, and the time to first paint, cold and warm.

Run it with `python tests/bench/bench_window.py`. Figures depend on the machine; the tests bound the work instead.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from widgets.window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

UNITS, SECONDS, BEAT_MS = 500, 20, 10


def evict(folder: Path) -> None:
    """Ask the kernel to forget the files below `folder`, so that the next start reads them from the disk."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def start_once(home: Path, **extra: str) -> float:
    """Seconds from spawning the process to its first paint."""
    places = {name: str(home / name.lower()) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    command = [sys.executable, "-m", "workstation.cli", "run", "--first-paint"]
    began = perf_counter()
    env = {**os.environ, **places, **extra, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("first paint"):
                found = perf_counter() - began
                process.communicate(timeout=60)
                return found
    raise SystemExit("The window never painted; run `foredesk run --first-paint` to see why.")


def measure_starts() -> None:
    import PySide6

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        evict(Path(PySide6.__file__).parent)
        evict(ROOT / "core")
        cold = start_once(home, PYTHONPYCACHEPREFIX=str(home / "bytecode"))
        warm = sorted(start_once(home) for _ in range(5))
    print(f"first paint, cold (files evicted, no bytecode): {cold:.2f} s")
    print(f"first paint, warm: median {warm[2]:.2f} s, worst {warm[-1]:.2f} s")


class Heartbeat:
    """Beats every 10 ms on the window's loop; what is late by more than that is a stall."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late_ms: list[float] = []
        self._last = perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last = perf_counter()
        self._timer.start(BEAT_MS)

    def _beat(self) -> None:
        now = perf_counter()
        self.late_ms.append((now - self._last) * 1000 - BEAT_MS)
        self._last = now


def bring_city(window: "MainWindow") -> None:
    """The demo city's map and roads where they have been built, and an incident whose recommendation is kept fresh."""
    from core.domain import commands as c
    from core.domain.values import Location, LocationSource
    from core.pack.pack import open_pack
    from core.roads.engine import RoadEngine

    context = window.context
    city = ROOT / "resources" / "demo" / "la-serena.fdpack"
    if city.is_file():
        context.pack = open_pack(city, Path(tempfile.gettempdir(), "foredesk-bench-packs"))
        context.engine = RoadEngine(context.pack.graph())
        context.engine.warm_up()
        window.use_map()
    location = Location("Balmaceda 480", -29.904, -71.25, LocationSource.ADDRESS)
    events = context.desk.do(c.OpenIncident(next(iter(context.desk.agency.types)), location))
    context.selection.select_incident(next(e.body.incident for e in events if hasattr(e.body, "incident")))
    print(f"demo city: {'yes' if city.is_file() else 'no'}, one incident selected")


def measure_stalls() -> None:
    from workstation.qt import start_qt

    application = start_qt()
    from PySide6.QtCore import QEventLoop, QTimer

    from core.desk import Desk
    from core.domain import commands as c
    from core.domain.agency_file import read_agency
    from core.domain.values import Position
    from core.store import open_store
    from resources import resource_path
    from widgets.context import DeskContext, Mode
    from widgets.notifier import Notifier
    from widgets.selection import Selection
    from widgets.theme import Scheme, Theme
    from widgets.window import MainWindow
    from workstation.clock import SteadyClock

    with tempfile.TemporaryDirectory() as folder:
        clock = SteadyClock()
        store = open_store(Path(folder, "desk.store"), bytes(range(32)), clock)
        desk = Desk(store, read_agency(resource_path("agency", "demo.toml")), clock, desk_id="A")
        for number in range(UNITS):
            desk.do(c.Enrol(f"U{number:03}", next(iter(desk.agency.kinds)), ("bls",), "", -29.9, -71.25))
        theme = Theme(application, Scheme.DARK)
        context = DeskContext(desk, Notifier(desk), Selection(), theme.palette, Mode.DEMO)
        window = MainWindow(context, theme)
        window.resize(1600, 1000)
        window.show()
        bring_city(window)
        beat, moves = Heartbeat(), 0

        def move() -> None:
            """A twentieth of the fleet every 50 ms, as fixes come in: each unit moves once a second."""
            nonlocal moves
            for number in range(moves % 20, UNITS, 20):
                where = Position(-29.9 - number * 1e-4, -71.25 + moves * 1e-5, clock.now_ms(), heading=90.0)
                desk.place_unit(f"U{number:03}", where)
            moves += 1

        mover, loop = QTimer(), QEventLoop()
        mover.timeout.connect(move)
        QTimer.singleShot(8_000, lambda: (mover.start(50), beat.start()))
        QTimer.singleShot(8_000 + SECONDS * 1000, loop.quit)
        before: list[float] = []
        QTimer.singleShot(8_000, lambda: before.append(process_time()))
        loop.exec()
        spent = process_time() - before[0]
        mover.stop()
        late = sorted(beat.late_ms)
        print(f"{UNITS} units moving once a second for {SECONDS} s, 1600 x 1000, {len(late)} beats:")
        middle, most = late[len(late) // 2], late[int(len(late) * 0.99)]
        print(f"  late by: median {middle:.1f} ms, 99 % {most:.1f}, worst {late[-1]:.1f}")
        print(f"  stalls over 50 ms: {sum(each > 50 for each in late)}; CPU of this process: {spent / SECONDS:.0%}")
        window.close()
        context.notifier.close()
        store.close()


if __name__ == "__main__":
    measure_starts()
    measure_stalls()
    sys.stdout.flush()
    os._exit(0)
