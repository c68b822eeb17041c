"""What each NMEA 0183 sentence states, as facts: pure functions from fields to `Facts`, one a sentence.

Sources: NMEA 0183 as published in gpsd's and u-blox's protocol descriptions; each is tried on real receivers' logs.
"""

from collections.abc import Callable

from msgspec import Struct

from core.avl import dating
from core.avl.fields import KMH_MPS, KNOT_MPS, course, number, plain, position, signed_degrees, speed, whole

# What an epoch can know; plain numbers, because they are put together for every sentence.
PLACE, DATE, MOTION, HEIGHT = 1, 2, 4, 8


class Facts(Struct):
    """What one sentence says. `valid` is None where it takes no stand; `digits` tells how fine its place is."""

    known: int = 0
    of_day: int | None = None
    day: int | None = None
    place: tuple[float, float] | None = None
    digits: int = 0
    valid: bool | None = None
    speed_mps: float | None = None
    heading: float | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    quality: str = ""


# FAA mode indicators; a place that was typed in, simulated or not found is not where a unit is.
_MODES = {
    b"A": "gps",
    b"D": "differential",
    b"P": "precise",
    b"R": "rtk fixed",
    b"F": "rtk float",
    b"E": "estimated",
    b"M": "manual",
    b"S": "simulated",
    b"N": "no fix",
    b"C": "caution",
    b"U": "unsafe",
}
_QUALITIES = ("no fix", "gps", "differential", "precise", "rtk fixed", "rtk float", "estimated", "manual", "simulated")
UNREAL = frozenset(("no fix", "manual", "simulated", "unsafe"))
_GGA_CODES = {b"%d" % code: (quality not in UNREAL, quality) for code, quality in enumerate(_QUALITIES)}


def rmc(f: list[bytes]) -> Facts | None:
    count = len(f)
    if count < 10:
        return None
    quality = _MODES.get(f[12], "") if count > 12 else ""
    valid = f[2] == b"A" and quality not in UNREAL
    place, day = position(f[3:7]), dating.day_from(f[9])
    return Facts(
        PLACE | MOTION if day is None else PLACE | MOTION | DATE, dating.time_of_day(f[1]), day, place, len(f[3]),
        valid and place is not None, speed(f[7], KNOT_MPS), course(f[8]),
        quality=quality or ("gps" if valid else "no fix"),
    )  # fmt: skip


def gga(f: list[bytes]) -> Facts | None:
    if len(f) < 10:
        if len(f) < 7:
            return None
        f += [b""] * 3
    valid, quality = _GGA_CODES.get(f[6], (None, ""))
    place = position(f[2:6])
    return Facts(
        PLACE | HEIGHT, dating.time_of_day(f[1]), None, place, len(f[2]), valid if place is not None else False,
        None, None, number(f[9]), None, number(f[8]), whole(f[7]), quality,
    )  # fmt: skip


def gll(f: list[bytes]) -> Facts | None:
    if len(f) < 5:
        return None
    status = f[6] if len(f) > 6 else b""
    quality = _MODES.get(f[7], "") if len(f) > 7 else ""
    valid = None if status == b"" else status == b"A" and quality not in UNREAL
    return _placed(f[1:5], f[5] if len(f) > 5 else b"", valid, quality)


def gns(f: list[bytes]) -> Facts | None:
    if len(f) < 10:
        return None
    modes = [_MODES.get(bytes((mode,)), "") for mode in f[6]]
    used = [quality for quality in modes if quality not in UNREAL and quality]
    facts = _placed(f[2:6], f[1], bool(used), used[0] if used else (modes[0] if modes else "no fix"))
    facts.known |= HEIGHT
    facts.satellites, facts.hdop, facts.altitude_m = whole(f[7]), number(f[8]), number(f[9])
    return facts


def vtg(f: list[bytes]) -> Facts | None:
    """With unit letters, or in the old form without them."""
    if len(f) >= 8 and (f[2] == b"T" or f[6] == b"N"):
        mps = speed(f[5], KNOT_MPS)
        mps = speed(f[7], KMH_MPS) if mps is None else mps
    elif len(f) == 5:
        mps = speed(f[3], KNOT_MPS)
    else:
        return None
    return Facts(MOTION, speed_mps=mps, heading=course(f[1]))


def zda(f: list[bytes]) -> Facts | None:
    if len(f) < 5:
        return None
    day, month, year = whole(f[2]), whole(f[3]), whole(f[4])
    if day is None or month is None or year is None:
        return None
    return Facts(DATE, dating.time_of_day(f[1]), dating.day_of(year, month, day))


def gst(f: list[bytes]) -> Facts | None:
    if len(f) < 8:
        return None
    north, east = number(f[6]), number(f[7])
    if north is None or east is None:
        return None
    return Facts(of_day=dating.time_of_day(f[1]), accuracy_m=(north * north + east * east) ** 0.5)


def rma(f: list[bytes]) -> Facts | None:
    """Loran-C; trackers still send it."""
    if len(f) < 10:
        return None
    facts = _placed(f[2:6], b"", f[1] == b"A", "")
    facts.known |= MOTION
    facts.speed_mps, facts.heading = speed(f[8], KNOT_MPS), course(f[9])
    return facts


_UBX_STATES = {
    b"NF": "no fix",
    b"DR": "estimated",
    b"G2": "gps",
    b"G3": "gps",
    b"D2": "differential",
    b"D3": "differential",
    b"RK": "estimated",
    b"TT": "no fix",
}


