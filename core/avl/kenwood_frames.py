"""The frames between STX and ETX on a Kenwood data port, read and written.

`g` first marks NEXEDGE. `I1`, `I0` and the unit twice: the caller's ID as it begins and ends to transmit. `D`: the ID.
`F` (up to 48 characters) and `G` (up to 4,096): a text. `R3`: send your position. `xE`: a status. `0` and `1`: the
radio answers that it delivered what it was given, or that it did not.
"""

import re

from core.avl.reports import DeviceAck, DeviceHeard, DeviceStatus, DeviceText, Report
from core.errors import Refused

STX, ETX = b"\x02", b"\x03"
SHORT_TEXT, LONG_TEXT = 48, 4096

_CALLER = re.compile(rb"(?:g?I([01])|(D))(?:(\d{3})(\d{4})|(U\d{5}))(?:\d{7}|[UG]\d{5})?")
_STATUS = re.compile(rb"[a-z]?E([0UG])(\d{8})[0UG](\d{8})(\d{4,6})")
_TEXT = re.compile(rb"g?[FG](?:(\d{3})(\d{4})|([UG]\d{5}))([\x20-\x7e]*)")
_FLEETSYNC = re.compile(r"(\d{3})-(\d{4})")
_NEXEDGE = re.compile(r"U(\d{5})")


def unit_of(first: bytes, second: bytes) -> str:
    """One name for a radio however it is told: `100-2000` for a fleet and its device, `U00001` for NEXEDGE.

    NEXEDGE units are numbers of up to five digits; frames pad them to eight.
    """
    if first[:1] == b"U" and first[1:].isdigit():
        return f"U{int(first[1:]):05d}"
    if first.isdigit() and second.isdigit():
        return f"{first.decode('ascii')}-{second.decode('ascii')}"
    return first.decode("ascii", "replace")


def read_frame(frame: bytes, received_at: int, *, framed: bool) -> Report | None:
    """What is between STX and ETX; a status is also known from its own form where those two were lost."""
    status = _STATUS.fullmatch(frame)
    if status is not None:
        unit = unit_of(b"U" + status[2], b"")
        return DeviceStatus(device=unit, code=str(int(status[4])), at=received_at)
    if not framed:
        return None
    if frame in {b"0", b"1"}:
        return DeviceAck(device="", accepted=frame == b"0", at=received_at)
    caller = _CALLER.fullmatch(frame)
    if caller is not None:
        text = "Ended its transmission." if caller[1] == b"0" else "Began to transmit."
        return DeviceHeard(device=unit_of(caller[3] or caller[5], caller[4] or b""), at=received_at, text=text)
    text_frame = _TEXT.fullmatch(frame)
    if text_frame is not None:
        unit = unit_of(text_frame[1] or text_frame[3], text_frame[2] or b"")
        return DeviceText(device=unit, text=text_frame[4].decode("ascii"), at=received_at)
    return None


def text_frame(unit: str, text: str) -> bytes:
    """The bytes that make a base radio send a text to `100-2000` or `U00001`.

    Raises Refused for what a radio cannot send: more than 4,096 characters, or any that is not plain ASCII.
    """
    if not text.isascii() or not text.isprintable():
        raise Refused("A Kenwood radio sends plain letters, digits and signs only.", do="Leave accents and emoji out.")
    if not text or len(text) > LONG_TEXT:
        raise Refused(f"A Kenwood text has 1 to {LONG_TEXT} characters; this one has {len(text)}.")
    length = b"F" if len(text) <= SHORT_TEXT else b"G"
    mark, address = _address(unit)
    return STX + mark + length + address + text.encode("ascii") + ETX


def poll_frame(unit: str) -> bytes:
    """The bytes that make a base radio ask one unit for its position."""
    mark, address = _address(unit)
    return STX + mark + b"R3" + address + ETX


def broadcast_frames(text: str) -> tuple[bytes, bytes]:
    """A text to everyone: for FleetSync, and for NEXEDGE. No radio acknowledges a broadcast."""
    to_one = text_frame("000-0000", text)
    return to_one, text_frame("U00000", text).replace(b"U00000", b"G00000", 1)


def _address(unit: str) -> tuple[bytes, bytes]:
    fleetsync, nexedge = _FLEETSYNC.fullmatch(unit), _NEXEDGE.fullmatch(unit)
    if fleetsync is not None:
        return b"", (fleetsync[1] + fleetsync[2]).encode("ascii")
    if nexedge is not None:
        return b"g", unit.encode("ascii")
    raise Refused(
        f"“{unit}” is no Kenwood unit.", do="Use fleet and device, as 100-2000, or a NEXEDGE unit, as U00001."
    )
