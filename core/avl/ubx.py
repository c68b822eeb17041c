"""Hears u-blox receivers in their own binary protocol, alone or mixed with NMEA sentences on one line.

Frames and checksums; what a navigation message means is in ubx_messages.py.
"""

from itertools import accumulate

from msgspec import Struct

from core.avl.evidence import Evidence
from core.avl.frames import Cut, Form, FrameCutter
from core.avl.nmea import NmeaDecoder, NmeaSettings
from core.avl.reports import AvlFix, Report, Tally
from core.avl.ubx_messages import NAV_CLASS, Epoch, fix_from_pvt, tow_of

NAME = "ubx"
SYNC = b"\xb5\x62"
LONGEST_PAYLOAD = 8192  # raw measurements of every signal stay below it
_HEAD, _CHECKSUM = 6, 2
_NAV_PVT = 0x07


def _size(head: bytes) -> int:
    payload = int.from_bytes(head[4:_HEAD], "little")
    return _HEAD + payload + _CHECKSUM if payload <= LONGEST_PAYLOAD else 0


def _is_whole(frame: bytes) -> bool:
    """The 8-bit Fletcher checksum over class, identity, length and payload."""
    covered = frame[len(SYNC) : -_CHECKSUM]
    first, second = frame[-_CHECKSUM:]
    return sum(covered) & 0xFF == first and sum(accumulate(covered)) & 0xFF == second


_FORM = Form(SYNC, _HEAD, _size, _is_whole)


class UbxSettings(Struct, frozen=True, kw_only=True):
    nmea: NmeaSettings = NmeaSettings()  # for the sentences between the frames


class UbxDecoder:
    """NAV-PVT, or its older parts folded by epoch; every other byte is offered to an NMEA decoder."""

    def __init__(self, settings: UbxSettings | None = None) -> None:
        self._nmea = NmeaDecoder((settings or UbxSettings()).nmea)
        self.tally = self._nmea.tally
        self._cutter = FrameCutter(_FORM, self.tally)
        self._epoch = Epoch()
        self._sends_pvt = False

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        return self._heard(self._cutter.cut(data), received_at)

    def flush(self, received_at: int) -> list[Report]:
        """Give the epoch that was being collected, and take a frame that was cut short for noise."""
        reports = self._heard(self._cutter.cut(b"", is_end=True), received_at)
        return reports + self._nmea.flush(received_at) + _listed(self._epoch.end(received_at))

    def _heard(self, cuts: list[Cut], received_at: int) -> list[Report]:
        reports: list[Report] = []
        for gap, frame in cuts:
            reports += self._nmea.feed(gap, received_at)
            if frame:
                reports += _listed(self._message(frame[len(SYNC) : -_CHECKSUM], received_at))
        return reports

    def _message(self, message: bytes, received_at: int) -> AvlFix | None:
        self.tally.messages += 1
        if message[0] != NAV_CLASS:
            return None
        kind, payload = message[1], message[4:]
        if kind == _NAV_PVT:
            fix = fix_from_pvt(payload, received_at)
            self._sends_pvt = self._sends_pvt or fix is not None
            return fix
        tow_ms = tow_of(kind, payload)
        if tow_ms is None or self._sends_pvt:
            return None
        return self._epoch.take(kind, payload, tow_ms, received_at)


def evidence(sample: bytes) -> Evidence | None:
    """Frames with a right checksum; a few are enough, whatever lies between them, as NMEA is heard as well."""
    frames = sum(bool(cut.frame) for cut in FrameCutter(_FORM, Tally()).cut(sample))
    if not frames:
        return None
    why = f"{frames} u-blox frame{'s' if frames > 1 else ''} with a right checksum."
    return Evidence(protocol=NAME, score=0.97 if frames > 1 else 0.7, why=why)


def _listed(fix: AvlFix | None) -> list[Report]:
    return [] if fix is None else [fix]
