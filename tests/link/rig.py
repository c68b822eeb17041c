"""What the link's tests and benches stand on: a real server on a thread, and desks that keep their events in memory."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Self

import uvicorn

from core.clock import Clock
from core.domain import events as e
from core.domain.values import Position
from core.merge import keys
from core.merge.run import Held, Run
from sync.link.desk_side import Batch, Receipt, Standing
from sync.link.link import Link
from sync.link.settings import LinkSettings
from sync.protocol.joining import vouched
from sync.protocol.messages import DeskCard, DeskHave, SnapshotHead
from sync.server.app import create_app
from sync.server.roll import FixedRoll
from sync.server.services import Extension
from sync.server.settings import KEEP_ALIVE_S, ServerSettings
from tests.server.desks import Origin

PATIENCE_S = 20.0


class WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def wait_until(holds: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
    """Look again and again until it holds; how long that took, s."""
    pause, began = Event(), time.monotonic()
    while not holds():
        assert time.monotonic() < began + patience_s, "it never happened"
        pause.wait(0.005)
    return time.monotonic() - began


class Agency:
    """Vouches for desks, as a server does that they were paired with."""

    def __init__(self) -> None:
        self._key = keys.new_private_key()
        self.public_key = keys.public_key_of(self._key)
        self.roll = AgencyRoll(self)

    def card(self, desk: Origin) -> DeskCard:
        return self.vouch(DeskCard(desk.name, f"Desk {desk.name}", desk.name, desk.desk_pass.public_key))

    def vouch(self, card: DeskCard) -> DeskCard:
        return vouched(card, self._key)

    def admit(self, desk: Origin) -> None:
        self.roll.admit(desk.desk_pass, desk.token)


class AgencyRoll(FixedRoll):
    def __init__(self, agency: Agency) -> None:
        super().__init__()
        self._agency = agency

    async def cards(self) -> list[DeskCard]:
        return [self._agency.vouch(card) for card in await super().cards()]


class ServerThread:
    """The embedded server over a file, without TLS; `stop` and `start` again is a restart."""

    def __init__(self, folder: Path, roll: FixedRoll, extensions: Sequence[Extension] = ()) -> None:
        self._folder, self._roll, self._extensions = folder, roll, extensions
        self.port = 0

    def start(self) -> Self:
        app = create_app(ServerSettings(folder=self._folder, tls=False), lambda *_: self._roll, self._extensions)
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self.port,
            log_level=logging.ERROR,
            lifespan="on",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, name="server", daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started or not self._thread.is_alive())
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()


class JobThread:
    """A desk's thread: carries out what it is handed, in order. It counts how long the longest job took."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.longest_s = 0.0
        self._thread = Thread(target=self._run, name="desk", daemon=True)
        self._thread.start()

    def hand(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def do(self, job: Callable[[], Any]) -> Any:
        """Carry it out there and come back with its result."""
        answer: Future[Any] = Future()

        def run() -> None:
            try:
                answer.set_result(job())
            except Exception as trouble:  # noqa: BLE001 - raised where it was asked
                answer.set_exception(trouble)

        self._jobs.put(run)
        return answer.result(PATIENCE_S)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            began = time.perf_counter()
            job()
            self.longest_s = max(self.longest_s, time.perf_counter() - began)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._jobs.put(None)
        self._thread.join(10)


class PlainDesk:
    """A desk's side without a store: runs in memory, by the rules that core.store keeps."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.own: list[Run] = []
        self.urgent: set[int] = set()  # first_n of runs that must not wait
        self.sent: set[int] = set()  # first_n of own runs that the server has
        self.runs: dict[tuple[str, int], Run] = {}
        self.cards: dict[str, DeskCard] = {}
        self.epoch, self.cursor = "", ""
        self.refused: list[tuple[str, str]] = []
        self.placed: dict[str, str] = {}
        self.distrusted: list[tuple[Run, str]] = []
        self.positions: dict[str, Position] = {}
        self.arrived_at: dict[bytes, float] = {}
        self.pushes: list[int] = []

    # what a person does

    def write(self, *bodies: e.Body, urgent: bool = False) -> Run:
        return self.keep(self.origin.run(*bodies), urgent=urgent)

    def keep(self, run: Run, *, urgent: bool = False) -> Run:
        self.own.append(run)
        if urgent:
            self.urgent.add(run.first_n)
        return run

    def ids(self) -> set[bytes]:
        runs: Iterable[Run] = (*self.own, *self.runs.values())
        return {event.id for run in runs for event in run.events}

    # what the link asks

    @property
    def since_act_s(self) -> float:
        return 1e9

    def standing(self) -> Standing:
        return Standing(self.epoch, self.cursor, self.waiting(), cards=tuple(self.cards.values()))

    def _unsent(self) -> list[Run]:
        return [run for run in self.own if run.first_n not in self.sent]

    def waiting(self) -> int:
        return sum(len(run.events) for run in self._unsent())

    def outgoing(self, limit: int, *, after: int, urgent: bool) -> Batch:
        found: list[Run] = []
        for run in self._unsent():
            if run.first_n > after and (not urgent or run.first_n in self.urgent):
                found.append(run)
                if sum(len(each.events) for each in found) >= limit:
                    break
        return Batch(tuple(found), found[-1].first_n if found else after, self.waiting())

    def settle(self, receipt: Receipt) -> int:
        settled = {*receipt.taken, *(id_ for id_, _ in receipt.refused)}
        self.pushes.append(len(settled))
        self.sent |= {run.first_n for run in self._unsent() if all(event.id.hex() in settled for event in run.events)}
        self.refused += [(id_, outcome.detail) for id_, outcome in receipt.refused]
        self.placed.update(receipt.placed)
        return self.waiting()

    def receive(self, runs: Sequence[Run], cursor: str) -> int:
        now_s = time.monotonic()
        for run in runs:
            if run.desk != self.origin.name:
                self.runs[run.desk, run.first_n] = run
            for event in run.events:
                self.arrived_at.setdefault(event.id, now_s)
        self.cursor = cursor or self.cursor
        return 0

    def refold(self) -> int:
        return 0

    def backfill(self, runs: Sequence[Run], cursor: str, *, done: bool) -> None:
        self.receive(runs, "")

    def adopt(self, head: SnapshotHead, board: bytes) -> None:
        raise AssertionError("plain desks have no board")

    def lacks(self, desks: Sequence[DeskHave]) -> int:
        lacking = 0
        for have in desks:
            if have.desk != self.origin.name:
                mine = sum(len(run.events) for run in self.runs.values() if run.desk == have.desk)
                lacking += max(0, have.length - mine)
        return 0 if lacking == 0 else min(lacking, 100)  # never worth a snapshot

    def begin_epoch(self, epoch: str, cursor: str, desks: Sequence[DeskHave]) -> int:
        held = {have.desk: Held(have.length, tuple(have.beyond)) for have in desks}.get(self.origin.name, Held(0))
        self.sent = {run.first_n for run in self.own if held.has(run.first_n) and held.has(run.last_n)}
        self.epoch, self.cursor = epoch, cursor
        return self.waiting()

    def forget_epoch(self) -> None:
        self.epoch = ""

    def know(self, cards: Sequence[DeskCard]) -> None:
        self.cards.update({card.id: card for card in cards})

    def become_nobody(self) -> bytes:
        raise AssertionError("plain desks have no clones")

    def become(self, paired: Any, url: str) -> None:
        raise AssertionError("plain desks have no clones")

    def place_units(self, positions: Mapping[str, Position]) -> None:
        self.positions.update(positions)

    def distrust(self, run: Run, why: str) -> None:
        self.distrusted.append((run, why))


class LinkedDesk:
    """A plain desk with its thread and its link."""

    def __init__(self, name: str, agency: Agency, port: int, *, clock: Clock | None = None, **settings: Any) -> None:
        self.origin = Origin(name, clock or WallClock())
        agency.admit(self.origin)
        self.plain = PlainDesk(self.origin)
        self.thread = JobThread()
        self.presence: list[Any] = []
        self.artefacts: list[Any] = []
        self._agency, self._settings = agency, settings
        self.port = port
        self.link = self._new_link()

    def _new_link(self) -> Link:
        options = {key: self._settings[key] for key in ("artefact_folder", "wanted") if key in self._settings}
        settings = {key: value for key, value in self._settings.items() if key not in options}
        return Link(
            LinkSettings(
                f"http://127.0.0.1:{self.port}",
                self.origin.name,
                self.origin.token,
                agency_key=self._agency.public_key,
                **settings,
            ),
            self.plain,
            self.thread.hand,
            WallClock().now_ms,
            on_presence=self.presence.extend,
            on_artefact=lambda entry, path: self.artefacts.append((entry, path)),
            **options,
        )

    def start(self) -> Self:
        self.link.start()
        return self

    def write(self, *bodies: e.Body, urgent: bool = False) -> Run:
        run = self.thread.do(lambda: self.plain.write(*bodies, urgent=urgent))
        self.link.nudge()
        assert isinstance(run, Run)
        return run

    def stop(self) -> None:
        self.link.stop()
        self.thread.stop()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()
