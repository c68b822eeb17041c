"""The dollar sentence that NMEA 0183 and its cousins share: cutting it out of a byte stream and checking it.

A token is everything from a `$` or `!` to a line end or to the next start; what stands before a start is its prefix.
"""

import re
from enum import Enum, StrEnum

from msgspec import Struct

LIMIT = 1024  # the standard allows 82 characters; trackers send up to some hundred

_TOKEN = re.compile(rb"(?:[$!][^$!\r\n\x00]*+|[^$!\r\n\x00]++)(?:[\r\n\x00]|(?=[$!]))|[\r\n\x00]")
_WHOLE_TOKEN = re.compile(rb"[$!][^$!\r\n\x00]*+(?:\r\n|[\r\n\x00])?|[^$!\r\n\x00]++[\r\n\x00]?|[\r\n\x00]")
_ONE_LINE = re.compile(rb"\$[^$!\r\n\x00]*+\r?\n")
_RESUME = re.compile(rb"[$!]|[\r\n\x00]")
_CHECKSUM = re.compile(rb" *\* *([0-9A-Fa-f]{1,2})(?![0-9A-Fa-f])", re.DOTALL)


_DIGITS = {form % value: value for value in range(256) for form in (b"%02X", b"%02x")}


class Checksums(StrEnum):
    """What a device is set to send. A broken checksum is refused unless it is `NEVER`."""

    WHEN_SENT = "when sent"  # none is taken from a device that has not yet sent a right one
    ALWAYS = "always"
    NEVER = "never"  # the device sends none, or wrong ones: nothing is checked


class Check(Enum):
    RIGHT = "right"
    MISSING = "missing"
    WRONG = "wrong"


class Sentence(Struct, frozen=True):
    fields: list[bytes]  # upper case; the first is the address, without `$`
    check: Check
    trailer: bytes = b""  # what follows the checksum


class Framer:
    """Cuts a stream into tokens, the same ones however the stream is cut; keeps at most `limit` bytes."""

    def __init__(self, token: re.Pattern[bytes] = _TOKEN, resume: re.Pattern[bytes] = _RESUME, limit: int = LIMIT):
        self._token, self._resume, self._limit = token, resume, limit
        self._rest = b""
        self._skipping = False
        self.dropped = 0  # bytes of overlong tokens

    def cut(self, data: bytes) -> list[bytes]:
        """The tokens that `data` completes, each with its terminator if that is a line end."""
        buffer = self._rest + data if self._rest else data
        found: list[bytes] = []
        at, end = 0, len(buffer)
        if self._token is _TOKEN and not self._skipping:
            if buffer is data and _ONE_LINE.fullmatch(data) and end <= self._limit:
                return [data]
            found, at = self._all_at_once(buffer)
        match, limit = self._token.match, self._limit
        while at < end:
            if self._skipping:
                at = self._skip(buffer, at)
                continue
            token = match(buffer, at)
            if token is not None and token.end() - at <= limit:
                found.append(token[0])
                at = token.end()
            elif end - at > limit:
                self._skipping = True
                self.dropped += limit
                at += limit
            else:
                break
        self._rest = buffer[at:]
        return found

    def _all_at_once(self, buffer: bytes) -> tuple[list[bytes], int]:
        """The same tokens as one by one, up to the last end or start; nothing if one of them is overlong."""
        whole = max(buffer.rfind(b"\n"), buffer.rfind(b"\r"), buffer.rfind(b"\x00")) + 1
        whole = max(whole, buffer.rfind(b"$"), buffer.rfind(b"!"))
        found = _WHOLE_TOKEN.findall(buffer, 0, whole) if whole > 0 else []
        if whole > self._limit and len(max(found, key=len)) > self._limit:
            return [], 0
        return found, max(whole, 0)

    def _skip(self, buffer: bytes, at: int) -> int:
        resume = self._resume.search(buffer, at)
        self._skipping = resume is None
        stop = len(buffer) if resume is None else resume.start()
        self.dropped += stop - at
        return stop

    def rest(self) -> bytes:
        """What still waits for its end; forgotten afterwards."""
        rest, self._rest, self._skipping = self._rest, b"", False
        return rest


def xor_of(data: bytes) -> int:
    """The exclusive or of all bytes, by folding the whole as one number."""
    number = int.from_bytes(data, "big")
    width = len(data) * 8
    while width > 1024:
        width = (width + 1) // 2 + 7 & ~7
        number = (number >> width) ^ (number & (1 << width) - 1)
    number ^= number >> 512
    number ^= number >> 256
    number ^= number >> 128
    number ^= number >> 64
    number ^= number >> 32
    number ^= number >> 16
    return (number ^ number >> 8) & 0xFF


def read_sentence(token: bytes) -> Sentence | None:
    """The fields of one token that begins with its `$` or `!`; None for what is not text."""
    token = token.rstrip(b"\r\n\x00 \t")
    if not token.isascii() or len(token) < 6:
        return None
    found = _CHECKSUM.search(token)
    if found is None:
        check = Check.WRONG if b"*" in token else Check.MISSING
        return Sentence(token[1:].upper().split(b","), check)
    body = token[1 : found.start()]
    return Sentence(body.upper().split(b","), _judge(body, found[1]), token[found.end() :])


def plain_body(token: bytes) -> bytes | None:
    """What is between `$` and `*hh` and a line end if the checksum is right: the usual form, read the short way."""
    end = -5 if token[-2:] == b"\r\n" else -4
    if len(token) < 8 or token[end] != 0x2A or token[-1] > 0x0D:
        return None
    body = token[1:end]
    return body if _DIGITS.get(token[end + 1 : end + 3]) == xor_of(body) else None


def _judge(body: bytes, digits: bytes) -> Check:
    """One digit stands for itself alone: a cut checksum never passes for it. Case is no part of the meaning."""
    try:
        wanted = int(digits, 16)
    except ValueError:
        return Check.WRONG
    if xor_of(body) == wanted or (not body.isupper() and xor_of(body.upper()) == wanted):
        return Check.RIGHT
    return Check.WRONG
