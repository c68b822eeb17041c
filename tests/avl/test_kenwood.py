"""Kenwood radios: one fix of six sentences, who is current, who speaks, and what can be sent."""

import json
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from core.avl.kenwood import KenwoodDecoder, KenwoodSettings
from core.avl.kenwood_frames import broadcast_frames, poll_frame, text_frame
from core.avl.reports import AvlFix, DeviceAck, DeviceEmergency, DeviceHeard, DeviceStatus, DeviceText, Report
from core.avl.sentences import Checksums, xor_of
from core.errors import Refused

NOW = int(datetime(2026, 5, 4, 16, 10, tzinfo=UTC).timestamp() * 1000)


def sent(body: str) -> bytes:
    return f"${body}*{xor_of(body.encode()):02X}\r\n".encode()


def six(unit: str = "U01205", time: str = "160902", lat: str = "2301.2967") -> list[bytes]:
    """What one base radio says of one fix when all its map headers are on."""
    place = f"{lat},N,07228.2519,E"
    return [
        sent(f"PKNID,00,{unit},207,00,"),
        sent(f"PKNDS,{time},A,{place},012.0,090.0,040526,004.2,W00,{unit},207,00,"),
        sent(f"PKNSH,{place},{time},A,{unit},"),
        sent(f"GPRMC,{time},A,{place},012.0,090.0,040526,,"),
        sent(f"GPGGA,{time},{place},1,,,,,,,,"),
        sent(f"GPGLL,{place},{time},A"),
    ]


def heard(data: bytes, checksums: Checksums = Checksums.WHEN_SENT) -> list[Report]:
    decoder = KenwoodDecoder(KenwoodSettings(checksums=checksums))
    return decoder.feed(data, NOW) + decoder.flush(NOW)


def fixes(data: bytes, checksums: Checksums = Checksums.WHEN_SENT) -> list[AvlFix]:
    return [report for report in heard(data, checksums) if isinstance(report, AvlFix)]


@pytest.mark.parametrize("order", list(permutations(range(6)))[::37])
def test_that_one_fix_in_six_sentences_is_told_once_in_any_order(order: tuple[int, ...]) -> None:
    (fix,) = fixes(b"".join(six()[index] for index in order))
    assert fix.device == "U01205"
    assert fix.valid
    assert fix.lat == pytest.approx(23.02161, abs=1e-5)


def test_that_from_the_second_fix_on_all_sentences_are_folded_and_none_waits() -> None:
    decoder = KenwoodDecoder()
    decoder.feed(b"".join(six("U00001", "160902")), NOW)
    told = decoder.feed(b"".join(six("U00002", "160903", "2302.0000")), NOW)
    (fix,) = (report for report in told if isinstance(report, AvlFix))
    assert fix.device == "U00002"
    assert fix.speed_mps == pytest.approx(6.173, abs=0.01)
    assert not fix.time_only
    assert [report for report in decoder.flush(NOW) if isinstance(report, AvlFix)] == []


def test_that_radios_in_a_row_are_told_apart() -> None:
    stream = b"".join(b"".join(six(f"U{unit:05d}", lat=f"23{unit % 60:02d}.2967")) for unit in range(1, 200))
    assert [fix.device for fix in fixes(stream)] == [f"U{unit:05d}" for unit in range(1, 200)]


@pytest.mark.parametrize("validity", ["V", "Z", "", "X"])
def test_that_only_a_current_fix_is_valid(validity: str) -> None:
    for body in (
        f"PKLSH,3855.3330,N,09447.9417,W,160902,{validity},100,1202,",
        f"PKNSH,3855.3330,N,09447.9417,W,160902,{validity},U01202,",
        f"PKLDS,160902,{validity},3855.3330,N,09447.9417,W,0,0,040526,4.2,W00,100,1202,15,00,",
    ):
        (fix,) = fixes(sent(body))
        assert not fix.valid


def test_that_a_void_sentence_makes_the_whole_group_void() -> None:
    place = "3855.3330,N,09447.9417,W"
    (fix,) = fixes(sent(f"GPRMC,160902,V,{place},0,0,040526,,") + sent(f"PKLSH,{place},160902,A,100,1202,"))
    assert not fix.valid


def test_that_a_fix_without_all_its_coordinates_is_not_valid() -> None:
    (fix,) = fixes(sent("PKLSH,2913.1141,N,,,175302,A,100,2016,"))
    assert (fix.valid, fix.lat, fix.device) == (False, None, "100-2016")


def test_that_a_station_that_an_amateur_radio_heard_is_read() -> None:
    (fix,) = fixes(sent("PKWDWPL,150803,A,4237.14,N,07120.83,W,5.0,90,190326,30,W1ABC-9,/>"))
    assert (fix.device, fix.altitude_m, fix.valid) == ("W1ABC-9", 30.0, True)


def test_that_a_status_that_comes_with_every_fix_is_told_when_it_changes() -> None:
    def radio(time: int, status: int) -> bytes:
        return sent(f"PKLDS,{time},A,5133.82,N,00042.24,W,0,0,040526,4.2,W00,100,2000,{status},00,")

    told = heard(radio(160901, 15) + radio(160902, 15) + radio(160903, 16) + radio(160904, 16))
    assert [report.code for report in told if isinstance(report, DeviceStatus)] == ["15", "16"]


def test_that_a_status_that_was_sent_by_itself_is_always_told() -> None:
    told = heard(b"\x02xE0000001010000009990002\x03" * 2 + b"xEU00001205U00001500001202\r\n")
    assert [(report.device, report.code) for report in told if isinstance(report, DeviceStatus)] == [
        ("U00101", "2"),
        ("U00101", "2"),
        ("U01205", "1202"),
    ]