def pubx(f: list[bytes]) -> Facts | None:
    """u-blox's own position; 03 and 04 say nothing of it."""
    if len(f) < 19 or f[1] != b"00":
        return None
    quality = _UBX_STATES.get(f[8], "")
    facts = _placed(f[3:7], f[2], bool(quality) and quality not in UNREAL, quality)
    facts.known |= MOTION | HEIGHT
    facts.altitude_m, facts.accuracy_m = number(f[7]), number(f[9])
    facts.speed_mps, facts.heading = speed(f[11], KMH_MPS), course(f[12])
    facts.hdop, facts.satellites = number(f[15]), whole(f[18])
    return facts


def pgrme(f: list[bytes]) -> Facts | None:
    """Garmin's estimated error."""
    return Facts(accuracy_m=number(f[1])) if len(f) > 2 and f[2] == b"M" else None


def trccr(f: list[bytes]) -> Facts | None:
    """A tracker's sentence in decimal degrees: yyyymmddhhmmss.sss, A, lat, lon, knots, course, metres, battery."""
    if len(f) < 8:
        return None
    place = signed_degrees(number(f[3]), number(f[4]))
    facts = Facts(PLACE | MOTION | DATE | HEIGHT, place=place, digits=len(f[3]))
    facts.of_day, facts.valid = dating.time_of_day(f[1][8:]), f[2] == b"A" and place is not None
    if f[1][:8].isdigit() and len(f[1]) > 8:
        facts.day = dating.day_of(int(f[1][:4]), int(f[1][4:6]), int(f[1][6:8]))
    facts.speed_mps, facts.heading, facts.altitude_m = speed(f[5], KNOT_MPS), course(f[6]), number(f[7])
    facts.quality = "gps" if facts.valid else "no fix"
    return facts


def _placed(four: list[bytes], time: bytes, valid: bool | None, quality: str) -> Facts:
    place = position(four)
    valid = valid if place is not None else False
    return Facts(PLACE, dating.time_of_day(time), None, place, len(four[0]), valid, quality=quality)


READERS: dict[bytes, Callable[[list[bytes]], Facts | None]] = {
    b"RMC": rmc, b"GGA": gga, b"GLL": gll, b"GNS": gns, b"VTG": vtg, b"ZDA": zda, b"GST": gst, b"RMA": rma,
    b"PUBX": pubx, b"PGRME": pgrme, b"TRCCR": trccr,
}  # fmt: skip


def reader_of(address: bytes) -> Callable[[list[bytes]], Facts | None] | None:
    """What reads the sentences of this address, of any talker; None if they say nothing of time, place or motion."""
    if len(address) == 5 and address[0] != 0x50:
        return READERS.get(address[2:]) or READERS.get(address)
    return READERS.get(address)


def read_facts(fields: list[bytes]) -> Facts | None:
    """What a sentence says of time, place and motion; None if nothing."""
    reader = reader_of(fields[0])
    return None if reader is None else reader(fields)


_EAST_WEST = frozenset((b"", b"E", b"W"))
_FAA = frozenset((*_MODES, b""))
_NAVIGATION = frozenset((b"S", b"C", b"U", b"V", b""))
_STATUS = frozenset((b"A", b"V"))


def stands_alone(f: list[bytes]) -> bool:
    """Whether a sentence without a checksum is so well formed that nothing can have been lost from its end."""
    kind = f[0][-3:]
    shape = _SHAPES.get(kind)
    return shape is not None and shape(f, len(f)) and all(plain(f[index]) for index in _NUMBERS[kind])


def _whole_rmc(f: list[bytes], count: int) -> bool:
    dated = 12 <= count <= 14 and f[2] in _STATUS and (len(f[9]) == 6 or f[2] == b"V")
    ends = (_EAST_WEST, _FAA, _NAVIGATION)
    return dated and all(field in allowed for field, allowed in zip(f[11:], ends, strict=False))


def _whole_gga(f: list[bytes], count: int) -> bool:
    if count != 15 or not f[6].isdigit():
        return False
    return not f[14] or (len(f[14]) <= 4 and f[14].isdigit() and f[13] != b"")


_SHAPES: dict[bytes, Callable[[list[bytes], int], bool]] = {
    b"RMC": _whole_rmc,
    b"GGA": _whole_gga,
    b"GLL": lambda f, count: count in {7, 8} and f[6] in _STATUS and (count == 7 or f[7] in _FAA),
    b"GNS": lambda f, count: count in {13, 14} and f[6].isalpha() and (count == 13 or f[13] in _NAVIGATION),
    b"VTG": lambda f, count: count in {9, 10} and f[8] == b"K" and (count == 9 or f[9] in _FAA),
    b"ZDA": lambda f, _: len(f) == 7,
    b"CCR": lambda f, _: len(f) >= 10,
}
_NUMBERS = {
    b"RMC": (1, 3, 5, 7, 8, 9, 10), b"GGA": (1, 2, 4, 6, 7, 8, 9, 11, 13), b"GLL": (1, 3, 5), b"VTG": (1, 3, 5, 7),
    b"GNS": (1, 2, 4, 7, 8, 9, 10), b"ZDA": (1, 2, 3, 4), b"CCR": (1, 3, 4, 5, 6, 7),
}  # fmt: skip
