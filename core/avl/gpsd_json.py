"""What a gpsd on this machine or on the LAN reports, one JSON object a line (TPV, SKY, VERSION, DEVICES).

gpsd speaks when it is told to: send `WATCH` after connecting. Its reports: gpsd's client protocol, gpsd_json(5).
"""

import math
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

import msgspec

from core.avl.doubts import doubt
from core.avl.evidence import Evidence, share
from core.avl.reports import AvlFix, DeviceHeard, DeviceName, Report, Tally
from core.avl.sentences import Framer

NAME = "gpsd"
WATCH = b'?WATCH={"enable":true,"json":true};\n'
_DEVICES_KEPT = 64
_LIMIT = 16_384  # gpsd's longest report, a sky full of satellites, is some 10,000 characters
_TOKEN = re.compile(rb"[^\r\n]*+[\r\n]")
_RESUME = re.compile(rb"[\r\n]")
_STATUSES = {
    2: "differential", 3: "rtk fixed", 4: "rtk float", 5: "estimated", 6: "estimated", 7: "no fix", 8: "simulated",
    9: "precise",
}  # fmt: skip
_UNREAL = frozenset(("no fix", "simulated"))


class GpsdSettings(msgspec.Struct, frozen=True, kw_only=True):
    """gpsd checks what it reads, and JSON has no checksum: there is nothing to set."""


class GpsdDecoder:
    def __init__(self, settings: GpsdSettings | None = None) -> None:
        del settings
        self.tally = Tally()
        self._framer = Framer(_TOKEN, _RESUME, _LIMIT)
        self._satellites: OrderedDict[str, int] = OrderedDict()

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        out: list[Report] = []
        dropped = self._framer.dropped
        for token in self._framer.cut(data):
            self._line(token.strip(), received_at, out)
        self.tally.skipped_bytes += self._framer.dropped - dropped
        return out

    def flush(self, received_at: int) -> list[Report]:
        out: list[Report] = []
        self._line(self._framer.rest().strip(), received_at, out)
        return out

    def _line(self, line: bytes, received_at: int, out: list[Report]) -> None:
        if not line:
            return
        said = read_line(line)
        if said is None:
            self.tally.skipped_bytes += len(line)
            return
        self.tally.messages += 1
        kind, device = said["class"], _text(said, "device")
        if kind == "TPV":
            out.append(read_tpv(said, device, self._satellites.get(device), received_at))
        elif kind == "SKY":
            self._sky(said, device)
        elif kind == "VERSION":
            out.append(DeviceHeard(device="", at=received_at, text=f"gpsd {_text(said, 'release')} answers."))
        elif kind in {"DEVICES", "DEVICE"}:
            listed = said.get("devices") if kind == "DEVICES" else [said]
            out += (_named(one, received_at) for one in listed if _has_path(one)) if isinstance(listed, list) else ()

    def _sky(self, said: Mapping[str, object], device: str) -> None:
        used = _number(said, "uSat")
        satellites = said.get("satellites")
        if used is None and isinstance(satellites, list):
            used = sum(isinstance(one, dict) and one.get("used") is True for one in satellites)
        if used is not None:
            self._satellites[device] = int(used)
            if len(self._satellites) > _DEVICES_KEPT:
                self._satellites.popitem(last=False)


def read_line(line: bytes) -> dict[str, object] | None:
    """One of gpsd's objects; None for anything else."""
    if line[:1] != b"{":
        return None
    try:
        said = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return said if isinstance(said, dict) and isinstance(said.get("class"), str) else None


def read_tpv(said: Mapping[str, object], device: str, satellites: int | None, received_at: int) -> AvlFix:
    """A time-position-velocity report; `mode` 2 and 3 are fixes, 0 and 1 are none."""
    lat, lon, mode = _number(said, "lat"), _number(said, "lon"), _number(said, "mode")
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        lat = lon = None
    status = _number(said, "status")
    quality = "no fix" if mode not in {2, 3} else _STATUSES.get(int(status or 0), "gps")
    valid = lat is not None and quality not in _UNREAL
    fixed_at = _moment(said.get("time"))
    altitude_m = next((high for key in ("altMSL", "alt", "altHAE") if (high := _number(said, key)) is not None), None)
    return AvlFix(
        device=device, lat=lat, lon=lon, fixed_at=fixed_at, valid=valid, source=NAME,
        speed_mps=_within(said, "speed", 1000),
        heading=_within(said, "track", 360), altitude_m=altitude_m, accuracy_m=_accuracy_m(said), satellites=satellites,
        quality=quality, doubt=doubt(lat, lon, fixed_at, received_at, valid=valid),
    )  # fmt: skip


def _accuracy_m(said: Mapping[str, object]) -> float | None:
    """What gpsd gives is 95 %: two standard deviations, for the whole or for each axis."""
    eph, epx, epy = _number(said, "eph"), _number(said, "epx"), _number(said, "epy")
    if eph is None and epx is not None and epy is not None:
        eph = math.hypot(epx, epy)
    return None if eph is None else eph / 2


def _moment(time: object) -> int | None:
    """ISO 8601 now, seconds since 1970 in old versions; UTC ms."""
    if isinstance(time, int | float) and not isinstance(time, bool) and 0 <= time < 1e11:
        return round(time * 1000)
    if not isinstance(time, str):
        return None
    try:
        moment = datetime.fromisoformat(time)
        return round(moment.timestamp() * 1000) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _number(said: Mapping[str, object], key: str) -> float | None:
    value = said.get(key)
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 else None
    )


def _within(said: Mapping[str, object], key: str, most: float) -> float | None:
    """A number from 0 to `most`; what lies beyond was damaged on its way, as gpsd sends no checksum."""
    value = _number(said, key)
    return value if value is not None and 0 <= value <= most else None


def _text(said: Mapping[str, object], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _has_path(one: object) -> bool:
    return isinstance(one, dict) and bool(_text(one, "path"))


def _named(one: Mapping[str, object], received_at: int) -> DeviceName:
    path, driver = _text(one, "path"), _text(one, "driver")
    return DeviceName(device=path, name=path, at=received_at, detail=driver)


def evidence(sample: bytes) -> Evidence | None:
    """Lines that are gpsd's objects."""
    lines = [line for line in sample.splitlines() if line.strip()]
    kinds = [said["class"] for line in lines if (said := read_line(line.strip())) is not None]
    ours = [str(kind) for kind in kinds if kind in {"TPV", "SKY", "VERSION", "DEVICES", "DEVICE", "WATCH", "GST"}]
    if not ours:
        return None
    why = f"{len(ours)} of {len(lines)} lines are gpsd's ({', '.join(sorted(set(ours)))})."
    return Evidence(protocol=NAME, score=share(len(ours), len(lines)), why=why)
