"""Sources that are called by others: a TCP port that trackers connect to, and a UDP port for datagrams."""

import selectors
import socket

from sync.ports.states import PortState, PortTrouble
from sync.ports.wires import MOST_AT_ONCE, Chunk

MOST_CALLERS = 256


def _taken(error: OSError, port: int) -> PortTrouble:
    state = PortState.BUSY if "in use" in str(error) else PortState.FAILED
    return PortTrouble(state, f"Port {port} cannot be listened to: {error}")


class TcpServerWire:
    """Reads from every caller; the sender of a chunk is the caller's address without its passing port."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._listener = socket.create_server((host, port), backlog=64)
        except OSError as error:
            raise _taken(error, port) from error
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._callers: dict[socket.socket, str] = {}

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def read(self, wait_s: float) -> list[Chunk]:
        chunks = []
        for key, _ in self._selector.select(wait_s):
            caller = key.fileobj
            if caller is self._listener:
                self._welcome()
            elif isinstance(caller, socket.socket):
                chunks.append(self._receive(caller))
        return chunks

    def _welcome(self) -> None:
        try:
            caller, address = self._listener.accept()
        except OSError:
            return  # it hung up before it was answered
        if len(self._callers) >= MOST_CALLERS:
            caller.close()
            return
        caller.setblocking(False)
        self._callers[caller] = str(address[0])
        self._selector.register(caller, selectors.EVENT_READ)

    def _receive(self, caller: socket.socket) -> Chunk:
        try:
            data = caller.recv(MOST_AT_ONCE)
        except OSError:
            data = b""
        sender = self._callers[caller]
        if not data:
            self._selector.unregister(caller)
            del self._callers[caller]
            caller.close()
        return Chunk(sender, data, ended=not data)

    def write(self, data: bytes) -> None:
        """To every caller there is; one that does not take it is left alone."""
        for caller in tuple(self._callers):
            try:
                caller.send(data)
            except OSError:
                continue

    def close(self) -> None:
        self._selector.close()
        for each in (*self._callers, self._listener):
            each.close()


class UdpWire:
    """Every datagram is whole by itself; its sender is the address it came from."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise _taken(error, port) from error
        self._answer_to: tuple[str, int] | None = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def read(self, wait_s: float) -> list[Chunk]:
        chunks: list[Chunk] = []
        self._socket.settimeout(wait_s)
        try:
            while len(chunks) < 256:
                data, sender = self._socket.recvfrom(MOST_AT_ONCE)
                self._answer_to = sender
                chunks.append(Chunk(str(sender[0]), data, ended=True))
                self._socket.settimeout(0)
        except (TimeoutError, BlockingIOError):
            return chunks
        except ConnectionError:  # Windows reports a datagram of ours that nobody took
            return chunks
        except OSError as error:
            raise PortTrouble(PortState.FAILED, str(error)) from error
        return chunks

    def write(self, data: bytes) -> None:
        """To whoever was heard last."""
        if self._answer_to is None:
            raise PortTrouble(PortState.SILENT, "Nobody has been heard yet, so there is nobody to send to.")
        try:
            self._socket.sendto(data, self._answer_to)
        except OSError as error:
            raise PortTrouble(PortState.FAILED, str(error)) from error

    def close(self) -> None:
        self._socket.close()
