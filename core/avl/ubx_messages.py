"""Says what u-blox navigation messages mean: u-blox 8/M8 receiver description (UBX-13003221), class NAV.

NAV-PVT says everything at once. Older receivers say it in parts that share a time of week: POSLLH, VELNED, SOL or
STATUS, and TIMEUTC or TIMEGPS.
"""

import struct
from datetime import UTC, datetime

from core.avl.doubts import doubt
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

GPS_EPOCH_MS = 315_964_800_000
WEEK_MS = 604_800_000
LEAP_S = 18  # between GPS time and UTC since 2017; used only where the receiver does not say
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
        """What has been collected, once; None without a position."""
        parts, self._parts = self._parts, {}
        if self._given or POSLLH not in parts:
            return None
        self._given = True
        return _folded(parts, received_at)

    def _is_full(self) -> bool:
        parts = self._parts.keys()
        return END_OF_EPOCH in parts or ({POSLLH, VELNED, TIMEUTC} <= parts and (SOL in parts or STATUS in parts))


def _folded(parts: dict[int, bytes], received_at: int) -> AvlFix:
    _, lon, lat, _, msl_mm, accuracy_mm, _ = _POSLLH.unpack_from(parts[POSLLH])
    kind, flags, satellites = _solution(parts)
    velocity = _VELNED.unpack_from(parts[VELNED]) if VELNED in parts else None
    ok = _is_fix(kind, flags) and _is_on_globe(lat, lon)
    fixed_at = _epoch_time(parts)
    doubts = doubt(lat / 1e7, lon / 1e7, fixed_at, received_at, valid=ok)
    if not (SOL in parts or STATUS in parts):
        doubts = f"{doubts} {_NO_STATUS}".lstrip()
    return AvlFix(
        device="",
        lat=lat / 1e7,
        lon=lon / 1e7,
        fixed_at=fixed_at,
        valid=ok,
        source="ubx",
        speed_mps=None if velocity is None else velocity[5] / 100,
        heading=None if velocity is None else _degrees(velocity[6]),
        altitude_m=msl_mm / 1000,
        accuracy_m=None if accuracy_mm == _UNKNOWN else accuracy_mm / 1000,
        satellites=satellites,
        quality=_quality(kind, flags, carrier=0) if ok else "no fix",
        doubt=doubts,
    )


def _solution(parts: dict[int, bytes]) -> tuple[int, int, int | None]:
    """Kind of fix, its flags, satellites used."""
    if SOL in parts:
        fields = _SOL.unpack_from(parts[SOL])
        return fields[3], fields[4], fields[15]
    if STATUS in parts:
        return parts[STATUS][4], parts[STATUS][5], None
    return 0, 0, None


def _epoch_time(parts: dict[int, bytes]) -> int | None:
    """UTC ms from the part that knows best: TIMEUTC, TIMEGPS, or SOL with the leap seconds of today."""
    if TIMEUTC in parts:
        _, _, nano_s, year, month, day, hour, minute, second, flags = _TIMEUTC.unpack_from(parts[TIMEUTC])
        if flags & 4:
            return _utc_ms(year, month, day, hour, minute, second, nano_s)
    if TIMEGPS in parts:
        tow_ms, nano_s, week, leap_s, flags, _ = _TIMEGPS.unpack_from(parts[TIMEGPS])
        if flags & 3 == 3:
            return _gps_ms(week, tow_ms, nano_s, leap_s if flags & 4 else LEAP_S)
    if SOL in parts:
        tow_ms, nano_s, week, _, flags, *_ = _SOL.unpack_from(parts[SOL])
        if flags & 12 == 12:
            return _gps_ms(week, tow_ms, nano_s, LEAP_S)
    return None


def _gps_ms(week: int, tow_ms: int, nano_s: int, leap_s: int) -> int | None:
    if week < 0 or tow_ms >= WEEK_MS:
        return None
    return GPS_EPOCH_MS + week * WEEK_MS + tow_ms + round(nano_s / 1e6) - leap_s * 1000


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
