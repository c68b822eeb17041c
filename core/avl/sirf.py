"""Hears SiRF receivers in their binary protocol, because many GPS pucks were left in it by their last program.

Messages 2 (measured navigation) and 41 (geodetic navigation) of the SiRF Binary Protocol Reference Manual.
"""

import struct

from msgspec import Struct

from core.avl.doubts import doubt
from core.avl.ecef import geodetic, ground_motion
from core.avl.evidence import Evidence, share
from core.avl.frames import Cut, Form, FrameCutter
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


def _size(head: bytes) -> int:
    payload = int.from_bytes(head[2:_HEAD], "big")
    return _HEAD + payload + _TAIL if 0 < payload <= LONGEST_PAYLOAD else 0


def _is_whole(frame: bytes) -> bool:
    """The sum of the payload's bytes, to 15 bits, and the end mark must be right."""
    checksum = int.from_bytes(frame[-_TAIL:-2], "big")
    return frame.endswith(END) and sum(frame[_HEAD:-_TAIL]) & 0x7FFF == checksum


_FORM = Form(START, _HEAD, _size, _is_whole)


class SirfSettings(Struct, frozen=True, kw_only=True):
    """There is nothing to set."""


class SirfDecoder:
    """One fix an epoch, from message 41 where the receiver sends it and from message 2 where not."""

    def __init__(self, _settings: SirfSettings | None = None) -> None:
        self.tally = Tally()
        self._cutter = FrameCutter(_FORM, self.tally)
        self._sends_measured = self._fills_geodetic = False

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        return self._heard(self._cutter.cut(data), received_at)

    def flush(self, received_at: int) -> list[Report]:
        """Forget a frame that was cut short; what lies in it is looked through for whole ones."""
        return self._heard(self._cutter.cut(b"", is_end=True), received_at)

    def _heard(self, cuts: list[Cut], received_at: int) -> list[Report]:
        self.tally.skipped_bytes += sum(len(cut.gap) for cut in cuts)
        return [report for cut in cuts if cut.frame for report in self._message(cut.frame[_HEAD:-_TAIL], received_at)]

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
