"""u-blox frames: whole epochs, epochs in parts, NMEA in between, real receivers' logs."""

import json
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.reports import AvlFix, Report
from core.avl.ubx import UbxDecoder, evidence

RECEIVED_AT = 1_700_000_000_000
TOW_MS = 266_418_000  # 2023-11-15 02:00:00 UTC is 266,400 s into GPS week 2288, and 18 leap seconds
FIXED_AT = 1_700_013_600_000
RMC = b"$GPRMC,213950.00,A,5250.53669,N,00542.34920,E,0.020,,070420,,,A*7D\r\n"


def frame(kind: int, payload: bytes, group: int = 1) -> bytes:
    covered = struct.pack("<BBH", group, kind, len(payload)) + payload
    first = second = 0
    for byte in covered:
        first = (first + byte) % 256
        second = (second + first) % 256
    return b"\xb5\x62" + covered + bytes((first, second))


def pvt(
    lat: int, lon: int, *, kind: int = 3, flags: int = 1, times: int = 7, nano_s: int = 0, invalid: int = 0
) -> bytes:
    when = struct.pack("<IHBBBBBBIi", TOW_MS, 2023, 11, 15, 2, 0, 0, times, 25, nano_s)
    state = struct.pack("<BBBB", kind, flags, 0, 9)
    place = struct.pack("<iiiiII", lon, lat, 150_000, 105_500, 2_500, 4_000)
    motion = struct.pack("<iiiiiII", 0, 0, 0, 13_890, 27_000_000, 100, 100)
    return frame(0x07, when + state + place + motion + struct.pack("<HH", 150, invalid) + bytes(12))


def posllh(tow_ms: int = TOW_MS) -> bytes:
    return frame(0x02, struct.pack("<IiiiiII", tow_ms, -710_000_000, 420_000_000, 0, 55_000, 3_200, 5_000))


def velned(tow_ms: int = TOW_MS) -> bytes:
    return frame(0x12, struct.pack("<IiiiIIiII", tow_ms, 0, 0, 0, 1400, 1389, 9_000_000, 10, 10))


def sol(flags: int = 0x0D) -> bytes:
    head = struct.pack("<IihBB", TOW_MS, 0, 2288, 3, flags)
    return frame(0x06, head + bytes(35) + bytes((11,)) + bytes(4))


def status(tow_ms: int = TOW_MS, flags: int = 1) -> bytes:
    return frame(0x03, struct.pack("<IBBBBII", tow_ms, 3, flags, 0, 0, 0, 0))


def timeutc() -> bytes:
    return frame(0x21, struct.pack("<IIiHBBBBBB", TOW_MS, 20, -1_000_000, 2023, 11, 15, 2, 0, 0, 7))


def heard(data: bytes) -> list[Report]:
    decoder = UbxDecoder()
    return decoder.feed(data, RECEIVED_AT) + decoder.flush(RECEIVED_AT)


def only_fix(data: bytes) -> AvlFix:
    (fix,) = heard(data)
    assert isinstance(fix, AvlFix)
    return fix


@given(lat=st.integers(-900_000_000, 900_000_000), lon=st.integers(-1_800_000_000, 1_800_000_000))
def test_that_a_whole_solution_is_read_exactly(lat: int, lon: int) -> None:
    fix = only_fix(pvt(lat, lon))
    assert (fix.lat, fix.lon, fix.valid) == (lat / 1e7, lon / 1e7, True)
    assert (fix.speed_mps, fix.heading, fix.altitude_m) == (13.89, 270.0, 105.5)
    assert (fix.accuracy_m, fix.satellites, fix.quality, fix.fixed_at) == (2.5, 9, "gps", FIXED_AT)


@pytest.mark.parametrize(
    ("kind", "flags", "invalid", "valid", "quality"),
    [
        (0, 0, 0, False, "no fix"),
        (3, 0, 0, False, "no fix"),  # outside the receiver's own limits
        (5, 1, 0, False, "no fix"),  # time only
        (3, 1, 1, False, "no fix"),  # the receiver calls its position invalid
        (1, 1, 0, True, "estimated"),
        (3, 3, 0, True, "differential"),
        (3, 0x43, 0, True, "rtk float"),
        (3, 0x83, 0, True, "rtk fixed"),
    ],
)
def test_that_a_fix_is_valid_only_where_the_receiver_vouches(
    kind: int, flags: int, invalid: int, valid: bool, quality: str
) -> None:
    fix = only_fix(pvt(1, 1, kind=kind, flags=flags, invalid=invalid))
    assert (fix.valid, fix.quality) == (valid, quality)


def test_that_time_needs_date_and_time_and_may_be_just_before_the_second() -> None:
    assert only_fix(pvt(1, 1, times=1)).fixed_at is None
    assert only_fix(pvt(1, 1, nano_s=-250_000_000)).fixed_at == FIXED_AT - 250


def test_that_the_parts_of_an_epoch_fold_into_one_fix_as_soon_as_all_are_there() -> None:
    for parts in ((posllh(), sol(), velned(), timeutc()), (status(), posllh(), velned(), timeutc())):
        decoder = UbxDecoder()
        (fix,) = decoder.feed(b"".join(parts), RECEIVED_AT)
        assert decoder.feed(status() + posllh(), RECEIVED_AT) == []
        assert isinstance(fix, AvlFix)
        assert (fix.lat, fix.lon, fix.altitude_m, fix.accuracy_m) == (42.0, -71.0, 55.0, 3.2)
        assert (fix.speed_mps, fix.heading, fix.valid, fix.fixed_at) == (13.89, 90.0, True, FIXED_AT - 1)


