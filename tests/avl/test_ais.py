"""AIS sentences: one message in one or several parts, real receivers' logs, and bits that this file lays out itself."""

import json
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.ais import AisDecoder, AisSettings, evidence
from core.avl.reports import AvlFix, DeviceEmergency, DeviceName, DeviceText, Report
from core.avl.sentences import Checksums

RECEIVED_AT = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
LETTERS = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"


def packed(*fields: tuple[int, int]) -> str:
    """Value and width of each field, as zeros and ones."""
    return "".join(format(value & (1 << width) - 1, f"0{width}b") for value, width in fields)


def lettered(text: str, letters: int) -> str:
    return "".join(format(LETTERS.index(letter), "06b") for letter in text.ljust(letters, "@"))


def sentence(armour: str, fill: int, total: int = 1, part: int = 1, group: str = "") -> bytes:
    body = f"AIVDM,{total},{part},{group},A,{armour},{fill}"
    return f"!{body}*{reduce(xor, body.encode()):02X}\r\n".encode()


def armoured(bits: str) -> tuple[str, int]:
    fill = -len(bits) % 6
    bits += "0" * fill
    values = [int(bits[at : at + 6], 2) for at in range(0, len(bits), 6)]
    return "".join(chr(value + 48 if value < 40 else value + 56) for value in values), fill


def message(bits: str) -> bytes:
    return sentence(*armoured(bits))


def class_a(lat: float, lon: float, *, status: int = 0, mmsi: int = 211_000_001, second: int = 15) -> str:
    head = packed((1, 6), (0, 2), (mmsi, 30), (status, 4), (0, 8), (123, 10), (1, 1))
    place = packed((round(lon * 600_000), 28), (round(lat * 600_000), 27))
    return head + place + packed((456, 12), (45, 9), (second, 6), (0, 25))


def heard(data: bytes, settings: AisSettings | None = None) -> list[Report]:
    decoder = AisDecoder(settings)
    return decoder.feed(data, RECEIVED_AT) + decoder.flush(RECEIVED_AT)


def only_fix(data: bytes) -> AvlFix:
    (fix,) = [report for report in heard(data) if isinstance(report, AvlFix)]
    return fix


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_that_a_position_is_read_to_the_last_bit(lat: float, lon: float) -> None:
    fix = only_fix(message(class_a(lat, lon)))
    assert fix.device == "211000001"
    assert fix.lat == round(lat * 600_000) / 600_000
    assert fix.lon == round(lon * 600_000) / 600_000
    assert fix.valid
    assert (fix.heading, fix.accuracy_m) == (45.6, 10.0)
    assert fix.speed_mps == pytest.approx(12.3 * 1852 / 3600)


def test_that_the_utc_second_is_dated_within_the_last_minute() -> None:
    assert only_fix(message(class_a(1, 1, second=15))).fixed_at == RECEIVED_AT - 5_000
    assert only_fix(message(class_a(1, 1, second=22))).fixed_at == RECEIVED_AT + 2_000
    assert only_fix(message(class_a(1, 1, second=40))).fixed_at == RECEIVED_AT - 40_000
    assert only_fix(message(class_a(1, 1, second=60))).fixed_at is None


def test_that_a_position_that_is_not_available_is_no_fix() -> None:
    fix = only_fix(message(class_a(91, 181)))
    assert (fix.lat, fix.lon, fix.valid, fix.quality) == (None, None, False, "no fix")


def test_that_an_inoperative_receiver_and_an_unset_identity_are_not_valid() -> None:
    assert not only_fix(message(class_a(50, 1, second=63))).valid
    assert not only_fix(message(class_a(50, 1, mmsi=0))).valid
    assert only_fix(message(class_a(50, 1, second=62))).quality == "estimated"


