"""TAIP: widths, both checksums, ages, days, and the dated messages of later makers."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.avl.reports import AvlFix, DeviceHeard, Report
from core.avl.sentences import Check, Checksums, xor_of
from core.avl.taip import TaipDecoder, TaipSettings, read_message

NOW = int(datetime(2026, 5, 4, 12, 0, tzinfo=UTC).timestamp() * 1000)
PV = "RPV43200+3739438-1220384601512612"
LN = "RLN83830000+490256603+1220996704+000001240000+000000000813000700080019002300280003002500000000000012"


def sent(body: str, *, star: bool = True, unit: str = "1234") -> bytes:
    """A message with its checksum, by one convention or the other."""
    text = f">{body};ID={unit};"
    return f"{text}*{xor_of(f'{text}*'.encode() if star else text.encode()):02X}<".encode()


def heard(data: bytes, checksums: Checksums = Checksums.WHEN_SENT, *, flush: bool = False) -> list[Report]:
    decoder = TaipDecoder(TaipSettings(checksums=checksums))
    return decoder.feed(data, NOW) + (decoder.flush(NOW) if flush else [])


def fix_of(data: bytes, checksums: Checksums = Checksums.WHEN_SENT) -> AvlFix:
    (fix,) = heard(data, checksums, flush=True)
    assert isinstance(fix, AvlFix)
    return fix


def moment(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def test_that_a_position_report_gives_place_speed_and_course() -> None:
    fix = fix_of(sent(PV))
    assert (fix.device, fix.lat, fix.lon) == ("1234", 37.39438, -122.03846)
    assert fix.speed_mps == pytest.approx(6.7056)
    assert fix.heading == 126
    assert fix.valid
    assert fix.time_only
    assert fix.fixed_at == moment("2026-05-04T12:00:00Z")


def test_that_a_long_report_gives_height_and_satellites_too() -> None:
    fix = fix_of(sent(LN))
    assert (fix.lat, fix.lon, fix.satellites) == (49.0256603, 122.0996704, 8)
    assert fix.altitude_m == pytest.approx(1.24 * 0.3048)
    assert fix.valid


@pytest.mark.parametrize(("age", "valid"), [("0", False), ("1", True), ("2", True), ("7", False)])
def test_that_age_none_is_no_fix_and_an_old_one_says_so(age: str, valid: bool) -> None:
    fix = fix_of(sent(PV[:-1] + age))
    assert fix.valid is valid
    assert ("10 seconds old" in fix.doubt) == (age == "1")


@pytest.mark.parametrize(("source", "valid"), [("0", True), ("3", True), ("6", True), ("9", False)])
def test_that_an_unknown_source_is_no_fix(source: str, valid: bool) -> None:
    assert fix_of(sent(PV[:-2] + source + "2")).valid is valid


@pytest.mark.parametrize(
    ("second", "heard_at", "fixed_at"),
    [
        ("86390", "2026-05-05T00:00:05Z", "2026-05-04T23:59:50Z"),
        ("00010", "2026-05-04T23:59:58Z", "2026-05-05T00:00:10Z"),
        ("43200", "2026-05-04T23:00:00Z", "2026-05-04T12:00:00Z"),
    ],
)
def test_that_a_time_of_day_belongs_to_the_nearest_day(second: str, heard_at: str, fixed_at: str) -> None:
    (fix,) = TaipDecoder().feed(sent(PV.replace("43200", second)), moment(heard_at))
    assert isinstance(fix, AvlFix)
    assert fix.fixed_at == moment(fixed_at)


def test_that_an_event_is_dated_by_its_week() -> None:
    fix = fix_of(sent("REV481599462982+2578391-0802945201228512", unit="Test"))
    assert fix.fixed_at == moment("2010-09-02T17:29:42Z")
    assert (fix.lat, fix.lon) == (25.78391, -80.29452)
    assert not fix.time_only


def test_that_a_unit_that_counts_gps_time_can_be_set_back() -> None:
    decoder = TaipDecoder(TaipSettings(gps_ahead_s=18))
    (fix,) = decoder.feed(sent(PV), NOW)
    assert isinstance(fix, AvlFix)
    assert fix.fixed_at == moment("2026-05-04T11:59:42Z")


@pytest.mark.parametrize("star", [True, False])
def test_that_both_checksum_conventions_are_known(star: bool) -> None:
    assert fix_of(sent(PV, star=star)).valid


def test_that_one_line_keeps_to_one_convention() -> None:
    assert len(heard(sent(PV) + sent(PV, star=False))) == 1


def test_that_a_broken_checksum_gives_no_fix_unless_the_unit_sends_none() -> None:
    broken = sent(PV).replace(b"3739438", b"3839438")
    assert heard(broken) == []
    assert fix_of(broken, Checksums.NEVER).lat == 38.39438


def test_that_a_missing_checksum_is_taken_only_until_a_right_one_came() -> None:
    bare = f">{PV};ID=1234<".encode()
    assert len(heard(bare)) == 1
    assert len(heard(sent(PV) + bare)) == 1
    assert heard(bare, Checksums.ALWAYS) == []


def test_that_a_compact_position_does_not_replace_the_fine_one_of_its_second() -> None:
    compact = sent("RCP43200+373944-122038412")
    assert len(heard(sent(PV) + compact)) == 1
    assert fix_of(compact).lat == 37.3944


def test_that_an_altitude_joins_the_position_of_its_second() -> None:
    (fix,) = heard(sent("RAL43200+00328+00012") + sent(PV))
    assert isinstance(fix, AvlFix)
    assert fix.altitude_m == pytest.approx(99.97, abs=0.01)


def test_that_version_and_identification_are_heard() -> None:
    (identity, version, fix) = heard(b">RID0042<" + b">RVRTAIP LASSEN IQ VER 1.16<" + f">{PV}<".encode())
    assert isinstance(identity, DeviceHeard)
    assert isinstance(version, DeviceHeard)
    assert "LASSEN IQ" in version.text
    assert {report.device for report in (identity, version, fix)} == {"0042"}


def test_that_minutes_and_decimal_degrees_are_told_apart() -> None:
    fix = fix_of(b">RGP200317010815-3852.9306-06204.88560000003000101;&01;ID=5555;#7AD7*51<")
    assert (fix.lat, fix.lon) == pytest.approx((-38.8821767, -62.0814267))
    assert fix.fixed_at == moment("2017-03-20T01:08:15Z")


def test_that_a_date_of_a_clock_that_was_never_set_is_not_the_future() -> None:
    fix = fix_of(sent("RGP010170000000+0000000+0000000000000000000"))
    assert fix.fixed_at == 0
    assert not fix.valid


def test_that_questions_and_noise_are_passed_over() -> None:
    noise = b"\xff>QPV<>SRM;ID_FLAG=T;*6F<>>\r\n" + b">R" + b"9" * 3000
    assert len(heard(noise + sent(PV) + noise + sent(PV.replace("43200", "43201")))) == 2


# Checksum 7F does not belong to this message: it is read when the unit is set to send none.
WRONG_CASE = ">RPV00000+3739438-1220384601512612;ID=1234;*7F"


@pytest.mark.shared_data
def test_that_every_case_is_read(shared_data: Path) -> None:
    for case in json.loads((shared_data / "avl" / "taip_cases.json").read_text(encoding="utf-8")):
        message, derived = read_message(case["raw"].encode()), case["derived"]
        assert message is not None
        assert (message.check is Check.WRONG) == (case["raw"] == WRONG_CASE)
        assert message.device == derived.get("id", "")
        if message.with_star is False:
            assert case["checksum"] == "xor_excl_star"
        checksums = Checksums.NEVER if message.check is Check.WRONG else Checksums.WHEN_SENT
        told = [one for one in heard(case["raw"].encode(), checksums, flush=True) if isinstance(one, AvlFix)]
        if case.get("traccar") == "verifyPosition" or "lat" in derived:
            assert len(told) == 1, case["raw"]
            agrees_with(told[0], derived | derived.get("traccar_expected", {}))


def agrees_with(fix: AvlFix, expected: dict[str, float]) -> None:
    assert fix.lat == pytest.approx(expected.get("lat", fix.lat), abs=1e-6)
    assert fix.lon == pytest.approx(expected.get("lon", fix.lon), abs=1e-6)
    assert fix.valid or "valid" not in expected
    if "gps_sec" in expected:
        assert fix.fixed_at is not None
        assert fix.fixed_at // 1000 % 86_400 == expected["gps_sec"]
        assert fix.speed_mps == pytest.approx(expected["speed_mph"] * 0.44704)
        assert fix.heading == expected["heading"] % 360
        assert fix.valid
    if "time" in expected:
        assert fix.fixed_at == moment(f"{expected['time']}+00:00")
