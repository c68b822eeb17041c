"""Times what desks notice at once: `bench_sync_live.py [--desks 50] [--seconds 20] [--claims 100000] [--embedded]`.

Live: so many desks are connected, one event in fifty milliseconds is written by one of them, and every other desk
verifies it; from the moment it is signed to there. Two more desks are whole, with encrypted stores and links: from
the end of a command at one of them, which is its commit, to the other's board. Claims: desks fight for one unit at a
time; each has one winner.
The baseline for live is the same server asked by polling four times a second, as desks without it would have to.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx
from websockets.asyncio.client import connect

from core.domain import events as e
from core.domain.statuses import Priority
from core.domain.values import Location, ReleaseReason
from core.merge.run import Run, hashes, is_signed_by
from sync.protocol import routes as r
from sync.protocol.messages import Hello, Hint, LiveFrame, PullAnswer, Push, PushAnswer, Tail
from sync.protocol.packing import pack, unpack
from tests.bench.desk_process import DeskProcess
from tests.bench.postgres import Cluster
from tests.bench.sync_rig import Rig, bench_desk
from tests.link.rig import WallClock
from tests.server.desks import Origin

EVERY_S = 0.05
NOTE_S = 0.2  # between two commands at a whole desk
POLL_S = 0.25
_MOST_BYTES = 1 << 28


class Desk:
    """A desk's side of the wire on a loop."""

    def __init__(self, address: str, origin: Origin) -> None:
        self.origin, self.address = origin, address
        self.headers = {"authorization": r.authorization(origin.name, origin.token), r.VERSION_HEADER: str(r.VERSION)}
        self.http = httpx.AsyncClient(base_url=f"http://{address}", headers=self.headers, timeout=60)
        self.cursor = ""

    async def push(self, runs: Sequence[Run]) -> PushAnswer:
        answer = await self.http.post(r.PUSH, content=pack(Push(list(runs))))
        answer.raise_for_status()
        return unpack(answer.content, PushAnswer, _MOST_BYTES)

    async def pull(self) -> list[Run]:
        found: list[Run] = []
        more = True
        while more:
            answer = await self.http.get(r.PULL, params={"cursor": self.cursor})
            answer.raise_for_status()
            told = unpack(answer.content, PullAnswer, _MOST_BYTES)
            self.cursor, more = told.cursor, told.more
            found += told.runs
        return found


