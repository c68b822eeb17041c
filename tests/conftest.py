"""What every test stands on: no screen, no network, no trace in the home of whoever runs them."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Qt and keyring read these once, at import, so they are set before any test module is collected.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_QUICK_BACKEND"] = "software"
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = "--disable-gpu"
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ.setdefault("NUMBA_CACHE_DIR", "")  # compiled kernels stay beside their modules, whatever home a test has
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
_HOME = tempfile.TemporaryDirectory(prefix="foredesk-tests-", ignore_cleanup_errors=True)
for _name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
    _folder = Path(_HOME.name, _name.lower())
    _folder.mkdir(mode=0o700)
    os.environ[_name] = str(_folder)

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

# Shared machines are slow and unevenly so: examples are bounded in number, never in time, and are the same every run.
settings.register_profile(
    "foredesk", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("foredesk")


class ConnectionAttempted(AssertionError):
    """A test reached for a network."""


_attempts: list[object] = []
_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _is_inside(sock: socket.socket, address: object) -> bool:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0]) if isinstance(address, tuple) else ""
    return host in {"127.0.0.1", "::1", "localhost"}


def _refuse(sock: socket.socket, address: object) -> None:
    if not _is_inside(sock, address):
        _attempts.append(address)
        raise ConnectionAttempted(f"A test tried to connect to {address!r}.")


def _guarded_connect(sock: socket.socket, address: object) -> None:
    _refuse(sock, address)
    _connect(sock, address)


def _guarded_connect_ex(sock: socket.socket, address: object) -> int:
    _refuse(sock, address)
    return _connect_ex(sock, address)


def pytest_configure() -> None:
    socket.socket.connect = _guarded_connect
    socket.socket.connect_ex = _guarded_connect_ex


def pytest_unconfigure() -> None:
    socket.socket.connect = _connect
    socket.socket.connect_ex = _connect_ex


@pytest.fixture
def connection_attempts() -> Iterator[list[object]]:
    """The addresses outside this machine that Python code tried to reach during the test; each was refused."""
    _attempts.clear()
    yield _attempts
    _attempts.clear()


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """The application class for pytest-qt, after what must happen before there is an application."""
    import PySide6.QtWebEngineWidgets

    from widgets.map.environment import prepare_web_engine

    assert PySide6.QtWebEngineWidgets
    prepare_web_engine()
    return QApplication


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real maps beside the repository; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("The real maps (../shared/data) are not beside this repository.")
    return SHARED_DATA


@pytest.fixture(scope="session")
def porto_pbf(shared_data: Path) -> Path:
    path = shared_data / "maps" / "porto.osm.pbf"
    if not path.is_file():
        pytest.skip("../shared/data/maps/porto.osm.pbf is absent.")
    return path


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter for tests that need a process of their own."""
    return sys.executable
