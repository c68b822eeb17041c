"""What the machine must have before pip can do the rest: system libraries, a font, certificates, Python's venv.

It asks the machine itself (can this library be loaded?), not its package database, so it works on any Linux and does
nothing where all is there. It installs with apt-get as root or with sudo that asks nothing; otherwise it says the
one command to run. Windows and macOS need nothing: Qt's wheels carry all there.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # this module must load on Pythons too old for the rest
    from collections.abc import Callable, Sequence

    Runner = Callable[[Sequence[str]], int]

LIST = Path(__file__).resolve().parent / "debian-packages.txt"
TEST_LIST = LIST.with_name("debian-packages-tests.txt")
PROGRAM_FOLDERS = ("/usr/lib/postgresql/*/bin",)  # where Debian keeps programs that are not on the PATH
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


class MachineLacks(Exception):
    """Something must be installed that this script may not install; the message says what and how."""


class Need(NamedTuple):
    """One thing the machine must have: `kind` is library, font, module or program, `probe` what to look for.

    `packages` are Debian's names for it, of which the first that exists is taken: they differ between releases.
    """

    kind: str
    probe: str
    packages: tuple[str, ...]


def read_needs(path: Path = LIST) -> list[Need]:
    needs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            kind, probe, *packages = (word.format(python=f"python3.{sys.version_info[1]}") for word in words)
            needs.append(Need(kind, probe, tuple(packages)))
    return needs


def is_there(need: Need) -> bool:
    """Whether the machine has it, found out by trying."""
    if need.kind == "library":
        try:
            ctypes.CDLL(need.probe)
        except OSError:
            return False
        return True
    if need.kind == "module":
        return importlib.util.find_spec(need.probe) is not None
    if need.kind == "font":
        folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
        return any(next(folder.rglob(need.probe), None) for folder in folders if folder.is_dir())
    if need.kind == "program":
        kept_apart = (Path("/").glob(f"{folder[1:]}/{need.probe}") for folder in PROGRAM_FOLDERS)
        return shutil.which(need.probe) is not None or any(next(found, None) for found in kept_apart)
    raise ValueError(f"{LIST.name} has a line of an unknown kind: {need.kind}")


def missing(needs: Sequence[Need]) -> list[Need]:
    return [need for need in needs if not is_there(need)]


def ensure(run: Runner, say: Callable[[str], None], path: Path = LIST) -> None:
    """Install what is missing, or raise MachineLacks with the sentence that says what to do.

    `run` runs a command into the log and returns its exit code; `say` tells the person.
    """
    if not sys.platform.startswith("linux"):
        return
    lacking = missing(read_needs(path))
    if not lacking:
        return
    if shutil.which("apt-get") is None:
        raise MachineLacks(advice(lacking))
    prefix = elevation(run)
    if prefix is not None:
        say(f"System: apt-get installs what is missing, {lacking[0].packages[-1]} first of {len(lacking)}.")
    install(lacking, prefix, run)
    still = missing(lacking)
    if still:
        raise MachineLacks(advice(still))


def elevation(run: Runner) -> list[str] | None:
    """What to put before apt-get: nothing as root, sudo where it asks nothing, None where neither is possible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run(["sudo", "-n", "true"]) == 0:
        return ["sudo", "-n"]
    return None


def install(lacking: Sequence[Need], prefix: list[str] | None, run: Runner) -> None:
    """Install with apt-get, after refreshing its lists when they are absent or too old to find the packages."""
    if prefix is None:
        raise MachineLacks(advice(lacking))
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends"]
    wanted = chosen_packages(lacking)
    if wanted is not None and run([*command, *wanted]) == 0:
        return
    run([*prefix, "apt-get", "update"])
    wanted = chosen_packages(lacking)
    if wanted is None or run([*command, *wanted]) != 0:
        raise MachineLacks(f"apt-get could not install what is missing. {advice(lacking)}")


def chosen_packages(lacking: Sequence[Need]) -> list[str] | None:
    """Per need the first package that apt can install; None when apt knows none for some need."""
    chosen = []
    for need in lacking:
        known = next((name for name in need.packages if apt_can_install(name)), None)
        if known is None:
            return None
        if known not in chosen:
            chosen.append(known)
    return chosen


def apt_can_install(package: str) -> bool:
    """Whether apt's lists have a version of it; a name that other packages only provide does not count."""
    try:
        environment = {**os.environ, "LC_ALL": "C"}
        answer = subprocess.run(["apt-cache", "policy", package], capture_output=True, check=False, env=environment)
    except OSError:
        return False
    lines = answer.stdout.decode("utf-8", "replace").splitlines()
    return any(line.strip().startswith("Candidate:") and "(none)" not in line for line in lines)


def advice(lacking: Sequence[Need]) -> str:
    """The sentence for a person: what is missing, and the one command that installs it here."""
    what = "This machine lacks " + ", ".join(need.probe for need in lacking) + "."
    if shutil.which("apt-get"):
        names = chosen_packages(lacking) or sorted({need.packages[0] for need in lacking})
        return f"{what} Run this, then start again:\n  sudo apt-get install --no-install-recommends {' '.join(names)}"
    libraries = [need.probe for need in lacking if need.kind == "library"]
    if shutil.which("dnf") and libraries:
        wide = " ".join(f"'{name}()(64bit)'" for name in libraries)
        return f"{what} Run this, then start again:\n  sudo dnf install {wide}"
    return f"{what} Install what provides them with this system's package manager, then start again."
