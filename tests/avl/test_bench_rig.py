"""The rig for trying radios: recordings dated anew, played into a pseudo-terminal, and printed as they are heard."""

import sys
import threading
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.registry import decoder
from core.avl.reports import AvlFix, DeviceEmergency, DeviceStatus, DeviceText
from core.errors import Refused
from workstation.avl.listen import listen, sentence_of
from workstation.avl.play import play
from workstation.avl.redate import Redater
from workstation.cli import main

NOON_S = 1_790_000_000.0 - 1_790_000_000.0 % 86_400 + 43_200


def sentence(body: str) -> bytes:
    return b"$%b*%02X\r\n" % (body.encode(), reduce(xor, body.encode()))


OLD = (
    sentence("GPRMC,235958.00,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W")
    + sentence("GPGGA,235958.00,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
    + sentence("GPRMC,000001.00,A,4807.040,N,01131.000,E,022.4,084.4,240394,003.1,W")
)


def test_that_a_recording_is_dated_as_if_it_came_now() -> None:
    now_ms = int(NOON_S * 1000)
    nmea = decoder("nmea")
    found = [*nmea.feed(Redater(now_s=lambda: NOON_S).take(OLD), now_ms), *nmea.flush(now_ms)]
    assert [report.fixed_at - now_ms for report in found if isinstance(report, AvlFix)][-1] == 3000
    text = Redater(now_s=lambda: NOON_S).take(OLD).decode()
    assert text.count("120000.00") == 2, "one second of the recording stays one second"
    assert "120003.00" in text, "over midnight too"
    for line in text.split():
        body, _, checksum = line[1:].partition("*")
        assert reduce(xor, body.encode()) == int(checksum, 16)


def test_that_a_broken_checksum_stays_broken() -> None:
    text = Redater(now_s=lambda: NOON_S).take(
        b"$GPRMC,235958.00,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*00\r\n"
    )
    assert text.endswith(b"*00\r\n")


@pytest.mark.parametrize("with_star", [True, False])
def test_that_taip_is_dated_with_its_own_way_of_checking(with_star: bool) -> None:
    body = b">RPV00010+4812345+0115123400000012;ID=7;*"
    message = b"%b%02X<" % (body, reduce(xor, body if with_star else body[:-1]))
    text = Redater(now_s=lambda: NOON_S).take(message)
    assert text.startswith(b">RPV43200+4812345")
    assert int(text[-3:-1], 16) == reduce(xor, text[:-3] if with_star else text[:-4])
    assert Redater(now_s=lambda: NOON_S).take(b">RPV00010+48<") == b">RPV43200+48<"


@given(
    st.lists(st.binary(max_size=80) | st.sampled_from(OLD.splitlines(keepends=True)), max_size=12), st.integers(1, 9)
)
def test_that_dating_loses_no_byte_and_does_not_care_where_it_is_cut(parts: list[bytes], step: int) -> None:
    whole = b"".join(parts)
    at_once, bit_by_bit = Redater(now_s=lambda: NOON_S), Redater(now_s=lambda: NOON_S)
    wanted = at_once.take(whole) + at_once.rest()
    found = b"".join(bit_by_bit.take(whole[at : at + step]) for at in range(0, len(whole), step)) + bit_by_bit.rest()
    assert len(wanted) == len(whole)
    assert found == wanted


def test_that_a_recording_is_printed(tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_bytes(OLD)
    said: list[tuple[str, bool]] = []
    code = listen(
        str(log), baud=0, protocol="", capture=None, seconds=0, say=lambda text, aside=False: said.append((text, aside))
    )
    assert code == 0
    assert any("48.117300 11.516667" in text and not aside for text, aside in said)
    assert any("NMEA" in text for text, aside in said if aside)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals.")
def test_that_what_is_played_into_a_pty_is_heard_at_its_other_end(tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_bytes(OLD)
    named, heard, sent = threading.Event(), [], []
    sentences: list[str] = []

    def say(sentence: str) -> None:
        sentences.append(sentence)
        named.set()

    def run() -> None:
        sent.append(play(log, port="pty", baud=9600, speed=50.0, repeat=False, as_recorded=False, say=say))

    player = threading.Thread(target=run)
    player.start()
    assert named.wait(10)
    name = sentences[0].split()[-1]
    listen(
        name, baud=9600, protocol="nmea", capture=None, seconds=1.0,
        say=lambda text, aside=False: heard.append(text) if not aside else None,
    )  # fmt: skip
    player.join(10)
    assert sent == [len(OLD)]
    assert sum("48.11" in text for text in heard) >= 2


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["avl", "play", "no-such.log"], "There is no recording no-such.log."),
        (["avl", "listen", "tcp://x"], "lacks a host or a port"),
        (["avl", "listen", "COM3", "--protocol", "klingon"], "There is no protocol 'klingon'."),
    ],
)
def test_that_mistakes_are_told_in_a_sentence(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 1
    assert said in capsys.readouterr().err


def test_that_ports_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["avl", "ports"]) == 0
    assert capsys.readouterr().out


def test_that_impossible_speeds_are_refused(tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_bytes(OLD)
    with pytest.raises(Refused):
        play(log, port="pty", baud=9600, speed=0.0, repeat=False, as_recorded=False, say=print)


def test_that_every_report_is_a_line() -> None:
    fix = AvlFix(
        device="7", lat=1.0, lon=2.0, fixed_at=10**18, valid=False, source="taip", heading=90.0, accuracy_m=4.0
    )
    assert "NOT VALID" in sentence_of(fix)
    assert "no time that there ever was" in sentence_of(fix)
    assert "no position" in sentence_of(
        AvlFix(device="7", lat=None, lon=None, fixed_at=None, valid=False, source="taip")
    )
    assert "EMERGENCY" in sentence_of(DeviceEmergency(device="7", text="", at=0))
    assert "status 12 (busy)" in sentence_of(DeviceStatus(device="7", code="12", text="busy", at=0))
    assert "says to desk: hi" in sentence_of(DeviceText(device="7", text="hi", to="desk", at=0))
