"""Takes amateur packets apart, as KISS hands them over (AX.25) and as terminals print them (TNC2), into one shape."""

import re
from dataclasses import dataclass

_UI, _POLL, _NO_LAYER_3 = 0x03, 0x10, 0xF0
_ADDRESS_BYTES = 7
_MOST_ADDRESSES = 10
_CALL = re.compile(r"[A-Z0-9]{1,6}")
_TNC2 = re.compile(
    rb"(?:\[\d[^\]]{0,8}\] ?)?"  # the channel, as some soundcard modems print it
    rb"(?P<source>[A-Za-z0-9]{1,9}(?:-[A-Za-z0-9]{1,2})?)>(?P<destination>[A-Za-z0-9]{1,9}(?:-[A-Za-z0-9]{1,2})?)"
    rb"(?P<path>(?:,[A-Za-z0-9-]{1,32}\*?)*):(?P<info>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Packet:
    """`path` as heard; the digipeaters up to the last one marked with * have repeated the packet."""

    source: str
    destination: str
    path: tuple[str, ...]
    info: bytes


def packet_from_tnc2(line: bytes) -> Packet | None:
    """SOURCE>DESTINATION,PATH:information; None for any other line."""
    match = _TNC2.fullmatch(line)
    if match is None:
        return None
    source, destination, path = (match[name].decode("ascii") for name in ("source", "destination", "path"))
    return Packet(source, destination, tuple(path.split(",")[1:]), match["info"])


def packet_from_ax25(frame: bytes) -> Packet | None:
    """An unnumbered information frame without its flags and check sequence; None for any other frame."""
    addresses = _addresses(frame)
    if addresses is None:
        return None
    control = frame[len(addresses) * _ADDRESS_BYTES :]
    if len(control) < 2 or control[0] & ~_POLL != _UI or control[1] != _NO_LAYER_3:
        return None
    names = [_name(address) for address in addresses]
    if not all(names):
        return None
    destination, source, *path = names
    repeated = [index for index, address in enumerate(addresses[2:]) if address[6] & 0x80]
    if repeated:
        path[repeated[-1]] += "*"
    return Packet(source, destination, tuple(path), control[2:])


def _addresses(frame: bytes) -> list[bytes] | None:
    """The address fields, up to the one whose last bit says that it is the last."""
    addresses: list[bytes] = []
    while not addresses or not addresses[-1][6] & 1:
        address = frame[len(addresses) * _ADDRESS_BYTES :][:_ADDRESS_BYTES]
        if len(address) < _ADDRESS_BYTES or len(addresses) == _MOST_ADDRESSES:
            return None
        addresses.append(address)
    return addresses if len(addresses) >= 2 else None


def _name(address: bytes) -> str:
    """CALL-SSID, or "" where the bytes are no call sign."""
    if any(byte & 1 for byte in address[:6]):
        return ""
    call = bytes(byte >> 1 for byte in address[:6]).decode("ascii").rstrip(" ")
    ssid = address[6] >> 1 & 0x0F
    if not _CALL.fullmatch(call):
        return ""
    return f"{call}-{ssid}" if ssid else call
