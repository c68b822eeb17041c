"""Measures the link where lines are bad: `python tests/bench/bench_link.py thin|dropped [--events N] [--seconds S]`.

`thin`: a desk behind 2,400 bit/s and 2 s each way sends and gets events and a mayday. `dropped`: packets are lost (not
refused) for a minute while N events are written on a desk with an encrypted store; printed is how long after the line
is whole again a second such desk has them all. Not part of the test suite.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import ManualClock
from core.domain import events as e
from core.domain.commands import AddNarrative, CloseIncident, OpenIncident
from core.domain.statuses import Priority
from core.domain.values import Location
from sync.link.states import LinkState
from tests.link.lines import SlowLine
from tests.link.real import AGENCY, RealDesk
from tests.link.rig import Agency, LinkedDesk, ServerThread, WallClock, wait_until
from tests.server.desks import shift

A_DAY_S = 86_400.0


def told(sentence: str) -> None:
    print(sentence, flush=True)


def thin(folder: Path, events: int) -> None:
    agency = Agency()
    with (
        ServerThread(folder, agency.roll) as server,
        SlowLine(server.port, bits_per_s=2400, latency_s=2.0) as line,
        LinkedDesk("B", agency, server.port) as b,
    ):
        a = LinkedDesk("A", agency, line.port)
        for run in shift(a.origin, events // 5, ManualClock(WallClock().now_ms() - 3_600_000), a_run=5):
            a.plain.keep(run)
        b.write(e.UnitContacted("M1"))
        a.start()
        total = events + 1
        took_s = wait_until(lambda: len(a.plain.ids()) == total and len(b.plain.ids()) == total, A_DAY_S)
        sent = line.up.carried
        told(
            f"{events} events took {took_s:.0f} s, {sent / events:.0f} bytes each with everything that is not an event."
        )
        wait_until(lambda: a.link.status().live and a.link.status().state is LinkState.UP_TO_DATE, 120)
        for sender, receiver, name in ((a, b, "from"), (b, a, "to")):
            mayday = sender.write(e.EmergencyRaised("E1"), urgent=True)
            took_s = wait_until(lambda id_=mayday.events[0].id, at=receiver: id_ in at.plain.arrived_at, 120)
            told(f"A mayday {name} the thin line's desk was there after {took_s:.1f} s.")
        status = a.link.status()
        told(f"The line was taken for {status.bytes_per_s} bytes/s and {status.round_trip_ms} ms; it is 300 and 4000.")
        a.stop()


def dropped(folder: Path, events: int, seconds: float) -> None:
    agency = Agency()
    with ServerThread(folder / "server", agency.roll) as server, SlowLine(server.port) as line:
        a = RealDesk(folder / "a", "A", agency)
        b = RealDesk(folder / "b", "B", agency, roster=False)
        a.begin(line.port)
        b.begin(server.port)
        wait_until(lambda: is_level(a) and is_level(b) and a.ids() == b.ids())
        line.drop()
        began = time.monotonic()
        a.open_incident("before anybody notices")
        wait_until(lambda: a.link is not None and a.link.status().state is LinkState.OFFLINE, 60)
        told(f"The loss was noticed after {time.monotonic() - began:.1f} s.")
        write(a, events)
        wait_until(lambda: time.monotonic() - began > seconds, 600)
        total = a.ask(lambda: a.store.status().events)
        waiting = a.ask(lambda: a.store.status().unsynced)
        line.restore()
        took_s = wait_until(lambda: b.ask(lambda: b.store.status().events) == total, 600)
        told(f"{waiting:,} events waited; the second desk had them all {took_s:.2f} s after the line was whole again.")
        took_s = wait_until(lambda: is_level(a) and is_level(b), 60)
        same = a.picture() == b.picture()
        told(f"The boards are {'equal' if same else 'NOT EQUAL'}.")
        a.stop()
        b.stop()


def is_level(desk: RealDesk) -> bool:
    return desk.link is not None and desk.link.status().state is LinkState.UP_TO_DATE


def write(desk: RealDesk, events: int) -> None:
    """In pieces, so that the desk's thread is free between them."""
    until: Callable[[], bool] = lambda: desk.ask(lambda: desk.store.status().unsynced) >= events  # noqa: E731
    pause, kind, done = Event(), next(iter(AGENCY.types)), next(iter(AGENCY.dispositions))

    def some() -> None:
        for number in range(10):
            opened = desk.desk.do(OpenIncident(kind, Location(f"{number} Bench Road"), priority=Priority.P3))
            for _ in range(6):
                desk.desk.do(AddNarrative(opened[0].body.incident, "Patient conscious, short of breath since an hour."))
            desk.desk.do(CloseIncident(opened[0].body.incident, done))

    while not until():
        desk.ask(some)
        pause.wait(0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("thin", "dropped"))
    parser.add_argument("--events", type=int)
    parser.add_argument("--seconds", type=float, default=60.0, help="for which packets are lost")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.what == "thin":
            thin(Path(folder), args.events or 100)
        else:
            dropped(Path(folder), args.events or 10_000, args.seconds)


if __name__ == "__main__":
    main()
