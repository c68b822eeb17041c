"""TAIP, the Trimble ASCII protocol that vehicle modems speak, with the dated messages that later makers added.

`>RPV…;ID=1234;*7F<`: a checksum over all before its digits, with the star or, as some makers count, without it.
Field widths: Trimble's TAIP reference and Sierra Wireless's; dated messages as Virloc, Rinho and Antares send them.
"""

import re
from collections import OrderedDict
from typing import TypeVar

from msgspec import Struct

from core.avl import dating
from core.avl.doubts import doubt
from core.avl.evidence import Evidence, share
from core.avl.fields import FOOT_M, KMH_MPS, MPH_MPS, signed_degrees
from core.avl.reports import AvlFix, DeviceHeard, Report, Tally
from core.avl.sentences import Check, Checksums, Framer, xor_of

NAME = "taip"
_DEVICES_KEPT = 1024
_Value = TypeVar("_Value")
_TOKEN = re.compile(rb">[^<>\r\n\x00]*+(?:[<\r\n\x00]|(?=>))|[^>]++")
_RESUME = re.compile(rb"[>\r\n\x00]")
_TEXT = re.compile(rb"[\x20-\x7e]+")
_ATTRIBUTE = re.compile(rb"[A-Za-z][A-Za-z0-9_]*=.*|[#&].*|")

_DEGREES = rb"([+-]\d{7})([+-]\d{8})"
_PV = re.compile(rb"(\d{5})" + _DEGREES + rb"(\d{3})(\d{3})(\d)(\d)")
_EV = re.compile(rb"(\d\d)(\d{4})(\d)(\d{5})" + _DEGREES + rb"(\d{3})(\d{3})(\d)(\d)")
_CP = re.compile(rb"(\d{5})([+-]\d{6})([+-]\d{7})(\d)(\d)")
_LN = re.compile(
    rb"(\d{5})(\d{3})([+-]\d{9})([+-]\d{10})([+-]\d{8})(\d{4})[+-]\d{4}(\d{4})(\d\d)((?:[\dA-F]{4})*)[\dA-F]{10}(\d)(\d)"
)
_AL = re.compile(rb"(\d{5})([+-]\d{5})[+-]\d{3}(\d)(\d)")
_DATED = re.compile(
    rb"(?:GP|C[QV]|BR|US\d\d,?|UV\d{4,5},\w+,)(?:\d\d)?(\d{6})(\d{6})"
    rb"(?:([+-]\d{7})([+-]\d{8})|([+-])(\d\d)(\d\d\.\d{4})([+-])(\d{3})(\d\d\.\d{4}))(\d{3})(\d{3})(.*)"
)

_SOURCES = {b"0": "2d gps", b"1": "gps", b"2": "2d differential", b"3": "differential", b"6": "estimated"}
_SOURCES[b"8"] = "estimated, degraded"
_OLD = "The device says that this fix is more than 10 seconds old."


class TaipSettings(Struct, frozen=True, kw_only=True):
    checksums: Checksums = Checksums.WHEN_SENT
    gps_ahead_s: int = 0  # 18 where a unit counts GPS time and not UTC


class Message(Struct, frozen=True):
    kind: bytes  # "PV" and its like
    data: bytes
    device: str
    check: Check
    with_star: bool = True  # which convention its checksum follows


