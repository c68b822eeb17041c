"""Hears u-blox receivers in their own binary protocol, alone or mixed with NMEA sentences on one line.

Frames and checksums; what a navigation message means is in ubx_messages.py.
"""

from itertools import accumulate

from msgspec import Struct

from core.avl.evidence import Evidence
from core.avl.nmea import NmeaDecoder, NmeaSettings
from core.avl.reports import AvlFix, Report
from core.avl.ubx_messages import NAV_CLASS, Epoch, fix_from_pvt, tow_of

NAME = "ubx"
SYNC = b"\xb5\x62"
LONGEST_PAYLOAD = 8192  # raw measurements of every signal stay below it
_HEAD, _CHECKSUM = 6, 2
_NAV_PVT = 0x07


class UbxSettings(Struct, frozen=True, kw_only=True):
    nmea: NmeaSettings = NmeaSettings()  # for the sentences between the frames


class UbxDecoder:
    """NAV-PVT, or its older parts folded by epoch; every other byte is offered to an NMEA decoder."""

    def __init__(self, settings: UbxSettings | None = None) -> None:
        self._nmea = NmeaDecoder((settings or UbxSettings()).nmea)
        self.tally = self._nmea.tally
        self._rest = b""
        self._epoch = Epoch()
        self._sends_pvt = False

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        reports, self._rest = self._read(self._rest + data, received_at, is_end=False)
        return reports

    def flush(self, received_at: int) -> list[Report]:
        """Give the epoch that was being collected, and take a frame that was cut short for noise."""
        reports, self._rest = self._read(self._rest, received_at, is_end=True)
        return reports + self._nmea.flush(received_at) + _listed(self._epoch.end(received_at))

    def _read(self, data: bytes, received_at: int, *, is_end: bool) -> tuple[list[Report], bytes]:
        reports: list[Report] = []
        at = 0
        while (sync := data.find(SYNC, at)) >= 0:
            reports += self._nmea.feed(data[at:sync], received_at)
            at = sync
            size = _size(data, sync)
            if size is None and not is_end:
                return reports, data[sync:]
            if size is not None and _is_whole(data[sync : sync + size]):
                reports += _listed(self._message(data[sync + 2 : sync + size - _CHECKSUM], received_at))
                at += size
            else:
                self.tally.refused += 1
                self.tally.skipped_bytes += len(SYNC)
                at += len(SYNC)
        end = len(data) - 1 if data.endswith(SYNC[:1]) and not is_end and at < len(data) else len(data)
        reports += self._nmea.feed(data[at:end], received_at)
        return reports, data[end:]

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
    frames = 0
    at = sample.find(SYNC)
    while at >= 0:
        size = _size(sample, at)
        is_whole = size is not None and _is_whole(sample[at : at + size])
        frames += is_whole
        at = sample.find(SYNC, at + (size if is_whole and size else len(SYNC)))
    if not frames:
        return None
    why = f"{frames} u-blox frame{'s' if frames > 1 else ''} with a right checksum."
    return Evidence(protocol=NAME, score=0.97 if frames > 1 else 0.7, why=why)


def _listed(fix: AvlFix | None) -> list[Report]:
    return [] if fix is None else [fix]


def _size(data: bytes, sync: int) -> int | None:
    """Bytes of the frame at `sync`, 0 where its length is out of reach, None while the frame is not all here."""
    if len(data) < sync + _HEAD:
        return None
    payload = int.from_bytes(data[sync + 4 : sync + _HEAD], "little")
    if payload > LONGEST_PAYLOAD:
        return 0
    size = _HEAD + payload + _CHECKSUM
    return size if len(data) >= sync + size else None


def _is_whole(frame: bytes) -> bool:
    """The 8-bit Fletcher checksum over class, identity, length and payload."""
    if not frame:
        return False
    covered = frame[2:-_CHECKSUM]
    first, second = frame[-_CHECKSUM:]
    return sum(covered) & 0xFF == first and sum(accumulate(covered)) & 0xFF == second
