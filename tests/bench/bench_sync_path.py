"""The whole way of events: `bench_sync_path.py records|outage [--events 10000] [--rounds 3] [--embedded]`.

From the encrypted store of one desk over its link with TLS to `foredesk serve` (on PostgreSQL, or embedded) and on to
the store and the board of a second desk: four processes, and every check on. `records`: new records of twelve fields in
one transaction; then a third desk begins from the server's board. `outage`: two desks work while cut off from each
other, and come back. PouchDB, with its own server and two desks, does the same in the same run.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import pouchdb
from tests.bench.desk_process import DeskProcess
from tests.bench.postgres import Cluster
from tests.scenarios.centre import Centre

POUCH_BATCHES = (100, 1000, 5000)  # the first is its default
CONTESTED, CLOSED = 400, 50
TICKS = os.sysconf("SC_CLK_TCK")


class Site:
    """A server and desks that are paired with it, in a folder that goes with them."""

    def __init__(self, stack: ExitStack, cluster: Cluster | None) -> None:
        self._stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fdpath-")))
        self.cluster = cluster
        self.centre = Centre(self.folder / "centre", database=cluster.database() if cluster else "")
        stack.callback(self._end)
        self._codes = [self.centre.first_code]
        self.desks: list[DeskProcess] = []

    def _end(self) -> None:
        self.centre.stop()  # whichever it is by then

    def desk(self, name: str, *, roster: bool = False) -> DeskProcess:
        desk = self._stack.enter_context(closing(DeskProcess(self.folder / name, name, roster=roster)))
        self.desks.append(desk)
        return desk

    def join(self, desk: DeskProcess) -> dict[str, Any]:
        code = self._codes.pop() if self._codes else self.centre.code()
        return desk.ask("join", url=f"https://127.0.0.1:{self.centre.port}", code=code)

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, of each part."""
        found = {desk.name: cpu_of(desk.pid) for desk in self.desks} | {"server": cpu_of(self.centre.pid)}
        if self.cluster:
            found["PostgreSQL"] = cpu_of(self.cluster.pid, and_children=True)
        return found


def cpu_of(pid: int, *, and_children: bool = False) -> float:
    """CPU seconds of a process, and where wanted of those that it has now or had."""
    found = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(stat.parent.name) == pid:
            found += sum(map(int, fields[11 : 15 if and_children else 13])) / TICKS
        elif and_children and int(fields[1]) == pid:
            found += sum(map(int, fields[11:13])) / TICKS
    return found


@contextmanager
def site(*, embedded: bool) -> Iterator[Site]:
    with ExitStack() as stack:
        cluster = None if embedded else stack.enter_context(closing(Cluster(careless=False)))
        yield Site(stack, cluster)


def records(count: int, *, embedded: bool, bootstrap: bool = False) -> dict[str, float]:
    with site(embedded=embedded) as place:
        a, b = place.desk("A", roster=True), place.desk("B")
        for desk in (a, b):
            place.join(desk)
        before = a.ask("level")["events"]
        at_b = b.ask("whole", events=before)
        b.ask("level")
        sent, cpu = a.ask("figures")["sent"], place.cpu()
        b.tell("whole", events=before + count)
        wrote = a.ask("records", count=count)
        whole = b.answer()
        used = {name: now - cpu.get(name, 0.0) for name, now in place.cpu().items()}
        up = a.ask("level")["sent"] - sent
        assert a.ask("picture") == b.ask("picture"), "the boards differ"
        figures = {
            "written at the first desk_s": wrote["committed"] - wrote["began"],
            "on the second desk's board_s": whole["at"] - wrote["committed"],
            "with writing_s": whole["at"] - wrote["began"],
            **{f"CPU of {name}_s": spent for name, spent in used.items()},
            "CPU in all_s": sum(used.values()),
            "wire up_bytes/event": up / count,
            "wire down_bytes/event": (whole["got"] - at_b["got"]) / count,
        }
        if bootstrap:
            c = place.desk("C")
            joined = place.join(c)
            taken = c.ask("board_of", incidents=count)
            assert a.ask("picture") == c.ask("picture"), "the third desk's board differs"
            figures["begun from a snapshot_s"] = taken["at"] - joined["began"]
        return figures


