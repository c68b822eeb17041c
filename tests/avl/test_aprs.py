"""APRS packets: the reference's own worked examples, radios' dialects, and what must not be taken for a position."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.aprs import AprsDecoder, AprsSettings, evidence
from core.avl.reports import AvlFix, DeviceAck, DeviceEmergency, DeviceStatus, DeviceText, Report

KNOT = 1852 / 3600
FOOT = 0.3048


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


RECEIVED_AT = at("2024-03-01T00:10:00")


def heard(info: str, head: str = "WB2OSZ-5>APDW12,WIDE1-1", settings: AprsSettings | None = None) -> list[Report]:
    return AprsDecoder(settings).feed(f"{head}:{info}\r\n".encode("latin-1"), RECEIVED_AT)


def fix_in(info: str, head: str = "WB2OSZ-5>APDW12,WIDE1-1", settings: AprsSettings | None = None) -> AvlFix:
    (fix,) = [report for report in heard(info, head, settings) if isinstance(report, AvlFix)]
    return fix


@given(
    lat=st.integers(0, 9000 * 60 - 1),
    lon=st.integers(0, 18000 * 60 - 1),
    signs=st.sampled_from(["NE", "NW", "SE", "SW"]),
)
def test_that_degrees_and_minutes_are_read_exactly(lat: int, lon: int, signs: str) -> None:
    y, x = (f"{value // 6000:0{width}d}{value % 6000 / 100:05.2f}" for value, width in ((lat, 2), (lon, 3)))
    fix = fix_in(f"={y}{signs[0]}/{x}{signs[1]}>")
    assert fix.lat == pytest.approx(lat / 6000 * (1 if signs[0] == "N" else -1), abs=1e-9)
    assert fix.lon == pytest.approx(lon / 6000 * (1 if signs[1] == "E" else -1), abs=1e-9)
    assert fix.valid == bool(lat or lon)
    assert fix.device == "WB2OSZ-5"


@pytest.mark.parametrize(
    ("lat", "lon", "middle", "accuracy_m"),
    [
        ("4237.1 N", "07120.8 W", (42 + 37.15 / 60, -71 - 20.85 / 60), 92.6),
        ("4237.  N", "07120.  W", (42 + 37.5 / 60, -71 - 20.5 / 60), 926.0),
        ("423 .  N", "0712 .  W", (42 + 35 / 60, -71 - 25 / 60), 9260.0),
        ("42  .  N", "071  .  W", (42.5, -71.5), 55560.0),
        ("42  .  N", "07120.83W", (42.5, -71.5), 55560.0),  # latitude decides for both
    ],
)
def test_that_an_ambiguous_position_is_the_middle_of_what_it_may_be(
    lat: str, lon: str, middle: tuple[float, float], accuracy_m: float
) -> None:
    fix = fix_in(f"!{lat}/{lon}>")
    assert (fix.lat, fix.lon) == pytest.approx(middle)
    assert fix.accuracy_m == pytest.approx(accuracy_m)


@pytest.mark.parametrize(
    "place",
    ["4260.00N/07120.83W>", "9001.00N/07120.83W>", "4237.14N/18001.00W>", "42 7.14N/07120.83W>", "4237.14N/07120.83>"],
)
def test_that_an_impossible_position_is_refused(place: str) -> None:
    decoder = AprsDecoder()
    assert decoder.feed(f"A>B:!{place}\n".encode(), RECEIVED_AT) == []
    assert decoder.tally.refused == 1


def test_that_course_speed_and_altitude_follow_the_symbol() -> None:
    fix = fix_in("!4903.50N/07201.75W>088/036 Engine 4 /A=001234")
    assert (fix.heading, fix.speed_mps, fix.altitude_m) == (88.0, 36 * KNOT, 1234 * FOOT)
    assert fix_in("!4903.50N/07201.75W>000/000").heading is None
    assert fix_in("!4903.50N/07201.75W>360/005").heading == 0.0
    assert fix_in("!4903.50N/07201.75W>.../...").speed_mps is None
    assert fix_in("!4903.50N/07201.75W>/A=-00123").altitude_m == -123 * FOOT


def test_that_wind_and_antenna_figures_are_not_motion() -> None:
    assert fix_in("@210147z4235.39N/07106.58W_359/010g000t027").speed_mps is None
    assert fix_in("!4237.14NS07120.83W#PHG7140Chelmsford MA").heading is None


def test_that_extra_digits_refine_the_position() -> None:
    assert fix_in("!4903.50N/07201.75W>!W52!").lat == pytest.approx(49 + 3.505 / 60)
    assert fix_in("!4903.50N/07201.75W>!W52!").lon == pytest.approx(-72 - 1.752 / 60)
    assert fix_in("!4903.50S/07201.75E>!wN{!").lat == pytest.approx(-49 - (3.5 + 45 / 9100) / 60)


def test_that_the_references_compressed_examples_read_as_it_says() -> None:
    moving = fix_in("=/5L!!<*e7>7P[")
    assert (moving.lat, moving.lon) == pytest.approx((49.5, -72.75), abs=1e-5)
    assert moving.heading == 88.0
    assert moving.speed_mps == pytest.approx(36.2 * KNOT, abs=0.05)
    high = fix_in("=/5L!!<*e7OS]S")
    assert high.altitude_m == pytest.approx(10_004 * FOOT, abs=0.5)
    assert (high.heading, high.speed_mps) == (None, None)
    still = fix_in("=/5L!!<*e7> sTHello")
    assert (still.heading, still.speed_mps, still.valid) == (None, None, True)
    assert fix_in("=/5L!!<*e7>{?!").speed_mps is None  # a radio range


def test_that_a_compressed_position_from_a_lost_fix_is_not_valid() -> None:
    assert not fix_in("=/5L!!<*e7>7P;").valid
    assert not fix_in("!0000.00N\\00000.00W.").valid


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_that_compressed_positions_are_read_within_a_foot(lat: float, lon: float) -> None:
    def four(value: int) -> str:
        return "".join(chr(33 + value // 91**power % 91) for power in (3, 2, 1, 0))

    fix = fix_in(f"!/{four(round(380926 * (90 - lat)))}{four(round(190463 * (180 + lon)))}> sT")
    assert fix.lat == pytest.approx(lat, abs=3e-6)
    assert fix.lon == pytest.approx(lon, abs=3e-6)


def test_that_the_references_mic_e_example_reads_as_it_says() -> None:
    reports = heard('`(_fn"Oj/', "N2YGK-9>S32UVT")
    (fix,) = [report for report in reports if isinstance(report, AvlFix)]
    assert (fix.lat, fix.lon) == pytest.approx((33 + 25.64 / 60, -112 - 7.74 / 60))
    assert (fix.heading, fix.speed_mps) == (251.0, pytest.approx(20 * KNOT))
    assert DeviceStatus(device="N2YGK-9", code="M3", text="Returning", at=RECEIVED_AT) in reports


def mic_e(lat: int, lon: int, south: bool, west: bool, bits: str, speed: int, course: int) -> tuple[str, str]:
    """Destination and information for hundredths of minutes, as the reference's tables lay them out."""
    digits = f"{lat // 6000:02d}{lat % 6000:04d}"
    high = lon // 6000 >= 100 or lon // 6000 <= 9
    marks = [*(bit == "1" for bit in bits), not south, high, west]
    destination = "".join(
        chr(ord("P") + int(digit)) if mark else digit for digit, mark in zip(digits, marks, strict=True)
    )
    whole, minutes, hundredths = lon // 6000, lon % 6000 // 100, lon % 100
    byte = whole + 118 if whole <= 9 else whole + 28 if whole <= 99 else whole + 8 if whole <= 109 else whole - 72
    info = [byte, minutes + (88 if minutes <= 9 else 28), hundredths + 28]
    info += [speed // 10 + (108 if speed < 200 else 28), speed % 10 * 10 + course // 100 + 32, course % 100 + 28]
    return destination, "`" + "".join(map(chr, info)) + ">/"


@given(
    lat=st.integers(0, 539_999),
    lon=st.integers(0, 1_079_999),
    south=st.booleans(),
    west=st.booleans(),
    speed=st.integers(0, 799),
    course=st.integers(1, 360),
)
def test_that_every_mic_e_position_is_read_back(
    lat: int, lon: int, south: bool, west: bool, speed: int, course: int
) -> None:
    destination, info = mic_e(lat, lon, south, west, "110", speed, course)
    fix = fix_in(info, f"N2YGK-9>{destination}")
    assert fix.lat == pytest.approx(lat / 6000 * (-1 if south else 1), abs=1e-9)
    assert fix.lon == pytest.approx(lon / 6000 * (-1 if west else 1), abs=1e-9)
    assert fix.heading == course % 360
    assert fix.speed_mps == pytest.approx(speed * KNOT)


def test_that_mic_e_altitude_ambiguity_and_extra_digits_are_read() -> None:
    assert fix_in('`(_fn"Oj/`"4T}Engine 4_%', "N2YGK-9>S32UVT").altitude_m == 61.0
    vague = fix_in('`(_fn"Oj/', "N2YGK-9>S32ULZ")  # the last two digits are left out
    assert vague.accuracy_m == pytest.approx(926.0)


@pytest.mark.parametrize(
    ("letters", "code", "text"),
    [("PP0", "M1", "En route"), ("P0P", "M2", "In service"), ("AA0", "C1", "Custom 1"), ("A1B", "C2", "Custom 2")],
)
def test_that_a_mic_e_status_is_told_once_until_it_changes(letters: str, code: str, text: str) -> None:
    decoder = AprsDecoder()
    line = f'N2YGK-9>{letters}UVT:`(_fn"Oj/\n'.encode()
    first = decoder.feed(line, RECEIVED_AT)
    assert first[1:] == [DeviceStatus(device="N2YGK-9", code=code, text=text, at=RECEIVED_AT)]
    assert len(decoder.feed(line, RECEIVED_AT)) == 1
    assert len(decoder.feed(line.replace(letters.encode(), b"PPP"), RECEIVED_AT)) == 2


def test_that_a_mixed_mic_e_status_is_none() -> None:
    assert len(heard('`(_fn"Oj/', "N2YGK-9>PA0UVT")) == 1


def test_that_emergencies_are_told_every_time() -> None:
    radio = heard('`(_fn"Oj/', "N2YGK-9>000UVT")
    assert [report.device for report in radio if isinstance(report, DeviceEmergency)] == ["N2YGK-9"]
    comment = heard("!4903.50N/07201.75W>!EMERGENCY! trapped")
    assert DeviceEmergency(device="WB2OSZ-5", text="trapped", at=RECEIVED_AT) in comment


@pytest.mark.parametrize(
    ("stamp", "fixed_at"),
    [
        ("000005h", "2024-03-01T00:00:05"),
        ("235959h", "2024-02-29T23:59:59"),
        ("001500h", "2024-03-01T00:15:00"),
        ("010009z", "2024-03-01T00:09:00"),
        ("292359z", "2024-02-29T23:59:00"),
        ("310000z", None),  # neither February nor April has the day; January and March do
        ("991234z", None),
        ("246060h", None),
        ("......z", None),
        ("010009/", None),  # local time, and nobody said whose
    ],
)
def test_that_timestamps_take_the_date_nearest_to_reception(stamp: str, fixed_at: str | None) -> None:
    fix = fix_in(f"/{stamp}4903.50N/07201.75W>")
    if stamp == "310000z":
        assert fix.fixed_at in {at("2024-01-31T00:00:00"), at("2024-03-31T00:00:00")}
    else:
        assert fix.fixed_at == (fixed_at and at(fixed_at))
    assert fix.valid


def test_that_local_timestamps_are_dated_where_the_offset_is_known() -> None:
    fix = fix_in("/291905/4903.50N/07201.75W>", settings=AprsSettings(utc_offset_s=-5 * 3600))
    assert fix.fixed_at == at("2024-03-01T00:05:00")


def test_that_objects_and_items_stand_for_themselves() -> None:
    thing = fix_in(";LEADER   *092345z4903.50N/07201.75W>088/036")
    assert (thing.device, thing.heading, thing.valid) == ("LEADER", 88.0, True)
    assert "from WB2OSZ-5" in thing.quality
    assert not fix_in(";LEADER   _092345z4903.50N/07201.75W>").valid
    assert fix_in(";home     *111111z4237.14N/07120.83W-").fixed_at is None
    assert fix_in(")AID #2!4903.50N/07201.75WA").device == "AID #2"
    assert not fix_in(")AID #2_4903.50N/07201.75WA").valid
    assert fix_in(")MOB\\!/5L!!<*e7> sT").lat == pytest.approx(49.5, abs=1e-5)


def test_that_messages_and_their_answers_are_told_apart() -> None:
    assert heard(":DISPATCH :Need a second ambulance{003") == [
        DeviceText(device="WB2OSZ-5", text="Need a second ambulance", at=RECEIVED_AT, to="DISPATCH")
    ]
    assert heard(":DISPATCH :ack003") == [
        DeviceAck(device="WB2OSZ-5", accepted=True, at=RECEIVED_AT, of="003", text="to DISPATCH")
    ]
    assert heard(":DISPATCH :rej003")[0] == DeviceAck(
        device="WB2OSZ-5", accepted=False, at=RECEIVED_AT, of="003", text="to DISPATCH"
    )
    answered = heard(":DISPATCH :Copied{AB}03")
    assert [type(report) for report in answered] == [DeviceAck, DeviceText]
    assert heard(":WB2OSZ-5 :PARM.Vin,Rx1h") == []


def test_that_a_status_text_is_its_own_code() -> None:
    assert heard(">092345zOn scene") == [
        DeviceStatus(device="WB2OSZ-5", code="On scene", text="On scene", at=RECEIVED_AT)
    ]


def test_that_the_path_is_kept_and_a_relayed_packet_is_its_senders() -> None:
    assert fix_in("!4903.50N/07201.75W>", "A1AA>B,W1MHL,N8VIM,WIDE2*").quality == "via W1MHL,N8VIM,WIDE2*"
    inner = fix_in("}WB2OSZ-5>APDW12,DIGI1*:!4903.50N/07201.75W>", "S0RCE>DEST")
    assert (inner.device, inner.quality) == ("WB2OSZ-5", "via DIGI1*")
    assert heard("}A>B:}A>B:}A>B:}A>B:!4903.50N/07201.75W>") == []


def test_that_a_receivers_own_sentence_and_a_buried_position_are_found() -> None:
    fix = fix_in("$GPRMC,213950.00,A,5250.53669,N,00542.34920,E,0.020,,070420,,,A*7D")
    assert (fix.device, fix.source, fix.lat) == ("WB2OSZ-5", "aprs", pytest.approx(52.842278167))
    assert fix_in("TheNet X1J4 (BRZ)!4903.50N/07201.75W#").lat == pytest.approx(49 + 3.5 / 60)
    assert heard("Hello, world!\\") == []
    assert heard(",The quick brown fox jumps over the lazy dog!  1 of 4") == []


def test_that_listening_finds_packets() -> None:
    found = evidence(b"A1AA>B:!4903.50N/07201.75W>\n" * 5)
    assert found is not None
    assert found.score > 0.8
    assert evidence(b"$GPGGA,,,,,,0,,,,,,,,*66\r\n" * 5) is None


@pytest.mark.shared_data
def test_that_collected_packets_read_plausibly(shared_data: Path) -> None:
    packets = json.loads((shared_data / "avl" / "direwolf_src_packets.json").read_text(encoding="utf-8"))
    placed = 0
    for packet in packets:
        reports = AprsDecoder().feed(packet["raw"].rstrip("\r\n").encode() + b"\n", RECEIVED_AT)
        fixes = [report for report in reports if isinstance(report, AvlFix)]
        placed += len(fixes)
        theirs = packet["aprslib_0_7_2"]
        if theirs.get("lat") is not None:
            assert [(fix.lat, fix.lon) for fix in fixes] == [(theirs["lat"], theirs["lon"])], packet["raw"]
        for fix in fixes:  # all of them were made within a few miles of one house
            assert fix.lat == pytest.approx(42.5, abs=0.5)
            assert fix.lon == pytest.approx(-71.3, abs=0.3)
    assert placed == 25
