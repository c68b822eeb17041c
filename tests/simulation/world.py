"""One simulated world: desks that work, a network and machines that fail, then peace, and what must hold then."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from traceback import format_exception

from msgspec import Struct

from core.domain import commands as c
from core.domain.agency_file import roster_commands
from core.merge.run import Run
from sync.server import places
from sync.server.roll import FixedRoll
from tests.merge.made_logs import AGENCY, UNITS, any_command
from tests.simulation.chances import Chances, Fate
from tests.simulation.disk import Disk
from tests.simulation.invariants import broken
from tests.simulation.sites import CENTRE, SimCentre, SimDesk
from tests.simulation.talking import Talk
from tests.simulation.timeline import START_MS, Timeline

HOUR_MS = 3_600_000
FAST = Path("/dev/shm")


class Result(Struct):
    seed: int
    failures: list[str]
    counts: Counter[str]
    events: int
    messages: int
    conflicts: int
    virtual_ms: int


class World:
    """Made from its seed alone. `run` gives what did not hold."""

    def __init__(
        self, seed: int, folder: Path, *, steps: int = 30, chances: Chances | None = None, trace: bool = False
    ) -> None:
        self.seed, self.folder, self.steps, self.trace = seed, folder, steps, trace
        self.fate = Fate(seed, chances)
        self.timeline = Timeline(self.fate)
        self.random = self.fate.random
        self.desks: list[SimDesk] = []
        self.talks: list[Talk] = []
        self.usb: list[tuple[Run, ...]] = []
        self.rebrands = 0
        self.cloned: set[str] = set()  # identities that two machines have had, and those that came of it
        places.token_bytes = self.random.randbytes  # type: ignore[attr-defined]
        self.roll = FixedRoll()
        self.centre = SimCentre(CENTRE, folder, self.timeline, self.roll)
        self.post = SimCentre("post", folder, self.timeline, self.roll) if self.fate.strikes("post") else None
        for name in "ABCD"[: self.random.choice((2, 3, 3, 4))]:
            self._add(name)
        self._begin()

    # the beginning

    def _add(self, name: str, *, everything: bool = True) -> SimDesk:
        desk = SimDesk(name, Disk(self.folder, name, self.fate), self.timeline, AGENCY, self.random)
        if self.post is not None and self.random.random() < 0.7:
            desk.posts = (self.post.name,)
        desk.start(name)
        self.centre.admit(desk, everything=everything)
        self.desks.append(desk)
        servers = [self.centre, *([self.post] if self.post and desk.posts else [])]
        for server in servers:
            talk = Talk(desk, server, self.timeline, self._rebrand)
            self.talks.append(talk)
            self._every(lambda talk=talk: talk.round(), 1500, 12_000)
        return desk

    def _begin(self) -> None:
        first = self.desks[0]
        first.do(c.SignOn("Ana"))
        for command in roster_commands(AGENCY, first.desk.board):
            if isinstance(command, c.Enrol) and command.unit in UNITS:
                first.do(command)
        if len(self.desks) > 1 and self.fate.strikes("distrusted"):
            self.centre.admit(self.desks[-1], everything=False)
        self._every(self._chaos, 1500, 15_000)
        self._every(self.centre.copy, 40_000, 300_000)
        self.timeline.after(1, lambda: self._work(self.steps))
        if self.fate.strikes("late_desk"):
            self.timeline.after(self.random.randint(20_000, 200_000), self._join_late)

    def _every(self, act: Callable[[], None], least_ms: int, most_ms: int) -> None:
        def again() -> None:
            act()
            span_ms = (800, 1200) if self.fate.healed else (least_ms, most_ms)
            self.timeline.after(self.random.randint(*span_ms), again)

        self.timeline.after(self.random.randint(1, most_ms), again)

    def _join_late(self) -> None:
        desk = self._add("L")
        if self.centre.is_up:
            talk = next(talk for talk in self.talks if talk.desk is desk and talk.server is self.centre)
            desk.guarded(talk.take_board)

    # the work and the trouble

    def _work(self, left: int) -> None:
        if left <= 0:
            self.finished = True
            return
        desk = self.random.choice(self.desks)
        if desk.is_up:
            command = any_command(desk.desk.board, self.random)
            self._say(lambda: f"{desk.name}: {command}")
            desk.do(command)
        self.timeline.after(self.random.randint(1, 9000), lambda: self._work(left - 1))

    def _chaos(self) -> None:
        desk = self.random.choice(self.desks)
        if self.fate.strikes("cut"):
            desk.cut_until_ms = self.timeline.now_ms + self.random.randint(60_000, HOUR_MS)
            self._say(lambda: f"{desk.name} is cut off")
        if desk.is_up and self.fate.strikes("crash"):
            self._say(lambda: f"{desk.name} dies")
            if self.random.random() < 0.5:
                desk.disk.armed = True
            else:
                desk.die()
        if self.fate.strikes("clock"):
            far = self.random.choice((HOUR_MS, 26 * HOUR_MS)) if self.fate.strikes("mad_clock") else 0
            desk.clock.skew_ms = far or self.random.randint(-90_000, 90_000)
            desk.was_ahead |= bool(far)
        if desk.is_up and self.fate.strikes("full"):
            desk.disk.fill()
            self.timeline.after(self.random.randint(5000, 60_000), desk.disk.free)
        if self.fate.strikes("server_crash"):
            server = self.random.choice([self.centre, *([self.post] if self.post else [])])
            if server.is_up:
                self._say(lambda: f"{server.name} crashes")
                server.crash()
        if desk.is_up and self.fate.strikes("usb"):
            desk.guarded(lambda: self._carry_file(desk))
        if desk.is_up and len(self.desks) < 6 and self.rebrands == 0 and self.random.random() < 0.05:
            self._maybe_clone(desk)

    def _carry_file(self, desk: SimDesk) -> None:
        """A file is written by one desk and read, perhaps more than once and late, by others."""
        self.usb.append(desk.store.outgoing(10_000, server=f"usb:{len(self.usb)}").runs)
        for _ in range(self.random.randint(1, 3)):
            runs, reader = self.random.choice(self.usb), self.random.choice(self.desks)
            self.timeline.after(
                self.random.randint(1, 300_000), lambda runs=runs, reader=reader: self._read(reader, runs)
            )

    def _read(self, reader: SimDesk, runs: tuple[Run, ...]) -> None:
        if reader.is_up:
            reader.guarded(lambda: reader.desk.receive(runs, source="usb", centre=False) and None)

    def _maybe_clone(self, desk: SimDesk) -> None:
        if not self.fate.strikes("clone"):
            return
        self.rebrands += 1
        disk = Disk(self.folder, f"{desk.name}-copy", self.fate)
        desk.disk.copy_to(disk)
        twin = SimDesk(f"{desk.name}-copy", disk, self.timeline, AGENCY, self.random)
        twin.posts, twin.was_ahead = (), desk.was_ahead
        self.cloned.add(desk.id)
        twin.start()
        self.desks.append(twin)
        talk = Talk(twin, self.centre, self.timeline, self._rebrand)
        self.talks.append(talk)
        self._every(talk.round, 1500, 12_000)

    def _rebrand(self, desk: SimDesk) -> None:
        """The server told the desk that its numbers are taken: it goes on under another id."""
        self.rebrands += 1
        new = f"{desk.id}x{self.rebrands}"
        self._say(lambda: f"{desk.name} goes on as {new}")
        self.fate.counts["rebranded"] += 1
        self.cloned.add(new)
        desk.desk.rebrand(new)
        desk.store.put_setting("desk prefix", new)
        desk.store.set_mark(CENTRE, epoch="", cursor="")  # as StoreSide.become does
        desk.id = new
        self.centre.admit(desk)
        for talk in self.talks:
            if talk.desk is desk:
                talk.begin_anew()

    def _say(self, words: Callable[[], str]) -> None:
        if self.trace:
            print(f"{(self.timeline.now_ms - START_MS) / 1000:9.1f} {words()}")

    # peace

    def run(self) -> Result:
        self.finished = False
        end_ms = START_MS
        while not self.finished:
            end_ms += 10_000
            self.timeline.run_until(end_ms)
        self._heal()
        for _ in range(60):
            end_ms = self.timeline.now_ms + 5000
            self.timeline.run_until(end_ms)
            if self._is_quiet():
                break
        failures = broken(self)
        virtual_ms = self.timeline.now_ms - START_MS
        board = self.desks[0].desk.board
        result = Result(
            self.seed,
            failures,
            self.fate.counts,
            sum(len(desk.acknowledged) for desk in self.desks),
            self.timeline.messages,
            len(board.conflicts),
            virtual_ms,
        )
        self.close()
        return result

    def _heal(self) -> None:
        """Every line is up, every machine runs, every clock is right; nothing fails any more."""
        self.fate.healed = True
        for server in (self.centre, self.post):
            if server is not None:
                server.come_back()
        for desk in self.desks:
            desk.cut_until_ms = 0
            desk.disk.armed = False
            desk.clock.skew_ms = self.random.randint(-500, 500)
            desk.come_back()
            desk.disk.free()

    def _is_quiet(self) -> bool:
        """Nobody has anything to send, and nobody lacks anything."""
        have = self.centre.centre.have().desks
        for desk in self.desks:
            standing = desk.sides[CENTRE].standing()
            if standing.waiting or standing.backfilling or desk.desk.refold(100_000):
                return False
            if desk.sides[CENTRE].lacks(have) or standing.cursor != self.centre.centre.have().cursor:
                return False
        return True

    def close(self) -> None:
        for desk in self.desks:
            desk.disk.close()
        for server in (self.centre, self.post):
            if server is not None:
                server.centre.log.close()


def run_world(seed: int, **how: object) -> Result:
    """One world in a folder of its own. `how`: steps, chances, trace."""
    with tempfile.TemporaryDirectory(prefix="foredesk-world-", dir=FAST if FAST.is_dir() else None) as folder:
        world = World(seed, Path(folder), **how)  # type: ignore[arg-type]
        try:
            return world.run()
        except Exception as error:  # noqa: BLE001 - a bug of ours is a failed world, and the others go on
            told = "".join(format_exception(error)[-3:])
            return Result(seed, [f"It ended with {error!r}\n{told}"], world.fate.counts, 0, 0, 0, 0)
