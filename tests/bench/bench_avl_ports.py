"""Measures radios on many ports: 32 pseudo-terminals at 9600 baud with 200 units, and the time from line to marker.

Run it with `python tests/bench/bench_avl_ports.py [--minutes 5]`. An hour's traffic of 200 units, a position every four
seconds or so, is sent in five minutes, which loads each line to nine tenths. The writer is a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import reduce
from itertools import cycle
from operator import xor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu")

PORTS, UNITS, BAUD, LOAD = 32, 200, 9600, 0.9
PUCKS = 4  # ports with one plain GPS each; the others carry radios and modems that name themselves
LATENCY_S, LATENCY_PORTS = 40, 8
BEAT_MS = 10
LAT, LON = -29.9, -71.25
STEP = 1e-5  # degrees a message; the step's number tells which message a marker shows


def nmea(body: str) -> bytes:
    raw = body.encode()
    return b"$%b*%02X\r\n" % (raw, reduce(xor, raw))


def minutes(degrees: float, digits: int) -> str:
    whole = int(abs(degrees))
    return f"{whole:0{digits}d}{(abs(degrees) - whole) * 60:08.5f}"


def taip(device: int, lat: float, lon: float) -> bytes:
    second = int(time.time()) % 86_400
    body = f">RPV{second:05d}{round(lat * 1e5):+08d}{round(lon * 1e5):+09d}03609012;ID={device:04d};*".encode()
    return b"%b%02X<" % (body, reduce(xor, body))


def kenwood(device: int, lat: float, lon: float) -> bytes:
    now = time.strftime("%H%M%S", time.gmtime())
    return nmea(f"PKLSH,{minutes(lat, 2)},S,{minutes(lon, 3)},W,{now},A,101,{device:04d},")


def puck(lat: float, lon: float) -> bytes:
    now = time.gmtime()
    moment, day = time.strftime("%H%M%S", now), time.strftime("%d%m%y", now)
    return nmea(f"GPRMC,{moment}.00,A,{minutes(lat, 2)},S,{minutes(lon, 3)},W,020.0,090.0,{day},,,A")


def place(unit: int, step: int) -> tuple[float, float]:
    return LAT + step * STEP, LON - 0.001 * unit


def message(port: int, unit: int, step: int) -> bytes:
    lat, lon = place(unit, step)
    if port < PUCKS:
        return puck(lat, lon)
    return taip(unit, lat, lon) if port % 2 else kenwood(unit, lat, lon)


def units_of(port: int, ports: int) -> list[int]:
    """A puck's port has one unit, the others share the rest."""
    if ports == PORTS and port < PUCKS:
        return [port]
    first = PUCKS if ports == PORTS else 0
    return list(range(first + port - (PUCKS if ports == PORTS else 0), UNITS, ports - (PUCKS if ports == PORTS else 0)))


def device_of(port: int, unit: int, ports: int, name: str) -> str:
    if ports == PORTS and port < PUCKS:
        return f"port:port:{name}"
    return f"taip:{unit:04d}" if port % 2 else f"kenwood:101-{unit:04d}"


# the writer's process


def write_load(masters: list[int], seconds: float) -> None:
    """Each line at nine tenths of what 9600 baud carries; says what was sent, as JSON."""
    sent, counts = [0] * len(masters), [0] * len(masters)
    turns = [cycle(units_of(port, PORTS)) for port in range(len(masters))]
    steps = [0] * len(masters)
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        for port, master in enumerate(masters):
            while sent[port] < elapsed * BAUD / 10 * LOAD:
                unit = next(turns[port])
                steps[port] += unit == units_of(port, PORTS)[0]
                data = message(port, unit, steps[port])
                _write_all(master, data)
                sent[port] += len(data)
                counts[port] += 1
        time.sleep(0.005)  # noqa: TID251 (a writer's pace)
    print(json.dumps({"sent": sent, "counts": counts}), flush=True)


