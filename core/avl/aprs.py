"""Hears APRS from a packet modem: KISS frames, TNC2 text lines, or one after the other on the same line.

What a packet says is in aprs_packets.py.
"""

import re

from msgspec import Struct

from core.avl.aprs_packets import MicEStatuses, reports_of
from core.avl.ax25 import Packet, packet_from_ax25, packet_from_tnc2
from core.avl.evidence import Evidence, share
from core.avl.reports import Report, Tally

NAME = "aprs"
FEND, FESC, TFEND, TFESC = b"\xc0", b"\xdb", b"\xdc", b"\xdd"
LONGEST = 1024  # an AX.25 frame with every byte escaped, or a line
_TEXT_ENDS = re.compile(rb"[\r\n\xc0]")
_NOT_AN_ESCAPE = re.compile(rb"\xdb(?![\xdc\xdd])")


class AprsSettings(Struct, frozen=True, kw_only=True):
    utc_offset_s: int | None = None  # of senders that write local time, whose timestamps mean nothing without it


class AprsDecoder:
    """Positions, messages, statuses and emergencies; `device` is the call sign, or the name of an object or item."""

    def __init__(self, settings: AprsSettings | None = None) -> None:
        self.tally = Tally()
        self._utc_offset_s = (settings or AprsSettings()).utc_offset_s
        self._rest = b""
        self._in_frame = False  # what is kept began after a FEND
        self._skipping = False
        self._statuses = MicEStatuses()

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        data = self._rest + data
        reports: list[Report] = []
        at = 0
        while at < len(data):
            if self._in_frame and _looks_like_text(data[at]):
                self._in_frame = False
            end = data.find(FEND, at, at + LONGEST + 1) if self._in_frame else _text_end(data, at)
            if end < 0 and self._in_frame and len(data) - at > LONGEST:
                self._in_frame = False
                continue
            if end < 0:
                break
            reports += self._piece(data[at:end], received_at)
            self._in_frame = data[end : end + 1] == FEND
            at = end + 1
        self._keep(data[at:])
        return reports

    def flush(self, received_at: int) -> list[Report]:
        """Read a last line that has no end; a frame without its end is dropped."""
        rest, self._rest = self._rest, b""
        reports = [] if self._in_frame else self._piece(rest, received_at)
        self._in_frame = self._in_frame and not rest  # the FEND that ended a frame may begin the next
        self._skipping = False
        return reports

    def _keep(self, rest: bytes) -> None:
        if self._skipping or len(rest) > LONGEST:
            self._skipping = True
            self.tally.skipped_bytes += len(rest)
            rest = b""
        self._rest = rest

    def _piece(self, piece: bytes, received_at: int) -> list[Report]:
        skipped, self._skipping = self._skipping or len(piece) > LONGEST, False
        if skipped or not piece:
            self.tally.skipped_bytes += len(piece)
            return []
        packet = _packet_in_kiss(piece) if self._in_frame else packet_from_tnc2(piece)
        if packet is None:
            self.tally.skipped_bytes += len(piece)
            return []
        reports = reports_of(packet, self._statuses, received_at, self._utc_offset_s)
        if reports is None:
            self.tally.refused += 1
            return []
        self.tally.messages += 1
        return reports


def evidence(sample: bytes) -> Evidence | None:
    """Pieces between FENDs or line ends that are whole packets."""
    pieces = [piece for piece in _TEXT_ENDS.split(sample) if piece]
    frames = sum(_packet_in_kiss(piece) is not None for piece in sample.split(FEND) if piece)
    lines = sum(packet_from_tnc2(piece) is not None for piece in pieces)
    if not frames and not lines:
        return None
    why = f"{frames} KISS frames and {lines} packets as text lines, in {len(pieces)} pieces."
    return Evidence(protocol=NAME, score=share(frames + lines, max(len(pieces), frames + lines)) * 0.95, why=why)


def _looks_like_text(byte: int) -> bool:
    """Whether what follows a FEND cannot be a frame: a data frame's command has zeros in its low half."""
    return byte in b"\r\n" or (0x20 < byte < 0x7F and byte & 0x0F != 0)


def _text_end(data: bytes, at: int) -> int:
    match = _TEXT_ENDS.search(data, at)
    return -1 if match is None else match.start()


def _packet_in_kiss(frame: bytes) -> Packet | None:
    """A KISS data frame without its FENDs: the port and command, then the escaped AX.25 frame."""
    if frame[0] & 0x0F or _NOT_AN_ESCAPE.search(frame):
        return None
    return packet_from_ax25(frame[1:].replace(FESC + TFEND, FEND).replace(FESC + TFESC, FESC))
