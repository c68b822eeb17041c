"""A recorded file as a source: its bytes come as they came, or faster."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic

from sync.ports.capture import pieces
from sync.ports.states import PortState, PortTrouble
from sync.ports.wires import Chunk


class FileWire:
    """`speed` 0 gives everything at once. Ends by raising PortTrouble with the state ENDED."""

    def __init__(self, path: Path, speed: float = 1.0, now_s: Callable[[], float] = monotonic) -> None:
        self._speed, self._now_s = speed, now_s
        self._closed = Event()
        self._began_s = now_s()
        self._pieces: Iterator[tuple[float, bytes]] = pieces(path)
        self._next = self._take()
        if self._next is None:
            raise PortTrouble(PortState.ENDED, f"{path} is empty.")

    def read(self, wait_s: float) -> list[Chunk]:
        if self._next is None:
            raise PortTrouble(PortState.ENDED, "The recording has been played to its end.")
        due_s, data = self._next
        early_s = due_s / self._speed - (self._now_s() - self._began_s) if self._speed > 0 else 0.0
        if early_s > 0:
            self._closed.wait(min(early_s, wait_s))
            if early_s > wait_s:
                return []
        self._next = self._take()
        return [Chunk("", data)]

    def _take(self) -> tuple[float, bytes] | None:
        try:
            return next(self._pieces, None)
        except OSError as error:
            raise PortTrouble(PortState.FAILED, str(error)) from error

    def write(self, _data: bytes) -> None:
        raise PortTrouble(PortState.FAILED, "A recording takes no messages.")

    def close(self) -> None:
        self._closed.set()
