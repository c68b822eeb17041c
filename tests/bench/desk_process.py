"""A desk in a process of its own for the benches: its real store, its link, and no window. `DeskProcess` commands it.

Times are time.perf_counter, which is the same clock in all processes of one machine.
"""

import gc
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

AGENCY_KEY = sha256(b"the agency of the benches").digest()
PATIENCE_S = 600.0
SETTLE_EVERY = 2000
TOLD = "told"
ID_LETTERS = 32
_BYTES_AT = 120  # in Linux's struct tcp_info: bytes acknowledged by the other end, then bytes received
Answer = dict[str, Any]


class DeskProcess:
    """The parent's end. `ask` waits for the answer; `tell` and `answer` let several desks work at once."""

    def __init__(self, folder: Path, name: str, *, roster: bool = True, within: Sequence[str] = ()) -> None:
        self.name = name
        folder.mkdir(parents=True, exist_ok=True)
        told = [str(folder), name, "roster" if roster else ""]
        self._process = subprocess.Popen(
            [*within, sys.executable, str(Path(__file__)), *told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        )
        about = self.answer()
        self.public_key, self.token = bytes.fromhex(about["public_key"]), about["token"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, what: str, **how: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([what, how]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Answer:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"desk {self.name} has ended")
        answer: Answer = json.loads(line)
        return answer

    def ask(self, what: str, **how: Any) -> Answer:
        self.tell(what, **how)
        return self.answer()

    def kill(self) -> None:
        """Without a chance to do anything."""
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        with suppress(OSError, ValueError):
            self.tell("stop")
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()


class Seat:
    """The child's end: every public method is an order."""

    def __init__(self, folder: Path, name: str, *, roster: bool) -> None:
        from core.merge import keys
        from tests.link.real import RealDesk
        from tests.link.rig import Agency

        agency = Agency()
        agency._key, agency.public_key = AGENCY_KEY, keys.public_key_of(AGENCY_KEY)
        self.desk = RealDesk(folder, name, agency, roster=roster)
        self.events = self.desk.ask(lambda: self.desk.store.status().events)
        self.changed_at = 0.0
        self._arrived = Event()
        self._seen: dict[str, float] = {}
        self.desk.ask(lambda: self.desk.desk.listen(self._hear))
        self._settled = self.events
        gc.freeze()

    def _hear(self, change: Any) -> None:
        self.changed_at = time.perf_counter()
        self.events += len(change.events)
        for event in change.events:
            self._seen[event.id] = self.changed_at
        self._arrived.set()
        if self.events - self._settled >= SETTLE_EVERY:  # as the window does
            self._settled = self.events
            gc.freeze()

    def about(self) -> Answer:
        return {"public_key": self.desk.card.public_key.hex(), "token": self.desk.token}

    # the link

    def join(self, url: str, code: str) -> Answer:
        """Be paired, once; and link up."""
        self.desk.join(url, code)
        return self.resume()

    def resume(self) -> Answer:
        """Link up with the server that this desk was paired with; `began` is when."""
        from sync.link.membership import membership

        member = self.desk.ask(lambda: membership(self.desk.store))
        began = time.perf_counter()
        self.desk.link_up(member.link_settings())
        return {"began": began}

    def link(self, url: str) -> Answer:
        """Link up without pairing or TLS; the server has been told of this desk's key."""
        import msgspec

        settings = msgspec.structs.replace(self.desk.member.link_settings(), url=url, ca_pem="")
        self.desk.link_up(settings)
        return {}

    def unlink(self) -> Answer:
        self.desk.end_link()
        return {}

    def level(self) -> Answer:
        """When server and desk have the same."""
        self._until(self._is_level)
        return self.figures()

    def lost(self) -> Answer:
        """When the link knows that it is offline."""
        from sync.link.states import LinkState

        self._until(lambda: self._state() is LinkState.OFFLINE)
        return {"at": time.perf_counter()}

    def _state(self) -> Any:
        return self.desk.link.status().state if self.desk.link else None

    def _is_level(self) -> bool:
        from sync.link.states import LinkState

        return self._state() is LinkState.UP_TO_DATE

    def _until(self, holds: Callable[[], object]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError("it never happened")
            self._arrived.wait(0.02)
            self._arrived.clear()

    # what arrives

    def whole(self, events: int) -> Answer:
        """When this desk's log holds so many events, and its board all of them."""
        self._until(lambda: self.events >= events and not self.desk.desk._keeper.left)
        return {"at": self.changed_at, **self.figures()}

    def board_of(self, incidents: int) -> Answer:
        """When the board has so many incidents, in whatever way they came."""
        self._until(lambda: self.desk.ask(lambda: len(self.desk.desk.board.incidents)) >= incidents)
        return {"at": time.perf_counter(), **self.figures()}

    def seen(self, ids: Sequence[str]) -> Answer:
        """When each of these was on the board."""
        return {"at": [self._seen.get(id_) for id_ in ids]}

    def figures(self) -> Answer:
        desk = self.desk
        sent, got = _carried()
        return {
            "cpu": time.process_time(),
            "desk_cpu": desk.ask(time.thread_time),
            "events": self.events,
            "sent": sent,
            "got": got,
            "unsynced": desk.ask(lambda: desk.store.status().unsynced),
        }

    def incidents(self) -> Answer:
        return {"open": self.desk.ask(lambda: [incident.id for incident in self.desk.desk.board.open_incidents()])}

    def conflicts(self) -> Answer:
        found = self.desk.ask(lambda: [(c.kind, c.unit or c.sides[0].incident) for c in self._open()])
        return {"open": sorted(found)}

    def _open(self) -> list[Any]:
        return [c for c in self.desk.desk.board.conflicts.values() if not c.settled_at]

    def picture(self) -> Answer:
        """A hash of what all boards must have alike."""
        return {"hash": sha256(json.dumps(self.desk.picture(), sort_keys=True).encode()).hexdigest()}

    def log(self) -> Answer:
        """A hash of the ids in the log, how many, what is wrong with the store, and how many are lost of what any desk
        of this folder's parent had carried out.
        """
        ids = sorted(self.desk.ask(self.desk._ids))
        assert len(set(ids)) == len(ids)
        wrong = self.desk.ask(self.desk.store.verify)
        lines = [path.read_text("ascii").splitlines() for path in self.desk.folder.parent.glob(f"*/{TOLD}")]
        told = {line for each in lines for line in each if len(line) == ID_LETTERS}
        return {
            "hash": sha256("".join(ids).encode()).hexdigest(),
            "count": len(ids),
            "wrong": wrong,
            "lost": len(told - set(ids)),
        }

    # what a person does

    def records(self, count: int) -> Answer:
        """So many incidents opened, of twelve fields and about 400 bytes, in one transaction."""
        desk = self.desk.desk
        events = tuple(_records(desk, count))

        def commit() -> tuple[float, float]:
            began = time.perf_counter()
            desk.store.commit(events)
            committed = time.perf_counter()
            desk._take(events)
            return began, committed

        began, committed = self.desk.ask(commit)
        return {"began": began, "committed": committed}

    def carry_out(self, made: str, **how: Any) -> Answer:
        """Commands of `outage_work`, a hundred in a transaction."""
        from core.domain.handle import handle

        desk = self.desk.desk
        commands = list(outage_work(desk, made, **how))

        def some(part: Sequence[Any]) -> None:
            events = tuple(e for one in part for e in handle(one, desk.board, desk.agency, desk._stamp(), desk.store))
            desk.store.commit(events)
            desk._take(events)

        before = self.events
        for start in range(0, len(commands), 100):
            self.desk.ask(lambda start=start: some(commands[start : start + 100]))  # type: ignore[misc]
        return {"made": self.events - before}

    def note(self, count: int, every_s: float) -> Answer:
        """So many lines of narrative, one command each: when each was asked for and done, and its event.

        What was done stands in `TOLD` beside the store as well, in case that this process is killed.
        """
        from core.domain.commands import AddNarrative

        incident = next(iter(self.desk.desk.board.incidents), "") or self.desk.open_incident("1 Bench Road")
        told, begin, pause = [], time.perf_counter(), Event()
        with (self.desk.folder / TOLD).open("a", encoding="ascii") as kept:
            for number in range(count):
                pause.wait(max(0.0, begin + number * every_s - time.perf_counter()))
                asked = time.perf_counter()
                made = self.desk.do(AddNarrative(incident, f"Line {number}: patient conscious and breathing."))
                told.append((asked, time.perf_counter(), made[0].id))
                print(made[0].id, file=kept, flush=True)
        return {"told": told}

    def stop(self) -> Answer:
        self.desk.stop()
        return {}


def _records(desk: Any, count: int) -> Iterator[Any]:
    from core.domain import events as e
    from core.domain.statuses import Priority
    from core.domain.values import Location, LocationSource

    rng, stamp = random.Random(7), desk._stamp()
    for number in range(count):
        place = Location(
            f"{rng.randint(1, 9999)} {rng.choice(('Main', 'Oak', 'Elm', 'Hill'))} St, Apt {rng.randint(1, 99)}",
            round(40 + rng.random(), 6),
            round(-74 + rng.random(), 6),
            LocationSource.ADDRESS,
        )
        yield stamp.event(
            e.IncidentOpened(
                desk._ids.next(),
                f"26-{desk.agency.desk_prefix}-{number:07d}",
                next(iter(desk.agency.types)),
                Priority.P2,
                "moderate",
                place,
                severity_by=f"Caller {rng.randint(1, 99999)}, 555-{rng.randint(1000, 9999)}",
                suggested_why="".join(rng.choice("abcdefghij klmnop") for _ in range(120)),
            )
        )


def outage_work(desk: Any, made: str, *, events: int = 0, contested: int = 0, closed: int = 0) -> Iterator[Any]:
    """What desks do: "units" enrolled for it, then the work of "first" and of "second", which do not know each other.

    Both send the same `contested` units elsewhere; `closed` incidents are closed by the first and worked by the second.
    """
    from core.domain import commands as c

    incidents = sorted(desk.board.incidents)
    units = [f"X{number}" for number in range(3 * contested + closed)]
    if made == "units":
        kind = next(iter(desk.agency.kinds))
        yield from (c.Enrol(unit, kind, (), "") for unit in units)
        return
    first = made == "first"
    half = len(incidents) // 2
    mine = range(contested) if first else range(half, half + contested)
    yield from (c.Assign(incidents[at], (unit,)) for at, unit in zip(mine, units[:contested], strict=True))
    quiet = units[contested : 2 * contested] if first else units[2 * contested : 3 * contested]
    apart = range(contested, 2 * contested) if first else range(half + contested, half + 2 * contested)
    yield from (c.Assign(incidents[at], (unit,)) for at, unit in zip(apart, quiet, strict=True))
    last = range(half - closed, half)
    if first:
        yield from (c.CloseIncident(incidents[at], next(iter(desk.agency.dispositions))) for at in last)
    else:
        yield from (c.Assign(incidents[at], (unit,)) for at, unit in zip(last, units[-closed:], strict=True))
    elsewhere = [incident for at, incident in enumerate(incidents) if at not in last]
    for number in range(events):
        yield c.AddNarrative(elsewhere[number % len(elsewhere)], f"Line {number} of the {made} desk, while cut off.")


def _carried() -> tuple[int, int]:
    """Bytes that this process's open TCP connections have sent and got, TLS and all."""
    sent = got = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(link.name))) as one:
            if one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM:
                told = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
                if len(told) >= _BYTES_AT + 16:
                    acknowledged, received = struct.unpack_from("=QQ", told, _BYTES_AT)
                    sent, got = sent + acknowledged, got + received
    return sent, got


def main() -> None:
    folder, name, roster = sys.argv[1:]
    seat = Seat(Path(folder), name, roster=bool(roster))
    print(json.dumps(seat.about()), flush=True)
    for line in sys.stdin:
        what, how = json.loads(line)
        print(json.dumps(getattr(seat, what)(**how)), flush=True)
        if what == "stop":
            return
    os._exit(0)  # the parent is gone: nobody is left to ask for a clean end


if __name__ == "__main__":
    main()
