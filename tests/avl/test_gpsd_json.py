"""gpsd's JSON: fixes with their kind, devices by name, and nothing but gpsd's objects."""

import json
from pathlib import Path

import pytest

from core.avl.gpsd_json import GpsdDecoder
from core.avl.reports import AvlFix, DeviceHeard, DeviceName, Report

NOW = 1_777_896_000_000
TPV = {
    "class": "TPV", "device": "/dev/ttyUSB0", "mode": 3, "time": "2026-05-04T12:00:00.500Z", "lat": 48.1, "lon": -11.5,
    "altMSL": 545.4, "track": 84.4, "speed": 11.5, "eph": 9.0,
}  # fmt: skip


def heard(*objects: object) -> list[Report]:
    decoder = GpsdDecoder()
    return decoder.feed(b"".join(json.dumps(one).encode() + b"\r\n" for one in objects), NOW)


def fix_of(**changed: object) -> AvlFix:
    (fix,) = heard(TPV | changed)
    assert isinstance(fix, AvlFix)
    return fix


def test_that_a_report_gives_place_time_motion_and_error() -> None:
    fix = fix_of()
    assert (fix.lat, fix.lon, fix.altitude_m, fix.heading, fix.speed_mps) == (48.1, -11.5, 545.4, 84.4, 11.5)
    assert (fix.fixed_at, fix.accuracy_m, fix.device, fix.valid) == (1_777_896_000_500, 4.5, "/dev/ttyUSB0", True)


@pytest.mark.parametrize(
    "changed",
    [
        {"mode": 1},
        {"mode": 0},
        {"status": 8},
        {"lat": None},
        {"lat": "48"},
        {"lat": 91.0},
        {"lon": True},
        {"mode": "3"},
    ],
)
def test_that_what_gpsd_does_not_vouch_for_is_not_valid(changed: dict[str, object]) -> None:
    assert not fix_of(**changed).valid


@pytest.mark.parametrize(("status", "quality"), [(1, "gps"), (2, "differential"), (3, "rtk fixed"), (5, "estimated")])
def test_that_the_kind_of_fix_is_said_in_words(status: int, quality: str) -> None:
    assert fix_of(status=status).quality == quality


def test_that_old_versions_seconds_are_a_time_too() -> None:
    assert fix_of(time=1_777_896_000.5).fixed_at == 1_777_896_000_500
    assert fix_of(time="yesterday").fixed_at is None


def test_that_satellites_come_from_the_sky_report() -> None:
    sky = {
        "class": "SKY",
        "device": "/dev/ttyUSB0",
        "satellites": [{"PRN": 1, "used": True}, {"PRN": 2, "used": False}],
    }
    (fix,) = heard(sky, TPV)
    assert isinstance(fix, AvlFix)
    assert fix.satellites == 1


def test_that_gpsd_and_its_devices_are_named() -> None:
    devices = {"class": "DEVICES", "devices": [{"path": "/dev/ttyUSB0", "driver": "u-blox"}, {"path": 5}, "x"]}
    (version, device) = heard({"class": "VERSION", "release": "3.25"}, devices)
    assert isinstance(version, DeviceHeard)
    assert isinstance(device, DeviceName)
    assert (device.device, device.detail) == ("/dev/ttyUSB0", "u-blox")


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b'{"class":5}', b"{}" * 50, b'{"a":' * 5000, b"\xff{}", b'{"class":"\xff"}']
)
def test_that_what_is_not_gpsds_is_passed_over(line: bytes) -> None:
    decoder = GpsdDecoder()
    assert decoder.feed(line + b"\n", NOW) == []
    assert len(decoder.feed(json.dumps(TPV).encode() + b"\n", NOW)) == 1


@pytest.mark.shared_data
def test_that_gpsds_own_reports_are_read(shared_data: Path) -> None:
    for check in (shared_data / "avl" / "nmea").glob("*.chk"):
        lines = [line for line in check.read_bytes().splitlines() if line.startswith(b'{"class":"TPV"')]
        told = GpsdDecoder().feed(b"\n".join(lines) + b"\n", NOW)
        assert len(told) == len(lines)
        for line, fix in zip(lines, told, strict=True):
            said = json.loads(line)
            assert isinstance(fix, AvlFix)
            assert fix.lat == said.get("lat")
            assert fix.valid == (said.get("mode", 0) >= 2 and "lat" in said and said.get("status") != 8)
