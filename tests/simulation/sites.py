"""The real things in the simulated world: desks over real stores, and centres over the real log."""

import random
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.desk import Desk
from core.domain import commands as c
from core.domain.agency import Agency
from core.domain.events import Event
from core.domain.ids import IdMaker
from core.errors import ForedeskError, Refused
from core.store import Store
from sync.link.store_side import StoreSide
from sync.server.centre import Centre
from sync.server.database import connect_embedded
from sync.server.roll import DISPATCH, EVERYTHING, ROSTER, DeskPass, FixedRoll
from sync.server.sqlite_log import open_log
from sync.server.upgrade import lay_into
from tests.simulation.disk import Died, Disk
from tests.simulation.timeline import SkewedClock, Timeline

CENTRE = "centre"


class SimDesk:
    """A desk that can die and come back. `acknowledged` are the events of which its operator was told that they are
    kept; `refusals` counts what it was told that it could not do.
    """

    def __init__(self, name: str, disk: Disk, timeline: Timeline, agency: Agency, chance: random.Random) -> None:
        self.name, self.disk, self.timeline, self.agency, self.chance = name, disk, timeline, agency, chance
        self.clock = SkewedClock(timeline, timeline.fate.random.randint(-90_000, 90_000))
        self.acknowledged: dict[str, Event] = {}
        self.cut_until_ms = 0
        self.is_up = False
        self.lives = 0
        self.refused = 0
        self.was_ahead = False
        self.in_the_past = 0
        self.posts: tuple[str, ...] = ()
        self.make_ids: Callable[[SimDesk], IdMaker] = lambda desk: IdMaker(
            desk.clock, random_hex=lambda count: desk.chance.randbytes(count).hex()
        )

    def start(self, desk_id: str = "") -> None:
        """Open the store, as the program does at its start."""
        self.clock.begin_again(0)
        store: Store = self.disk.open(self.clock)
        if desk_id:
            for key, value in (("desk id", desk_id), ("desk prefix", desk_id), ("joined", "1")):
                store.put_setting(key, value)
        self.id = store.get_setting("desk id") or ""
        self.clock.begin_again(store.newest_at())
        self.store = store
        self.desk = Desk(store, self.agency, self.clock, desk_id=self.id, ids=self.make_ids(self))
        self.sides = {CENTRE: self._side(CENTRE)} | {post: self._side(post) for post in self.posts}
        self.is_up = True
        self.lives += 1

    def _side(self, server: str) -> StoreSide:
        return StoreSide(self.desk, self.store, server=server, is_post=server != CENTRE, nudge=lambda: None)

    def do(self, command: c.Command) -> None:
        """What the operator is told is kept counts from then on; what is refused never does."""
        try:
            known = self.store.newest_place() or ""
            events = self.desk.do(command)
        except Refused:
            self.refused += 1
        except ForedeskError:
            self.timeline.fate.counts["refused by the disk"] += 1
        except Died:
            self.die()
        else:
            self.acknowledged.update((event.id, event) for event in events)
            self.in_the_past += sum(event.id < known for event in events)

    def guarded(self, act: Callable[[], None]) -> None:
        """The desk's part in an exchange: it may die in it, or the disk refuses it; then it is tried again later."""
        try:
            act()
        except Died:
            self.die()
        except ForedeskError:
            self.timeline.fate.counts["refused by the disk"] += 1

    def die(self) -> None:
        fate = self.timeline.fate
        self.is_up = False
        self.disk.kill(power_cut=fate.strikes("power_cut"))
        self.timeline.after(fate.random.randint(100, 60_000), self.come_back)

    def come_back(self) -> None:
        if not self.is_up:
            self.start()

    @property
    def is_cut(self) -> bool:
        return self.timeline.now_ms < self.cut_until_ms


class SimCentre:
    """The real centre or a field post over the real log on a file. It dies between two messages, as its commits do."""

    def __init__(self, name: str, folder: Path, timeline: Timeline, roll: FixedRoll) -> None:
        self.name, self.folder, self.timeline, self.roll = name, folder, timeline, roll
        self._generation = 0
        self.path = folder / f"{name}.log.0"
        self._lay()
        self.is_up = True
        self.copies: list[Path] = []

    def _lay(self) -> None:
        self.path.write_bytes(_empty_log())
        self._open()

    def _open(self) -> None:
        self.centre = Centre(open_log(self.path, self.timeline.now_ms), self.roll)
        self.centre.log._raw.execute("PRAGMA synchronous = OFF")  # kills are simulated by copying what was written

    def crash(self) -> None:
        """Comes back with everything that it acknowledged, or restored from an earlier copy: then it is a new epoch."""
        fate = self.timeline.fate
        self.is_up = False
        was = self.path
        self.centre.log.close()
        if self.copies and fate.strikes("restore"):
            self._generation += 1
            self.path = self.folder / f"{self.name}.log.{self._generation}"
            shutil.copyfile(fate.random.choice(self.copies), self.path)
            was.unlink(missing_ok=True)
        self.timeline.after(fate.random.randint(100, 60_000), self.come_back)

    def come_back(self) -> None:
        if not self.is_up:
            self._open()
            self.is_up = True

    def copy(self) -> None:
        """As the nightly backup does."""
        if self.is_up:
            target = self.folder / f"{self.name}.copy.{len(self.copies)}"
            self.centre.log._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copyfile(self.path, target)
            self.copies.append(target)

    def admit(self, desk: SimDesk, *, everything: bool = True) -> None:
        identity = desk.store.identity()
        may = EVERYTHING if everything else frozenset({DISPATCH, ROSTER})
        self.roll.admit(DeskPass(identity.desk, identity.desk, identity.desk, identity.public_key, may=may))


@cache
def _empty_log() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty")
        raw = connect_embedded(path)
        lay_into(raw)
        raw.close()
        return path.read_bytes()
