"""Dates the sentences of a recording as if they came now, so that a desk believes them; checksums follow.

NMEA 0183 with Kenwood's sentences, and TAIP: text that says its own time. Everything else passes as it is.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from operator import xor

# Where the time of day and the date stand in a sentence, counted from its name; None where it has no date.
_PLACES: dict[bytes, tuple[int, int | None]] = {
    b"RMC": (1, 9),
    b"GGA": (1, None),
    b"GNS": (1, None),
    b"GLL": (5, None),
    b"PKLSH": (5, None),
    b"PKNSH": (5, None),
    b"PKLDS": (1, 9),
    b"PKNDS": (1, 9),
}
_NMEA = re.compile(rb"\$([A-Z]{3,5}),([^*\r\n$]*)(?:\*([0-9A-Fa-f]{2}))?")
_TAIP = re.compile(rb">R(PV|CP|LN)(\d{5})([^<>]*?)(\*)?([0-9A-F]{2})?<")
_TIME = re.compile(rb"(\d\d)(\d\d)(\d\d)(\.\d+)?")
_DAY_S = 86_400
_LONGEST_LINE = 1024


def _wall_s() -> float:
    return time.time()


class Redater:
    """The first time of day in the recording is now; the others keep their distance from it, `speed` times nearer."""

    def __init__(self, *, speed: float = 1.0, now_s: Callable[[], float] = _wall_s) -> None:
        self._speed, self._began_s = speed, now_s()
        self._first_s: float | None = None
        self._line = b""

    def take(self, data: bytes) -> bytes:
        """The same bytes with other times; what has no line end yet is kept for the next call."""
        data = self._line + data
        end = max(data.rfind(b"\n"), data.rfind(b"<"), data.rfind(b"\r")) + 1
        if len(data) - end > _LONGEST_LINE:
            end = len(data)
        self._line = data[end:]
        return self._redated(data[:end])

    def rest(self) -> bytes:
        rest, self._line = self._line, b""
        return self._redated(rest)

    def _redated(self, text: bytes) -> bytes:
        return _TAIP.sub(self._taip, _NMEA.sub(self._nmea, text))

    def _now(self, day_s: float) -> datetime:
        """When that time of day of the recording is, in this play of it."""
        if self._first_s is None:
            self._first_s = day_s
        since_s = (day_s - self._first_s) % _DAY_S
        if since_s > _DAY_S - 600:
            since_s -= _DAY_S  # a little before the first: out of order in the recording too
        return datetime.fromtimestamp(self._began_s + since_s / self._speed, UTC)

    def _nmea(self, found: "re.Match[bytes]") -> bytes:
        name, fields, checksum = found[1], found[2].split(b","), found[3]
        places = _PLACES.get(name) or _PLACES.get(name[-3:])
        if places is None or len(fields) < places[0]:
            return found[0]
        told = _TIME.fullmatch(fields[places[0] - 1])
        if told is None:
            return found[0]
        moment = self._now(int(told[1]) * 3600 + int(told[2]) * 60 + int(told[3]) + float(told[4] or 0))
        digits = len(told[4]) - 1 if told[4] else 0
        part = f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
        fields[places[0] - 1] = f"{moment:%H%M%S}{part}".encode()
        if places[1] and len(fields) >= places[1] and re.fullmatch(rb"\d{6}", fields[places[1] - 1]):
            fields[places[1] - 1] = f"{moment:%d%m%y}".encode()
        body = name + b"," + b",".join(fields)
        was_right = checksum is not None and int(checksum, 16) == reduce(xor, found[0][1:-3])
        tail = b"*%02X" % reduce(xor, body) if was_right else b"*" + checksum if checksum else b""
        return b"$" + body + tail

    def _taip(self, found: "re.Match[bytes]") -> bytes:
        moment = self._now(int(found[2]))
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        text = b">R%b%05d%b" % (found[1], second, found[3])
        if found[5] is None or not found[4]:
            return (
                found[0][: found.start(2) - found.start()] + b"%05d" % second + found[0][found.end(2) - found.start() :]
            )
        old = found[0][: found.start(5) - found.start()]  # up to and with the star
        given = int(found[5], 16)
        if given == reduce(xor, old):
            return text + b"*%02X<" % reduce(xor, text + b"*")
        return text + b"*%02X<" % (reduce(xor, text) if given == reduce(xor, old[:-1]) else given)
