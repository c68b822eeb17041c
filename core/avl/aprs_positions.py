"""Reads the two plain ways to write an APRS position: degrees and minutes, and base 91 (APRS 1.0.1, chapters 8, 9)."""

import re
from dataclasses import dataclass, replace
from math import copysign

from core.avl.fields import FOOT_M, KNOT_MPS

MINUTE_M = 1852.0

_PLAIN = re.compile(r"([\d ]{4})\.([\d ]{2})([NSns])([0-9A-Z/\\])([\d ]{5})\.([\d ]{2})([EWew])([!-~])", re.ASCII)
_COMPRESSED = re.compile(r"([/\\A-Za-j])([!-{]{4})([!-{]{4})([!-~])([ -~])([ -~])([ -~])")
_COURSE_SPEED = re.compile(r"(\d{3}|\.{3}| {3})/(\d{3}|\.{3}| {3})", re.ASCII)
_ALTITUDE_FT = re.compile(r"/A=(-\d{5}|\d{6})", re.ASCII)
_EXTRA_DIGITS = re.compile(r"!(?:[A-Z]([\d ])([\d ])|[a-z]([ -{])([ -{]))!", re.ASCII)
# What stands in for digits left out, so that the position is the middle of what they could be; and half that width.
_MIDDLES = ("", "5", "50", "500", "3000")
_HALF_WIDTHS_MIN = (None, 0.05, 0.5, 5.0, 30.0)

_CURRENT_FIX, _SOURCE, _FROM_GGA = 0x20, 0x18, 0x10


@dataclass(frozen=True, slots=True)
class Position:
    lat: float
    lon: float
    symbol: str = ""  # table, then code
    comment: str = ""
    accuracy_m: float | None = None  # where digits were left out on purpose
    heading: float | None = None
    speed_mps: float | None = None
    altitude_m: float | None = None
    is_old: bool = False  # the sender says that its receiver has lost the fix


def read_position(text: str) -> Position | None:
    """A position at the start of `text`, with its extensions; None where there is none."""
    position = read_plain(text) if text[:1].isdigit() else _read_compressed(text)
    return position and with_altitude(position)


def read_plain(text: str) -> Position | None:
    """DDMM.hhN/DDDMM.hhW and a symbol; the last digits may be blanks."""
    match = _PLAIN.match(text)
    if match is None:
        return None
    lat_digits, lon_digits = match[1] + match[2], match[5] + match[6]
    blanks = max(len(digits) - len(digits.rstrip(" ")) for digits in (lat_digits, lon_digits))
    if blanks >= len(_MIDDLES):
        return None
    lat = degrees(lat_digits, blanks, most=90)
    lon = degrees(lon_digits, blanks, most=180)
    if lat is None or lon is None:
        return None
    position = Position(
        copysign(lat, -1 if match[3] in "Ss" else 1),
        copysign(lon, -1 if match[7] in "Ww" else 1),
        symbol=match[4] + match[8],
        comment=text[match.end() :],
        accuracy_m=half_width_m(blanks),
    )
    return with_extra_digits(_with_course(position))


def degrees(digits: str, blanks: int, *, most: int) -> float | None:
    """Degrees from [D]DDMMhh with the last `blanks` digits unknown; None where it is no angle up to `most`."""
    full = digits[: len(digits) - blanks] + _MIDDLES[blanks]
    if not full.isdigit():
        return None
    whole, hundredths = int(full[:-4]), int(full[-4:])
    angle = whole + hundredths / 6000
    return angle if hundredths < 6000 and angle <= most else None


def half_width_m(blanks: int) -> float | None:
    half_min = _HALF_WIDTHS_MIN[blanks]
    return None if half_min is None else half_min * MINUTE_M


def with_altitude(position: Position) -> Position:
    match = _ALTITUDE_FT.search(position.comment)
    return position if match is None else replace(position, altitude_m=int(match[1]) * FOOT_M)


def with_extra_digits(position: Position) -> Position:
    """!Wxy! adds a third decimal of the minutes to each angle, !wxy! two in base 91 (APRS 1.2, !DAO!)."""
    match = _EXTRA_DIGITS.search(position.comment)
    if match is None or position.accuracy_m is not None:
        return position
    if match[1]:
        lat_min, lon_min = (int(digit.strip() or 0) / 1000 for digit in match.group(1, 2))
    else:
        lat_min, lon_min = (max(0, ord(digit) - 33) / 9100 for digit in match.group(3, 4))
    return replace(
        position,
        lat=position.lat + copysign(lat_min / 60, position.lat),
        lon=position.lon + copysign(lon_min / 60, position.lon),
    )


def _with_course(position: Position) -> Position:
    """Course and speed after the symbol; a weather station has its wind there, an area object its shape."""
    match = _COURSE_SPEED.match(position.comment)
    if match is None or position.symbol[1] == "_" or position.symbol == "\\l":
        return position
    course, speed = (int(part) if part.isdigit() else None for part in match.groups())
    return replace(
        position,
        heading=heading_of(course or 0),
        speed_mps=None if speed is None else speed * KNOT_MPS,
        comment=position.comment[match.end() :],
    )


def heading_of(course: int) -> float | None:
    """North is 360; 0 stands for unknown."""
    return float(course % 360) if 1 <= course <= 360 else None


def _read_compressed(text: str) -> Position | None:
    """Table, four characters of latitude, four of longitude, code, two of course and speed, and how it was made."""
    match = _COMPRESSED.match(text.ljust(13))
    if match is None:
        return None
    lat, lon = 90 - base_91(match[2]) / 380_926, base_91(match[3]) / 190_463 - 180
    if lat < -90 or lon > 180:
        return None
    position = Position(lat, lon, symbol=match[1] + match[4], comment=text[13:])
    return _with_compressed_motion(position, match[5], match[6], made=ord(match[7]) - 33)


def _with_compressed_motion(position: Position, first: str, second: str, made: int) -> Position:
    if first in " {" or first > "{" or second > "{" or second == " " or position.symbol[1] == "_":
        return position
    is_old = made >= 0 and not made & _CURRENT_FIX
    if made & _SOURCE == _FROM_GGA:
        return replace(position, altitude_m=1.002 ** base_91(first + second) * FOOT_M, is_old=is_old)
    if first > "z":
        return position
    speed_mps = (1.08 ** base_91(second) - 1) * KNOT_MPS
    return replace(position, heading=base_91(first) * 4.0, speed_mps=speed_mps, is_old=is_old)


def base_91(characters: str) -> int:
    value = 0
    for character in characters:
        value = value * 91 + ord(character) - 33
    return value
