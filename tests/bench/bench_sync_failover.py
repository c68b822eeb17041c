"""Kills the primary under load and promotes its synchronous standby: `bench_sync_failover.py [--seconds 10]`.

Desks push all the time through two replicas, one of which is killed too. Prints how long no push was answered, and
how many of the acknowledged events the promoted database lacks: none may be.
"""

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx

from core.domain import events as e
from core.merge.run import Run
from sync.protocol.messages import PushAnswer
from tests.bench.postgres import Cluster
from tests.bench.sync_rig import Rig, Wire, bench_desk

WRITERS = 4
_AGAIN_S, _WITHIN_S = 0.05, 60


class Writer(threading.Thread):
    """A desk that goes on pushing; what was not acknowledged it sends again, to whichever replica answers."""

    def __init__(self, name: str, rig: Rig, stop: threading.Event) -> None:
        super().__init__(name=name)
        self.desk = bench_desk(name)
        self._rig, self._stop_it = rig, stop
        self.acknowledged: set[bytes] = set()
        self.longest_s = 0.0
        self.epochs: list[str] = []
        self._turn = 0

    def run(self) -> None:
        wires: dict[str, Wire] = {}
        try:
            while not self._stop_it.is_set():
                run = self.desk.run(*(e.UnitContacted(f"M{n}") for n in range(3)))
                begin = time.perf_counter()
                answer = self._pushed(run, wires)
                if answer is None:
                    return
                assert not answer.outcomes, answer.outcomes
                self.longest_s = max(self.longest_s, time.perf_counter() - begin)
                self.acknowledged.update(event.id for event in run.events)
                if answer.epoch not in self.epochs:
                    self.epochs.append(answer.epoch)
        finally:
            for wire in wires.values():
                wire.close()

    def _pushed(self, run: Run, wires: dict[str, Wire]) -> PushAnswer | None:
        """The answer of the first replica that gives one; None where none does for a long time."""
        until = time.perf_counter() + _WITHIN_S
        while time.perf_counter() < until:
            address = self._rig.replicas[self._turn % len(self._rig.replicas)].address
            if address not in wires:
                wires[address] = Wire(address, self.desk)
            try:
                return wires[address].push([run])
            except httpx.HTTPError:
                self._turn += 1
                self._stop_it.wait(_AGAIN_S)
        return None


@contextmanager
def _primary_and_standby(*, careless: bool) -> Iterator[tuple[Cluster, Cluster]]:
    with (
        closing(Cluster(careless=careless)) as primary,
        closing(Cluster(careless=careless, standby_of=primary)) as other,
    ):
        _make_synchronous(primary)
        yield primary, other


def _make_synchronous(primary: Cluster) -> None:
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.sql("SELECT pg_reload_conf()")


def fail_over(seconds: float, *, careless: bool = False) -> dict[str, float]:
    """Figures of one failover under load. `careless`: what PostgreSQL acknowledges would not outlive the machine."""
    with ExitStack() as stack:
        primary, standby = stack.enter_context(_primary_and_standby(careless=careless))
        place = stack.enter_context(_place(primary))
        primary.sql("CREATE DATABASE centre")
        names = [f"F{n}" for n in range(WRITERS)]
        rig = stack.enter_context(Rig(None, [*names, "reader"], url=f"postgresql://foredesk@/centre?host={place}"))
        rig.replicas.append(rig.replica())
        stop = threading.Event()
        writers = [Writer(name, rig, stop) for name in names]
        for writer in writers:
            writer.start()
        try:
            stop.wait(seconds / 2)
            primary.stop("immediate")
            rig.replicas[1].kill()
            killed = time.perf_counter()
            before = sum(len(writer.acknowledged) for writer in writers)
            standby.promote()
            standby.sql("ALTER SYSTEM RESET synchronous_standby_names")
            standby.sql("SELECT pg_reload_conf()")
            point_at(place, standby)
            promoted = time.perf_counter()
            stop.wait(seconds / 2)
        finally:
            stop.set()
            for writer in writers:
                writer.join()
        reader = Wire(rig.replicas[0].address, bench_desk("reader"))
        stack.callback(reader.close)
        found = {event.id for answer in reader.all_after() for run in answer.runs for event in run.events}
        acknowledged = set().union(*(writer.acknowledged for writer in writers))
        return {
            "events acknowledged_": len(acknowledged),
            "of these before the kill_": before,
            "lost_": len(acknowledged - found),
            "promotion took_s": promoted - killed,
            "longest a push waited_s": max(writer.longest_s for writer in writers),
            "epochs seen_": max(len(writer.epochs) for writer in writers),
        }


@contextmanager
def _place(cluster: Cluster) -> Iterator[Path]:
    """An address that can be given to another cluster, as a virtual one on a network would be."""
    place = cluster.folder.parent / f"{cluster.folder.name}-place"
    point_at(place, cluster)
    try:
        yield place
    finally:
        place.unlink()


def point_at(place: Path, cluster: Cluster) -> None:
    new = place.with_suffix(".new")
    new.symlink_to(cluster.folder)
    new.replace(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    for name, figure in fail_over(parser.parse_args().seconds).items():
        what, _, unit = name.rpartition("_")
        print(f"  {what:26} {figure:9.2f} {unit}")


if __name__ == "__main__":
    main()