class Watch:
    """When each event was there, at every desk. Desks are machines of their own: here each run is verified once."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._keys = {desk.origin.name: desk.origin.desk_pass.public_key for desk in desks}
        self._verified: set[bytes] = set()
        self.seen: list[tuple[bytes, float]] = []

    def take(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if run.desk not in self._keys:  # a whole desk's: those count for themselves
                continue
            if run.signature not in self._verified:
                assert is_signed_by(run, self._keys[run.desk], hashes(run)[-1])
                self._verified.add(run.signature)
            self.seen.append((run.events[0].id, time.perf_counter()))


async def _follow_live(desk: Desk, watch: Watch, ready: asyncio.Event) -> None:
    address = f"ws://{desk.address}{r.LIVE}"
    async with connect(address, additional_headers=desk.headers, max_size=None, proxy=None) as socket:
        await desk.pull()
        await socket.send(pack(Hello(cursor=desk.cursor)))
        ready.set()
        async for packed in socket:
            frame = unpack(bytes(packed), LiveFrame, _MOST_BYTES)  # type: ignore[arg-type]
            if isinstance(frame, Tail) and frame.after == desk.cursor:
                desk.cursor = frame.cursor
                watch.take(frame.runs)
            elif isinstance(frame, Hint | Tail):
                watch.take(await desk.pull())
                await socket.send(pack(Hello(cursor=desk.cursor)))


async def _follow_polling(desk: Desk, watch: Watch, ready: asyncio.Event) -> None:
    while True:
        watch.take(await desk.pull())
        ready.set()
        await asyncio.sleep(POLL_S)


async def live(
    address: str, count: int, seconds: float, *, polling: bool, incidents: Sequence[str] = ("i1",)
) -> list[float]:
    """Milliseconds from signing to verified at another desk, of all events at all desks."""
    desks = [Desk(address, bench_desk(f"L{n}", WallClock())) for n in range(count)]
    watch = Watch(desks)
    seen = watch.seen
    ready = [asyncio.Event() for _ in desks]
    follow = _follow_polling if polling else _follow_live
    tasks = [asyncio.create_task(follow(desk, watch, up)) for desk, up in zip(desks, ready, strict=True)]
    await asyncio.gather(*(up.wait() for up in ready))
    await asyncio.sleep(1)
    seen.clear()
    made: dict[bytes, float] = {}
    pushes = []
    begin = time.perf_counter()
    for turn in itertools.count():
        due = begin + turn * EVERY_S
        if due - begin > seconds:
            break
        await asyncio.sleep(max(0, due - time.perf_counter()))
        desk = desks[turn % count]
        incident = incidents[turn % len(incidents)]
        run = desk.origin.run(e.NarrativeAdded(incident, f"Line {turn}: water is on, two hands are hurt"))
        made[run.events[0].id] = due
        pushes.append(asyncio.create_task(desk.push([run])))
    await asyncio.gather(*pushes)
    deadline = time.perf_counter() + 20
    while len(seen) < len(made) * (count - 1) and time.perf_counter() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for desk in desks:
        await desk.http.aclose()
    expected = len(made) * (count - 1)
    if len(seen) < expected:
        print(f"  {expected - len(seen)} of {expected} did not arrive within 20 s")
    return sorted((at - made[id_]) * 1000 for id_, at in seen if id_ in made)


def _sent(desk: Origin, turn: int, units: int) -> list[e.Body]:
    incident = f"{turn}-{desk.name}"
    place = Location("12 Harbour Street", -29.95, -71.34)
    opened = e.IncidentOpened(incident, f"26-{desk.name}-{turn}", "MED", Priority.P2, "", place)
    return [opened, *(e.UnitAssigned(f"{turn}-{n}-{desk.name}", incident, f"U{n}") for n in range(units))]


def _ended(desk: Origin, turn: int, units: int) -> list[e.Body]:
    incident = f"{turn}-{desk.name}"
    ended: list[e.Body] = [
        e.AssignmentEnded(f"{turn}-{n}-{desk.name}", incident, f"U{n}", ReleaseReason.CLEARED) for n in range(units)
    ]
    return [*ended, e.IncidentClosed(incident, "SERVED")]


async def contested(addresses: Sequence[str], claims: int, writers: int = 8, at_once: int = 25) -> tuple[float, int]:
    """Rounds in which every desk sends the same units at once; seconds, and units that had not one winner."""
    desks = [Desk(addresses[n % len(addresses)], bench_desk(f"L{n}")) for n in range(writers)]
    wrong = 0
    await desks[0].push([desks[0].origin.run(*(e.UnitEnrolled(f"U{n}", "ambulance") for n in range(at_once)))])
    begin = time.perf_counter()
    for turn in range(claims // (writers * at_once)):
        runs = [desk.origin.run(*_sent(desk.origin, turn, at_once)) for desk in desks]
        answers = await asyncio.gather(*(desk.push([run]) for desk, run in zip(desks, runs, strict=True)))
        lost = [{outcome.id for outcome in answer.outcomes} for answer in answers]
        for n in range(at_once):
            winners = sum(run.events[n + 1].id not in gone for run, gone in zip(runs, lost, strict=True))
            wrong += winners != 1
        ends = [desk.origin.run(*_ended(desk.origin, turn, at_once)) for desk in desks]
        await asyncio.gather(*(desk.push([run]) for desk, run in zip(desks, ends, strict=True)))
    spent = time.perf_counter() - begin
    for desk in desks:
        await desk.http.aclose()
    return spent, wrong


def whole_desks(cluster: Cluster | None, names: Sequence[str], count: int, seconds: float) -> None:
    """Live desks as above, and between two whole ones from the end of a command to the other's board."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fdlive-")))
        a, b = (stack.enter_context(closing(DeskProcess(folder / name, name, roster=name == "A"))) for name in "AB")
        rig = stack.enter_context(Rig(cluster, names, real=[a, b]))
        address = rig.replicas[0].address
        for desk in (a, b):
            desk.ask("link", url=f"http://{address}")
        a.ask("records", count=40)
        b.ask("whole", events=a.ask("level")["events"])
        incidents = b.ask("incidents")["open"]
        a.tell("note", count=int(seconds / NOTE_S), every_s=NOTE_S)
        show("live", asyncio.run(live(address, count, seconds, polling=False, incidents=incidents)))
        told = a.answer()["told"]
        a.ask("level")
        b.ask("level")
        there = b.ask("seen", ids=[id_ for _, _, id_ in told])["at"]
        late = [(at - done) * 1000 for (_, done, _), at in zip(told, there, strict=True) if at is not None]
        show("command to other board", sorted(late))
        if len(late) < len(told):
            print(f"  {len(told) - len(late)} of {len(told)} did not arrive")


def show(title: str, figures: Sequence[float]) -> None:
    quantiles = statistics.quantiles(figures, n=100)
    print(f"  {title:22} median {quantiles[49]:7.1f} ms, 99th percentile {quantiles[98]:7.1f} ms, of {len(figures)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--claims", type=int, default=0)
    parser.add_argument("--replicas", type=int, default=2, help="that the claims go to")
    parser.add_argument("--embedded", action="store_true")
    wanted = parser.parse_args()
    cluster = None if wanted.embedded else Cluster(careless=False)
    names = [f"L{n}" for n in range(max(wanted.desks, 8))]
    try:
        where = "embedded" if wanted.embedded else "PostgreSQL"
        print(f"{wanted.desks} desks, {1 / EVERY_S:.0f} events/s, {where}")
        whole_desks(cluster, names, wanted.desks, wanted.seconds)
        with Rig(cluster, names) as rig:
            polled = live(rig.replicas[0].address, wanted.desks, 10.0, polling=True)
            show("baseline: polling", asyncio.run(polled))
        if wanted.claims:
            with Rig(cluster, names) as rig:
                while cluster and len(rig.replicas) < wanted.replicas:
                    rig.replicas.append(rig.replica())
                addresses = [replica.address for replica in rig.replicas]
                spent, wrong = asyncio.run(contested(addresses, wanted.claims))
                print(f"  {wanted.claims} claims by 8 desks through {len(addresses)} replicas in {spent:.1f} s;")
                print(f"  {wanted.claims // 8} units fought for, {wrong} without exactly one winner")
    finally:
        if cluster:
            cluster.close()


if __name__ == "__main__":
    main()
