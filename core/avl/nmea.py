"""NMEA 0183 as receivers, trackers and gateways really send it."""

from collections import OrderedDict

from msgspec import Struct

from core.avl import trackers
from core.avl.epochs import Track
from core.avl.evidence import Evidence, share
from core.avl.nmea_sentences import Facts, read_facts, reader_of, stands_alone
from core.avl.reports import DeviceStatus, Report, Tally
from core.avl.sentences import Check, Checksums, Framer, Sentence, plain_body, read_sentence

NAME = "nmea"
_DEVICES_KEPT = 1024
_SAY_NOTHING = frozenset((b"GSV", b"GSA", b"TXT", b"GBS", b"DTM", b"HDT"))  # of time, place and motion, but often


class NmeaSettings(Struct, frozen=True, kw_only=True):
    checksums: Checksums = Checksums.WHEN_SENT


class NmeaDecoder:
    """All talkers on one line, of one receiver or of many trackers that name themselves."""

    def __init__(self, settings: NmeaSettings | None = None) -> None:
        self.tally = Tally()
        self._checksums = (settings or NmeaSettings()).checksums
        self._framer = Framer()
        self._tracks: OrderedDict[str, Track] = OrderedDict()
        self._identity = ""  # told by the device itself; holds until it tells another
        self._before = b""  # what stood before the next `$`

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        out: list[Report] = []
        dropped = self._framer.dropped
        for token in self._framer.cut(data):
            if token[0] == 0x24 and not self._before:
                body = plain_body(token)
                if body is not None and self._usual(body, received_at, out):
                    continue
            self._token(token, received_at, out)
        self.tally.skipped_bytes += self._framer.dropped - dropped
        return out

    def flush(self, received_at: int) -> list[Report]:
        out: list[Report] = []
        self._token(self._framer.rest() + b"\n", received_at, out)
        for track in self._tracks.values():
            track.close(received_at, out)
        return out

    def _token(self, token: bytes, received_at: int, out: list[Report]) -> None:
        first = token[0]
        if first == 0x24:  # $
            self._sentence(token, received_at, out)
        elif first == 0x21:  # ! carries AIS, which has a decoder of its own
            self._before = b""
        elif token[-1] not in b"\r\n\0":
            self._before = token
        else:
            self._before = b""
            if len(token) > 1:
                self._line(token.rstrip(b"\r\n\0 "), received_at, out)

    def _sentence(self, token: bytes, received_at: int, out: list[Report]) -> None:
        before, self._before = self._before, b""
        sentence = read_sentence(token)
        device = self._device(before, sentence)
        if sentence is None or device is None:
            self._refuse(token)
            return
        track = self._track(device)
        self._understand(sentence, track, received_at, out)
        if sentence.trailer and token[-1] not in b"\r\n\0":
            self._before = sentence.trailer

    def _usual(self, body: bytes, received_at: int, out: list[Report]) -> bool:
        """A receiver's sentence with a right checksum and nothing around it; false if it wants a closer look."""
        if body[2:5] in _SAY_NOTHING and body[5:6] == b",":
            self.tally.messages += 1
            return True
        fields = body.split(b",")
        reader = reader_of(fields[0])
        if reader is None or not body.isupper():
            return False
        self.tally.messages += 1
        track = self._tracks.get(self._identity) or self._track(self._identity)
        track.checked = True
        facts = reader(fields)
        if facts is not None:
            track.take(fields[0], facts, received_at, out)
        return True

    def _understand(self, sentence: Sentence, track: Track, received_at: int, out: list[Report]) -> None:
        fields = sentence.fields
        if not self._may_be_read(sentence, track):
            self._refuse(b"")
            return
        self.tally.messages += 1
        facts = read_facts(fields)
        if facts is not None:
            track.take(fields[0], facts, received_at, out)
            return
        self._other(fields, track, received_at, out)

    def _may_be_read(self, sentence: Sentence, track: Track) -> bool:
        if sentence.check is Check.RIGHT:
            track.checked = True
            return True
        if self._checksums is Checksums.NEVER:
            return True
        if sentence.check is Check.WRONG or self._checksums is Checksums.ALWAYS or track.checked:
            return False
        address = sentence.fields[0]
        return stands_alone(sentence.fields) or address == b"ID" or trackers.identity_in(sentence.fields) is not None

    def _other(self, fields: list[bytes], track: Track, received_at: int, out: list[Report]) -> None:
        """What is no sentence of a receiver: an identity, inputs, a labelled position."""
        identity = trackers.identity_in(fields)
        if identity is not None:
            self._identity = identity
        elif fields[0] == b"GPIOP" and len(fields) > 8:
            inputs, outputs, supply, battery = (fields[index].decode("ascii") for index in (1, 2, 7, 8))
            text = f"Inputs {inputs}, outputs {outputs}, supply {supply} V, battery {battery} V"
            out.append(DeviceStatus(device=track.device, code=inputs, at=received_at, text=text))
        elif fields[0] == b"ID":
            self._from_tracker(trackers.labelled(fields), received_at, out)

    def _line(self, line: bytes, received_at: int, out: list[Report]) -> None:
        """A line without `$`: an identity, a tracker's own form, or noise."""
        identity = trackers.identity_on(line)
        if identity is not None:
            self._identity = identity
            self.tally.messages += 1
        elif line[:4] == b"QZE," and self._checksums is not Checksums.ALWAYS:
            self._from_tracker(trackers.qze(line.upper().split(b",")), received_at, out)
        else:
            self.tally.skipped_bytes += len(line)

    def _from_tracker(self, read: tuple[str, Facts] | None, received_at: int, out: list[Report]) -> None:
        if read is None:
            self._refuse(b"")
            return
        device, facts = read
        self.tally.messages += 1
        self._track(device).take(b"", facts, received_at, out)

    def _device(self, before: bytes, sentence: Sentence | None) -> str | None:
        """Who speaks; None if a tag block names it and is itself broken."""
        if sentence is not None and sentence.trailer:
            after = trackers.identity_after(sentence.trailer)
            if after is not None:
                return after
        if before:
            block = trackers.tag_block(before)
            if block is not None:
                return (block[0] or self._identity) if block[1] else None
            return trackers.identity_before(before) or self._identity
        return self._identity

    def _track(self, device: str) -> Track:
        track = self._tracks.get(device)
        if track is None:
            track = self._tracks[device] = Track(device, NAME)
            if len(self._tracks) > _DEVICES_KEPT:
                self._tracks.popitem(last=False)
        return track

    def _refuse(self, token: bytes) -> None:
        self.tally.refused += 1
        self.tally.skipped_bytes += len(token.rstrip(b"\r\n\0"))


def evidence(sample: bytes) -> Evidence | None:
    """Right checksums on sentences that a receiver sends."""
    read = [read_sentence(token) for token in Framer().cut(sample + b"\n") if token[:1] == b"$"]
    known = [one for one in read if one is not None and one.fields[0][:3] not in {b"PKL", b"PKN"}]
    right = sum(one.check is Check.RIGHT for one in known)
    alone = sum(one.check is Check.MISSING and stands_alone(one.fields) for one in known)
    if not right and not alone:
        return None
    talkers = sorted({one.fields[0][:2].decode("ascii") for one in known if one.check is Check.RIGHT and one.fields[0]})
    why = f"{right} of {len(read)} NMEA sentences have a right checksum"
    why += f" (talkers {', '.join(talkers[:6])})." if talkers else f", {alone} are whole without one."
    return Evidence(protocol=NAME, score=share(right + alone / 2, len(read)) * (0.95 if right else 0.6), why=why)