def test_that_an_active_distress_transmitter_is_an_emergency() -> None:
    reports = heard(message(class_a(50, 1, status=14, mmsi=972_123_456)))
    assert [report.device for report in reports if isinstance(report, DeviceEmergency)] == ["972123456"]
    assert not [report for report in heard(message(class_a(50, 1, status=15))) if isinstance(report, DeviceEmergency)]


def test_that_search_and_rescue_aircraft_give_height_and_whole_knots() -> None:
    head = packed((9, 6), (0, 2), (111_232_506, 30), (303, 12), (120, 10), (0, 1))
    place = packed((round(-6.5 * 600_000), 28), (round(58.25 * 600_000), 27))
    fix = only_fix(message(head + place + packed((3600, 12), (9, 6), (0, 34))))
    assert (fix.lat, fix.lon, fix.altitude_m, fix.heading) == (58.25, -6.5, 303.0, None)
    assert fix.speed_mps == pytest.approx(120 * 1852 / 3600)


def test_that_a_base_station_gives_its_own_date() -> None:
    clock = packed((2024, 14), (2, 4), (29, 5), (23, 5), (59, 6), (58, 6))
    place = packed((0, 1), (600_000, 28), (1_200_000, 27))
    fix = only_fix(message(packed((4, 6), (0, 2), (2_655_000, 30)) + clock + place + packed((1, 4), (0, 30))))
    assert (fix.device, fix.lat, fix.lon) == ("002655000", 2.0, 1.0)
    assert (fix.fixed_at, fix.time_only) == (1_709_251_198_000, False)


def test_that_class_b_and_aids_to_navigation_bring_their_names() -> None:
    motion = packed((0, 8), (10, 10), (0, 1), (60_000, 28), (-60_000, 27), (900, 12), (511, 9), (1, 6), (0, 4))
    long_b = packed((19, 6), (0, 2), (338_087_471, 30)) + motion + lettered("RESCUE 7", 20) + packed((51, 8), (0, 41))
    aid = packed((21, 6), (0, 2), (992_351_000, 30), (1, 5)) + lettered("WRECK BUOY", 20)
    aid += packed((1, 1), (60_000, 28), (-60_000, 27), (0, 30), (1, 4), (12, 6), (0, 13))
    for bits, name in ((long_b, "RESCUE 7"), (aid, "WRECK BUOY")):
        reports = heard(message(bits))
        assert [(fix.lat, fix.lon) for fix in reports if isinstance(fix, AvlFix)] == [(-0.1, 0.1)]
        assert [report.name for report in reports if isinstance(report, DeviceName)] == [name]


def test_that_a_call_sign_sent_apart_is_joined_to_its_name() -> None:
    part_a = packed((24, 6), (0, 2), (338_087_471, 30), (0, 2)) + lettered("LIFEBOAT 3", 20)
    part_b = packed((24, 6), (0, 2), (338_087_471, 30), (1, 2), (51, 8)) + lettered("VENDOR1", 7)
    part_b += lettered("WDE1234", 7) + "0" * 36
    names = [report for report in heard(message(part_a) + message(part_b)) if isinstance(report, DeviceName)]
    assert [(name.name, name.detail) for name in names] == [("LIFEBOAT 3", ""), ("LIFEBOAT 3", "call sign WDE1234")]


def test_that_long_range_positions_are_read_coarsely() -> None:
    place = packed((round(-70.5 * 600), 18), (round(-33.25 * 600), 17))
    fix = only_fix(message(packed((27, 6), (0, 2), (725_000_001, 30), (1, 1), (0, 1), (0, 4)) + place + "0" * 17))
    assert (fix.lat, fix.lon, fix.speed_mps, fix.heading) == (-33.25, -70.5, 0.0, 0.0)


def test_that_a_safety_text_is_heard() -> None:
    (report,) = heard(message(packed((14, 6), (0, 2), (970_000_001, 30), (0, 2)) + lettered("SART ACTIVE", 12)))
    assert report == DeviceText(device="970000001", text="SART ACTIVE", at=RECEIVED_AT)


