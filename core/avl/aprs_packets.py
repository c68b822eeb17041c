"""Says what an APRS packet means: positions, objects, messages, statuses and emergencies (APRS 1.0.1, 1.2)."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from core.avl.aprs_positions import Position, read_plain, read_position
from core.avl.aprs_times import TIMELESS, dated
from core.avl.ax25 import Packet, packet_from_tnc2
from core.avl.mic_e import read_mic_e
from core.avl.nmea import NmeaDecoder
from core.avl.reports import AvlFix, DeviceAck, DeviceEmergency, DeviceStatus, DeviceText, Report

EMERGENCY = "!EMERGENCY!"  # in any comment or status
MOST_RELAYS = 2  # a packet inside a packet inside a packet is not looked into
MOST_STATUSES = 4096
X1J_HEADER = 40  # a position may follow other text by so much, which one family of nodes writes

_MESSAGE = re.compile(r":(.{9}):(.*)", re.DOTALL)
_NUMBERED = re.compile(r"(?P<text>[^{]*)\{(?P<number>\w{1,5})(?:\}(?P<acked>\w{0,5}))?\s*", re.ASCII)
_ACK = re.compile(r"(?P<word>ack|rej)(?P<number>\w{1,5})(?:\}\w{0,5})?\s*", re.ASCII)
_TELEMETRY = ("PARM.", "UNIT.", "EQNS.", "BITS.")
_OBJECT = re.compile(r";(.{9})([*_])(.{6}[zh/])(.*)", re.DOTALL)
_ITEM = re.compile(r"\)([^!_]{3,9})([!_])(.*)", re.DOTALL)
_STATUS = re.compile(r">(?:\d{6}z)?(.*)", re.DOTALL | re.ASCII)


class MicEStatuses:
    """The last status of each Mic-E radio: it comes with every position, and only a change of it is news."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def is_news(self, device: str, code: str) -> bool:
        known = self._last.pop(device, None)
        self._last[device] = code
        if len(self._last) > MOST_STATUSES:
            self._last.pop(next(iter(self._last)))
        return known != code


class _Hearing:
    """One packet being read."""

    def __init__(self, packet: Packet, statuses: MicEStatuses, received_at: int, utc_offset_s: int | None) -> None:
        self.packet = packet
        self.statuses = statuses
        self.received_at = received_at
        self.utc_offset_s = utc_offset_s
        self.info = packet.info.decode("latin-1").rstrip("\r\n\0")

    def fix(self, position: Position, stamp: str = "", *, device: str = "", fault: str = "") -> AvlFix:
        """`fault` is why the position is not to be drawn as current."""
        fixed_at = dated(stamp, self.received_at, self.utc_offset_s) if stamp else None
        fault = fault or _fault(position)
        path = f"via {','.join(self.packet.path)}" if self.packet.path else ""
        sender = f"from {self.packet.source}" if device else ""
        return AvlFix(
            device=device or self.packet.source,
            lat=position.lat,
            lon=position.lon,
            fixed_at=fixed_at,
            valid=not fault,
            source="aprs",
            speed_mps=position.speed_mps,
            heading=position.heading,
            altitude_m=position.altitude_m,
            accuracy_m=position.accuracy_m,
            quality="; ".join(part for part in (fault, sender, path) if part),
            time_only=fixed_at is not None,
        )

    def placed(self, text: str, stamp: str = "") -> list[Report] | None:
        """A station's own position, and its emergency if the comment cries one."""
        position = read_position(text)
        return None if position is None else [self.fix(position, stamp), *self.emergency(position.comment)]

    def emergency(self, comment: str) -> list[Report]:
        if EMERGENCY not in comment:
            return []
        text = readable(comment.replace(EMERGENCY, " ")).strip()
        return [DeviceEmergency(device=self.packet.source, text=text or "Emergency", at=self.received_at)]


def reports_of(
    packet: Packet, statuses: MicEStatuses, received_at: int, utc_offset_s: int | None, relays: int = 0
) -> list[Report] | None:
    """What the packet says; empty where it says nothing to a desk; None where it breaks the form it claims."""
    hearing = _Hearing(packet, statuses, received_at, utc_offset_s)
    kind = hearing.info[:1]
    if kind == "}":
        inner = packet_from_tnc2(packet.info[1:].rstrip(b"\r\n"))
        if inner is None or relays == MOST_RELAYS:
            return None
        return reports_of(inner, statuses, received_at, utc_offset_s, relays + 1)
    return _READERS.get(kind, _buried)(hearing)


