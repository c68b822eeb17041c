"""SiRF frames: measured and geodetic navigation, made here and sent by a real receiver."""

import json
import struct
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avl.gps_time import full_week
from core.avl.reports import AvlFix
from core.avl.sirf import SirfDecoder, evidence

RECEIVED_AT = 1_118_330_000_000  # 2005-06-09
WEEK, TOW_MS = 1326, 398_102_280
FIXED_AT = 1_118_327_689_280  # 13 leap seconds before GPS time


def frame(payload: bytes) -> bytes:
    checksum = sum(payload) % 32768
    return b"\xa0\xa2" + struct.pack(">H", len(payload)) + payload + struct.pack(">H", checksum) + b"\xb0\xb3"


def measured(mode: int = 4, place: tuple[int, int, int] = (4_360_953, 579_351, 4_604_558)) -> bytes:
    head = struct.pack(">Biiihhh", 2, *place, -1, 0, 0)
    return frame(head + struct.pack(">BBBHIB", mode, 12, 2, WEEK - 1024, TOW_MS // 10, 5) + bytes(12))


def geodetic(lat: int = 464_982_872, lon: int = 75_674_117, *, faults: int = 0, mode: int = 4) -> bytes:
    head = struct.pack(">BHHHIHBBBBHI", 41, faults, mode, WEEK, TOW_MS, 2005, 6, 9, 14, 31, 29_280, 0)
    place = struct.pack(">iiiib", lat, lon, 139_000, 134_500, 21)
    return frame(head + place + struct.pack(">HHhhhI", 1389, 27_000, 0, 0, 0, 450) + bytes(34) + bytes((7, 6, 0)))


def fixes(data: bytes) -> list[AvlFix]:
    decoder = SirfDecoder()
    reports = decoder.feed(data, RECEIVED_AT) + decoder.flush(RECEIVED_AT)
    return [report for report in reports if isinstance(report, AvlFix)]


def test_that_an_earth_centred_fix_is_placed_on_the_ground() -> None:
    (fix,) = fixes(measured())
    assert (fix.lat, fix.lon) == (pytest.approx(46.498287177, abs=1e-8), pytest.approx(7.567411672, abs=1e-8))
    assert (fix.valid, fix.satellites, fix.fixed_at, fix.quality) == (True, 5, FIXED_AT, "gps")
    assert (fix.speed_mps, fix.heading) == (pytest.approx(0.091, abs=1e-3), pytest.approx(10.3788, abs=1e-3))


@given(lat=st.integers(-900_000_000, 900_000_000), lon=st.integers(-1_800_000_000, 1_800_000_000))
def test_that_a_geodetic_fix_is_read_exactly(lat: int, lon: int) -> None:
    (fix,) = fixes(geodetic(lat, lon))
    assert (fix.lat, fix.lon, fix.valid, fix.fixed_at) == (lat / 1e7, lon / 1e7, True, FIXED_AT)
    assert (fix.speed_mps, fix.heading, fix.altitude_m) == (13.89, 270.0, 1345.0)
    assert (fix.accuracy_m, fix.satellites) == (4.5, 7)


def test_that_one_message_an_epoch_is_enough() -> None:
    assert [fix.altitude_m for fix in fixes((measured() + geodetic()) * 3)] == [None, 1345.0, 1345.0, 1345.0]
    assert [fix.altitude_m for fix in fixes((measured() + geodetic(mode=0)) * 3)] == [None] * 3


def test_that_no_fix_is_never_valid() -> None:
    assert not any(fix.valid for fix in fixes(measured(mode=0) + measured(place=(0, 0, 0))))
    assert not any(fix.valid for fix in fixes(geodetic(mode=0)) + fixes(geodetic(faults=0x8000)))
    assert [fix.quality for fix in fixes(measured(mode=7))] == ["estimated"]
    assert [fix.quality for fix in fixes(measured(mode=0x84))] == ["differential"]


@given(at=st.integers(0, 99), bit=st.integers(0, 7))
def test_that_a_broken_frame_gives_no_fix(at: int, bit: int) -> None:
    broken = bytearray(geodetic())
    if at < len(broken):
        broken[at] ^= 1 << bit
        assert fixes(bytes(broken)) == []


def test_that_a_week_of_ten_bits_is_of_the_era_of_reception() -> None:
    assert full_week(302, RECEIVED_AT) == 1326
    assert full_week(302, 1_760_000_000_000) == 2350
    assert full_week(1326, 1_760_000_000_000) == 1326


def test_that_listening_finds_frames() -> None:
    found = evidence(measured() * 4)
    assert found is not None
    assert found.score > 0.8
    assert evidence(b"\xa0\xa2" * 50) is None


@pytest.mark.shared_data
def test_that_every_fix_of_a_real_receiver_is_the_one_that_gpsd_reads(shared_data: Path) -> None:
    log = shared_data / "avl" / "binary" / "bu303-moving.log"
    lines = Path(f"{log}.chk").read_text(encoding="utf-8").splitlines()
    theirs = [json.loads(line) for line in lines if line.startswith('{"class":"TPV"') and '"lat"' in line]
    found = fixes(log.read_bytes())
    assert len(found) == 12
    for fix, one in zip(found, theirs, strict=True):
        assert (fix.lat, fix.lon) == (pytest.approx(one["lat"], abs=1e-8), pytest.approx(one["lon"], abs=1e-8))
        # gpsd takes off the 18 leap seconds of its own day, where 2005 had 13
        theirs_at = datetime.strptime(one["time"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000
        assert fix.fixed_at == pytest.approx(theirs_at + 5000, abs=1)
