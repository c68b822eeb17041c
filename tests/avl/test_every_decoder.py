"""What every decoder of the registry keeps to: it never raises, holds little, and does not mind how bytes are cut."""

import gc
import random
import sys
from itertools import pairwise
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.avl.registry import PROTOCOLS, decoder, detect
from core.avl.reports import Report, Tally
from core.avl.sentences import Framer, xor_of

NOW = 1_777_896_000_000
NAMES = sorted(PROTOCOLS)


def sent(body: str) -> bytes:
    return f"${body}*{xor_of(body.encode()):02X}\r\n".encode()


PIECES = (
    sent("GPRMC,120000,A,4807.038,N,01131.000,E,022.4,084.4,040526,,,A"),
    sent("GNGGA,120000,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"),
    sent("GPZDA,235959.00,31,12,2025,00,00"),
    b"358244017671308\r\n",
    b"4711/022789000688081/$GPRMC,133343,A,5308.56325,N,1029.12850,E,0.0,0.0,290316,,*2A\r\n",
    b"\\s:MEDIC7,c:1777896000*4C\\",
    b"$PKLSH,6100.5898,N,02527.6523,E,111500,A,100,1103,*27\r\n",
    b"$PKNDS,220516,A,5133.82,N,00042.24,W,173.8,231.8,130694,004.2,W00,U00001,207,00,*28\r\n",
    b"\x02I110040021004002\x03",
    b"\x02F1001002text\x03",
    b"\x020\x03xE0000001010000009990002\r\n",
    b">RPV02138+4555512-0735478000000032;ID=1005;*76<",
    b">RGP200317010815-3852.9306-06204.88560000003000101;&01;ID=5555;#7AD7*51<",
    b'{"class":"TPV","device":"/dev/x","mode":3,"time":"2026-05-04T12:00:00Z","lat":48.1,"lon":11.5}\n',
    b'{"class":"SKY","uSat":7}\r\n',
    b"!AIVDM,1,1,,A,13aEOK?P00PD2wVMdLDRhgvL289?,0*26\r\n",
    b"\xb5b\x01\x07\x5c\x00",
    b"\x94\xc3\x00\x10",
    b"\xc0\x00",
    b"\xc0",
    b"\xdb\xdc",
    b"$",
    b"*",
    b"\r",
    b"\n",
    b"\x00",
    b"\x02",
    b">",
)
STREAMS = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=25).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Streams in which some bytes were changed, lost or doubled on the way."""
    stream = bytearray(draw(STREAMS))
    for _ in range(draw(st.integers(0, 6))):
        if not stream:
            break
        at = draw(st.integers(0, len(stream) - 1))
        kind = draw(st.sampled_from(["change", "lose", "double"]))
        if kind == "change":
            stream[at] = draw(st.integers(0, 255))
        elif kind == "lose":
            del stream[at]
        else:
            stream.insert(at, stream[at])
    return bytes(stream)


def read(name: str, chunks: list[bytes]) -> tuple[list[Report], Tally]:
    reader = decoder(name)
    told = [report for chunk in chunks for report in reader.feed(chunk, NOW)]
    return told + reader.flush(NOW), reader.tally


def held_bytes(root: object) -> int:
    """The size of all that an object keeps alive, code aside."""
    seen, waiting, size = {id(root)}, [root], 0
    while waiting:
        one = waiting.pop()
        size += sys.getsizeof(one)
        for other in gc.get_referents(one):
            if id(other) not in seen and not isinstance(other, type | ModuleType | FunctionType | BuiltinFunctionType):
                seen.add(id(other))
                waiting.append(other)
    return size


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=250)
@given(stream=damaged(), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_that_the_same_bytes_give_the_same_reports_however_they_are_cut(
    name: str, stream: bytes, cuts: list[int]
) -> None:
    at = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    whole = read(name, [stream])
    assert read(name, [stream[first:last] for first, last in pairwise(at)]) == whole
    assert read(name, [stream[index : index + 1] for index in range(len(stream))]) == whole


@pytest.mark.parametrize("name", NAMES)
def test_that_noise_without_end_is_not_kept(name: str) -> None:
    reader, noise = decoder(name), random.Random(5)
    for start in (
        b"$GP",
        b">RPV",
        b"\x02F",
        b"{",
        b"\xb5b\x01\x07\xff\xff",
        b"\x94\xc3\x01\xff",
        b"\xc0\x00",
        b"!AIVDM,",
    ):
        reader.feed(start, NOW)
        reader.feed(b"A" * 100_000, NOW)
        reader.feed(noise.randbytes(50_000), NOW)
    assert held_bytes(reader) < 400_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.shared_data
def test_that_no_real_log_of_any_kind_stops_a_decoder(name: str, shared_data: Path) -> None:
    for log in sorted(path for path in (shared_data / "avl").rglob("*") if path.is_file()):
        data = log.read_bytes()[:60_000]
        reader = decoder(name)
        for start in range(0, len(data), 997):
            reader.feed(data[start : start + 997], NOW)
        reader.flush(NOW)
        assert reader.tally.messages >= 0


@given(sample=STREAMS)
def test_that_listening_always_gives_evidence_in_order(sample: bytes) -> None:
    found = detect(sample)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= one.score <= 1 and one.why.endswith(".") and one.protocol in PROTOCOLS for one in found)


@pytest.mark.parametrize(
    ("name", "wanted"), [("nmea", range(3)), ("kenwood", range(6, 11)), ("taip", (11, 12)), ("gpsd", (13, 14))]
)
def test_that_a_line_is_known_by_what_it_sends(name: str, wanted: range) -> None:
    assert detect(b"".join(PIECES[index] for index in wanted) * 3)[0].protocol == name


def test_that_silence_and_noise_are_no_evidence() -> None:
    assert detect(b"") == []
    assert detect(b"U" * 4000) == []


@given(st.binary(max_size=2000))
def test_that_the_checksum_is_the_exclusive_or_of_all_bytes(data: bytes) -> None:
    expected = 0
    for byte in data:
        expected ^= byte
    assert xor_of(data) == expected


@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_that_the_framer_keeps_little_and_loses_nothing_it_can_hold(chunks: list[bytes]) -> None:
    framer = Framer()
    found = [token for chunk in chunks for token in framer.cut(chunk)]
    rest = framer.rest()
    assert len(rest) <= 1024
    assert sum(map(len, found)) + len(rest) + framer.dropped == sum(map(len, chunks))
