"""Measures what syncing costs the person at the desk: `python tests/bench/bench_link_latency.py [--seconds 20]`.

A desk with its encrypted store carries out a command ten times a second on its own thread, as a window would: alone;
linked and idle; while other desks work live at 20 events a second; and while 10,000 events of another desk are
fetched. Printed is how long each command took from when it was asked for to when it was done. Server and other desks
are a process of their own. Not part of the test suite.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import ManualClock
from core.domain import events as e
from core.domain.commands import AddNarrative
from tests.link.real import RealDesk
from tests.link.rig import Agency, LinkedDesk, ServerThread, WallClock
from tests.server.desks import shift

EVERY_S = 0.1
LIVE_PER_S = 20
BULK = 10_000


def others(folder: Path) -> None:
    """The child: a server, and desks that do as they are told on standard input."""
    from sync.server.roll import DeskPass

    agency = Agency()
    line = sys.stdin.readline().strip().split(" ", 2)
    desk, public_key, token = line[0], bytes.fromhex(line[1]), line[2]
    agency.roll.admit(DeskPass(desk, desk, desk, public_key), token)
    with ServerThread(folder, agency.roll) as server, LinkedDesk("B", agency, server.port) as b:
        print(server.port, agency.public_key.hex(), flush=True)
        number = 0
        quiet = Event()
        for order in map(str.strip, sys.stdin):
            if order.startswith("live"):
                ends = time.monotonic() + float(order.split()[1])
                while time.monotonic() < ends:
                    number += 1
                    b.write(e.NarrativeAdded("0" * 32, f"Line {number} of what another desk writes."))
                    quiet.wait(1 / LIVE_PER_S)
            elif order == "bulk":
                b.link.stop()
                for run in shift(b.origin, BULK // 5, ManualClock(WallClock().now_ms() - 3_600_000)):
                    b.plain.keep(run)
                b.link = b._new_link()
                b.link.start()
            print("done", flush=True)


class Worker:
    """Asks for a command every tenth of a second, and notes how long each took."""

    def __init__(self, desk: RealDesk) -> None:
        self._desk = desk
        self._incident = desk.open_incident("1 Bench Road")
        self.number = 0

    def work(self, goes_on: Callable[[float], bool]) -> list[float]:
        durations: list[float] = []
        pause, began = Event(), time.perf_counter()
        while goes_on(time.perf_counter() - began):
            self.number += 1
            asked = time.perf_counter()
            self._desk.do(AddNarrative(self._incident, f"Line {self.number}: patient conscious and breathing."))
            durations.append(time.perf_counter() - asked)
            pause.wait(EVERY_S - durations[-1])
        return durations


def told(name: str, durations: list[float], alone: list[float] | None = None) -> None:
    ordered = sorted(durations)
    median, p99 = statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    mean = statistics.fmean(ordered)
    line = f"{name:34} {len(ordered):5} commands  median {median * 1000:6.2f} ms  mean {mean * 1000:6.2f}"
    line += f"  99th percentile {p99 * 1000:6.2f}  most {ordered[-1] * 1000:6.2f}"
    if alone:
        line += (
            f"   median {median / statistics.median(alone) - 1:+.0%}, mean {mean / statistics.fmean(alone) - 1:+.0%}"
        )
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    parser.add_argument("--others", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.others:
        others(args.others)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), args.seconds)


def measure(folder: Path, seconds: float) -> None:
    agency = Agency()
    a = RealDesk(folder / "a", "A", agency)
    child = subprocess.Popen(
        [sys.executable, __file__, "--others", str(folder / "server")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(f"A {a.card.public_key.hex()} {a.token}\n")
        child.stdin.flush()
        port, key = child.stdout.readline().split()
        for part in parts(a, int(port), bytes.fromhex(key), seconds):
            child.stdin.write(part + "\n")
            child.stdin.flush()
    finally:
        child.stdin.close()
        child.wait(20)
        a.stop()


def parts(a: RealDesk, port: int, agency_key: bytes, seconds: float) -> Iterator[str]:
    worker = Worker(a)
    worker.work(lambda past: past < 2)
    alone = worker.work(lambda past: past < seconds)
    told("alone", alone)
    a.begin(port, agency_key=agency_key)
    worker.work(lambda past: past < 3)
    assert a.link is not None
    assert a.link.status().state.reaches, a.link.status()
    told("linked, nobody else works", worker.work(lambda past: past < seconds), alone)
    yield f"live {seconds + 2}"
    told(f"others work, {LIVE_PER_S} events a second", worker.work(lambda past: past < seconds), alone)
    yield "bulk"
    began = time.perf_counter()
    before = len(a.ids())
    done: list[float] = []

    def goes_on(past: float) -> bool:
        if not done and past > 1 and a.ask(lambda: a.store.status().events) - before >= BULK:
            done.append(time.perf_counter() - began)
        return not done and past < 120

    durations = worker.work(goes_on)
    told(f"{BULK:,} events are fetched", durations, alone)
    print(f"They were all here after {done[0]:.1f} s." if done else "They were not all here after two minutes.")
    told("alone again, linked", worker.work(lambda past: past < seconds), alone)


if __name__ == "__main__":
    main()
