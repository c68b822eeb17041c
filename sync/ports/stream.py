"""One sender's bytes: first listened to until they show what protocol they are, then decoded."""

from typing import Protocol

from core.avl.evidence import Evidence
from core.avl.reports import Decoder, Report

LEAST = 24  # bytes; less than that proves nothing
AGAIN_AFTER = 96  # more bytes before they are looked at again
SAMPLE = 4096
GARBAGE = 1536  # bytes without anything readable
SETTLED_GARBAGE = 4 * GARBAGE  # from a device that was read before: a radio may print its log in between
ENOUGH = 0.5  # of a score that goes from 0 to 1


class Dialects(Protocol):
    """The decoders there are; core.avl.registry is the real one."""

    def detect(self, sample: bytes) -> list[Evidence]: ...
    def make(self, protocol: str) -> Decoder: ...
    def greeting(self, protocol: str) -> bytes:
        """What makes a device of that protocol speak; b"" for those that speak by themselves."""
        ...

    def keepalive(self, protocol: str) -> bytes:
        """What has to be sent every few minutes so that it goes on."""
        ...

    def bauds(self, protocol: str) -> tuple[int, ...]:
        """The speeds worth trying; () where any may be."""
        ...


class Stream:
    """`protocol` fixed by hand, or "" to work it out; then it is worked out again when nothing is readable any more."""

    def __init__(self, dialects: Dialects, protocol: str = "") -> None:
        self._dialects = dialects
        self._fixed = protocol
        self.protocol = protocol
        self.evidence = "set by hand" if protocol else ""
        self._decoder: Decoder | None = dialects.make(protocol) if protocol else None
        self._sample = bytearray()
        self._looked_at = 0
        self._unread = 0  # bytes since the last message
        self._read = 0  # messages seen by the last look
        self.messages = self.refused = 0

    @property
    def garbled(self) -> bool:
        """Bytes come and nothing in them can be read."""
        return self._unread >= (SETTLED_GARBAGE if self.messages else GARBAGE)

    @property
    def settled(self) -> bool:
        """Whether the protocol is known and has been read."""
        return self._decoder is not None and self.messages > 0

    def take(self, data: bytes, at_ms: int) -> list[Report]:
        """The reports that these bytes complete."""
        self._unread += len(data)
        del self._sample[:-SAMPLE]
        self._sample += data
        self._looked_at += len(data)
        if self._decoder is not None:
            reports = self._decoder.feed(data, at_ms)
            self._count()
            doubtful = not self._fixed and self._unread >= GARBAGE and self._looked_at >= GARBAGE
            return [*reports, *self._change(at_ms)] if doubtful else reports
        if len(self._sample) < LEAST or (self._looked_at < AGAIN_AFTER and len(self._sample) > AGAIN_AFTER):
            return []
        return self._begin(at_ms)

    def end(self, at_ms: int) -> list[Report]:
        """A pause, or the sender has finished: what was waiting for more."""
        reports = self._begin(at_ms) if self._decoder is None and self._sample else []
        if self._decoder is not None:
            reports = [*reports, *self._decoder.flush(at_ms)]
            self._count()
        return reports

    def listen_again(self) -> None:
        """Forget what was worked out: the speed was changed, or another device was plugged in."""
        self._sample.clear()
        self._looked_at = self._unread = 0
        if not self._fixed:
            self._decoder, self.protocol, self.evidence = None, "", ""

    def _begin(self, at_ms: int) -> list[Report]:
        """Work out what the sample is, and decode it; [] while it may be anything."""
        self._looked_at = 0
        guesses = self._dialects.detect(bytes(self._sample[-SAMPLE:]))
        best = max(guesses, key=lambda guess: guess.score, default=None)
        if best is None or best.score < ENOUGH:
            return []
        self.protocol, self.evidence = best.protocol, best.why
        self._decoder = self._dialects.make(best.protocol)
        self._read = 0
        reports = self._decoder.feed(bytes(self._sample), at_ms)
        self._count()
        return reports

    def _change(self, at_ms: int) -> list[Report]:
        """Nothing was readable for long: perhaps another device is there now, which what was kept will show."""
        before = (self._decoder, self.protocol, self.evidence, self._read)
        self._decoder = None
        reports = self._begin(at_ms)
        if self._decoder is None:
            self._decoder, self.protocol, self.evidence, self._read = before
        return reports

    def _count(self) -> None:
        if self._decoder is None:
            return
        tally = self._decoder.tally
        if tally.messages != self._read:
            self.messages += max(0, tally.messages - self._read)
            self._read, self._unread = tally.messages, 0
            self._sample.clear()
        self.refused = tally.refused
