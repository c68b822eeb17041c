"""Takes a fresh clone on a bare machine to a running desk.

    python3 packaging/bootstrap.py demo      set up what is missing, then play the demo
    python3 packaging/bootstrap.py test      set up what is missing, then run every check
    python3 packaging/bootstrap.py run ...   set up what is missing, then `foredesk ...`
    python3 packaging/bootstrap.py setup     only set up

Standard library only, and no newer than the oldest Python that can still be told it is too old. Packages come through
the ordinary pip and npm, so this machine's indexes, proxies and certificates are honoured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
LOG = ROOT / "build" / "bootstrap.log"
STAMP = VENV / "foredesk-setup.json"
WINDOWS = os.name == "nt"
OLDEST, NEWEST = (3, 11), (3, 13)
INSTALL_MINUTES = 40
TEST_MINUTES = 45  # a bound for a run that hangs, on the slowest machine


class Stopped(Exception):
    """The set-up cannot go on; the message is for the person."""


def say(sentence: str) -> None:
    print(sentence, flush=True)


def main(arguments: Sequence[str]) -> int:
    options = read_arguments(arguments)
    wanted = suitable_python()
    if wanted is None:
        return 1
    if wanted != sys.executable:
        return subprocess.call([wanted, str(Path(__file__).resolve()), *arguments])
    try:
        set_up(development=options.command == "test")
        return COMMANDS[options.command](options.rest)
    except (Stopped, machine.MachineLacks) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    summary, _, about = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description=summary, epilog=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=sorted(COMMANDS), help="what to do")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="handed on to foredesk, or to pytest by `test`")
    return parser.parse_args(arguments)


def suitable_python() -> str | None:
    """The interpreter to use: this one, or another on PATH that fits; None after saying that there is none."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other:
            return other
    here = ".".join(str(part) for part in sys.version_info[:2])
    say(f"Foredesk needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is Python {here} and no other is on the PATH.")
    return None