class TaipDecoder:
    """One line of a modem, or of a gateway with many units that add their ID."""

    def __init__(self, settings: TaipSettings | None = None) -> None:
        self.tally = Tally()
        self._settings = settings or TaipSettings()
        self._framer = Framer(_TOKEN, _RESUME)
        self._identity = ""
        self._with_star: bool | None = None  # the convention that this line has shown
        self._heights: OrderedDict[str, tuple[int, float]] = OrderedDict()  # device: second of the day, metres
        self._told: OrderedDict[str, int] = OrderedDict()  # device: second of the day of its last fix

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        out: list[Report] = []
        dropped = self._framer.dropped
        for token in self._framer.cut(data):
            self._token(token, received_at, out)
        self.tally.skipped_bytes += self._framer.dropped - dropped
        return out

    def flush(self, received_at: int) -> list[Report]:
        out: list[Report] = []
        self._token(self._framer.rest(), received_at, out)
        return out

    def _token(self, token: bytes, received_at: int, out: list[Report]) -> None:
        message = read_message(token)
        if message is None:
            self.tally.skipped_bytes += len(token)
        elif not self._may_be_read(message):
            self.tally.refused += 1
        else:
            self.tally.messages += 1
            self._understand(message, received_at, out)

    def _may_be_read(self, message: Message) -> bool:
        wanted = self._settings.checksums
        if message.check is Check.RIGHT and self._with_star in {None, message.with_star}:
            self._with_star = message.with_star
            return True
        if wanted is Checksums.NEVER:
            return True
        return message.check is Check.MISSING and wanted is Checksums.WHEN_SENT and self._with_star is None

    def _understand(self, message: Message, received_at: int, out: list[Report]) -> None:
        device = message.device or self._identity
        if message.kind == b"ID" and message.data:
            self._identity = device = message.device or message.data.decode("ascii")
            out.append(DeviceHeard(device=device, at=received_at, text="The unit gives its identification."))
        elif message.kind == b"VR":
            text = f"Firmware: {message.data.decode('ascii').strip()}"
            out.append(DeviceHeard(device=device, at=received_at, text=text))
        elif message.kind == b"AL":
            self._height(device, message.data)
        else:
            fix = read_fix(message, device, received_at, self._settings.gps_ahead_s)
            if fix is not None:
                self._place(message.kind, fix, out)

    def _height(self, device: str, data: bytes) -> None:
        found = _AL.fullmatch(data)
        if found is not None and found[4] != b"0":
            _keep(self._heights, device, (int(found[1]), int(found[2]) * FOOT_M))

    def _place(self, kind: bytes, fix: AvlFix, out: list[Report]) -> None:
        """A compact position adds nothing to the fine one of the same second; an altitude message of it does."""
        second = -1 if fix.fixed_at is None else fix.fixed_at // 1000 % 86_400
        if kind == b"CP" and self._told.get(fix.device) == second:
            return
        _keep(self._told, fix.device, second)
        height = self._heights.get(fix.device)
        if height is not None and height[0] == second and fix.altitude_m is None:
            fix = AvlFix(**{name: getattr(fix, name) for name in fix.__struct_fields__} | {"altitude_m": height[1]})
        out.append(fix)


def read_message(token: bytes) -> Message | None:
    """One message from its `>` on; None for what is no response of a unit."""
    if token[:2] != b">R":
        return None
    text = token.rstrip(b"\r\n\x00<")
    body, star, digits = text.partition(b"*")
    kind, data = body[2:4], body[4:].partition(b";")[0]
    check, with_star = Check.MISSING, True
    if star:
        check, with_star = _judge(body, digits)
    attributes = body.split(b";")[1:]
    if not _TEXT.fullmatch(text) or not all(_ATTRIBUTE.fullmatch(one) for one in attributes):
        return Message(kind, b"", "", Check.WRONG)
    device = next((one[3:] for one in attributes if one[:3] in {b"ID=", b"id="}), b"")
    return Message(kind, data, device.decode("ascii"), check, with_star)


def _judge(body: bytes, digits: bytes) -> tuple[Check, bool]:
    try:
        wanted = int(digits, 16) if len(digits) == 2 else -1
    except ValueError:
        return Check.WRONG, True
    computed = xor_of(body)
    if computed ^ 0x2A == wanted:
        return Check.RIGHT, True
    return (Check.RIGHT, False) if computed == wanted else (Check.WRONG, True)


def read_fix(message: Message, device: str, received_at: int, gps_ahead_s: int = 0) -> AvlFix | None:
    """The position of a PV, LN, CP, EV or dated message; None for any other."""
    reader = _READERS.get(message.kind)
    if reader is not None:
        found = reader[0].fullmatch(message.data)
        told = None if found is None else reader[1](found, received_at)
    else:
        found = _DATED.fullmatch(message.kind + message.data)
        told = None if found is None else _dated(found)
    return None if told is None else _fix(told, device, received_at, gps_ahead_s)


class _Told(Struct, kw_only=True):
    """What one message says. `aged` is TAIP's age digit: 2 is fresh, 1 is old, 0 is no fix at all."""

    lat: float
    lon: float
    fixed_at: int | None
    source: bytes
    aged: bytes = b"2"
    speed_mps: float | None = None
    heading: float | None = None
    altitude_m: float | None = None
    satellites: int | None = None
    time_only: bool = True


def _fix(told: _Told, device: str, received_at: int, gps_ahead_s: int) -> AvlFix:
    place = signed_degrees(told.lat, told.lon)
    valid = place is not None and told.aged in {b"1", b"2"} and told.source in _SOURCES
    fixed_at = None if told.fixed_at is None else told.fixed_at - gps_ahead_s * 1000
    lat, lon = place or (None, None)
    said = [doubt(lat, lon, fixed_at, received_at, valid=valid), _OLD if told.aged == b"1" else ""]
    return AvlFix(
        device=device, lat=lat, lon=lon, fixed_at=fixed_at, valid=valid, source=NAME, speed_mps=told.speed_mps,
        heading=told.heading, altitude_m=told.altitude_m, satellites=told.satellites,
        quality=_SOURCES[told.source] if valid else "no fix", time_only=told.time_only,
        doubt=" ".join(filter(None, said)),
    )  # fmt: skip


