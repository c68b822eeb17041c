"""Which serial ports this machine has, each with the identity that stays when it is plugged in elsewhere."""

from msgspec import Struct
from serial.tools import list_ports

from sync.ports.settings import PortKind, PortSettings

# What radios' and receivers' own adapters say they are; others show their maker's words.
_KNOWN = {
    0x1546: "u-blox receiver",
    0x0403: "FTDI adapter",
    0x067B: "Prolific adapter",
    0x10C4: "Silicon Labs adapter",
    0x1A86: "CH340 adapter",
    0x091E: "Garmin receiver",
    0x2341: "Arduino board",
    0x239A: "Meshtastic or Adafruit board",
    0x303A: "Espressif board",
}


class FoundPort(Struct, frozen=True):
    """`key` is vendor, product and serial number where the device has them, else where it is plugged in."""

    key: str
    device: str
    title: str
    vendor: str = ""
    serial_number: str = ""

    def settings(self) -> PortSettings:
        return PortSettings(self.key, PortKind.SERIAL, self.device, title=self.title)


def found_ports() -> tuple[FoundPort, ...]:
    """All there are now, by name. Ports of the mainboard that nothing is wired to are listed too: they cannot tell."""
    return tuple(sorted((_found(info) for info in list_ports.comports()), key=lambda port: port.device))


def _found(info: object) -> FoundPort:
    device = str(getattr(info, "device", ""))
    vid, pid = getattr(info, "vid", None), getattr(info, "pid", None)
    if not isinstance(vid, int) or not isinstance(pid, int):
        return FoundPort(f"port:{device}", device, device)
    serial_number = str(getattr(info, "serial_number", None) or "")
    where = serial_number or f"@{getattr(info, 'location', None) or device}"
    vendor = str(getattr(info, "manufacturer", None) or _KNOWN.get(vid, f"vendor {vid:04x}"))
    product = str(getattr(info, "product", None) or _KNOWN.get(vid, "USB port"))
    return FoundPort(f"usb:{vid:04x}:{pid:04x}:{where}", device, product, vendor, serial_number)


def device_of(key: str, ports: tuple[FoundPort, ...]) -> str:
    """Under which name the device of that identity is there now; "" while it is unplugged."""
    return next((port.device for port in ports if port.key == key), "")