def readable(text: str) -> str:
    """Text as people wrote it: UTF-8 where it is, and without control characters."""
    raw = text.encode("latin-1")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return "".join(character if character.isprintable() else " " for character in text)


def _fault(position: Position) -> str:
    if abs(position.lat) < 1e-5 and abs(position.lon) < 1e-5:
        return "null position"
    return "last known position" if position.is_old else ""


def _position(hearing: _Hearing) -> list[Report] | None:
    return hearing.placed(hearing.info[1:])


def _timed_position(hearing: _Hearing) -> list[Report] | None:
    stamp = hearing.info[1:8]
    return hearing.placed(hearing.info[8:], stamp) if stamp[-1:] in tuple("zh/") else None


def _buried(hearing: _Hearing) -> list[Report]:
    """A position after some other text; anything else is for machines or of no known form."""
    at = hearing.info.find("!", 0, X1J_HEADER)
    position = read_plain(hearing.info[at + 1 :]) if at > 0 else None
    return [] if position is None else [hearing.fix(position)]


def _mic_e(hearing: _Hearing) -> list[Report] | None:
    read = read_mic_e(hearing.packet.destination, hearing.info[1:])
    if read is None:
        return None
    source, at = hearing.packet.source, hearing.received_at
    reports: list[Report] = [hearing.fix(read.position)]
    if read.code == "E":
        reports.append(DeviceEmergency(device=source, text="Mic-E emergency", at=at))
    elif hearing.statuses.is_news(source, read.code) and read.code:
        reports.append(DeviceStatus(device=source, code=read.code, text=read.status, at=at))
    return reports + hearing.emergency(read.position.comment)


def _object(hearing: _Hearing) -> list[Report] | None:
    match = _OBJECT.match(hearing.info)
    position = match and read_position(match[4])
    if match is None or position is None:
        return None
    stamp = "" if match[3] == TIMELESS else match[3]
    fault = "" if match[2] == "*" else "killed object"
    return [hearing.fix(position, stamp, device=readable(match[1]).strip(), fault=fault)]


def _item(hearing: _Hearing) -> list[Report] | None:
    match = _ITEM.match(hearing.info)
    position = match and read_position(match[3])
    if match is None or position is None:
        return None
    return [hearing.fix(position, device=readable(match[1]).strip(), fault="" if match[2] == "!" else "killed item")]


def _message(hearing: _Hearing) -> list[Report] | None:
    match = _MESSAGE.match(hearing.info)
    if match is None:
        return None
    source, at, to, text = hearing.packet.source, hearing.received_at, match[1].strip(), match[2]
    ack = _ACK.fullmatch(text)
    if ack:
        return [DeviceAck(device=source, accepted=ack["word"] == "ack", at=at, of=ack["number"], text=f"to {to}")]
    if text.startswith(_TELEMETRY) or text.startswith("?"):
        return []
    numbered = _NUMBERED.fullmatch(text)
    reports: list[Report] = []
    if numbered and numbered["acked"]:
        reports.append(DeviceAck(device=source, accepted=True, at=at, of=numbered["acked"], text=f"to {to}"))
    text = readable(numbered["text"] if numbered else text).strip()
    return [*reports, DeviceText(device=source, text=text, at=at, to=readable(to)), *hearing.emergency(text)]


def _status(hearing: _Hearing) -> list[Report] | None:
    match = _STATUS.match(hearing.info)
    text = readable(match[1]).strip() if match else ""
    if not text:
        return []
    status = DeviceStatus(device=hearing.packet.source, code=text, text=text, at=hearing.received_at)
    return [status, *hearing.emergency(text)]


def _raw_nmea(hearing: _Hearing) -> list[Report]:
    """A tracker that sends its receiver's sentence as it is."""
    nmea = NmeaDecoder()
    sentence = hearing.packet.info.strip(b"\r\n") + b"\r\n"
    heard = nmea.feed(sentence, hearing.received_at) + nmea.flush(hearing.received_at)
    path = f"via {','.join(hearing.packet.path)}" if hearing.packet.path else ""
    return [
        replace(fix, device=hearing.packet.source, source="aprs", quality="; ".join(filter(None, (fix.quality, path))))
        for fix in heard
        if isinstance(fix, AvlFix)
    ]


_READERS: dict[str, Callable[[_Hearing], list[Report] | None]] = {
    **dict.fromkeys("!=", _position),
    **dict.fromkeys("/@", _timed_position),
    **dict.fromkeys("`'\x1c\x1d", _mic_e),
    ";": _object,
    ")": _item,
    ":": _message,
    ">": _status,
    "$": _raw_nmea,
}