def outage(changes: int, *, embedded: bool) -> dict[str, float]:
    with site(embedded=embedded) as place:
        a, b = place.desk("A", roster=True), place.desk("B")
        for desk in (a, b):
            place.join(desk)
        a.ask("records", count=changes // 2)
        a.ask("carry_out", made="units", contested=CONTESTED, closed=CLOSED)
        shared = a.ask("level")["events"]
        b.ask("whole", events=shared)
        b.ask("level")
        for desk in (a, b):
            desk.ask("unlink")
        done = 0
        for desk, made in ((a, "first"), (b, "second")):
            work = desk.ask("carry_out", made=made, contested=CONTESTED, closed=CLOSED)["made"]
            left = changes // 2 - work
            work += desk.ask("carry_out", made="lines", events=left)["made"]
            done += work
        cpu = place.cpu()
        for desk in (a, b):
            desk.tell("resume")
        began = min(desk.answer()["began"] for desk in (a, b))
        for desk in (a, b):
            desk.tell("whole", events=shared + done)
        whole = max(desk.answer()["at"] for desk in (a, b))
        used = {name: now - cpu.get(name, 0.0) for name, now in place.cpu().items()}
        for desk in (a, b):
            desk.ask("level")
        shown = a.ask("conflicts")["open"]
        assert a.ask("picture") == b.ask("picture"), "the boards differ"
        assert shown == b.ask("conflicts")["open"]
        double = [unit for kind, unit in shown if kind == "double dispatch"]
        real = {f"X{number}" for number in range(CONTESTED)}
        return {
            "both boards whole and equal_s": whole - began,
            **{f"CPU of {name}_s": spent for name, spent in used.items()},
            "CPU in all_s": sum(used.values()),
            "changes_": done,
            "real conflicts_": CONTESTED + CLOSED,
            "shown_": len(shown),
            "missing_": len(real - set(double)) + CLOSED - (len(shown) - len(double)),
            "invented_": len(set(double) - real) + max(0, len(shown) - len(double) - CLOSED),
        }


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in rounds if name in one) for name in rounds[-1]}


def show(title: str, figures: dict[str, float]) -> None:
    print(title)
    for name, figure in figures.items():
        what, _, unit = name.rpartition("_")
        print(f"  {what:32} {figure:9.2f} {unit}", flush=True)


def beside_pouchdb(seconds: float, events: int, rounds: int, *, is_outage: bool) -> None:
    """Rounds of each batch size, and how many times as long the median takes."""
    with pouchdb.installed() as folder:
        if folder is None:
            print("PouchDB cannot be installed here: Node, npm or its registry is missing.")
            return
        taken: dict[int, float] = {}
        for batch in POUCH_BATCHES:
            answers = [pouchdb.one_round(folder, events, batch=batch, outage=is_outage) for _ in range(max(1, rounds))]
            taken[batch] = statistics.median(answer["seconds"] for answer in answers)
            cpu = statistics.median(answer.get("cpu", 0.0) for answer in answers)
            left = f", {answers[-1]['conflicts']} documents left in conflict" if is_outage else ""
            print(
                f"  PouchDB in batches of {batch:5}           {taken[batch]:9.2f} s, CPU {cpu:.2f} s{left}", flush=True
            )
    default, best = taken[POUCH_BATCHES[0]], min(taken.values())
    print(f"  PouchDB's default takes {default / seconds:.1f} times as long, its best {best / seconds:.1f} times.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("records", "outage"))
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--embedded", action="store_true", help="the server's own database instead of PostgreSQL")
    parser.add_argument("--no-pouchdb", action="store_true")
    parser.add_argument("--bootstrap", action="store_true", help="a third desk begins from the server's board")
    wanted = parser.parse_args()
    found = []
    for _ in range(wanted.rounds):
        began = time.perf_counter()
        if wanted.what == "records":
            found.append(records(wanted.events, embedded=wanted.embedded, bootstrap=wanted.bootstrap))
        else:
            found.append(outage(wanted.events, embedded=wanted.embedded))
        print(
            f"  round of {time.perf_counter() - began:.0f} s: {next(iter(medians(found[-1:]).values())):.2f}",
            flush=True,
        )
    where = "embedded" if wanted.embedded else "PostgreSQL"
    middle = medians(found)
    show(f"{wanted.events:,} {wanted.what}, {where}, median of {wanted.rounds}", middle)
    if not wanted.no_pouchdb:
        seconds = middle["with writing_s" if wanted.what == "records" else "both boards whole and equal_s"]
        beside_pouchdb(seconds, wanted.events, wanted.rounds, is_outage=wanted.what == "outage")


if __name__ == "__main__":
    main()
