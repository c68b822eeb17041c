"""Says what u-blox navigation messages mean: u-blox 8/M8 receiver description (UBX-13003221), class NAV.

NAV-PVT says everything at once. Older receivers say it in parts that share a time of week: POSLLH, VELNED, SOL or
STATUS, and TIMEUTC or TIMEGPS; or SOL alone.
"""

import struct
from datetime import UTC, datetime
from typing import NamedTuple

from core.avl.doubts import doubt
from core.avl.ecef import geodetic, ground_motion
from core.avl.gps_time import gps_ms
from core.avl.reports import AvlFix

NAV_CLASS = 0x01
POSLLH, STATUS, SOL, VELNED, TIMEGPS, TIMEUTC, END_OF_EPOCH = 0x02, 0x03, 0x06, 0x12, 0x20, 0x21, 0x61
_SHORTEST = {POSLLH: 28, STATUS: 16, SOL: 52, VELNED: 36, TIMEGPS: 16, TIMEUTC: 20, END_OF_EPOCH: 4}

_PVT = struct.Struct("<I H5BB I i BBBB ii ii II iii i i II H H")
_SHORTEST_PVT = 84  # generation 7; from generation 8 it has 92 bytes
_POSLLH = struct.Struct("<I ii ii II")
_SOL = struct.Struct("<I i h BB iii I iii I H B B")
_VELNED = struct.Struct("<I iii II i")
_TIMEGPS = struct.Struct("<I i h b B I")
_TIMEUTC = struct.Struct("<I I i H5BB")

_UNKNOWN = 0xFFFFFFFF
_NO_STATUS = "The receiver sends positions but not whether it has a fix: let it send NAV-PVT, or NAV-STATUS as well."
_DEAD_RECKONING, _TIME_ONLY = 1, 5


def tow_of(kind: int, payload: bytes) -> int | None:
    """The GPS time of week, in ms, that the parts of one epoch share; None for messages that are none of them."""
    shortest = _SHORTEST.get(kind)
    if shortest is None or len(payload) < shortest:
        return None
    return int.from_bytes(payload[:4], "little")


def fix_from_pvt(payload: bytes, received_at: int) -> AvlFix | None:
    """NAV-PVT as a fix; None where the message is too short to be one."""
    if len(payload) < _SHORTEST_PVT:
        return None
    fields = _PVT.unpack_from(payload)
    _, year, month, day, hour, minute, second, time_flags, _, nano_s, kind, flags, _, satellites = fields[:14]
    lon, lat, _, msl_mm, accuracy_mm, _, _, _, _, speed_mms, heading = fields[14:25]
    has_time = time_flags & 3 == 3
    fixed_at = _utc_ms(year, month, day, hour, minute, second, nano_s) if has_time else None
    ok = _is_fix(kind, flags) and not fields[28] & 1 and _is_on_globe(lat, lon)
    return AvlFix(
        device="",
        lat=lat / 1e7,
        lon=lon / 1e7,
        fixed_at=fixed_at,
        valid=ok,
        source="ubx",
        speed_mps=speed_mms / 1000,
        heading=_degrees(heading),
        altitude_m=msl_mm / 1000,
        accuracy_m=None if accuracy_mm == _UNKNOWN else accuracy_mm / 1000,
        satellites=satellites,
        quality=_quality(kind, flags, carrier=flags >> 6) if ok else "no fix",
        doubt=doubt(lat / 1e7, lon / 1e7, fixed_at, received_at, valid=ok),
    )


class Epoch:
    """Collects the parts of one navigation epoch and folds them into one fix."""

    def __init__(self) -> None:
        self._tow_ms: int | None = None
        self._parts: dict[int, bytes] = {}
        self._given = False

    def take(self, kind: int, payload: bytes, tow_ms: int, received_at: int) -> AvlFix | None:
        """Add a part: a fix comes as soon as nothing more is needed, or with the first part of the next epoch."""
        fix = None
        if tow_ms != self._tow_ms:
            fix = self.end(received_at)
            self._tow_ms, self._given = tow_ms, False
        self._parts[kind] = payload
        return fix or (self.end(received_at) if self._is_full() else None)

    def end(self, received_at: int) -> AvlFix | None:
        """What has been collected, once; None if it has no position."""
        parts, self._parts = self._parts, {}
        if self._given or not (POSLLH in parts or SOL in parts):
            return None
        self._given = True
        return _folded(parts, received_at)

    def _is_full(self) -> bool:
        parts = self._parts.keys()
        return END_OF_EPOCH in parts or ({POSLLH, VELNED, TIMEUTC} <= parts and (SOL in parts or STATUS in parts))


class _Place(NamedTuple):
    lat: float | None
    lon: float | None
    altitude_m: float | None
    accuracy_m: float | None


_NOWHERE = _Place(None, None, None, None)


