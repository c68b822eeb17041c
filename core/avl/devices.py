"""Which device belongs to which unit, and the tray of devices that belong to none yet.

The mapping is kept in the store's settings, by the identity a device sends; where it sends none, by the port it is on.
"""

import re
from typing import Protocol

import msgspec
from msgspec import Struct

from core.avl.reports import AvlFix, DeviceName, DeviceText, Report
from core.domain.board import Board

SETTING = "avl devices"
MOST_STRANGERS = 300  # a radio channel full of other people's devices must not fill the memory
# Seconds after which a position from such a source is stale; the others follow the agency's standard.
STALE_S = {"meshtastic": 1800, "aprs": 1200, "ais": 360}


class Heard(Struct, frozen=True):
    """A report with where it came from: the port's key and the protocol that decoded it."""

    port: str
    protocol: str
    received_at: int
    report: Report


class Device(Struct, frozen=True):
    """`unit` "" is a device that nobody wants to see again. Of a unit's devices the one of the lowest `rank` counts."""

    key: str
    unit: str = ""
    rank: int = 1
    stale_s: int = 0  # 0: the agency's standard
    name: str = ""


class Stranger(Struct):
    """A device that belongs to no unit, and what is known of it."""

    key: str
    protocol: str
    port: str
    first_at: int
    last_at: int
    count: int = 0
    name: str = ""
    said: str = ""
    lat: float | None = None
    lon: float | None = None


class Settings(Protocol):
    """What the book needs of the store."""

    def get_setting(self, key: str) -> str | None: ...
    def put_setting(self, key: str, value: str) -> None: ...


def device_key(heard: Heard) -> str:
    """What names the device for good: its own identity, else the port it is plugged into."""
    return f"{heard.protocol}:{heard.report.device}" if heard.report.device else f"port:{heard.port}"


class DeviceBook:
    """The mapping and the tray. Raises Unavailable when the store refuses to keep a change; it holds all the same."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        kept = settings.get_setting(SETTING)
        known = msgspec.json.decode(kept, type=list[Device]) if kept else []
        self._devices = {device.key: device for device in known}
        self.strangers: dict[str, Stranger] = {}
        self.last_port: dict[str, str] = {}  # where an adopted device was heard last, since the start

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(self._devices.values())

    def find(self, key: str) -> Device | None:
        return self._devices.get(key)

    def of_unit(self, callsign: str) -> list[Device]:
        """The unit's devices, the one that counts first."""
        return sorted((d for d in self._devices.values() if d.unit == callsign), key=lambda d: (d.rank, d.key))

    def note(self, heard: Heard) -> Device | None:
        """The device of a report; a stranger's goes to the tray, and None comes back."""
        key = device_key(heard)
        device = self._devices.get(key)
        if device is None:
            self._note_stranger(key, heard)
        else:
            self.last_port[key] = heard.port
        return device

    def adopt(self, key: str, callsign: str) -> Device:
        """From now on the device is the unit's; after its other devices, where it has some."""
        stranger = self.strangers.pop(key, None)
        others = [device.rank for device in self.of_unit(callsign) if device.key != key]
        protocol = stranger.protocol if stranger else key.partition(":")[0]
        name = stranger.name if stranger else ""
        device = Device(key, callsign, max(others, default=0) + 1, STALE_S.get(protocol, 0), name)
        self._keep(device)
        return device

    def ignore(self, key: str) -> None:
        """The tray shows this device no more."""
        self.strangers.pop(key, None)
        self._keep(Device(key))

    def release(self, key: str) -> None:
        """The device belongs to no unit again; it comes back to the tray when it is heard."""
        if self._devices.pop(key, None) is not None:
            self._save()

    def prefer(self, key: str) -> None:
        """Of its unit's devices this one counts first."""
        device = self._devices[key]
        ordered = [device, *(other for other in self.of_unit(device.unit) if other.key != key)]
        for rank, each in enumerate(ordered, 1):
            self._devices[each.key] = msgspec.structs.replace(each, rank=rank)
        self._save()

    def _keep(self, device: Device) -> None:
        self._devices[device.key] = device
        self._save()

    def _save(self) -> None:
        self._settings.put_setting(SETTING, msgspec.json.encode(list(self._devices.values())).decode())

    def _note_stranger(self, key: str, heard: Heard) -> None:
        stranger = self.strangers.pop(key, None)
        if stranger is None:
            stranger = Stranger(key, heard.protocol, heard.port, heard.received_at, heard.received_at)
            if len(self.strangers) >= MOST_STRANGERS:
                del self.strangers[next(iter(self.strangers))]
        self.strangers[key] = stranger  # the last heard stands last
        stranger.last_at, stranger.port = heard.received_at, heard.port
        stranger.count += 1
        report = heard.report
        if isinstance(report, AvlFix) and report.valid:
            stranger.lat, stranger.lon = report.lat, report.lon
        elif isinstance(report, DeviceName):
            stranger.name = report.name[:40]
        elif isinstance(report, DeviceText):
            stranger.said = report.text[:80]


def suggested_unit(stranger: Stranger, board: Board, book: DeviceBook) -> str:
    """The unit that a device is probably on: the one whose callsign it bears, in its identity or its name; "" for none.

    A unit that has no device yet comes before one that has.
    """
    identity = stranger.key.partition(":")[2]
    parts = re.split(r"[^A-Za-z0-9]+", f"{identity} {stranger.name}")
    words = {_plain(word) for word in (identity, stranger.name, *parts)} - {""}
    found = [callsign for callsign in board.units if _plain(callsign) in words]
    return min(found, key=lambda callsign: (bool(book.of_unit(callsign)), -len(callsign), callsign), default="")


def _plain(word: str) -> str:
    """Letters and digits in capitals, numbers without leading zeros: "m-03" is "M3"."""
    plain = "".join(c for c in word.upper() if c.isalnum())
    letters = plain.rstrip("0123456789")
    return letters + plain[len(letters) :].lstrip("0")