def write_marks(masters: list[int], seconds: float) -> None:
    """200 units a second, one line each, evenly; says when each was sent."""
    told, began, number = [], time.monotonic(), 0
    while (due := began + number / UNITS) < began + seconds:
        time.sleep(max(0.0, due - time.monotonic()))  # noqa: TID251
        unit, step = number % UNITS, number // UNITS
        port = unit % LATENCY_PORTS
        lat, lon = place(unit, step)
        data = taip(unit, lat, lon) if port % 2 else kenwood(unit, lat, lon)
        told.append((unit, step, time.monotonic()))
        _write_all(masters[port], data)
        number += 1
    print(json.dumps(told), flush=True)


def _write_all(master: int, data: bytes) -> None:
    while data:
        data = data[os.write(master, data) :]


# the desk's process


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


class Rig:
    """The real window with its map, over a desk with 200 units, and pseudo-terminals wired to them."""

    def __init__(self, folder: Path, ports: int) -> None:
        import pty
        import tty

        from workstation.qt import start_qt

        self.application = start_qt()
        from PySide6.QtCore import Qt, QTimer

        from core.desk import Desk
        from core.domain import commands as c
        from core.domain.agency_file import read_agency
        from core.store import open_store
        from resources import resource_path
        from sync.ports import PortKind, PortSettings
        from widgets.context import DeskContext, Mode
        from widgets.notifier import Notifier
        from widgets.selection import Selection
        from widgets.theme import Scheme, Theme
        from widgets.window import MainWindow
        from workstation.avl.session import AvlSession
        from workstation.clock import SteadyClock

        self.told = folder / "told.json"
        clock = SteadyClock()
        self.store = open_store(folder / "desk.store", bytes(range(32)), clock)
        agency = read_agency(resource_path("agency", "demo.toml"))
        self.desk = Desk(self.store, agency, clock, desk_id="A")
        for number in range(UNITS):
            self.desk.do(c.Enrol(f"U{number:03}", next(iter(agency.kinds)), ("bls",), "", LAT, LON))
        theme = Theme(self.application, Scheme.DARK)
        self.context = DeskContext(self.desk, Notifier(self.desk), Selection(), theme.palette, Mode.DEMO)
        self.avl = AvlSession(self.desk, lambda error: print("  !", error), capture_folder=folder / "captures")
        self.context.avl = self.avl
        self.window = MainWindow(self.context, theme)
        self.window.resize(1600, 1000)
        self.window.show()
        self.masters, self.keys = [], []
        for port in range(ports):
            master, reader = pty.openpty()
            tty.setraw(reader)
            name = os.ttyname(reader)
            self.masters.append(master)
            self.keys.append(f"port:{name}")
            for unit in units_of(port, ports):
                self.avl.desk_side.book.adopt(device_of(port, unit, ports, name), f"U{unit:03}")
            self.avl._ports.open(PortSettings(f"port:{name}", PortKind.SERIAL, name, baud=BAUD))
        self.late_ms: list[float] = []
        self._last = time.perf_counter()
        self._beat = QTimer()
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append((now - self._last) * 1000 - BEAT_MS)
        self._last = now

    def beat(self) -> None:
        self._last = time.perf_counter()
        self._beat.start(BEAT_MS)

    def spin(self, seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def writer(self, job: str, seconds: float) -> "subprocess.Popen[str]":
        fds = [str(master) for master in self.masters]
        command = [sys.executable, __file__, "--job", job, "--seconds", str(seconds), "--fds", *fds]
        with self.told.open("w") as out:
            return subprocess.Popen(command, pass_fds=self.masters, stdout=out, text=True)

    def stalls(self) -> str:
        late = sorted(self.late_ms)
        over = sum(each > 50 for each in late)
        return (
            f"window late by: median {late[len(late) // 2]:.1f} ms, 99 % {late[int(len(late) * 0.99)]:.1f} ms, "
            f"worst {late[-1]:.0f} ms; over 50 ms: {over} of {len(late)}"
        )

    def close(self) -> None:
        self.avl.shut()
        self.window.close()
        self.context.notifier.close()
        self.store.close()


def measure_load(seconds: float) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), PORTS)
        rig.spin(8)
        process, memory = rig.writer("load", seconds), []
        rig.beat()
        began, used = time.monotonic(), time.process_time()
        while process.poll() is None:
            rig.spin(min(5.0, seconds / 20))
            memory.append(resident_mb())
        spent = (time.process_time() - used) / (time.monotonic() - began)
        told = json.loads(rig.told.read_text())
        rig.spin(2)
        read = {status.settings.key: status for status in rig.avl._ports.statuses()}
        lost = [sent - read[key].bytes_in for key, sent in zip(rig.keys, told["sent"], strict=True)]
        missed = [count - read[key].messages for key, count in zip(rig.keys, told["counts"], strict=True)]
        refused = sum(status.refused for status in read.values())
        counts = rig.avl.desk_side.follower.counts.values()
        warm = memory[len(memory) // 5 :]
        growth = warm[-1] - warm[0]
        print(f"{PORTS} pseudo-terminals, {UNITS} units, {seconds / 60:.1f} min, {BAUD} baud at {LOAD:.0%}:")
        print(f"  sent {sum(told['sent']):,} bytes in {sum(told['counts']):,} messages")
        print(f"  lost: {sum(map(abs, lost))} bytes, {sum(map(abs, missed))} messages; refused by checksum: {refused}")
        reasons: dict[str, int] = {}
        for count in counts:
            for name, times in count.refused.items():
                reasons[name] = reasons.get(name, 0) + times
        accepted = sum(count.accepted for count in counts)
        print(f"  positions on the desk: {accepted:,}; not believed: {reasons or 'none'}")
        print(f"  memory: {warm[0]:.0f} MB after the first fifth, {warm[-1]:.0f} MB at the end, {growth:+.1f} MB")
        print(f"  {rig.stalls()}; CPU of this process: {spent:.0%}")
        rig.close()
        return sum(map(abs, lost)) == 0 and sum(map(abs, missed)) == 0


def measure_latency() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), LATENCY_PORTS)
        rig.spin(8)
        follow = rig.window.map_follow
        assert follow is not None
        bridge = follow.view._bridge
        announced: dict[str, float] = {}
        shown: dict[tuple[int, int], float] = {}
        placed: dict[tuple[int, int], float] = {}
        newest = [-1] * UNITS

        def steps() -> Iterator[tuple[int, int]]:
            for unit in range(UNITS):
                position = rig.desk.board.units[f"U{unit:03}"].position
                if position is not None and position.source.value == "gps":
                    yield unit, round((position.lat - LAT) / STEP)

        def on_change(change: object) -> None:
            now = time.monotonic()
            for callsign in getattr(change, "positions", ()):
                position = rig.desk.board.units[callsign].position
                placed.setdefault((int(callsign[1:]), round((position.lat - LAT) / STEP)), now)

        def on_announced(_address: str) -> None:
            announced.clear()
            announced.update({f"{unit}": step for unit, step in steps()})

        def on_taken() -> None:
            now = time.monotonic()
            for unit, step in announced.items():
                for each in range(newest[int(unit)] + 1, int(step) + 1):
                    shown[int(unit), each] = now
                newest[int(unit)] = max(newest[int(unit)], int(step))

        rig.context.notifier.changed.connect(on_change)
        bridge.moved.connect(on_announced)
        bridge.positions_taken.connect(on_taken)
        process = rig.writer("marks", LATENCY_S)
        rig.beat()
        while process.poll() is None:
            rig.spin(0.5)
        rig.spin(2)
        told = json.loads(rig.told.read_text())
        settled = [(unit, step, at) for unit, step, at in told if step >= 5]
        for title, seen in (("line to desk", placed), ("line to marker", shown)):
            found = sorted((seen[unit, step] - at) * 1000 for unit, step, at in settled if (unit, step) in seen)
            print(
                f"{title}, {UNITS} units a second: median {found[len(found) // 2]:.0f} ms, "
                f"95 % {found[int(len(found) * 0.95)]:.0f} ms, of {len(found):,} of {len(settled):,} positions"
            )
        print(f"  {rig.stalls()}")
        rig.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long the hour's traffic takes (5)")
    parser.add_argument("--only", choices=("load", "latency"), help="one of the two")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--fds", type=int, nargs="*", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        (write_load if args.job == "load" else write_marks)(args.fds, args.seconds)
        return 0
    well = True
    if args.only != "latency":
        well = measure_load(args.minutes * 60)
    if args.only != "load":
        measure_latency()
    sys.stdout.flush()
    return 0 if well else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
