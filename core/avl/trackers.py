"""How trackers say who they are around NMEA sentences, and the lines that some send instead of them.

Seen in the field: an identity before the `$`, in a sentence of its own, on a bare line, or after the checksum.
"""

import re

from core.avl import dating
from core.avl.fields import KMH_MPS, course, number, signed_degrees, speed
from core.avl.nmea_sentences import DATE, MOTION, PLACE, Facts
from core.avl.sentences import xor_of

_PREFIX = re.compile(rb"(?:[\w.-]+/)?([\w.-]{3,40})[,:/ ]?")
_TAG_BLOCK = re.compile(rb"\\([^\\*]+)\*([0-9A-Fa-f]{2})\\")
_BARE = re.compile(rb"(?:IMEI[ =:]*)?([0-9A-Fa-f]{8,20})")
_IMEI = re.compile(rb"(?<!\d)\d{15}(?!\d)")
_IDENTITIES = frozenset((b"PGID", b"DEVID", b"GPFID", b"PSIWMDID"))


def identity_before(prefix: bytes) -> str | None:
    """The identity in what stands before a `$`; None if that is noise."""
    found = _PREFIX.fullmatch(prefix.strip())
    if found is None or not any(0x30 <= letter <= 0x39 for letter in found[1]):
        return identity_after(prefix) if prefix[:5].lower() == b"imei=" else None
    return found[1].decode("ascii")


def identity_after(trailer: bytes) -> str | None:
    """The 15 digits that some trackers send behind the checksum."""
    found = _IMEI.search(trailer)
    return found[0].decode("ascii") if found is not None else None


def identity_in(fields: list[bytes]) -> str | None:
    """The identity that a sentence of its own tells; it holds for what follows on the line."""
    address = fields[0]
    if address in _IDENTITIES and len(fields) > 1:
        return fields[1].decode("ascii") or None
    if address == b"PCPTI" and len(fields) > 1:
        return fields[1].decode("ascii") or None
    if address.startswith(b"IMEI="):
        return address[5:].decode("ascii") or None
    return None


def identity_on(line: bytes) -> str | None:
    """The identity on a line that has nothing else."""
    found = _BARE.fullmatch(line.strip())
    return found[1].decode("ascii") if found is not None else None


def tag_block(prefix: bytes) -> tuple[str, bool] | None:
    """The source that a NMEA 4 tag block names ("" if none) and whether its checksum is right; None for no block."""
    if prefix[:1] != b"\\":
        return None
    found = _TAG_BLOCK.fullmatch(prefix.strip())
    if found is None or not found[1].isascii():
        return "", False
    source = next((part[2:] for part in found[1].split(b",") if part[:2] == b"s:"), b"")
    return source.decode("ascii"), xor_of(found[1]) == int(found[2], 16)


def qze(f: list[bytes]) -> tuple[str, Facts] | None:
    """`QZE,imei,event,ddmmyyyy,hhmmss,lat,lon,km/h,course,A,ignition`: it never has a checksum."""
    if len(f) < 11 or f[0] != b"QZE" or not _IMEI.fullmatch(f[1]) or len(f[3]) != 8 or not f[3].isdigit():
        return None
    if f[9] not in {b"A", b"V"}:
        return None
    place = signed_degrees(number(f[5]), number(f[6]))
    facts = Facts(PLACE | DATE | MOTION, dating.time_of_day(f[4]), place=place, digits=len(f[5]))
    facts.day = dating.day_of(int(f[3][4:]), int(f[3][2:4]), int(f[3][:2]))
    facts.valid = f[9] == b"A" and place is not None
    facts.quality = "gps" if facts.valid else "no fix"
    facts.speed_mps, facts.heading = speed(f[7], KMH_MPS), course(f[8])
    return f[1].decode("ascii"), facts


def labelled(f: list[bytes]) -> tuple[str, Facts] | None:
    """`$ID,imei,…,GPSEX,A,…,D,ddmmyy,T,hhmmss,…,La,51.9,N,Lo,5.9,E,…`: a key, then its value."""
    if len(f) < 12 or f[0] != b"ID" or not _IMEI.fullmatch(f[1]):
        return None
    try:
        valid, day, time = (f[f.index(key) + 1] for key in (b"GPSEX", b"D", b"T"))
        lat, lon = f.index(b"LA"), f.index(b"LO")
        y, north_south, x, east_west = f[lat + 1], f[lat + 2], f[lon + 1], f[lon + 2]
    except (ValueError, IndexError):
        return None
    if north_south not in {b"N", b"S"} or east_west not in {b"E", b"W"}:
        return None
    place = signed_degrees(number(y), number(x))
    if place is not None:
        place = place[0] if north_south == b"N" else -place[0], place[1] if east_west == b"E" else -place[1]
    facts = Facts(PLACE | DATE, dating.time_of_day(time), dating.day_from(day), place, len(y))
    facts.valid = valid == b"A" and place is not None
    facts.quality = "gps" if facts.valid else "no fix"
    return f[1].decode("ascii"), facts
