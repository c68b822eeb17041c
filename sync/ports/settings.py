"""What is kept of a source: which device or address it is, and how it is listened to."""

from enum import StrEnum
from pathlib import PurePath
from urllib.parse import urlsplit

from msgspec import Struct

from core.errors import Refused


class PortKind(StrEnum):
    SERIAL = "serial"
    TCP = "tcp"  # we call a gateway
    TCP_SERVER = "tcp-listen"  # trackers call us
    UDP = "udp"
    FILE = "file"


class PortSettings(Struct, frozen=True):
    """`key` names the source for good: a serial device's own identity, not the name it was given today.

    `address` is where it is now: a device's name, "host:port", or a path. `baud` 0 and `protocol` "" are worked out
    by listening. `speed` hurries a recording, whose fixes are dated as if they came
    now; 0 gives all of it at once, as it was recorded.
    """

    key: str
    kind: PortKind
    address: str
    title: str = ""
    baud: int = 0
    protocol: str = ""
    capture: bool = False
    speed: float = 1.0

    @property
    def name(self) -> str:
        return self.title or self.address


def parse_address(text: str) -> PortSettings:
    """A source as people type it: `COM3`, `/dev/ttyUSB0@9600`, `tcp://host:port`, `tcp-listen://:port`, `udp://:port`,
    `file:PATH`. Raises Refused.
    """
    given = text.strip()
    scheme, colon, rest = given.partition(":")
    if scheme in ("tcp", "tcp-listen", "udp") and rest.startswith("//"):
        return _network(PortKind(scheme), given)
    if scheme == "file" and colon:
        path = rest.removeprefix("//")
        if not path:
            raise Refused(f"'{given}' names no file.", do="For example file:drive.log.")
        return PortSettings(f"file:{path}", PortKind.FILE, path, title=PurePath(path).name)
    if not given or " " in given:
        raise Refused(f"'{given}' is no port.", do="Use COM3, /dev/ttyUSB0, tcp://host:port, udp://:port or file:PATH.")
    device, at, baud = given.rpartition("@")
    if at and baud.isdigit():
        return PortSettings(f"port:{device}", PortKind.SERIAL, device, baud=int(baud))
    return PortSettings(f"port:{given}", PortKind.SERIAL, given)


def _network(kind: PortKind, given: str) -> PortSettings:
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if port is None or (kind is PortKind.TCP and not host):
        example = {"tcp": "tcp://gateway:5017", "tcp-listen": "tcp-listen://:5017"}.get(kind, "udp://:5017")
        raise Refused(f"'{given}' lacks a host or a port.", do=f"For example {example}.")
    return PortSettings(given, kind, f"{host}:{port}")
