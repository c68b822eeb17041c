"""What every framed decoder owes to a line: any cut, any noise, bounded memory, nothing from a broken frame."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from core.avl.ais import AisDecoder
from core.avl.aprs import AprsDecoder
from core.avl.meshtastic import MeshtasticDecoder
from core.avl.reports import AvlFix, Decoder, Report
from core.avl.sirf import SirfDecoder
from core.avl.ubx import UbxDecoder

RECEIVED_AT = 1_700_000_000_000

AIS = (
    b"!AIVDM,2,1,9,B,55R3Vn82=ILTQ3KKS>1<D60Dq@E918U<F222221J1`?164vc03S1CCAD,0*2A\r\n"
    b"!AIVDM,2,2,9,B,`88888888888880,2*76\r\n"
    b"$GPRMC,213950.00,A,5250.53669,N,00542.34920,E,0.020,,070420,,,A*7D\r\n"
    b"!AIVDM,1,1,,B,13aDp<PP000IwSlN?Wm@0?wN2<1T,0*29\r\n"
    b"!AIVDM,1,1,,A,K3KLehP0rPTJ10Qr,0*2A\r\n"
)
UBX_BODY = (
    struct.pack("<BBH", 1, 7, 92)
    + bytes.fromhex(
        "50cce10fe7070b0f0200000719000000000000000301000900ca9a3b00c2eb0b8c0a0000"
        "1c9c0100c4090000a00f0000000000000000000000000000423600008094ef0100000000"
    )
    + bytes(20)
)
APRS = (
    b"\xc0\x00" + bytes(byte << 1 for byte in b"APDW12") + b"\x60" + bytes(byte << 1 for byte in b"ENG4  ") + b"\x6f"
    b"\x03\xf0!4903.50N/07201.75W>088/036 \xdb\xdc\xdb\xdd\xc0\r\n"
    b'ENG5-1>S32UVT,W1MHL*:`(_fn"Oj/`"4T}\r\n'
    b"ENG5-1>APRS::DISPATCH :On our way{12\r\n"
)
MESHTASTIC = (
    b"\x94\xc3\x00\x26\x12\x24\x0d\x39\xf3\x44\x4b\x15\xff\xff\xff\xff\x22\x18\x08\x03\x12\x12"
    b"\x0d\x00\x00\xef\x0b\x15\x00\x00\x37\xa3\x18\xbe\x06\x25\xff\x48\xcb\x68\x48\x01"
    b"INFO | log\r\n\x94\xc3\x00\x17\x12\x15\x0d\x39\xf3\x44\x4b\x22\x0e\x08\x01\x12\x0aNeed water"
)


def ubx_frame(body: bytes) -> bytes:
    first = second = 0
    for byte in body:
        first = (first + byte) % 256
        second = (second + first) % 256
    return b"\xb5\x62" + body + bytes((first, second))


UBX = b"$GPTXT,01,01,02,hello*" + b"00\r\n" + ubx_frame(UBX_BODY) + b"\xb5" + ubx_frame(UBX_BODY)
SIRF_BODY = struct.pack(
    ">BiiihhhBBBHIB", 2, 4_360_953, 579_351, 4_604_558, -1, 0, 0, 4, 12, 2, 302, 39_710_228, 5
) + bytes(12)
SIRF = b"\xa0\xa2\x00\x29" + SIRF_BODY + struct.pack(">H", sum(SIRF_BODY)) + b"\xb0\xb3\xa0\xa2\x00"
LINES: dict[str, tuple[Callable[[], Decoder], bytes]] = {
    "ais": (AisDecoder, AIS),
    "ubx": (UbxDecoder, UBX),
    "sirf": (SirfDecoder, SIRF * 2),
    "aprs": (AprsDecoder, APRS),
    "meshtastic": (MeshtasticDecoder, MESHTASTIC),
}
every_line = pytest.mark.parametrize(("make", "line"), LINES.values(), ids=LINES)


def heard(decoder: Decoder, pieces: list[bytes]) -> list[Report]:
    reports = [report for piece in pieces for report in decoder.feed(piece, RECEIVED_AT)]
    return reports + decoder.flush(RECEIVED_AT)


def cut(data: bytes, seed: int) -> list[bytes]:
    places = random.Random(seed)
    pieces, at = [], 0
    while at < len(data):
        size = places.choice((1, 2, 3, 7, 40, 300))
        pieces.append(data[at : at + size])
        at += size
    return pieces


def mutated(line: bytes, changes: list[tuple[int, int, int]]) -> bytes:
    data = bytearray(line * 3)
    for place, kind, value in changes:
        at = place % len(data)
        if kind == 0:
            data[at] = value
        elif kind == 1:
            data[at:at] = bytes((value,)) * (1 + value % 5)
        else:
            del data[at : at + 1 + value % 9]
    return bytes(data)


def kept_bytes(thing: object) -> int:
    """Bytes that an object holds on to, whatever they are stored in."""
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    if isinstance(thing, dict):
        return sum(kept_bytes(key) + kept_bytes(value) for key, value in thing.items())
    if isinstance(thing, list | tuple | set):
        return sum(map(kept_bytes, thing))
    if isinstance(thing, Struct):
        return sum(kept_bytes(getattr(thing, name)) for name in thing.__struct_fields__)
    is_ours = type(thing).__module__.startswith("core.avl") and hasattr(thing, "__dict__")
    return sum(map(kept_bytes, vars(thing).values())) if is_ours else 8


@every_line
def test_that_the_sample_is_understood(make: Callable[[], Decoder], line: bytes) -> None:
    reports = heard(make(), [line])
    assert len(reports) >= 2
    assert any(isinstance(report, AvlFix) and report.valid for report in reports)


CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 2), st.integers(0, 255)), max_size=12)


@every_line
@given(changes=CHANGES, seed=st.integers(0, 2**32))
def test_that_a_stream_reads_the_same_however_it_is_cut(
    make: Callable[[], Decoder], line: bytes, changes: list[tuple[int, int, int]], seed: int
) -> None:
    data = mutated(line, changes)
    whole, parts = make(), make()
    assert heard(whole, [data]) == heard(parts, cut(data, seed))
    assert (whole.tally.messages, whole.tally.refused) == (parts.tally.messages, parts.tally.refused)


@every_line
@given(noise=st.binary(max_size=2000), seed=st.integers(0, 2**32))
def test_that_a_decoder_survives_noise_and_then_hears_again(
    make: Callable[[], Decoder], line: bytes, noise: bytes, seed: int
) -> None:
    decoder = make()
    heard(decoder, cut(noise, seed))
    assert any(isinstance(report, AvlFix) for report in heard(decoder, [b"\r\n", line]))


@every_line
@pytest.mark.parametrize(
    "start", [b"", b"\xc0\x00", b"\xb5\x62\x01\x07\xff\x1f", b"\x94\xc3\x02\x00", b"!AIVDM,", b"$"]
)
def test_that_what_is_kept_is_bounded(make: Callable[[], Decoder], line: bytes, start: bytes) -> None:
    decoder = make()
    for seed in range(60):
        noise = random.Random(seed)
        decoder.feed(start + noise.randbytes(4000).translate(None, b"\r\n\xc0" if seed % 2 else b""), RECEIVED_AT)
        parts = b"!AIVDM,9,1,%d,%c,55R3Vn82=ILTQ3KKS>1<D60Dq@E918U<F2,0" % (seed % 10, 65 + seed % 26)
        decoder.feed(parts + b"\r\n" + start * 300, RECEIVED_AT)
        assert kept_bytes(decoder) < 30_000


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_that_an_ais_sentence_with_one_bit_wrong_gives_nothing(place: int, bit: int) -> None:
    sentence = bytearray(b"!AIVDM,1,1,,B,13aDp<PP000IwSlN?Wm@0?wN2<1T,0*29")
    sentence[place % len(sentence)] ^= 1 << bit
    assert heard(AisDecoder(), [bytes(sentence)]) == []


@pytest.mark.shared_data
@every_line
def test_that_every_real_log_is_survived(make: Callable[[], Decoder], line: bytes, shared_data: Path) -> None:
    for log in sorted((shared_data / "avl").rglob("*.*")):
        data = log.read_bytes()
        decoder = make()
        heard(decoder, [data[at : at + 997] for at in range(0, len(data), 997)])
        assert kept_bytes(decoder) < 30_000