def two_parts(group: str = "3") -> tuple[bytes, bytes]:
    bits = packed((5, 6), (0, 2), (371_255_000, 30), (0, 2), (9_266_633, 30)) + lettered("HP6683", 7)
    armour, fill = armoured(bits + lettered("SEA ENTERPRISE", 20) + "0" * 192)
    return sentence(armour[:56], 0, 2, 1, group), sentence(armour[56:], fill, 2, 2, group)


def test_that_the_parts_of_a_message_may_come_in_any_order() -> None:
    first, second = two_parts()
    for data in (first + second, second + first, first + message(class_a(1, 1)) + second, first + first + second):
        names = [report for report in heard(data) if isinstance(report, DeviceName)]
        assert [(name.name, name.detail) for name in names] == [("SEA ENTERPRISE", "call sign HP6683")]


def test_that_parts_of_different_messages_are_never_joined() -> None:
    assert heard(two_parts("3")[0] + two_parts("4")[1]) == []
    decoder = AisDecoder()
    first, second = two_parts()
    decoder.feed(first, RECEIVED_AT)
    assert decoder.feed(second, RECEIVED_AT + 60_000) == []


def test_that_a_wrong_or_missing_checksum_gives_nothing_unless_the_gateway_sends_none() -> None:
    whole = message(class_a(50, 1))
    bare = whole[: whole.index(b"*")] + b"\r\n"
    assert heard(bare) == []
    assert heard(whole.replace(b"AIVDM,1,1,,A", b"AIVDM,1,1,,B")) == []
    assert len(heard(bare, AisSettings(checksums=Checksums.NEVER))) == 1


def test_that_a_message_cut_short_is_refused() -> None:
    assert heard(message(class_a(50, 1)[:130])) == []


def test_that_tag_blocks_and_the_receivers_own_position_are_heard_as_well() -> None:
    own = b"$GPRMC,213950.00,A,5250.53669,N,00542.34920,E,0.020,,070420,,,A*7D\r\n"
    reports = heard(b"\\s:station,c:1586295590*00\\" + message(class_a(50, 1)) + own)
    assert [fix.device for fix in reports if isinstance(fix, AvlFix)] == ["211000001", ""]


def test_that_listening_finds_ais_and_nothing_else() -> None:
    found = evidence(message(class_a(50, 1)) * 5)
    assert found is not None
    assert found.score > 0.8
    assert evidence(b"$GPGGA,,,,,,0,,,,,,,,*66\r\n" * 5) is None


@pytest.mark.shared_data
def test_that_every_position_of_real_receivers_is_the_one_gpsd_reads(shared_data: Path) -> None:
    compared = 0
    for log in sorted((shared_data / "avl" / "ais").glob("*.log")):
        chk = Path(f"{log}.chk").read_text(encoding="utf-8")
        read = [json.loads(line) for line in chk.splitlines() if line.startswith('{"class":"AIS"') and '"lat"' in line]
        # gpsd repeats a message once for each sentence that it is merged with
        expected = [one for one, before in zip(read, [None, *read], strict=False) if one != before]
        got = [fix for fix in heard(log.read_bytes()) if isinstance(fix, AvlFix) and fix.source == "ais"]
        assert len(got) == len(expected), log.name
        for fix, one in zip(sorted(got, key=_key), sorted(map(_theirs, expected)), strict=True):
            assert _key(fix) == one
            compared += 1
    assert compared == 296


def _theirs(one: dict[str, int]) -> tuple[str, float, float]:
    scale = 600 if one["type"] == 27 else 600_000
    return f"{one['mmsi']:09d}", one["lat"] / scale, one["lon"] / scale


def _key(fix: AvlFix) -> tuple[str, float, float]:
    return fix.device, 91.0 if fix.lat is None else fix.lat, 181.0 if fix.lon is None else fix.lon