def test_that_the_emergency_statuses_are_emergencies() -> None:
    (fix, emergency) = heard(sent("PKLDS,160902,A,5133.82,N,00042.24,W,0,0,040526,4.2,W00,100,2000,98,00,"))
    assert isinstance(fix, AvlFix)
    assert isinstance(emergency, DeviceEmergency)
    assert emergency.text.startswith("Man down")
    assert emergency.device == "100-2000"


@pytest.mark.parametrize(
    ("frame", "device", "text"),
    [
        (b"\x02I110040021004002\x03", "100-4002", "Began to transmit."),
        (b"\x02I010040021004002\x03", "100-4002", "Ended its transmission."),
        (b"\x02gI1U03001U03001\x03", "U03001", "Began to transmit."),
        (b"\x02D2001814\x03", "200-1814", "Began to transmit."),
    ],
)
def test_that_a_caller_is_known(frame: bytes, device: str, text: str) -> None:
    (report,) = heard(b"noise" + frame + b"noise")
    assert isinstance(report, DeviceHeard)
    assert (report.device, report.text) == (device, text)


def test_that_answers_and_texts_are_read() -> None:
    (yes, no, text) = heard(b"\x020\x03\x021\x03\x02F1001002Two patients, $5\x03")
    assert isinstance(yes, DeviceAck)
    assert isinstance(no, DeviceAck)
    assert (yes.accepted, no.accepted) == (True, False)
    assert isinstance(text, DeviceText)
    assert (text.device, text.text) == ("100-1002", "Two patients, $5")


def test_that_a_frame_and_a_sentence_may_stand_on_one_line() -> None:
    told = heard(b"\x02I110012021001202\x03" + sent("PKLSH,3855.3330,N,09447.9417,W,160902,A,100,1202,"))
    assert [type(report) for report in told] == [DeviceHeard, AvlFix]
    assert len(fixes(b"00001" + sent("PKNSH,3916.1154,N,12101.6008,W,123456,A,U01001,"))) == 1


def test_that_a_broken_checksum_gives_no_fix_unless_the_radio_sends_none() -> None:
    broken = sent("PKNSH,3916.1154,N,12101.6008,W,123456,A,U01001,").replace(b"3916", b"3917")
    assert fixes(broken) == []
    assert len(fixes(broken, Checksums.NEVER)) == 1
    assert len(fixes(b"$PKNSH,3916.1154,N,12101.6008,W,123456,A,U01001,\r\n")) == 1
    assert fixes(b"$PKNSH,3916.1154,N,12101.6008,W,1234\r\n") == []


def test_that_texts_and_polls_are_written_as_radios_take_them() -> None:
    assert text_frame("100-1002", "test") == b"\x02F1001002test\x03"
    assert text_frame("U03001", "t" * 49) == b"\x02gGU03001" + b"t" * 49 + b"\x03"
    assert poll_frame("100-1001") == b"\x02R31001001\x03"
    assert poll_frame("U03001") == b"\x02gR3U03001\x03"
    assert broadcast_frames("test") == (b"\x02F0000000test\x03", b"\x02gFG00000test\x03")


@pytest.mark.parametrize(
    ("unit", "text"), [("M7", "x"), ("100-1002", ""), ("U03001", "é"), ("U03001", "a\x03b"), ("U03001", "x" * 4097)]
)
def test_that_what_no_radio_can_send_is_refused(unit: str, text: str) -> None:
    with pytest.raises(Refused):
        text_frame(unit, text)


def test_that_what_is_sent_can_be_read_back() -> None:
    (report,) = heard(text_frame("U03001", "Return to station"))
    assert isinstance(report, DeviceText)
    assert (report.device, report.text) == ("U03001", "Return to station")


@pytest.mark.shared_data
def test_that_every_case_is_read(shared_data: Path) -> None:
    """Where `checksum_ok` is false the published checksum is wrong: such a case is read once the radio sends none."""
    for case in json.loads((shared_data / "avl" / "kenwood_cases.json").read_text(encoding="utf-8")):
        raw, expected = case["raw"].encode() + b"\r\n", case["expected"]
        if case["checksum_ok"] is False:
            assert heard(raw) == []
        told = heard(raw, Checksums.NEVER if case["checksum_ok"] is False else Checksums.WHEN_SENT)
        if expected["kind"] == "ack":
            assert [report.accepted for report in told if isinstance(report, DeviceAck)] == [expected["ok"]]
            continue
        assert told
        assert {getattr(report, "device", "") for report in told} == {device_of(expected)}
        if "unit_status" in expected:
            assert any(isinstance(one, DeviceStatus) and one.code == str(expected["unit_status"]) for one in told)
        places = [report for report in told if isinstance(report, AvlFix)]
        assert bool(places) == (expected["kind"] == "pos" and not expected.get("no_position"))
        for fix in places:
            agrees_with(fix, expected)


def device_of(expected: dict[str, str]) -> str:
    """NEXEDGE units are told with and without their U, and padded to eight digits in frames."""
    if "fleet" in expected:
        return f"{expected['fleet']}-{expected['device']}"
    number = expected.get("unit", expected.get("sender", "")).removeprefix("U")
    return f"U{int(number):05d}"


def agrees_with(fix: AvlFix, expected: dict[str, float]) -> None:
    assert fix.lat == pytest.approx(expected.get("lat", fix.lat), abs=1e-6)
    assert fix.lon == pytest.approx(expected.get("lon", fix.lon), abs=1e-6)
    assert fix.valid == (expected.get("status", "A") == "A")
    if "speed_kn" in expected:
        assert fix.speed_mps == pytest.approx(expected["speed_kn"] * 1852 / 3600)
        assert fix.heading == expected["course"]
