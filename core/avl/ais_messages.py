"""Says what an AIS message means: ITU-R M.1371-5, Annex 8, the message types that place, name or alarm."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from core.avl.doubts import factory_doubt
from core.avl.fields import KNOT_MPS
from core.avl.reports import AvlFix, DeviceEmergency, DeviceName, DeviceText, Report

ACCURATE_TO_M = 10.0  # what the accuracy flag promises
SART_ACTIVE = 14  # navigational status of a search and rescue transmitter, man overboard device or EPIRB
SART_TEXT = "A distress transmitter (AIS-SART) is active."
CLOCK_AHEAD_MS = 5_000  # the desk's clock may lag the satellites' by this much
MOST_NAMES = 4096

_LETTERS = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"


@dataclass(frozen=True, slots=True)
class Bits:
    """A message's bits as one number, the first bit highest."""

    value: int
    length: int

    @classmethod
    def from_armour(cls, armour: bytes, *, fill_bits: int) -> Self:
        """Six bits a character: 0 to W are 0 to 39, ` to w are 40 to 63; the last `fill_bits` are padding."""
        value = 0
        for character in armour:
            value = value << 6 | (character - 48 if character < 88 else character - 56)
        length = max(0, 6 * len(armour) - fill_bits)
        return cls(value >> fill_bits, length)

    def unsigned(self, at: int, width: int) -> int:
        """Bits beyond the end read as zero, as senders leave out trailing ones."""
        shift = self.length - at - width
        bits = self.value >> shift if shift >= 0 else self.value << -shift
        return bits & (1 << width) - 1

    def signed(self, at: int, width: int) -> int:
        bits = self.unsigned(at, width)
        return bits - (1 << width) if bits >> width - 1 else bits

    def text(self, at: int, width: int) -> str:
        """Six-bit letters up to the first @, without trailing blanks."""
        width = min(width, max(0, self.length - at)) // 6 * 6
        letters = "".join(_LETTERS[self.unsigned(start, 6)] for start in range(at, at + width, 6))
        return letters.partition("@")[0].rstrip()


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a position message keeps its fields, in bits from its start; None where it has no such field."""

    shortest: int
    accuracy: int
    lon: int
    lat: int
    speed: int | None = None
    course: int | None = None
    heading: int | None = None
    second: int | None = None


_CLASS_A = Layout(shortest=143, accuracy=60, lon=61, lat=89, speed=50, course=116, heading=128, second=137)
_BASE = Layout(shortest=134, accuracy=78, lon=79, lat=107)
_AIRCRAFT = Layout(shortest=134, accuracy=60, lon=61, lat=89, speed=50, course=116, second=128)
_CLASS_B = Layout(shortest=139, accuracy=56, lon=57, lat=85, speed=46, course=112, heading=124, second=133)
_CLASS_B_LONG = Layout(shortest=263, accuracy=56, lon=57, lat=85, speed=46, course=112, heading=124, second=133)
_AID = Layout(shortest=259, accuracy=163, lon=164, lat=192, second=253)
_LONG_RANGE_BITS = 95
LAYOUTS = {
    **dict.fromkeys((1, 2, 3), _CLASS_A),
    **dict.fromkeys((4, 11), _BASE),
    9: _AIRCRAFT,
    18: _CLASS_B,
    19: _CLASS_B_LONG,
    21: _AID,
}


class VesselNames:
    """The last names heard, because class B sends its name and its call sign in different messages."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, mmsi: str, name: str) -> None:
        self._names.pop(mmsi, None)
        self._names[mmsi] = name
        if len(self._names) > MOST_NAMES:
            self._names.pop(next(iter(self._names)))

    def of(self, mmsi: str) -> str:
        return self._names.get(mmsi, "")


def reports_of(bits: Bits, names: VesselNames, received_at: int) -> list[Report] | None:
    """What the message says; empty for types that neither place, name nor alarm; None where it is too short."""
    kind = bits.unsigned(0, 6)
    mmsi = f"{bits.unsigned(8, 30):09d}"
    if bits.length < 40:
        return None
    if kind in LAYOUTS:
        return _placed(kind, mmsi, bits, received_at)
    if kind == 27:
        return [_long_range(mmsi, bits)] if bits.length >= _LONG_RANGE_BITS else None
    if kind in (5, 24):
        return _named(kind, mmsi, bits, names, received_at)
    if kind in (12, 14):
        return _safety_text(kind, mmsi, bits, received_at)
    return []


def _placed(kind: int, mmsi: str, bits: Bits, received_at: int) -> list[Report] | None:
    layout = LAYOUTS[kind]
    if bits.length < layout.shortest:
        return None
    reports: list[Report] = [_fix(kind, mmsi, bits, layout, received_at)]
    if kind in (1, 2, 3) and bits.unsigned(38, 4) == SART_ACTIVE:
        reports.append(DeviceEmergency(device=mmsi, text=SART_TEXT, at=received_at))
    name = bits.text(143, 120) if kind == 19 else bits.text(43, 120) + bits.text(272, 84) if kind == 21 else ""
    if name:
        reports.append(DeviceName(device=mmsi, name=name, at=received_at))
    return reports


