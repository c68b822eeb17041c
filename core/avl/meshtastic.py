"""Talks with a Meshtastic radio on its serial or TCP port, by the published wire format alone; no library is linked.

Each message is framed by 94 C3 and its length; between frames the radio may print its log as text.
"""

from msgspec import Struct

from core.avl.evidence import Evidence, share
from core.avl.frames import Cut, Form, FrameCutter
from core.avl.meshtastic_messages import reports_of
from core.avl.protobuf import BrokenMessage, delimited_field, fixed_32_field, varint_field
from core.avl.reports import Report, Tally
from core.errors import Refused

NAME = "meshtastic"
START = b"\x94\xc3"
LONGEST_MESSAGE = 512
WAKE = b"\xc3" * 32  # rouses a sleeping port and ends a frame that was cut short
EVERYONE = 0xFFFFFFFF
LONGEST_TEXT_BYTES = 200  # what every channel setting lets through

_HEAD = 4
_TEXT_PORT = 1


def _size(head: bytes) -> int:
    size = int.from_bytes(head[2:_HEAD], "big")
    return _HEAD + size if size <= LONGEST_MESSAGE else 0


_FORM = Form(START, _HEAD, _size, is_whole=bool)


class MeshtasticSettings(Struct, frozen=True, kw_only=True):
    """There is nothing to set: the radio decides what it tells."""


class MeshtasticDecoder:
    """What every node sends: positions, names, texts, alerts, answers; `device` is `!` and eight hex digits."""

    def __init__(self, _settings: MeshtasticSettings | None = None) -> None:
        self.tally = Tally()
        self._cutter = FrameCutter(_FORM, self.tally)

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere."""
        return self._heard(self._cutter.cut(data), received_at)

    def flush(self, received_at: int) -> list[Report]:
        """Forget a frame that was cut short; what lies in it is looked through for whole ones."""
        return self._heard(self._cutter.cut(b"", is_end=True), received_at)

    def _heard(self, cuts: list[Cut], received_at: int) -> list[Report]:
        self.tally.skipped_bytes += sum(len(cut.gap) for cut in cuts)
        return [report for cut in cuts if cut.frame for report in self._message(cut.frame[_HEAD:], received_at)]

    def _message(self, message: bytes, received_at: int) -> list[Report]:
        try:
            reports = reports_of(message, received_at)
        except BrokenMessage:
            self.tally.refused += 1
            return []
        self.tally.messages += 1
        return reports


def evidence(sample: bytes) -> Evidence | None:
    """Frames that hold a message; the log between them does not count against it."""
    decoder = MeshtasticDecoder()
    decoder.feed(sample, 0)
    whole, refused = decoder.tally.messages, decoder.tally.refused
    if not whole:
        return None
    why = f"{whole} of {whole + refused} frames hold a Meshtastic message."
    return Evidence(protocol=NAME, score=share(whole, whole + refused) * 0.95, why=why)


def want_config(nonce: int) -> bytes:
    """Asks the radio to tell all it knows (nodes, names, last positions) and then to send what it hears."""
    return _framed(varint_field(3, nonce))


def heartbeat() -> bytes:
    """Keeps the radio sending: it falls silent when it has not heard from the desk for a quarter of an hour."""
    return _framed(delimited_field(7, b""))


def text_message(text: str, *, packet_id: int, to: int = EVERYONE, channel: int = 0) -> bytes:
    """A text to one node or to everyone, with an acknowledgement wanted; raises Refused for one that is too long."""
    payload = text.encode()
    if not payload or len(payload) > LONGEST_TEXT_BYTES:
        raise Refused(
            f"The text has {len(payload)} bytes; Meshtastic takes 1 to {LONGEST_TEXT_BYTES}.",
            holds="Nothing was sent.",
            do="Shorten it, or send it in parts.",
        )
    content = varint_field(1, _TEXT_PORT) + delimited_field(2, payload)
    packet = (
        fixed_32_field(2, to)
        + varint_field(3, channel)
        + delimited_field(4, content)
        + fixed_32_field(6, packet_id)
        + varint_field(10, 1)
    )
    return _framed(delimited_field(1, packet))


def node_number(device: str) -> int | None:
    """The number of `!1a2b3c4d`; None for any other device name."""
    digits = device[1:]
    if not device.startswith("!") or len(digits) != 8:
        return None
    try:
        return int.from_bytes(bytes.fromhex(digits), "big")
    except ValueError:
        return None


def _framed(message: bytes) -> bytes:
    return START + len(message).to_bytes(2, "big") + message
