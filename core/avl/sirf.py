"""Hears SiRF receivers in their binary protocol, because many GPS pucks were left in it by their last program.

Messages 2 (measured navigation) and 41 (geodetic navigation) of the SiRF Binary Protocol Reference Manual.
"""

import struct

from msgspec import Struct

from core.avl.doubts import doubt
from core.avl.ecef import geodetic, ground_motion
from core.avl.evidence import Evidence, share
from core.avl.gps_time import full_week, gps_ms
from core.avl.reports import AvlFix, Report, Tally

NAME = "sirf"
START, END = b"\xa0\xa2", b"\xb0\xb3"
LONGEST_PAYLOAD = 1023
_HEAD, _TAIL = 4, 4
_MEASURED, _GEODETIC = 2, 41
_MEASURED_FIELDS = struct.Struct(">B iii hhh BBB H I B")
_GEODETIC_FIELDS = struct.Struct(">B HH H I 6x H I ii ii b HH hhh I")
_SATELLITES_AT = 88
_BY_FEW_SATELLITES, _DEAD_RECKONING, _DIFFERENTIAL = (1, 2), 7, 0x80
_NOT_OVERDETERMINED = 1  # a plain fix by four satellites has it too


class SirfSettings(Struct, frozen=True, kw_only=True):
    """There is nothing to set."""


class SirfDecoder:
    """One fix an epoch, from message 41 where the receiver sends it and from message 2 where not."""

    def __init__(self, _settings: SirfSettings | None = None) -> None:
        self.tally = Tally()
        self._rest = b""
        self._sends_measured = self._fills_geodetic = False

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        data = self._rest + data
        reports: list[Report] = []
        at = 0
        while (start := data.find(START, at)) >= 0:
            self.tally.skipped_bytes += start - at
            at = start
            size = _size(data, at)
            if size is None:
                break
            payload = _payload(data[at : at + size])
            if payload is None:
                self.tally.refused += 1
                at += len(START)
                continue
            reports += self._message(payload, received_at)
            at += size
        self._keep(data[at:])
        return reports

    def flush(self, received_at: int) -> list[Report]:
        """Forget a frame that was cut short; what lies in it is looked through for whole ones."""
        reports: list[Report] = []
        while self._rest.startswith(START):
            self.tally.refused += 1
            rest, self._rest = self._rest[len(START) :], b""
            reports += self.feed(rest, received_at)
        self._rest = b""
        return reports

    def _keep(self, rest: bytes) -> None:
        if not rest.startswith(START):
            kept = 1 if rest.endswith(START[:1]) else 0
            self.tally.skipped_bytes += len(rest) - kept
            rest = rest[len(rest) - kept :]
        self._rest = rest

    def _message(self, payload: bytes, received_at: int) -> list[Report]:
        """The finer message 41 is heard once it has been valid: early receivers send it and never fill it in."""
        self.tally.messages += 1
        kind = payload[0]
        if kind == _GEODETIC and len(payload) > _SATELLITES_AT:
            fix = _geodetic(payload, received_at)
            self._fills_geodetic = self._fills_geodetic or fix.valid
            return [fix] if self._fills_geodetic or not self._sends_measured else []
        if kind == _MEASURED and len(payload) >= _MEASURED_FIELDS.size:
            self._sends_measured = True
            return [] if self._fills_geodetic else [_measured(payload, received_at)]
        return []


def evidence(sample: bytes) -> Evidence | None:
    """Frames with a right checksum and the right end."""
    decoder = SirfDecoder()
    decoder.feed(sample, 0)
    whole, refused = decoder.tally.messages, decoder.tally.refused
    if not whole:
        return None
    why = f"{whole} of {whole + refused} SiRF frames have a right checksum."
    return Evidence(protocol=NAME, score=share(whole, whole + refused) * 0.97, why=why)


def _size(data: bytes, at: int) -> int | None:
    """Bytes of the frame at `at`, 0 where its length is out of reach, None while the frame is not all here."""
    if len(data) < at + _HEAD:
        return None
    payload = int.from_bytes(data[at + 2 : at + _HEAD], "big")
    if not 0 < payload <= LONGEST_PAYLOAD:
        return 0
    size = _HEAD + payload + _TAIL
    return size if len(data) >= at + size else None


def _payload(frame: bytes) -> bytes | None:
    """What a whole frame carries: the sum of its bytes, to 15 bits, must be right."""
    payload, checksum, end = frame[_HEAD:-_TAIL], frame[-_TAIL:-2], frame[-2:]
    is_right = sum(payload) & 0x7FFF == int.from_bytes(checksum, "big")
    return payload if payload and end == END and is_right else None


def _measured(payload: bytes, received_at: int) -> AvlFix:
    """Message 2: earth-centred metres, eighths of m/s, a week of ten bits, hundredths of a second."""
    _, x, y, z, vx, vy, vz, mode, _, _, week, tow_10ms, satellites = _MEASURED_FIELDS.unpack_from(payload)
    place = geodetic(x, y, z)
    lat, lon = place[:2] if place else (None, None)
    speed, heading = ground_motion(place[0], place[1], vx / 8, vy / 8, vz / 8) if place else (None, None)
    fixed_at = gps_ms(full_week(week, received_at), tow_10ms * 10)
    valid = place is not None and mode & 7 != 0
    return AvlFix(
        device="",
        lat=lat,
        lon=lon,
        fixed_at=fixed_at,
        valid=valid,
        source=NAME,
        speed_mps=speed,
        heading=heading,
        satellites=satellites,
        quality=_quality(mode) if valid else "no fix",
        doubt=doubt(lat, lon, fixed_at, received_at, valid=valid),
    )


def _geodetic(payload: bytes, received_at: int) -> AvlFix:
    """Message 41: degrees at 1e-7, centimetres, the full week, milliseconds."""
    fields = _GEODETIC_FIELDS.unpack_from(payload)
    _, faults, mode, week, tow_ms, _, _, lat, lon, _, above_sea_cm, _, speed_cms, course, _, _, _, error_cm = fields
    on_globe = abs(lat) <= 900_000_000 and abs(lon) <= 1_800_000_000
    lat_deg, lon_deg = (lat / 1e7, lon / 1e7) if on_globe else (None, None)
    fixed_at = gps_ms(full_week(week, received_at), tow_ms)
    valid = on_globe and mode & 7 != 0 and not faults & ~_NOT_OVERDETERMINED
    return AvlFix(
        device="",
        lat=lat_deg,
        lon=lon_deg,
        fixed_at=fixed_at,
        valid=valid,
        source=NAME,
        speed_mps=speed_cms / 100,
        heading=course / 100 % 360,
        altitude_m=above_sea_cm / 100,
        accuracy_m=error_cm / 100 or None,
        satellites=payload[_SATELLITES_AT],
        quality=_quality(mode) if valid else "no fix",
        doubt=doubt(lat_deg, lon_deg, fixed_at, received_at, valid=valid),
    )


def _quality(mode: int) -> str:
    if mode & 7 == _DEAD_RECKONING or mode & 7 in _BY_FEW_SATELLITES:
        return "estimated"
    return "differential" if mode & _DIFFERENTIAL else "gps"
