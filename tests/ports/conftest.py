"""Pseudo-terminals in place of radios, and what a port delivered."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import reduce
from operator import xor
from threading import Event

import pytest

from core.avl.devices import Heard
from core.avl.reports import AvlFix
from sync.ports import Port, PortKind, PortSettings, PortState
from workstation.avl.dialects import Registry

PATIENCE_S = 10.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def sentence(body: str) -> bytes:
    """An NMEA sentence with its checksum."""
    raw = body.encode()
    return b"$%b*%02X\r\n" % (raw, reduce(xor, raw))


def rmc(number: int) -> bytes:
    """A position a second after the one before it, each a little further north."""
    minute, second = divmod(number, 60)
    return sentence(f"GPRMC,12{minute:02d}{second:02d}.00,A,4807.{number:03d},N,01131.000,E,10.0,84.4,010626,,,A")


def taip(number: int, device: str) -> bytes:
    body = f">RPV{43200 + number:05d}+4812345+0115{number % 10}00000000012;ID={device};*".encode()
    return b"%b%02X<" % (body, reduce(xor, body))


class Collector:
    """What ports delivered, in order."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def __call__(self, batch: list[Heard]) -> None:
        self.heard += batch

    @property
    def fixes(self) -> list[AvlFix]:
        return [each.report for each in self.heard if isinstance(each.report, AvlFix)]


def wait_until(holds: Callable[[], object]) -> None:
    """Look again and again until it holds; the port is on a thread of its own."""
    pause, until = Event(), time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "it never happened"
        pause.wait(0.01)


class Pty:
    """A pseudo-terminal pair: `name` is for the port, and what is written here comes out there."""

    def __init__(self) -> None:
        import pty
        import tty

        self.master, reader = pty.openpty()
        tty.setraw(reader)
        self.name = os.ttyname(reader)
        self._reader: int | None = reader
        self.is_open = True

    def write(self, data: bytes) -> None:
        os.write(self.master, data)

    def read(self) -> bytes:
        return os.read(self.master, 4096)

    def unplug(self) -> None:
        """Both ends go, as they do when the cable is pulled."""
        if self.is_open:
            self.is_open = False
            os.close(self.master)
            if self._reader is not None:
                os.close(self._reader)


@pytest.fixture
def new_pty() -> Iterator[Callable[[], Pty]]:
    if sys.platform == "win32":
        pytest.skip("Windows has no pseudo-terminals.")
    made: list[Pty] = []

    def make() -> Pty:
        made.append(Pty())
        return made[-1]

    yield make
    for each in made:
        each.unplug()


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def listen(collector: Collector) -> Iterator[Callable[..., Port]]:
    """Starts a port and waits until it is open (or in the state that is asked for)."""
    ports: list[Port] = []

    def start(address: str, *, await_state: PortState | None = None, **changed: object) -> Port:
        kind = changed.pop("kind", PortKind.SERIAL)
        options = {name: changed.pop(name) for name in ("capture_folder", "open_") if name in changed}
        settings = PortSettings(changed.pop("key", f"port:{address}"), kind, address, **changed)
        port = Port(settings, collector, Registry(), now_ms, **options)
        ports.append(port)
        port.start()
        wait_until(lambda: port.status().state is await_state if await_state else port.status().state.is_open)
        return port

    yield start
    for port in ports:
        port.stop()
        assert not port.running
