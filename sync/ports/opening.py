"""Opens the wire that a source's settings name; a serial device under whatever name it has now."""

from collections.abc import Callable
from pathlib import Path

from sync.ports.discovery import FoundPort, device_of, found_ports
from sync.ports.listeners import TcpServerWire, UdpWire
from sync.ports.replay import FileWire
from sync.ports.settings import PortKind, PortSettings
from sync.ports.states import PortState, PortTrouble
from sync.ports.wires import SerialWire, TcpWire, Wire


def open_wire(settings: PortSettings, baud: int, find: Callable[[], tuple[FoundPort, ...]] = found_ports) -> Wire:
    """Raises PortTrouble."""
    match settings.kind:
        case PortKind.SERIAL:
            return SerialWire(_device(settings, find), baud)
        case PortKind.FILE:
            return FileWire(Path(settings.address), settings.speed)
    host, _, port = settings.address.rpartition(":")
    if settings.kind is PortKind.TCP:
        return TcpWire(host, int(port))
    return TcpServerWire(host, int(port)) if settings.kind is PortKind.TCP_SERVER else UdpWire(host, int(port))


def _device(settings: PortSettings, find: Callable[[], tuple[FoundPort, ...]]) -> str:
    """A device with an identity is looked for by it: after it was plugged in elsewhere it has another name."""
    if not settings.key.startswith("usb:"):
        return settings.address
    device = device_of(settings.key, find())
    if not device:
        raise PortTrouble(PortState.UNPLUGGED, f"{settings.name} is not plugged in.")
    return device
