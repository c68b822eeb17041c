"""The doctor's look at the machine: Python, Qt and its libraries, fonts, the screen, the disk."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from workstation.doctor.finding import Finding, fail, ok, warn
from workstation.paths import data_folder

_OLDEST, _NEWEST = (3, 11), (3, 13)
_TRIAL_S = 60
_LEAST_FREE_MB, _LOW_FREE_MB = 200, 2_000
_NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
_CANNOT_OPEN = re.compile(r"(lib[\w.+-]+): cannot open shared object")
_INSTALL = (
    "On Debian and Ubuntu `python3 packaging/bootstrap.py setup` installs them; elsewhere install the system's "
    "packages that hold them."
)


def check_python() -> Iterator[Finding]:
    here = ".".join(str(part) for part in sys.version_info[:3])
    if _OLDEST <= sys.version_info[:2] <= _NEWEST:
        yield ok("Python", f"This is Python {here}.")
    else:
        yield fail(
            "Python",
            f"This is Python {here}; Foredesk is made for 3.{_OLDEST[1]} to 3.{_NEWEST[1]}.",
            f"Install Python 3.{_NEWEST[1]} and set Foredesk up with it.",
        )


def check_window() -> Iterator[Finding]:
    """Open a window with a page in a process of its own, and say where that ended."""
    stages, said = _try_window()
    if "imported" not in stages:
        yield _libraries(said)
        return
    yield ok("Qt", "Qt and the system libraries it needs are there.")
    if "application" not in stages:
        yield _platform(said)
        return
    fonts = int(stages.get("fonts", "0"))
    if fonts:
        yield ok("Fonts", f"{fonts} font families are there.")
    else:
        yield fail("Fonts", "There is no font, so no text can be shown.", "Install a font, for example DejaVu.")
    if "page" in stages:
        yield ok("Map view", "A page opens in Qt's browser, which draws the map and prints reports.")
    else:
        yield fail(
            "Map view",
            f"Qt's browser, which draws the map and prints reports, did not open a page. {_last_line(said)}",
            "Start it as an ordinary user, with a /dev/shm and with user namespaces allowed, then look again.",
        )


def _try_window() -> tuple[dict[str, str], str]:
    """The stages the trial reached, with what it said of each, and its complaints."""
    command = [sys.executable, "-m", "workstation.doctor.window_trial"]
    environment = dict(os.environ)
    if not _has_display():
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        trial = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_TRIAL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"imported": "", "application": ""}, f"It was stopped after {_TRIAL_S} s."
    words = [line.partition(" ") for line in trial.stdout.splitlines()]
    return {stage: rest for stage, _, rest in words}, trial.stderr


def _libraries(said: str) -> Finding:
    missing = sorted({*_CANNOT_OPEN.findall(said), *_unresolved("lib/libQt6WebEngineCore.so.6")})
    if missing:
        return fail("Qt", f"These system libraries are missing: {', '.join(missing)}.", _INSTALL)
    return fail("Qt", f"Qt does not load. {_last_line(said)}", "Install Foredesk again.")


def _platform(said: str) -> Finding:
    missing = _unresolved("plugins/platforms/libqxcb.so") if _has_display() else []
    if missing:
        return fail("Screen", f"For windows these libraries are missing: {', '.join(sorted(missing))}.", _INSTALL)
    return fail("Screen", f"No window can be opened. {_last_line(said)}", "Log in at a screen and try there.")


def _unresolved(part: str) -> list[str]:
    """The libraries that one of Qt's files asks for and the system does not have; empty where ldd is missing."""
    qt, ldd = find_spec("PySide6"), shutil.which("ldd")
    if qt is None or qt.origin is None or ldd is None:
        return []
    asked = subprocess.run(
        [ldd, str(Path(qt.origin).parent / "Qt" / part)], capture_output=True, text=True, check=False
    )
    return list(dict.fromkeys(_NOT_FOUND.findall(asked.stdout)))


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"Qt said: {lines[-1]}" if lines else ""


def check_screen() -> Iterator[Finding]:
    if _has_display():
        yield ok("Screen", "There is a screen.")
    else:
        yield warn(
            "Screen",
            "There is no screen here; `foredesk demo` plays its story unseen, and reports print.",
            "Log in at a screen to open the desk.",
        )


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_disk() -> Iterator[Finding]:
    """Room for the store, which must never be refused a write."""
    folder = data_folder()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    sentence = f"{free_mb / 1000:.1f} GB are free where the store is kept ({folder})."
    remedy = "Free some space, or set FOREDESK_HOME to a folder on another disk."
    if free_mb < _LEAST_FREE_MB:
        yield fail("Disk", sentence, remedy)
    elif free_mb < _LOW_FREE_MB:
        yield warn("Disk", sentence, remedy)
    else:
        yield ok("Disk", sentence)