def _folded(parts: dict[int, bytes], received_at: int) -> AvlFix:
    kind, flags, satellites = _solution(parts)
    place = _place(parts)
    speed_mps, heading = _motion(parts, place)
    ok = _is_fix(kind, flags) and place.lat is not None
    fixed_at = _epoch_time(parts)
    doubts = doubt(place.lat, place.lon, fixed_at, received_at, valid=ok)
    if not (SOL in parts or STATUS in parts):
        doubts = f"{doubts} {_NO_STATUS}".lstrip()
    return AvlFix(
        device="",
        lat=place.lat,
        lon=place.lon,
        fixed_at=fixed_at,
        valid=ok,
        source="ubx",
        speed_mps=speed_mps,
        heading=heading,
        altitude_m=place.altitude_m,
        accuracy_m=place.accuracy_m,
        satellites=satellites,
        quality=_quality(kind, flags, carrier=0) if ok else "no fix",
        doubt=doubts,
    )


def _place(parts: dict[int, bytes]) -> _Place:
    """From POSLLH; without it from SOL, which gives it earth-centred and no height above the sea."""
    if POSLLH in parts:
        _, lon, lat, _, msl_mm, accuracy_mm, _ = _POSLLH.unpack_from(parts[POSLLH])
        if not _is_on_globe(lat, lon):
            return _NOWHERE
        return _Place(lat / 1e7, lon / 1e7, msl_mm / 1000, None if accuracy_mm == _UNKNOWN else accuracy_mm / 1000)
    fields = _SOL.unpack_from(parts[SOL])
    found = geodetic(*(centimetres / 100 for centimetres in fields[5:8]))
    if found is None:
        return _NOWHERE
    return _Place(found[0], found[1], None, None if fields[8] == _UNKNOWN else fields[8] / 100)


def _motion(parts: dict[int, bytes], place: _Place) -> tuple[float | None, float | None]:
    """Speed in m/s and heading, from VELNED or else SOL."""
    if VELNED in parts:
        fields = _VELNED.unpack_from(parts[VELNED])
        return fields[5] / 100, _degrees(fields[6])
    if SOL not in parts or place.lat is None or place.lon is None:
        return None, None
    vx, vy, vz = (value / 100 for value in _SOL.unpack_from(parts[SOL])[9:12])
    return ground_motion(place.lat, place.lon, vx, vy, vz)


def _solution(parts: dict[int, bytes]) -> tuple[int, int, int | None]:
    """Kind of fix, its flags, satellites used."""
    if SOL in parts:
        fields = _SOL.unpack_from(parts[SOL])
        return fields[3], fields[4], fields[15]
    if STATUS in parts:
        return parts[STATUS][4], parts[STATUS][5], None
    return 0, 0, None


def _epoch_time(parts: dict[int, bytes]) -> int | None:
    """UTC ms from the part that knows best: TIMEUTC, TIMEGPS, or SOL with the leap seconds of its week."""
    if TIMEUTC in parts:
        _, _, nano_s, year, month, day, hour, minute, second, flags = _TIMEUTC.unpack_from(parts[TIMEUTC])
        if flags & 4:
            return _utc_ms(year, month, day, hour, minute, second, nano_s)
    if TIMEGPS in parts:
        tow_ms, nano_s, week, leap_s, flags, _ = _TIMEGPS.unpack_from(parts[TIMEGPS])
        if flags & 3 == 3:
            return _rounded(gps_ms(week, tow_ms, leap_s if flags & 4 else None), nano_s)
    if SOL in parts:
        tow_ms, nano_s, week, _, flags, *_ = _SOL.unpack_from(parts[SOL])
        if flags & 12 == 12:
            return _rounded(gps_ms(week, tow_ms), nano_s)
    return None


def _rounded(moment_ms: int | None, nano_s: int) -> int | None:
    return None if moment_ms is None else moment_ms + round(nano_s / 1e6)


def _utc_ms(year: int, month: int, day: int, hour: int, minute: int, second: int, nano_s: int) -> int | None:
    """The fraction may be negative: the receiver rounds the second; a leap second is second 60."""
    try:
        whole_minute = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return int(whole_minute.timestamp()) * 1000 + second * 1000 + round(nano_s / 1e6)


def _is_fix(kind: int, flags: int) -> bool:
    """`flags` bit 0 says that the fix is within the receiver's own limits."""
    return bool(flags & 1) and _DEAD_RECKONING <= kind < _TIME_ONLY


def _is_on_globe(lat: int, lon: int) -> bool:
    return abs(lat) <= 900_000_000 and abs(lon) <= 1_800_000_000


def _quality(kind: int, flags: int, *, carrier: int) -> str:
    if kind == _DEAD_RECKONING:
        return "estimated"
    if carrier:
        return "rtk fixed" if carrier & 2 else "rtk float"
    return "differential" if flags & 2 else "gps"


def _degrees(heading: int) -> float:
    return heading / 1e5 % 360
