"""Measures taking other desks' events: `python tests/bench/bench_merge.py [--events 10000]`. Not part of the suite.

Prints, for events in order and for a two-sided outage, how long all of it took and what its longest slice was.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import ManualClock
from core.desk import Desk
from core.domain import events as happened
from core.domain.agency_file import read_agency
from core.domain.events import Event
from core.domain.ids import IdMaker
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, ReleaseReason, UnitMoment
from core.merge.keeper import fold_all, shared
from core.merge.run import Run
from core.store import Store, log, open_store
from resources import resource_path

KEY = b"b" * 32
SLICE = 200
UNITS = tuple(f"M{number}" for number in range(1, 61))
START_MS = 1_780_000_000_000


class Scribe:
    """Writes what a desk does in a busy shift: incidents of a dozen events each, on units that all desks share."""

    def __init__(self, store: Store, desk: str, clock: ManualClock, seed: int) -> None:
        self.store, self.desk, self.clock = store, desk, clock
        self.ids, self.random, self.opened = IdMaker(clock), random.Random(seed), 0

    def command(self, *bodies: happened.Body) -> tuple[Event, ...]:
        self.clock.advance(self.random.uniform(0.2, 2))
        command = self.ids.next()
        at = self.clock.now_ms()
        return tuple(Event(self.ids.next(), self.desk, "kim", at, command, body) for body in bodies)

    def enrol(self) -> None:
        self.store.commit(self.command(*(happened.UnitEnrolled(unit, "AMB", ("als",)) for unit in UNITS)))

    def write(self, count: int) -> None:
        batch: list[Event] = []
        written = 0
        while written < count:
            batch += self._incident()
            if len(batch) >= 500 or written + len(batch) >= count:
                batch = batch[: count - written]
                self.store.commit(tuple(batch))
                written += len(batch)
                batch = []

    def _incident(self) -> list[Event]:
        self.opened += 1
        incident, assignment, unit = self.ids.next(), self.ids.next(), self.random.choice(UNITS)
        where = Location(f"{self.opened} High Street", 50.0, 4.0)
        s, told = UnitStatus, []
        number = f"26-{self.desk}-{self.opened:05}"
        told += self.command(
            happened.IncidentOpened(incident, number, "MED-1", Priority.P2, "", where),
            happened.CallTaken(self.ids.next(), incident, Caller("Ana", "051 220 001"), where, self.clock.now_ms()),
            happened.NarrativeAdded(incident, "Man of 60, chest pain since this morning, conscious."),
        )
        told += self.command(happened.UnitAssigned(assignment, incident, unit, 312.5, 4180.0))
        before = s.DISPATCHED
        for status in (s.EN_ROUTE, s.ON_SCENE, s.TRANSPORTING, s.AT_HOSPITAL):
            told += self.command(
                happened.UnitStatusChanged(unit, status, incident, assignment, before=UnitMoment(before))
            )
            before = status
        told += self.command(
            happened.UnitStatusChanged(unit, s.AVAILABLE, before=UnitMoment(before)),
            happened.AssignmentEnded(assignment, incident, unit, ReleaseReason.CLEARED),
        )
        return [*told, *self.command(happened.IncidentClosed(incident, "TREATED"))]


def taken(desk: Desk, runs: tuple[Run, ...]) -> tuple[float, float]:
    """Seconds in all, and of the longest slice."""
    slices, part, size = [], [], 0
    for run in runs:
        part.append(run)
        size += len(run.events)
        if size >= SLICE:
            slices, part, size = [*slices, part], [], 0
    if part:
        slices.append(part)
    longest, began = 0.0, time.perf_counter()
    for one in slices:
        at = time.perf_counter()
        desk.receive(tuple(one), source="centre", cursor="x")
        longest = max(longest, time.perf_counter() - at)
    left = 1
    while left:
        at = time.perf_counter()
        left = desk.refold(1000)
        longest = max(longest, time.perf_counter() - at)
    return time.perf_counter() - began, longest


def new_desk(folder: Path, name: str) -> tuple[Desk, ManualClock]:
    clock = ManualClock(START_MS)
    store = open_store(folder / f"{name}.store", KEY, clock)
    store.put_setting("desk id", name)
    return Desk(store, read_agency(resource_path("agency", "demo.toml")), clock, desk_id=name), clock


def reopened(desk: Desk, name: str) -> Desk:
    """As after a kill: the scribe writes past the desk's board."""
    path, clock = desk.store.path, desk.clock
    desk.store.close()
    return Desk(open_store(path, KEY, clock), desk.agency, clock, desk_id=name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--check", action="store_true", help="fold everything from scratch and compare")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer, clock = new_desk(folder, "B")
        other = Scribe(writer.store, "B", clock, 1)
        other.enrol()
        began = time.perf_counter()
        other.write(asked.events)
        tell("committed at the other desk", time.perf_counter() - began, asked.events)
        began = time.perf_counter()
        runs = writer.store.outgoing(asked.events + 1000).runs
        tell("sealed and read", time.perf_counter() - began, asked.events)
        began = time.perf_counter()
        writer.store.outgoing(asked.events + 1000)
        tell("read again", time.perf_counter() - began, asked.events)

        fresh, _ = new_desk(folder, "C")
        tell("taken in order by an empty desk", *taken(fresh, runs), asked.events)

        busy, clock = new_desk(folder, "A")
        taken(busy, runs[:1])
        mine = Scribe(busy.store, "A", clock, 2)
        mine.write(asked.events)
        busy = reopened(busy, "A")
        busy.store.save_snapshot(busy.board)
        tell("two-sided outage, as many events here", *taken(busy, runs), asked.events)
        print(f"  conflicts: {len(busy.board.conflicts)}, of which open {len(busy.board.open_conflicts())}")
        if asked.check:
            check(busy)
        began = time.perf_counter()
        busy = reopened(busy, "A")
        tell("closed and opened again", time.perf_counter() - began, 0)


def check(desk: Desk) -> None:
    with desk.store._session.reading() as connection:
        events = list(log.read_placed(connection, desk.store.path, log.FOLDED))
    began = time.perf_counter()
    oracle = shared(fold_all(events))
    print(f"  folded from scratch in {time.perf_counter() - began:.2f} s")
    kept = shared(desk.board)
    for incident in list(oracle.incidents):
        if incident not in kept.incidents:
            del oracle.incidents[incident]
    same = kept.units == oracle.units and kept.incidents == oracle.incidents
    print("  the board is", "the same" if same else "ANOTHER ONE")


def tell(what: str, seconds: float, longest_s: float, events: int | None = None) -> None:
    if events is None:
        events, longest_s = int(longest_s), 0.0
    each = f", {seconds / events * 1e6:.0f} us an event" if events else ""
    longest = f", longest slice {longest_s * 1e3:.1f} ms" if longest_s else ""
    print(f"{what}: {seconds:.2f} s{each}{longest}")


if __name__ == "__main__":
    main()