def _fix(kind: int, mmsi: str, bits: Bits, layout: Layout, received_at: int) -> AvlFix:
    place = _place(bits.signed(layout.lat, 27) / 600_000, bits.signed(layout.lon, 28) / 600_000)
    second = None if layout.second is None else bits.unsigned(layout.second, 6)
    quality = {61: "manual", 62: "estimated", 63: "no fix"}.get(second or 0, "")
    fixed_at = _base_time(bits) if layout is _BASE else _within_the_minute(second, received_at)
    altitude_m = bits.unsigned(38, 12) if kind == 9 else 4095
    return AvlFix(
        device=mmsi,
        lat=place and place[0],
        lon=place and place[1],
        fixed_at=fixed_at,
        valid=place is not None and second != 63 and mmsi != "000000000",
        source="ais",
        speed_mps=None if layout.speed is None else _speed_mps(bits.unsigned(layout.speed, 10), tenths=kind != 9),
        heading=_heading(bits, layout),
        altitude_m=None if altitude_m == 4095 else float(altitude_m),
        accuracy_m=ACCURATE_TO_M if bits.unsigned(layout.accuracy, 1) else None,
        quality=quality if place else "no fix",
        time_only=layout is not _BASE and fixed_at is not None,
        doubt=factory_doubt(*place) if place else "",
    )


def _long_range(mmsi: str, bits: Bits) -> AvlFix:
    place = _place(bits.signed(62, 17) / 600, bits.signed(44, 18) / 600)
    speed_kn, course = bits.unsigned(79, 6), bits.unsigned(85, 9)
    return AvlFix(
        device=mmsi,
        lat=place and place[0],
        lon=place and place[1],
        fixed_at=None,
        valid=place is not None and mmsi != "000000000",
        source="ais",
        speed_mps=None if speed_kn == 63 else speed_kn * KNOT_MPS,
        heading=float(course) if course < 360 else None,
        accuracy_m=ACCURATE_TO_M if bits.unsigned(38, 1) else None,
        quality="" if place else "no fix",
    )


def _place(lat: float, lon: float) -> tuple[float, float] | None:
    """Latitude 91 and longitude 181 stand for no position, and whatever else is off the globe is none either."""
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _speed_mps(raw: int, *, tenths: bool) -> float | None:
    if raw == 1023:
        return None
    return raw * KNOT_MPS / (10 if tenths else 1)


def _heading(bits: Bits, layout: Layout) -> float | None:
    """Course over ground; where it is not known, where the bow points."""
    if layout.course is None:
        return None
    course = bits.unsigned(layout.course, 12)
    if course < 3600:
        return course / 10
    bow = 511 if layout.heading is None else bits.unsigned(layout.heading, 9)
    return float(bow) if bow < 360 else None


def _within_the_minute(second: int | None, received_at: int) -> int | None:
    """The latest moment with this UTC second that is not ahead of the clock; AIS sends no more of the time."""
    if second is None or second > 59:
        return None
    latest = received_at + CLOCK_AHEAD_MS
    return latest - (latest - second * 1000) % 60_000


def _base_time(bits: Bits) -> int | None:
    fields = [bits.unsigned(at, width) for at, width in ((38, 14), (52, 4), (56, 5), (61, 5), (66, 6), (72, 6))]
    try:
        return int(datetime(*fields, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]
    except ValueError:
        return None


def _named(kind: int, mmsi: str, bits: Bits, names: VesselNames, received_at: int) -> list[Report] | None:
    name_at, call_sign_at, shortest = _name_places(kind, bits)
    if bits.length < shortest:
        return None
    name = bits.text(name_at, 120) if name_at else names.of(mmsi)
    call_sign = bits.text(call_sign_at, 42) if call_sign_at else ""
    if name:
        names.learn(mmsi, name)
    if not (name or call_sign):
        return []
    detail = f"call sign {call_sign}" if call_sign else ""
    return [DeviceName(device=mmsi, name=name or call_sign, at=received_at, detail=detail)]


def _name_places(kind: int, bits: Bits) -> tuple[int | None, int | None, int]:
    """Where name and call sign are, and the shortest message that holds them."""
    if kind == 5:
        return 112, 70, 240
    return (40, None, 160) if bits.unsigned(38, 2) == 0 else (None, 90, 132)


def _safety_text(kind: int, mmsi: str, bits: Bits, received_at: int) -> list[Report]:
    start, to = (72, f"{bits.unsigned(40, 30):09d}") if kind == 12 else (40, "")
    text = bits.text(start, bits.length - start)
    return [DeviceText(device=mmsi, text=text, at=received_at, to=to)] if text else []