def logged(command: Sequence[str], minutes: float = INSTALL_MINUTES, env: dict[str, str] | None = None) -> int:
    """Run with all output in the log; the exit code, 124 after running out of time."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        try:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=minutes * 60, env=env, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return 124
        except OSError as problem:
            log.write(f"{problem}\n")
            return 127


def must(command: Sequence[str], failure: str, tries: int = 1) -> None:
    """Run into the log, again after a failure when `tries` allows; stop the set-up with the log's end otherwise."""
    for _ in range(tries):
        if logged(command) == 0:
            return
    tail = "\n".join("  " + line for line in LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
    raise Stopped(f"{failure} The log ends with:\n{tail}\nThe whole log is in {LOG}.")


def set_up(development: bool) -> None:
    """Bring machine, environment, packages and assets to what this tree asks for; quick when nothing changed."""
    started = time.monotonic()
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    machine.ensure(logged, say)
    if development:
        ensure_for_tests()
    changed = install_packages(HERE / ("requirements-dev.lock" if development else "requirements.lock"))
    if assets_are_there() and not changed:
        return
    say("Assets: fetching the map's scripts, building the demo city.")
    must([python(), str(HERE / "assets.py")], "The files that ship with the desk could not be made.", tries=2)
    say(f"Set up in {time.monotonic() - started:.0f} s.")


def ensure_for_tests() -> None:
    """What only tests need; without it they are skipped, and say so."""
    try:
        machine.ensure(logged, say, machine.TEST_LIST)
    except machine.MachineLacks as lack:
        say(f"{lack} The tests that need it are skipped.")


def assets_are_there() -> bool:
    """Whether nothing is left to fetch or build; asked here, as it takes no time."""
    import assets  # needs a Python that is new enough

    return assets.web_assets_are_sound() and assets.demo_pack_is_current()


def install_packages(lock: Path) -> bool:
    """Make .venv hold exactly what the lock pins, and this project; false when it did already."""
    wanted = {"root": str(ROOT), "project": digest(ROOT / "pyproject.toml")}
    wanted |= {name: digest(HERE / name) for name in covered_locks(lock.name)}
    done = read_stamp()
    if wanted.items() <= done.items() and Path(python()).exists():
        return False
    if done.get("root", str(ROOT)) != str(ROOT) or not environment_works():
        say(f"Environment: making {VENV.name} with Python {sys.version.split()[0]}.")
        must([sys.executable, "-m", "venv", "--clear", str(VENV)], "Python could not make an environment.")
    size = "" if done else " (about 500 MB when none is there yet)"
    say(f"Packages: installing what {lock.name} pins{size}.")
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    must(pip("install", *pinned), "pip could not install the packages.", tries=2)
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    must(pip("install", *editable), "pip could not install Foredesk itself.")
    STAMP.write_text(json.dumps(wanted), encoding="utf-8")
    return True


def covered_locks(name: str) -> list[str]:
    """The locks that installing this one satisfies: the development lock contains the other."""
    return ["requirements.lock", name] if name == "requirements-dev.lock" else [name]


def environment_works() -> bool:
    """Whether .venv has a Python of this version with pip."""
    ask = "import pip, sys; sys.exit(0 if sys.version_info[:2] == ({}, {}) else 1)".format(*sys.version_info[:2])
    return Path(python()).exists() and logged([python(), "-c", ask]) == 0


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def pip(*arguments: str) -> list[str]:
    return [python(), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]


def tool(name: str) -> str:
    """The path of a command inside .venv."""
    return str(VENV / ("Scripts" if WINDOWS else "bin") / (name + (".exe" if WINDOWS else "")))


def python() -> str:
    return tool("python")


def surroundings() -> dict[str, str]:
    """The environment for the desk and its tests: UTF-8 where none is set, and no screen where there is none."""
    dropped = {"PYTHONDEVMODE", "PYTHONWARNINGS", "PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS"}
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    if not any(env.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        env["LC_CTYPE"] = "C.UTF-8"
    if sys.platform.startswith("linux") and not (env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")):
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
    return env


def demo(rest: Sequence[str]) -> int:
    return run(["demo", *rest])


def run(rest: Sequence[str]) -> int:
    code = subprocess.call([tool("foredesk"), *rest], env=surroundings())
    if code < 0:
        say(f"Foredesk was ended by signal {-code}. `python3 packaging/bootstrap.py run doctor` looks for the cause.")
    return code if code >= 0 else 128 - code


def setup(_rest: Sequence[str]) -> int:
    say("Ready: python3 packaging/bootstrap.py demo")
    return 0


def test(rest: Sequence[str]) -> int:
    """Every check, one line each, and pytest's own output last; nonzero when any failed."""
    checks = {
        "ruff check": [tool("ruff"), "check", "."],
        "ruff format": [tool("ruff"), "format", "--check", "."],
        "mypy": [tool("mypy")],
        "import-linter": [tool("lint-imports")],
    }
    failed = [name for name, command in checks.items() if not passes(name, command)]
    try:
        code = subprocess.run(
            [python(), "-m", "pytest", *rest], cwd=ROOT, env=surroundings(), timeout=TEST_MINUTES * 60, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        say(f"pytest was stopped after {TEST_MINUTES} minutes.")
        code = 1
    if failed:
        say("Failed before pytest: " + ", ".join(failed) + ".")
    return 1 if failed else code


def passes(name: str, command: Sequence[str]) -> bool:
    """Run one check quietly; show what it said only when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    verdict = "ok" if done.returncode == 0 else "failed"
    say(f"{name:14} {verdict} ({time.monotonic() - started:.1f} s)")
    if done.returncode != 0:
        say(done.stdout.decode("utf-8", "replace"))
    return done.returncode == 0


COMMANDS = {"demo": demo, "run": run, "setup": setup, "test": test}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
