"""KISS frames and AX.25 addresses, alone and beside text lines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.aprs import LONGEST, AprsDecoder
from core.avl.ax25 import packet_from_ax25, packet_from_tnc2
from core.avl.reports import AvlFix, DeviceText, Report

RECEIVED_AT = 1_700_000_000_000
POSITION = b"!4903.50N/07201.75W>088/036"


def address(name: str, *, last: bool = False, repeated: bool = False) -> bytes:
    call, _, ssid = name.partition("-")
    shifted = bytes(ord(letter) << 1 for letter in call.ljust(6))
    return shifted + bytes((0x60 | int(ssid or 0) << 1 | last | repeated << 7,))


def ax25(info: bytes, *path: str, source: str = "ENG4-7", control: int = 0x03, pid: int = 0xF0) -> bytes:
    heads = [address("APDW12"), address(source, last=not path)]
    heads += [address(name.rstrip("*"), last=name is path[-1], repeated=name.endswith("*")) for name in path]
    return b"".join(heads) + bytes((control, pid)) + info


def kiss(frame: bytes, command: int = 0) -> bytes:
    escaped = bytes((command,)) + frame
    return b"\xc0" + escaped.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def heard(data: bytes) -> list[Report]:
    decoder = AprsDecoder()
    return decoder.feed(data, RECEIVED_AT) + decoder.flush(RECEIVED_AT)


def test_that_a_frame_says_who_sent_it_and_over_which_repeaters() -> None:
    packet = packet_from_ax25(ax25(b"info", "W1MHL-3*", "WIDE1*", "WIDE2-2"))
    assert packet is not None
    assert (packet.source, packet.destination) == ("ENG4-7", "APDW12")
    assert (packet.path, packet.info) == (("W1MHL-3", "WIDE1*", "WIDE2-2"), b"info")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        ax25(b"x")[:13],
        ax25(b"x", control=0x00),
        ax25(b"x", pid=0xCF),
        ax25(b"x", source="eng4"),
        b"\x82" * 80,
        address("APDW12", last=True) + b"\x03\xf0!",
    ],
)
def test_that_what_is_no_information_frame_is_passed_over(frame: bytes) -> None:
    assert packet_from_ax25(frame) is None


@given(st.binary(max_size=256))
def test_that_escapes_give_back_every_byte(text: bytes) -> None:
    decoded = heard(kiss(ax25(b":ALL      :" + text.hex().encode() + b"{1")))
    assert decoded[:1] == ([DeviceText(device="ENG4-7", text=text.hex(), at=RECEIVED_AT, to="ALL")])
    packet = packet_from_ax25(ax25(text))
    assert packet is not None
    assert packet.info == text


def test_that_frames_share_their_ends_come_from_any_port_and_follow_noise() -> None:
    frame = kiss(ax25(POSITION))
    assert len(heard(frame + frame)) == 2
    assert len(heard(frame + frame[1:])) == 2
    assert len(heard(kiss(ax25(POSITION), command=0x20))) == 1
    assert heard(kiss(ax25(POSITION), command=0x01)) == []
    assert len(heard(b"\x00\xffnoise\xdb" + frame)) == 1


def test_that_a_frame_may_begin_with_the_end_of_the_one_before_even_after_silence() -> None:
    decoder = AprsDecoder()
    frame = kiss(ax25(POSITION))
    assert len(decoder.feed(frame, RECEIVED_AT)) == 1
    assert decoder.flush(RECEIVED_AT) == []
    assert len(decoder.feed(frame[1:], RECEIVED_AT)) == 1


def test_that_a_broken_escape_refuses_the_frame() -> None:
    assert heard(kiss(ax25(POSITION + b"ab")).replace(b"ab", b"\xdbb")) == []


def test_that_text_lines_before_and_after_frames_are_heard() -> None:
    line = b"ENG5>APRS,WIDE1-1:" + POSITION + b"\r\n"
    reports = heard(line + kiss(ax25(POSITION)) + line + b"[0.3] " + line)
    devices = [report.device for report in reports if isinstance(report, AvlFix)]
    assert devices == ["ENG5", "ENG4-7", "ENG5", "ENG5"]


def test_that_an_endless_frame_or_line_is_passed_over_and_the_next_is_heard() -> None:
    line = b"ENG5>APRS:" + POSITION + b"\r\n"
    for start in (b"\xc0\x00", b"A1AA>B:"):
        decoder = AprsDecoder()
        for piece in (start, *[b"x" * LONGEST] * 20):
            assert decoder.feed(piece, RECEIVED_AT) == []
        assert len(decoder.feed(b"\r\n" + line, RECEIVED_AT)) == 1


@pytest.mark.parametrize("line", [b"", b"A>B", b">B:x", b"A1AA>:x", b"A1AA>B,C,,D:x", b"A 1>B:x", b"# aprsc 2.1"])
def test_that_other_lines_are_no_packets(line: bytes) -> None:
    assert packet_from_tnc2(line) is None


@pytest.mark.shared_data
def test_that_the_collected_frame_is_read(shared_data: Path) -> None:
    (fix,) = heard((shared_data / "avl" / "kiss_frame_synthetic.bin").read_bytes())
    assert isinstance(fix, AvlFix)
    assert (fix.device, fix.quality) == ("N0CALL-9", "via WIDE1-1")
    assert (fix.lat, fix.lon, fix.heading) == (pytest.approx(42.619), pytest.approx(-71.3471667), 123.0)
    assert fix.speed_mps == pytest.approx(45 * 1852 / 3600)
