"""Plays a recording as a device would: into a pseudo-terminal pair that anything can open, or into a real port."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Protocol

from core.errors import Refused, Unavailable
from sync.ports.capture import pieces
from sync.ports.states import PortTrouble
from sync.ports.wires import SerialWire
from workstation.avl.redate import Redater

BITS_A_BYTE = 10  # a start bit, eight, and a stop bit
LOOK_EVERY_S = 0.1
SETTLE_S = 0.4  # a reader throws away what came while it opened; and what it has not read is lost when we close


class Line(Protocol):
    """Where the bytes go. `write` waits while the other end does not read."""

    def write(self, data: bytes, /) -> None: ...
    def close(self) -> None: ...


class PtyLine:
    """A pseudo-terminal pair; `name` is the end for a reader, and a reader may come and go."""

    def __init__(self) -> None:
        if sys.platform == "win32":
            raise Refused("Windows has no pseudo-terminals.", do="Install a null-modem driver and give --port COM5.")
        import pty
        import tty

        self._master, reader = pty.openpty()
        tty.setraw(reader)
        self.name = os.ttyname(reader)
        os.close(reader)

    def await_reader(self, stop: Event) -> None:
        """Return when somebody has opened the other end: until then it hangs up."""
        import select

        poll = select.poll()
        poll.register(self._master, select.POLLHUP)
        while not stop.is_set() and any(flags & select.POLLHUP for _, flags in poll.poll(0)):
            stop.wait(LOOK_EVERY_S)
        stop.wait(SETTLE_S)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def close(self) -> None:
        Event().wait(SETTLE_S)
        os.close(self._master)


def play(
    log: Path,
    *,
    port: str,
    baud: int,
    speed: float,
    repeat: bool,
    as_recorded: bool,
    say: Callable[[str], None],
    stop: Event | None = None,
) -> int:
    """Send the recording to its end (or for ever) and return the bytes sent. Raises Refused and Unavailable."""
    if not log.is_file():
        raise Refused(f"There is no recording {log}.", "Nothing was sent.")
    if speed <= 0 or baud <= 0:
        raise Refused("Speed and baud must be above zero.", "Nothing was sent.")
    stop = stop or Event()
    line: Line
    try:
        line = _open(port, baud, say, stop)
    except PortTrouble as trouble:
        raise Unavailable(f"{port} is {trouble.state}.", trouble.detail) from trouble
    sent = 0
    try:
        while not stop.is_set():
            sent += _send(log, line, baud, speed, Redater(speed=speed) if not as_recorded else None, stop)
            if not repeat:
                break
    finally:
        line.close()
    return sent


def _open(port: str, baud: int, say: Callable[[str], None], stop: Event) -> Line:
    if port != "pty":
        return SerialWire(port, baud)
    line = PtyLine()
    say(f"The recording waits for a reader at {line.name}. For example: foredesk avl listen {line.name}")
    line.await_reader(stop)
    say("Somebody reads; playing.")
    return line


def _send(log: Path, line: Line, baud: int, speed: float, redater: Redater | None, stop: Event) -> int:
    began_s, sent = monotonic(), 0
    for due_s, recorded in _timed(log, baud):
        stop.wait(max(0.0, due_s / speed - (monotonic() - began_s)))
        if stop.is_set():
            break
        data = redater.take(recorded) if redater else recorded
        try:
            line.write(data)
        except (OSError, PortTrouble) as trouble:
            raise Unavailable("The other end was closed.", f"{sent:,} bytes had been sent.") from trouble
        sent += len(data)
    if redater and (rest := redater.rest()):
        line.write(rest)
        sent += len(rest)
    return sent


def _timed(log: Path, baud: int) -> Iterator[tuple[float, bytes]]:
    try:
        yield from pieces(log, baud / BITS_A_BYTE)
    except OSError as trouble:
        raise Unavailable(f"{log} cannot be read: {trouble.strerror}.") from trouble
