"""Measures the store at a year's size: `python tests/bench/bench_store.py [--incidents 200000]`.

Prints opening, commits and drafts beside a named baseline, and history look-ups. Not part of the test suite.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.clock import ManualClock
from core.desk import SNAPSHOT_EVERY, Draft
from core.domain import events as happened
from core.domain.board import Board
from core.domain.events import Event
from core.domain.fold import apply_event, shed_closed
from core.domain.ids import IdMaker
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, ReleaseReason
from core.merge.chain import FIRST_LINK
from core.store import Store, derived, log, open_store

KEY = b"b" * 32
YEAR_S = 365 * 86_400
UNITS = tuple(f"M{number}" for number in range(1, 201))
STREETS = tuple(
    f"{name} {kind}" for name in ("Elm", "High", "Station", "Mill", "Church") for kind in ("Street", "Road")
)
OPEN = """
import sys, time
sys.path.insert(0, sys.argv[2])
start = time.perf_counter()
from pathlib import Path
from core.clock import ManualClock
from core.store import open_store
imported = time.perf_counter()
store = open_store(Path(sys.argv[1]), b"b" * 32, ManualClock())
opened = time.perf_counter()
board = store.load_board()
loaded = time.perf_counter()
print(imported - start, opened - imported, loaded - opened, len(board.incidents), time.process_time())
"""


def story(ids: IdMaker, clock: ManualClock, rng: random.Random, number: int) -> Iterator[Event]:
    """One incident from call to closing: ten events in five commands."""
    incident, assignment, unit = ids.next(), ids.next(), rng.choice(UNITS)
    where = Location(
        f"{rng.randrange(1, 400)} {rng.choice(STREETS)}", -29.9 + rng.gauss(0, 0.05), -71.25 + rng.gauss(0, 0.05)
    )
    caller = Caller("Ana", f"+56 51 2{rng.randrange(100_000, 160_000):06}")
    taken = happened.CallTaken(ids.next(), incident, caller, where, clock.now_ms())

    def command(*bodies: happened.Body) -> Iterator[Event]:
        clock.advance(YEAR_S / 200_000 / 5)
        name = ids.next()
        for body in bodies:
            yield Event(ids.next(), "A", "kim", clock.now_ms(), name, body)

    number_text = f"26-A-{number:06}"
    opened = happened.IncidentOpened(incident, number_text, "MED-1", Priority(rng.randrange(1, 5)), "", where)
    yield from command(
        opened, taken, happened.NarrativeAdded(incident, "Fall from a ladder, awake, pain in the left arm.")
    )
    yield from command(happened.UnitAssigned(assignment, incident, unit, 240.0, 2300.0))
    yield from command(happened.UnitStatusChanged(unit, UnitStatus.EN_ROUTE, incident, assignment))
    yield from command(happened.UnitStatusChanged(unit, UnitStatus.ON_SCENE, incident, assignment))
    yield from command(
        happened.NarrativeAdded(incident, "Treated on the spot.", unit),
        happened.AssignmentEnded(assignment, incident, unit, ReleaseReason.CLEARED),
        happened.UnitStatusChanged(unit, UnitStatus.AVAILABLE),
        happened.IncidentClosed(incident, "TREATED"),
    )


class PlainWriter:
    """Writes the very rows that `Store.commit` writes straight through sqlcipher3: to build, and as the baseline."""

    def __init__(self, store: Store) -> None:
        self._raw = store._session.raw
        row = self._raw.execute("SELECT length, head FROM chains").fetchone()
        self._length, self._head = row or (0, FIRST_LINK)

    def write(self, events: list[Event]) -> None:
        rows: dict[str, list[dict[str, Any]]] = {"events": [], "incidents": [], "calls": []}
        closed = []
        for event in events:
            row = log.row_of(event, self._head, self._length + 1)
            self._head, self._length = row["hash"], self._length + 1
            rows["events"].append(row)
            match event.body:
                case happened.IncidentOpened() as body:
                    rows["incidents"].append(derived.opened_row(event, body))
                case happened.CallTaken() as body:
                    rows["calls"].append(derived.call_row(body))
                case happened.IncidentClosed() as body:
                    closed.append((event.at, body.disposition, body.incident))
        self._raw.execute("BEGIN IMMEDIATE")
        for table, many in rows.items():
            if many:
                names, values = ", ".join(many[0]), ", ".join(f":{name}" for name in many[0])
                self._raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", many)
        self._raw.executemany("INSERT INTO outbox (event, at) VALUES (?, ?)", [(e.id, e.at) for e in events])
        self._raw.executemany("UPDATE incidents SET closed_at = ?, disposition = ? WHERE id = ?", closed)
        self._raw.execute("INSERT OR REPLACE INTO chains VALUES ('A', ?, ?)", (self._length, self._head))
        self._raw.execute("COMMIT")


def build(path: Path, incidents: int) -> tuple[ManualClock, IdMaker]:
    """A year, with its last snapshot as long ago as the desk lets it become."""
    clock = ManualClock(1_750_000_000_000)
    ids, rng = IdMaker(clock), random.Random(1)
    store = open_store(path, KEY, clock)
    writer, board = PlainWriter(store), Board()
    snapshot_before = incidents - SNAPSHOT_EVERY // 10
    bounds = sorted({*range(0, incidents, 1000), snapshot_before, incidents})
    for first, last in pairwise(bounds):
        if first == snapshot_before:
            store.save_snapshot(board)
        events = [event for number in range(first, last) for event in story(ids, clock, rng, number)]
        writer.write(events)
        for event in events:
            apply_event(board, event)
        shed_closed(board, clock.now_ms())
    store.close()
    return clock, ids


def timed(step: Callable[[int], Any], times: int) -> list[float]:
    taken = []
    for number in range(times):
        start = time.perf_counter()
        step(number)
        taken.append(1000 * (time.perf_counter() - start))
    return sorted(taken)


def tell(name: str, taken_ms: list[float]) -> float:
    median, p99 = statistics.median(taken_ms), taken_ms[int(len(taken_ms) * 0.99)]
    print(f"{name:<52} median {median:8.3f} ms   p99 {p99:8.3f} ms   worst {taken_ms[-1]:8.3f} ms")
    return median


def openings(path: Path) -> None:
    """Each in a process of its own; the first finds the most events after the last snapshot and leaves a new one."""
    first = opening(path)
    warm = [opening(path) for _ in range(4)]
    cold = []
    for _ in range(4):
        forget(path)
        cold.append(opening(path))
    tell_opening(f"opening, {SNAPSHOT_EVERY} events after the snapshot", first)
    tell_opening("opening after a proper closing", middle(warm))
    tell_opening("the same with the file out of the page cache", middle(cold))


def opening(path: Path) -> list[float]:
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", OPEN, str(path), root], capture_output=True, text=True, check=True)
    return [float(figure) for figure in done.stdout.split()]


def middle(rounds: list[list[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def forget(path: Path) -> None:
    """Ask the operating system to drop the file from memory, where it can be asked."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def tell_opening(name: str, figures: list[float]) -> None:
    imported, opened, loaded, incidents, cpu_s = figures
    print(f"{name:<52} {imported + opened + loaded:.3f} s (bar 2 s; {cpu_s:.3f} s of processor) =", end="")
    print(f" imports {imported:.3f} + open {opened:.3f} + board of {incidents:.0f} incidents {loaded:.3f}")