def test_that_the_next_epoch_the_end_mark_or_silence_completes_an_epoch() -> None:
    decoder = UbxDecoder()
    assert decoder.feed(status() + posllh(), RECEIVED_AT) == []
    assert len(decoder.feed(status(TOW_MS + 1000), RECEIVED_AT)) == 1
    assert len(decoder.feed(posllh(TOW_MS + 1000) + frame(0x61, struct.pack("<I", TOW_MS + 1000)), RECEIVED_AT)) == 1
    assert decoder.feed(status(TOW_MS + 2000) + posllh(TOW_MS + 2000), RECEIVED_AT) == []
    assert len(decoder.flush(RECEIVED_AT)) == 1


def test_that_gps_weeks_date_an_epoch_without_utc() -> None:
    assert only_fix(posllh() + sol()).fixed_at == FIXED_AT
    assert only_fix(posllh() + sol(flags=1)).fixed_at is None
    timegps = frame(0x20, struct.pack("<IihbBI", TOW_MS, 0, 2288, 18, 7, 50))
    assert only_fix(posllh() + status() + timegps).fixed_at == FIXED_AT


def test_that_a_solution_given_from_the_earths_centre_is_placed_on_the_ground() -> None:
    head = struct.pack("<IihBB", TOW_MS, 0, 2288, 3, 0x0D)
    body = struct.pack("<iiiIiii", 436_095_300, 57_935_100, 460_455_800, 350, -12, 0, 0)
    fix = only_fix(frame(0x06, head + body + bytes((0, 0, 0, 0, 0, 0, 0, 8)) + bytes(4)))
    assert (fix.lat, fix.lon) == (pytest.approx(46.498287177, abs=1e-8), pytest.approx(7.567411672, abs=1e-8))
    assert (fix.valid, fix.accuracy_m, fix.satellites, fix.fixed_at) == (True, 3.5, 8, FIXED_AT)
    assert (fix.speed_mps, fix.heading) == (pytest.approx(0.0878, abs=1e-3), pytest.approx(10.38, abs=0.01))


def test_that_the_earths_centre_is_no_place() -> None:
    fix = only_fix(sol())
    assert (fix.lat, fix.lon, fix.valid) == (None, None, False)


def test_that_a_position_without_any_status_is_not_called_valid() -> None:
    fix = only_fix(posllh() + velned())
    assert not fix.valid
    assert "NAV-PVT" in fix.doubt


def test_that_parts_beside_a_whole_solution_are_not_told_twice() -> None:
    later = posllh(TOW_MS + 1000) + status(TOW_MS + 1000) + posllh(TOW_MS + 2000)
    assert len(heard(pvt(1, 1) + later)) == 1


def test_that_nmea_between_the_frames_is_heard() -> None:
    fixes = [report for report in heard(RMC + pvt(1, 1) + RMC[:20] + pvt(2, 2)) if isinstance(report, AvlFix)]
    assert sorted(fix.source for fix in fixes) == ["nmea", "ubx", "ubx"]


@given(at=st.integers(2, 99), bit=st.integers(0, 7))
def test_that_a_broken_frame_gives_no_fix_and_the_next_is_found(at: int, bit: int) -> None:
    broken = bytearray(pvt(1, 1))
    broken[at] ^= 1 << bit
    decoder = UbxDecoder()
    reports = decoder.feed(bytes(broken) + pvt(20_000_000, 1) + bytes(8300), RECEIVED_AT)
    assert [report.lat for report in reports if isinstance(report, AvlFix)] == [2.0]


def test_that_listening_finds_frames() -> None:
    found = evidence(RMC * 20 + pvt(1, 1) + pvt(2, 2))
    assert found is not None
    assert found.score > 0.95
    assert evidence(RMC * 20) is None


@pytest.mark.shared_data
def test_that_every_position_of_real_receivers_is_the_one_gpsd_reads(shared_data: Path) -> None:
    compared = 0
    for log in sorted((shared_data / "avl" / "binary").glob("*.log")):
        theirs = _tpv(Path(f"{log}.chk"))
        for fix in heard(log.read_bytes()):
            if not isinstance(fix, AvlFix) or fix.fixed_at not in theirs or not fix.valid:
                continue
            assert fix.lat is not None
            assert fix.lon is not None
            nearest = min(abs(lat - fix.lat) + abs(lon - fix.lon) for lat, lon in theirs[fix.fixed_at])
            assert nearest < 1e-8 if fix.source == "ubx" else 1e-6, (log.name, fix)
            compared += 1
    assert compared == 138


def _tpv(chk: Path) -> dict[int | None, list[tuple[float, float]]]:
    found: dict[int | None, list[tuple[float, float]]] = {}
    for line in chk.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith('{"class":"TPV"') and '"lat"' in line and '"time"' in line:
            one = json.loads(line)
            when = datetime.strptime(one["time"], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
            found.setdefault(round(when.timestamp() * 1000), []).append((one["lat"], one["lon"]))
    return found
