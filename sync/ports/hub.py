"""All sources of one desk: which are open, and how each stands."""

from collections.abc import Callable
from pathlib import Path

from sync.ports.port import Deliver, Port, PortStatus
from sync.ports.settings import PortSettings
from sync.ports.stream import Dialects


class Ports:
    """Opens and closes ports; their reports come through `deliver`, each batch on its port's own thread."""

    def __init__(
        self, deliver: Deliver, dialects: Dialects, now_ms: Callable[[], int], capture_folder: Path | None = None
    ) -> None:
        self._deliver, self._dialects, self._now_ms = deliver, dialects, now_ms
        self._capture_folder = capture_folder
        self._ports: dict[str, Port] = {}

    @property
    def settings(self) -> tuple[PortSettings, ...]:
        return tuple(port.settings for port in self._ports.values())

    def open(self, settings: PortSettings) -> None:
        """Listen to a source, in place of what was listened to under its key."""
        self.close(settings.key)
        port = Port(settings, self._deliver, self._dialects, self._now_ms, capture_folder=self._capture_folder)
        self._ports[settings.key] = port
        port.start()

    def close(self, key: str) -> None:
        """Stop listening. A port that does not answer at once closes on its own thread."""
        port = self._ports.pop(key, None)
        if port is not None:
            port.stop()

    def find(self, key: str) -> Port | None:
        """The port that a report's `port` names, which may carry its sender after a #."""
        return self._ports.get(key) or self._ports.get(key.rpartition("#")[0])

    def statuses(self) -> tuple[PortStatus, ...]:
        return tuple(port.status() for port in tuple(self._ports.values()))

    def shut(self) -> None:
        """Close all; they end side by side."""
        ports, self._ports = list(self._ports.values()), {}
        for port in ports:
            port.stop(wait_s=0)
        for port in ports:
            port.stop()
