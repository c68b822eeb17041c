"""A real server process and real connections for the benches of the sync: `Rig` starts it, `Wire` speaks to it."""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

import httpx
from msgspec.structs import replace

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from core.clock import Clock, ManualClock
from core.domain import events as e
from core.domain.statuses import Priority
from core.domain.values import Caller, Location, LocationSource
from core.merge import keys
from core.merge.run import Run, hashes, is_signed_by
from sync.protocol import routes as r
from sync.protocol.messages import PullAnswer, Push, PushAnswer
from sync.protocol.packing import pack, unpack
from sync.server.roll import DeskPass
from tests.bench.desk_process import AGENCY_KEY, DeskProcess
from tests.bench.postgres import Cluster
from tests.server.desks import Origin

_ANSWER_BYTES = 1 << 28


def bench_desk(name: str, clock: Clock | None = None) -> Origin:
    """A desk whose key follows from its name, so that the server's process knows it as well."""
    desk = Origin(name, clock or ManualClock(int(time.time() * 1000) - 86_400_000))
    desk.private_key = sha256(f"bench desk {name}".encode()).digest()
    desk.desk_pass = DeskPass(name, name, name[:1], keys.public_key_of(desk.private_key))
    return desk


def records(desk: Origin, count: int, *, a_run: int = 100) -> list[Run]:
    """So many incidents opened and calls taken, about 400 bytes of JSON with a dozen fields each, in a desk's runs."""
    rng = random.Random(7)
    streets = ("Main", "Oak", "Elm", "Cedar", "2nd", "Hill")
    runs = []
    incident = ""
    for start in range(0, count, a_run):
        bodies: list[e.Body] = []
        for number in range(start, min(start + a_run, count)):
            place = Location(
                f"{rng.randint(1, 9999)} {rng.choice(streets)} St, Apt {rng.randint(1, 99)}",
                round(40 + rng.random(), 6),
                round(-74 + rng.random(), 6),
                LocationSource.ADDRESS,
            )
            text = "".join(rng.choice("abcdefghij klmnop") for _ in range(120))
            caller = Caller(f"Caller {rng.randint(1, 99999)}", f"555-{rng.randint(1000, 9999)}")
            if number % 2:
                bodies.append(e.CallTaken(desk.ids.next(), incident, caller, place, desk.clock.now_ms(), text))
                continue
            incident = desk.ids.next()
            name = f"26-{desk.name}-{number:07d}"
            opened = e.IncidentOpened(incident, name, "STRUCTURE FIRE", Priority.P2, "moderate", place)
            bodies.append(replace(opened, severity_by=text))
        desk.clock.advance(1)  # type: ignore[attr-defined]
        runs.append(desk.run(*bodies))
    return runs


class Rig:
    """A server process over a database of its own: PostgreSQL, or the embedded one where `cluster` is None.

    `real`: desks with stores and keys of their own, which the server knows as well.
    """

    def __init__(
        self, cluster: Cluster | None, desks: Sequence[str], *, url: str = "", real: Sequence[DeskProcess] = ()
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fdbench-")
        self.url = url or (cluster.database() if cluster else "")
        self.desks = list(desks)
        self.real = [(desk.name, desk.public_key.hex(), desk.token) for desk in real]
        self.replicas = [self.replica()]

    def replica(self) -> "Replica":
        return Replica(self.url, Path(self._folder.name), self.desks, self.real)

    def close(self) -> None:
        for replica in self.replicas:
            replica.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()


class Replica:
    """One server process on a port of its own."""

    def __init__(self, url: str, folder: Path, desks: Sequence[str], real: Sequence[tuple[str, str, str]] = ()) -> None:
        told = json.dumps({"url": url, "folder": str(folder), "desks": list(desks), "real": list(real)})
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), told],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError("the server did not start")
        self.address = f"127.0.0.1:{line}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._forget()

    def kill_in(self, seconds: float) -> None:
        threading.Timer(seconds, self.process.kill).start()

    def close(self) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()


class Wire:
    """What a desk's link does, without a store behind it: push, pull, and check whatever comes."""

    def __init__(self, address: str, desk: Origin) -> None:
        self.desk = desk
        self.headers = {"authorization": r.authorization(desk.name, desk.token), r.VERSION_HEADER: str(r.VERSION)}
        self._http = httpx.Client(base_url=f"http://{address}", headers=self.headers, timeout=60)
        self.sent_bytes = self.got_bytes = 0

    def push(self, runs: Sequence[Run]) -> PushAnswer:
        body = pack(Push(list(runs)))
        self.sent_bytes += len(body)
        answer = self._http.post(r.PUSH, content=body)
        answer.raise_for_status()
        return unpack(answer.content, PushAnswer, _ANSWER_BYTES)

    def pull(self, cursor: str, limit: int = 2000) -> PullAnswer:
        answer = self._http.get(r.PULL, params={"cursor": cursor, "limit": limit})
        answer.raise_for_status()
        self.got_bytes += len(answer.content)
        return unpack(answer.content, PullAnswer, _ANSWER_BYTES)

    def all_after(self, cursor: str = "") -> Iterator[PullAnswer]:
        more = True
        while more:
            answer = self.pull(cursor)
            cursor, more = answer.cursor, answer.more
            yield answer

    def get(self, path: str, **headers: str) -> bytes:
        answer = self._http.get(path, headers=headers)
        answer.raise_for_status()
        return answer.content

    def close(self) -> None:
        self._http.close()


def check(runs: Sequence[Run], public_key: bytes) -> int:
    """What the receiving desk verifies before it keeps anything; how many events that were."""
    for run in runs:
        assert is_signed_by(run, public_key, hashes(run)[-1])
    return sum(len(run.events) for run in runs)


def _serve(told: str) -> None:
    import socket

    import uvicorn

    from sync.server.app import create_app
    from sync.server.settings import ServerSettings
    from tests.link.rig import Agency

    wanted = json.loads(told)
    agency = Agency()
    agency._key = AGENCY_KEY
    for desk in map(bench_desk, wanted["desks"]):
        agency.roll.admit(desk.desk_pass, desk.token)
    for name, public_key, token in wanted["real"]:
        agency.roll.admit(DeskPass(name, name, name, bytes.fromhex(public_key)), token)
    settings = ServerSettings(folder=Path(wanted["folder"]), database=wanted["url"])
    app = create_app(settings, lambda database, now_ms: agency.roll)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", lifespan="on")
    server = uvicorn.Server(config)
    startup = server.startup

    async def told_when_up(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        print(listening.getsockname()[1], flush=True)

    server.startup = told_when_up  # type: ignore[method-assign]
    server.run(sockets=[listening])


if __name__ == "__main__":
    _serve(sys.argv[1])