def _second(digits: bytes, received_at: int) -> int | None:
    second = int(digits)
    return dating.nearest_day(second * 1000, received_at) if second < 86_400 else None


def _heading(digits: bytes, scale: float = 1) -> float | None:
    degrees = int(digits) * scale
    return degrees % 360 if degrees <= 360 else None


def _pv(m: re.Match[bytes], received_at: int) -> _Told:
    return _Told(
        lat=int(m[2]) / 100_000, lon=int(m[3]) / 100_000, fixed_at=_second(m[1], received_at), source=m[6], aged=m[7],
        speed_mps=int(m[4]) * MPH_MPS, heading=_heading(m[5]),
    )  # fmt: skip


def _ev(m: re.Match[bytes], _: int) -> _Told:
    return _Told(
        lat=int(m[5]) / 100_000, lon=int(m[6]) / 100_000, fixed_at=dating.gps_week_ms(int(m[2]), int(m[3]), int(m[4])),
        source=m[9], aged=m[10], speed_mps=int(m[7]) * MPH_MPS, heading=_heading(m[8]), time_only=False,
    )  # fmt: skip


def _cp(m: re.Match[bytes], received_at: int) -> _Told:
    return _Told(
        lat=int(m[2]) / 10_000, lon=int(m[3]) / 10_000, fixed_at=_second(m[1], received_at), source=m[4], aged=m[5]
    )


def _ln(m: re.Match[bytes], received_at: int) -> _Told | None:
    if len(m[9]) != 4 * int(m[8]):
        return None
    fixed_at = _second(m[1], received_at)
    return _Told(
        lat=int(m[3]) / 10_000_000, lon=int(m[4]) / 10_000_000,
        fixed_at=None if fixed_at is None else fixed_at + int(m[2]), source=m[10], aged=m[11],
        speed_mps=int(m[6]) * MPH_MPS / 10, heading=_heading(m[7], 0.1), altitude_m=int(m[5]) * FOOT_M / 100,
        satellites=int(m[8]),
    )  # fmt: skip


def _dated(m: re.Match[bytes]) -> _Told:
    """GP, CQ, CV, BR, US and UV: date and time in full; the fix digit is 0 for none, 2 or 3 for its dimensions."""
    day, of_day = dating.day_from(m[1]), dating.time_of_day(m[2])
    if m[3] is not None:
        lat, lon = int(m[3]) / 100_000, int(m[4]) / 100_000
    else:
        lat = (int(m[6]) + float(m[7]) / 60) * (-1 if m[5] == b"-" else 1)
        lon = (int(m[9]) + float(m[10]) / 60) * (-1 if m[8] == b"-" else 1)
    long_form = m.string[:2] in {b"CQ", b"CV", b"BR"}
    dimensions, aged = (m[13][16:17], b"2") if long_form else (m[13][:1], _age(m[13][1:3]))
    return _Told(
        lat=lat, lon=lon, fixed_at=None if day is None or of_day is None else day + of_day,
        source=b"1" if dimensions == b"3" else b"0" if dimensions == b"2" else b"9", aged=aged,
        speed_mps=int(m[11]) * KMH_MPS, heading=_heading(m[12]), time_only=False,
    )  # fmt: skip


def _age(seconds: bytes) -> bytes:
    """Hexadecimal seconds since the last fix, as TAIP's age digit."""
    try:
        return b"2" if int(seconds, 16) <= 10 else b"1"
    except ValueError:
        return b"2"


_READERS = {b"PV": (_PV, _pv), b"EV": (_EV, _ev), b"CP": (_CP, _cp), b"LN": (_LN, _ln)}


def _keep(kept: OrderedDict[str, _Value], device: str, value: _Value) -> None:
    kept[device] = value
    kept.move_to_end(device)
    if len(kept) > _DEVICES_KEPT:
        kept.popitem(last=False)


def evidence(sample: bytes) -> Evidence | None:
    """Messages between `>` and `<` that hold a position, or whose checksum is right."""
    tokens = [token for token in Framer(_TOKEN, _RESUME).cut(sample) if token.strip()]
    read = [message for token in tokens if (message := read_message(token)) is not None]
    right = sum(message.check is Check.RIGHT for message in read)
    placed = sum(message.check is Check.MISSING and read_fix(message, "", 0) is not None for message in read)
    if not right + placed:
        return None
    kinds = ", ".join(sorted({"R" + message.kind.decode("ascii", "replace") for message in read})[:6])
    why = f"{right} of {len(read)} TAIP messages ({kinds}) have a right checksum, {placed} hold a position without one."
    return Evidence(protocol=NAME, score=share(right + placed * 0.8, len(tokens)), why=why)