def split(events: list[Event]) -> list[list[Event]]:
    commands: dict[str, list[Event]] = {}
    for event in events:
        commands.setdefault(event.command, []).append(event)
    return list(commands.values())


def measure(path: Path, clock: ManualClock, ids: IdMaker, incidents: int) -> None:
    rng = random.Random(2)
    store = open_store(path, KEY, clock)
    fresh = split([e for n in range(400) for e in story(ids, clock, rng, incidents + n)])
    twin = split([e for n in range(400) for e in story(ids, clock, rng, incidents + n)])
    ours = tell("commit of one command (1-4 events)", timed(lambda n: store.commit(tuple(fresh[n])), 2000))
    writer = PlainWriter(store)
    store._session.raw.execute("PRAGMA synchronous = NORMAL")
    plain = tell("baseline: the same rows, sqlcipher3, NORMAL", timed(lambda n: writer.write(twin[n]), 2000))
    store._session.raw.execute("PRAGMA synchronous = FULL")
    print(f"a commit takes {ours / plain:.1f} times the baseline")
    tell(
        "draft at one keystroke",
        timed(lambda n: store.save_draft(Draft("d", 1, n, "kim", {"a": "x" * (n % 200)})), 1000),
    )
    tell("history by callback", timed(lambda n: store.history(callback=f"2{100_000 + n * 50:06}"), 500))
    tell("history by address", timed(lambda n: store.history(location_text=f"{n % 400} elm street"), 500))
    near = [(-29.9 + rng.gauss(0, 0.05), -71.25 + rng.gauss(0, 0.05)) for _ in range(500)]
    tell("history near a point", timed(lambda n: store.history(near=near[n]), 500))
    tell("incident by its number", timed(lambda _: store.find_incident(str(rng.randrange(incidents))), 500))
    found = [store.find_incident(str(number)) or "" for number in range(1, 500)]
    tell("past incident folded from its events", timed(lambda n: store.incident(found[n]), 400))
    tell("status for the health strip", timed(lambda _: store.status(), 200))
    tell("snapshot", timed(lambda _: store.save_snapshot(store.load_board()), 10))
    tell("backup, read back", timed(lambda _: store.backup(path.with_name("copy")), 1))
    tell("verify (doctor)", timed(lambda _: print(store.verify() or "nothing found wrong"), 1))
    store._session.raw.execute("DELETE FROM snapshots")
    tell("board with no snapshot at all (every event folded)", timed(lambda _: store.load_board(), 1))
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=200_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "foredesk.store")
        start = time.perf_counter()
        clock, ids = build(path, given.incidents)
        took_s, size_mb = time.perf_counter() - start, path.stat().st_size / 1e6
        print(f"{given.incidents} incidents, 10 events each, written in {took_s:.0f} s; {size_mb:.0f} MB")
        openings(path)
        measure(path, clock, ids, given.incidents)


if __name__ == "__main__":
    main()
