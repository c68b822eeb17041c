"""Hears AIS receivers (AIVDM and AIVDO sentences), because rescue boats and aircraft carry no other tracker.

The sentence layer: checksums, armour, and messages in several parts. What a message means is in ais_messages.py.
"""

import re

from msgspec import Struct

from core.avl.ais_messages import Bits, VesselNames, reports_of
from core.avl.evidence import Evidence, share
from core.avl.nmea import NmeaDecoder
from core.avl.reports import Report
from core.avl.sentences import Check, Checksums, Framer, read_sentence, xor_of

NAME = "ais"
MOST_UNFINISHED = 16  # messages of which a part is still awaited
PART_WAITS_MS = 10_000

_ENCAPSULATED = re.compile(rb"![A-Z]{2}VD[MO],")
_SENTENCE = re.compile(
    rb"!(?P<body>[A-Z]{2}VD[MO],(?P<total>[1-9]),(?P<part>[1-9]),(?P<group>\d?),(?P<channel>[^,*]{0,2}),"
    rb"(?P<armour>[0-W`-w]*),(?P<fill>[0-5]))(?:\*(?P<checksum>[0-9A-Fa-f]{2}))?\s*"
)


class AisSettings(Struct, frozen=True, kw_only=True):
    checksums: Checksums = Checksums.ALWAYS  # the standard demands one; `NEVER` is for gateways that drop it


class AisDecoder:
    """Position, name, safety text and distress reports of every vessel heard; `device` is the MMSI in nine digits.

    Other sentences on the line are the receiver's own and are offered to an NMEA decoder.
    """

    def __init__(self, settings: AisSettings | None = None) -> None:
        self._checksums = (settings or AisSettings()).checksums
        self._nmea = NmeaDecoder()
        self.tally = self._nmea.tally
        self._framer = Framer()
        self._unfinished: dict[tuple[bytes, ...], tuple[int, dict[int, re.Match[bytes]]]] = {}
        self._names = VesselNames()

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        dropped = self._framer.dropped
        reports = [report for token in self._framer.cut(data) for report in self._token(token, received_at)]
        self.tally.skipped_bytes += self._framer.dropped - dropped
        return reports

    def flush(self, received_at: int) -> list[Report]:
        """Read the last line although no line end came."""
        reports = self._token(self._framer.rest(), received_at)
        return reports + self._nmea.flush(received_at)

    def _token(self, token: bytes, received_at: int) -> list[Report]:
        reports = self._nmea.feed(token, received_at)
        if not _ENCAPSULATED.match(token):
            return reports
        sentence = _SENTENCE.fullmatch(token)
        if sentence is None or not self._is_whole(sentence):
            self.tally.refused += 1
            return reports
        return reports + self._sentence(sentence, received_at)

    def _sentence(self, sentence: re.Match[bytes], received_at: int) -> list[Report]:
        parts = self._parts(sentence, received_at)
        if parts is None:
            return []
        reports = reports_of(_joined(parts), self._names, received_at)
        if reports is None:
            self.tally.refused += 1
            return []
        self.tally.messages += 1
        return reports

    def _is_whole(self, sentence: re.Match[bytes]) -> bool:
        return self._checksums is Checksums.NEVER or _is_right(sentence)

    def _parts(self, sentence: re.Match[bytes], received_at: int) -> list[re.Match[bytes]] | None:
        """All parts of the sentence's message in order, or None while one is awaited; they may come in any order."""
        total, part = int(sentence["total"]), int(sentence["part"])
        if total == 1 and part == 1:
            return [sentence]
        key = (sentence["body"][:5], sentence["total"], sentence["group"], sentence["channel"])
        begun_at, parts = self._unfinished.pop(key, (received_at, {}))
        if part in parts or received_at - begun_at > PART_WAITS_MS:
            begun_at, parts = received_at, {}  # what waited under this number was another message
        parts[part] = sentence
        if len(parts) == total and max(parts) == total:
            return [parts[number] for number in sorted(parts)]
        self._unfinished[key] = begun_at, parts
        if len(self._unfinished) > MOST_UNFINISHED:
            self._unfinished.pop(next(iter(self._unfinished)))
        return None


def evidence(sample: bytes) -> Evidence | None:
    """Right AIS sentences; the receiver's other sentences speak for it too, as the decoder hears them as well."""
    tokens = [token for token in Framer().cut(sample + b"\n") if token[:1] in b"$!"]
    ours = [_SENTENCE.fullmatch(token) for token in tokens]
    right = sum(sentence is not None and _is_right(sentence) for sentence in ours)
    if not right:
        return None
    others = sum(
        (read := read_sentence(token)) is not None and read.check is Check.RIGHT
        for token, sentence in zip(tokens, ours, strict=True)
        if sentence is None
    )
    why = f"{right} of {len(tokens)} sentences are AIS with a right checksum."
    return Evidence(protocol=NAME, score=share(right + others, len(tokens)) * 0.98, why=why)


def _is_right(sentence: re.Match[bytes]) -> bool:
    return sentence["checksum"] is not None and xor_of(sentence["body"]) == int(sentence["checksum"], 16)


def _joined(parts: list[re.Match[bytes]]) -> Bits:
    armour = b"".join(part["armour"] for part in parts)
    return Bits.from_armour(armour, fill_bits=int(parts[-1]["fill"]))
