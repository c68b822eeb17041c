"""The ends of a wire: each opens, reads what there is, writes, and says its troubles in the same words."""

import errno
import select
import socket
import sys
from threading import Event
from typing import NamedTuple, Protocol

import serial

from sync.ports.states import PortState, PortTrouble

CONNECT_S = 5.0
MOST_AT_ONCE = 65_536
_GATHER_S = 0.02  # bytes that come in a trickle are read together, not one by one

_WINDOWS = sys.platform == "win32"
if sys.platform == "win32":
    _TROUBLES: tuple[type[Exception], ...] = (OSError, ValueError)
else:
    import termios

    _TROUBLES = (OSError, ValueError, termios.error)

_BY_ERRNO = {
    errno.EACCES: PortState.DENIED,
    errno.EPERM: PortState.DENIED,
    errno.EBUSY: PortState.BUSY,
    errno.EAGAIN: PortState.BUSY,  # somebody else holds the lock
    errno.ENOENT: PortState.UNPLUGGED,
    errno.ENODEV: PortState.UNPLUGGED,
    errno.ENXIO: PortState.UNPLUGGED,
    errno.EIO: PortState.UNPLUGGED,
}


class Chunk(NamedTuple):
    """Bytes of one sender. `ended`: a datagram or a connection is over, nothing more belongs to it."""

    sender: str
    data: bytes
    ended: bool = False


class Wire(Protocol):
    """Made open. Every method raises PortTrouble and nothing else."""

    def read(self, wait_s: float) -> list[Chunk]:
        """What has come; waits so long for the first byte, and answers [] when none came."""
        ...

    def write(self, data: bytes, /) -> None: ...
    def close(self) -> None: ...


class SerialWire:
    """8 data bits, no parity, one stop bit, no flow control: what every radio and receiver here speaks."""

    def __init__(self, device: str, baud: int) -> None:
        self._device = device
        self._pause = Event()
        # Windows gathers by itself; elsewhere reading never blocks, and waiting is ours.
        options = {"timeout": 0.3, "inter_byte_timeout": _GATHER_S} if _WINDOWS else {"timeout": 0, "exclusive": True}
        try:
            self._serial = serial.Serial(device, baud, write_timeout=5, **options)
        except _TROUBLES as error:
            raise PortTrouble(state_of(error, opening=True), str(error)) from error

    def read(self, wait_s: float) -> list[Chunk]:
        try:
            if not _WINDOWS:
                if not select.select([self._serial.fileno()], [], [], wait_s)[0]:
                    return []
                self._pause.wait(_GATHER_S)
            data = self._serial.read(4096 if _WINDOWS else max(1, self._serial.in_waiting))
        except _TROUBLES as error:
            raise self._trouble(error) from error
        return [Chunk("", data)] if data else []

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except _TROUBLES as error:
            raise self._trouble(error) from error

    def set_baud(self, baud: int) -> None:
        try:
            self._serial.baudrate = baud
            self._serial.reset_input_buffer()
        except _TROUBLES as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        try:
            self._serial.close()
        except _TROUBLES as error:
            raise self._trouble(error) from error

    def _trouble(self, error: Exception) -> PortTrouble:
        return PortTrouble(state_of(error, opening=False), str(error))


def state_of(error: Exception, *, opening: bool) -> PortState:
    """Which trouble an operating system's error is. An open port that fails has, nearly always, been unplugged."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in _BY_ERRNO:
        return _BY_ERRNO[number]
    words = str(error)
    if "PermissionError" in words or "Access is denied" in words:
        return PortState.BUSY if opening else PortState.UNPLUGGED  # Windows says so of a port that is open elsewhere
    if "FileNotFoundError" in words:
        return PortState.UNPLUGGED
    return PortState.FAILED if opening else PortState.UNPLUGGED


class TcpWire:
    """A gateway that is called."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = socket.create_connection((host, port), CONNECT_S)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError as error:
            raise PortTrouble(PortState.UNREACHABLE, str(error)) from error

    def read(self, wait_s: float) -> list[Chunk]:
        try:
            self._socket.settimeout(wait_s)
            data = self._socket.recv(MOST_AT_ONCE)
        except TimeoutError:
            return []
        except OSError as error:
            raise PortTrouble(PortState.UNREACHABLE, str(error)) from error
        if not data:
            raise PortTrouble(PortState.UNREACHABLE, "The gateway ended the connection.")
        return [Chunk("", data)]

    def write(self, data: bytes) -> None:
        try:
            self._socket.settimeout(CONNECT_S)
            self._socket.sendall(data)
        except OSError as error:
            raise PortTrouble(PortState.UNREACHABLE, str(error)) from error

    def close(self) -> None:
        self._socket.close()
