"""Reads Mic-E, the APRS dialect of most handheld and mobile radios (APRS 1.0.1, chapter 10).

Latitude, a status and three signs hide in the destination call sign; the rest is in nine bytes of information.
"""

import re
from dataclasses import dataclass, replace
from math import copysign

from core.avl.aprs_positions import (
    Position,
    base_91,
    degrees,
    half_width_m,
    heading_of,
    with_altitude,
    with_extra_digits,
)
from core.avl.fields import KNOT_MPS

STATUSES = {
    7: "Off duty",
    6: "En route",
    5: "In service",
    4: "Returning",
    3: "Committed",
    2: "Special",
    1: "Priority",
    0: "Emergency",
}
_DESTINATION = re.compile(r"[0-9A-LP-Z]{6}(?:-\d{1,2})?")
_MOTION = re.compile(r"[\x1c-\x7f]{7}[0-9A-Z/\\a-j]", re.DOTALL)
_ALTITUDE = re.compile(r"[\]>`']?([!-{]{3})\}")


@dataclass(frozen=True, slots=True)
class MicE:
    """`code` is M0 to M6 for the standard statuses, C0 to C6 for an agency's own, E for emergency, "" if mixed."""

    position: Position
    code: str
    status: str


def read_mic_e(destination: str, body: str) -> MicE | None:
    """`body` is the information without its type character; None where either half is no Mic-E."""
    if not _DESTINATION.fullmatch(destination) or not _MOTION.match(body):
        return None
    letters = destination[:6]
    position = _position(letters, [ord(character) - 28 for character in body[:6]])
    if position is None:
        return None
    position = replace(position, symbol=body[7] + body[6], comment=body[8:])
    position = with_extra_digits(_with_altitude(position))
    return MicE(position, *_status(letters[:3]))


def _position(letters: str, numbers: list[int]) -> Position | None:
    lat_digits = "".join(_digit(letter) for letter in letters)
    blanks = len(lat_digits) - len(lat_digits.rstrip(" "))
    lat = degrees(lat_digits, blanks, most=90) if blanks <= 4 else None
    is_north, is_high, is_west = ("A" <= letter != "L" for letter in letters[3:])
    lon = _longitude(numbers[:3], is_high=is_high, blanks=blanks)
    if lat is None or lon is None:
        return None
    speed_kn, course = _speed_and_course(*numbers[3:])
    return Position(
        copysign(lat, 1 if is_north else -1),
        copysign(lon, -1 if is_west else 1),
        accuracy_m=half_width_m(blanks),
        heading=heading_of(course),
        speed_mps=speed_kn * KNOT_MPS,
    )


def _digit(letter: str) -> str:
    """0 to 9, A to J and P to Y are digits; K, L and Z leave the digit out."""
    if letter in "KLZ":
        return " "
    base = "0" if letter <= "9" else "A" if letter <= "J" else "P"
    return str(ord(letter) - ord(base))


def _longitude(numbers: list[int], *, is_high: bool, blanks: int) -> float | None:
    whole = numbers[0] + (100 if is_high else 0)
    whole -= 80 if 180 <= whole <= 189 else 190 if 190 <= whole <= 199 else 0
    minutes = numbers[1] - (60 if numbers[1] >= 60 else 0)
    if not (0 <= whole < 180 and 0 <= minutes < 60 and 0 <= numbers[2] < 100):
        return None
    return degrees(f"{whole:03d}{minutes:02d}{numbers[2]:02d}", blanks, most=180)


def _speed_and_course(tens: int, mixed: int, units: int) -> tuple[int, int]:
    """Knots and degrees; senders add 800 and 400 to stay among printable characters."""
    speed_kn, course = tens * 10 + mixed // 10, mixed % 10 * 100 + units
    return max(0, speed_kn - (800 if speed_kn >= 800 else 0)), course - (400 if course >= 400 else 0)


def _status(letters: str) -> tuple[str, str]:
    """Three bits, each set by a standard or by a custom letter; a mixture of both kinds means nothing."""
    bits = sum(4 >> index for index, letter in enumerate(letters) if letter > "9" and letter != "L")
    standard = any(letter >= "P" for letter in letters)
    custom = any("A" <= letter <= "K" for letter in letters)
    if bits == 0:
        return "E", STATUSES[0]
    if standard and custom:
        return "", ""
    return (f"M{7 - bits}", STATUSES[bits]) if standard else (f"C{7 - bits}", f"Custom {7 - bits}")


def _with_altitude(position: Position) -> Position:
    """Metres above 10 km below the sea, in base 91, near the start of the comment; /A= in feet is used as well."""
    match = _ALTITUDE.match(position.comment)
    if match is None:
        return with_altitude(position)
    return replace(position, altitude_m=float(base_91(match[1]) - 10_000))
