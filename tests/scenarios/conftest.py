"""A seat at the real desk: its own home folder, its store on a disk that may fill up, the window driven by keys."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import Clock, ManualClock
from core.domain.agency_file import read_agency
from resources import resource_path
from tests.scenarios.seat import Seat
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.selection import Selection
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow
from workstation.compose import demo_pack_path, open_desk
from workstation.demo import place_at_stations
from workstation.maps import LoadedMap, load_map

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty FOREDESK_HOME, for this process and those it starts."""
    folder = tmp_path / "home"
    monkeypatch.setenv("FOREDESK_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def city() -> LoadedMap:
    if not demo_pack_path().exists():
        pytest.fail("The demo city is missing: python3 packaging/bootstrap.py setup makes it.")
    return load_map(demo_pack_path())


def mount(*arguments: str) -> None:
    """The test is skipped where this user may not mount a disk."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        pytest.skip(f"This machine does not let us mount a disk: {done.stderr.strip()}")


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """The home folder as a disk of its own of 3 MB."""
    if not sys.platform.startswith("linux"):
        pytest.skip("Only on Linux can a test bring a small disk.")
    home.mkdir()
    mount("-t", "tmpfs", "-o", "size=3m", "tmpfs", str(home))
    yield home
    subprocess.run(["umount", "-l", str(home)], check=True, timeout=30)


Sit = Callable[..., Seat]


@pytest.fixture
def sit(home: Path, qtbot: QtBot, qapp: QApplication, city: LoadedMap) -> Iterator[Sit]:
    """Opens the desk in the home folder and its window without the web map; `seat.leave()` ends the shift."""
    seats: list[Seat] = []

    def open_(clock: Clock | None = None, *, with_city: bool = True) -> Seat:
        opened = open_desk(home, read_agency(resource_path("agency", "demo.toml")), clock or ManualClock())
        place_at_stations(opened.desk)
        theme = Theme(qapp, Scheme.DARK)
        context = DeskContext(opened.desk, Notifier(opened.desk), Selection(), theme.palette, Mode.LIVE)
        if with_city:
            context.pack, context.engine, context.gazetteer = city.pack, city.engine, city.gazetteer
        window = MainWindow(context, theme, with_map=False)
        window.resize(1600, 1000)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        seats.append(Seat(window, context, opened))
        return seats[-1]

    yield open_
    for seat in seats:
        seat.leave()
    Theme(qapp, Scheme.DARK, 100)


@pytest.fixture
def typing_desk(home: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts a desk in a process of its own; it is in the middle of a call when this returns."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        script = ROOT / "tests" / "scenarios" / "typing_desk.py"
        desk = subprocess.Popen(
            [sys.executable, str(script)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        started.append(desk)
        assert desk.stdout is not None
        seen = []
        for line in desk.stdout:
            seen.append(line)
            if line == "typed\n":
                return desk
        pytest.fail("".join(seen))

    yield start
    for desk in started:
        if desk.poll() is None:
            desk.kill()
        desk.communicate()
