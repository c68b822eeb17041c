"""Keeps a picture of the log on a server's loop: soon after every commit, and up to the moment for whoever asks."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from core.domain.board import Board
from core.errors import ForedeskError, Unavailable
from core.merge.keeper import UnitBase
from core.merge.placed import Placed
from sync.protocol.messages import SnapshotHead
from sync.protocol.packing import pack, unpack
from sync.protocol.routes import MOST_UNPACKED_BYTES
from sync.server.log import CentreLog, SnapshotRow, run_of
from sync.server.picture import Bases, Picture, strand_of

SLICE = 200  # events folded before others get their turn: some milliseconds
FRESH_EVENTS = 2_000  # a snapshot may be that far behind before another one is made
KEPT_SNAPSHOTS = 3
_PAGE = 2_000
_STRANDS = 200  # incidents read from the log at once
_REST = 4  # times as long as folding took: whoever pushes has four fifths of the processor, whatever there is to refold
_QUIET_S = 0.25  # folding waits so long after a commit, so that a busy server writes first
_SNAPSHOT_EVERY = 20_000  # events, also where nobody asks for one

_log = logging.getLogger(__name__)


class _Missing(Exception):
    """A strand that has to be read from the log first."""

    def __init__(self, incident: str = "", unit: str = "", after: str = "") -> None:
        super().__init__(incident or unit)
        self.incident, self.unit, self.after = incident, unit, after


class _LoopPast:
    """A FoldPast that has what was read before, and says what is missing."""

    def __init__(self, bases: Bases) -> None:
        self._bases = bases
        self.incidents: dict[str, list[Placed]] = {}
        self.units: dict[tuple[str, str], list[Placed]] = {}

    def strand_of_incident(self, incident: str) -> Iterable[Placed]:
        if incident not in self.incidents:
            raise _Missing(incident)
        return self.incidents.pop(incident)

    def strand_of_unit(self, callsign: str, after_place: str) -> Iterable[Placed]:
        if (callsign, after_place) not in self.units:
            raise _Missing(unit=callsign, after=after_place)
        return self.units.pop((callsign, after_place))

    def base_of_unit(self, callsign: str, before_place: str) -> UnitBase | None:
        return self._bases.of_unit(callsign, before_place)

    def strand_of_rest(self) -> Iterable[Placed]:
        return self.strand_of_unit("", "")


class Gallery:
    """`run` is its task, `kick` comes after every commit. The board is read on the loop, between two awaits."""

    def __init__(self, log: CentreLog, now_ms: Callable[[], int], *, poll_s: float | None) -> None:
        self._log = log
        self._now_ms = now_ms
        self._poll_s = poll_s
        self._kicked = asyncio.Event()
        self._kicked.set()
        self._turn = asyncio.Lock()
        self._snapshot_due = _SNAPSHOT_EVERY
        bases = Bases()
        self._past = _LoopPast(bases)
        self._picture = Picture(self._past, bases)
        self._begun = False
        self._spent_s = 0.0

    def kick(self) -> None:
        self._kicked.set()

    @property
    def events(self) -> int:
        """How many events of the log the board holds now."""
        return self._picture.events

    @property
    def newest(self) -> str:
        """The place that sorts last of all that is on the board, "" for none."""
        return self._picture.newest

    async def board(self) -> Board:
        """With everything that is in the log now. Raises Unavailable."""
        await self._catch_up()
        return self._picture.board

    async def snapshot(self) -> tuple[SnapshotHead, SnapshotRow]:
        """A board to begin from, not far behind the log. Raises Unavailable."""
        await self._catch_up()
        row = await self._log.snapshot()
        if row is None or not self._serves(row):
            row = await self._save_snapshot()
        told = unpack(row.head, SnapshotHead, MOST_UNPACKED_BYTES)
        return replace(told, epoch=self._log.lives.epoch, now_ms=self._now_ms()), row

    def _serves(self, row: SnapshotRow) -> bool:
        return row.events <= self._picture.events < row.events + FRESH_EVENTS

    async def run(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._kicked.wait(), self._poll_s)
            except TimeoutError:
                pass
            self._kicked.clear()
            await asyncio.sleep(max(_QUIET_S, _REST * self._spent_s))
            begin = time.perf_counter()
            try:
                await self._catch_up()
                if self._picture.events >= self._snapshot_due:
                    await self._save_snapshot()
            except ForedeskError as error:
                _log.warning("The board cannot follow the log now: %s", error.happened)
                await asyncio.sleep(1.0)
            self._spent_s = time.perf_counter() - begin

    async def _catch_up(self) -> None:
        async with self._turn:
            if not self._begun:
                await self._begin()
            picture, more = self._picture, True
            while more:
                page = await self._log.pull(picture.point, _PAGE)
                more = page.more
                runs = []
                for payload in page.runs:
                    runs.append(run_of(payload))
                    if sum(len(run.events) for run in runs) >= SLICE:
                        picture.take(runs, picture.point, self._now_ms())
                        runs = []
                        await asyncio.sleep(0)
                picture.take(runs, page.point, self._now_ms())
                await self._refold()

    async def _begin(self) -> None:
        """From the log's own newest snapshot, so that a replica is there seconds after it starts."""
        row = await self._log.snapshot()
        if row is not None and self._picture.begin_from(row, self._log.lives):
            self._snapshot_due = self._picture.events + _SNAPSHOT_EVERY
        self._begun = True

    async def _refold(self) -> None:
        keeper = self._picture.keeper
        while keeper.left:
            try:
                keeper.refold(SLICE)
            except _Missing as missing:
                await self._read(missing)
            await asyncio.sleep(0)

    async def _read(self, missing: _Missing) -> None:
        """Read a unit's strand, or those of many incidents at once."""
        past = self._past
        if not missing.incident:
            units = [missing.unit] if missing.unit else []
            found = await self._log.runs_of([], units, bytes.fromhex(missing.after))
            past.units[missing.unit, missing.after] = strand_of(found)
            return
        wanted = self._picture.keeper.due[0][:_STRANDS]
        past.incidents = {incident: [] for incident in wanted}
        for entry in strand_of(await self._log.runs_of(wanted, [], b"")):
            past.incidents[entry.event.body.incident].append(entry)  # type: ignore[union-attr]

    async def _save_snapshot(self) -> SnapshotRow:
        async with self._turn:
            if self._picture.keeper.left:
                raise Unavailable("The board is being put in order.", "Nothing is lost.", "Ask again shortly.")
            pack_row = self._picture.snapshot(self._log.lives, self._now_ms())
            self._snapshot_due = self._picture.events + _SNAPSHOT_EVERY
        row = await asyncio.to_thread(pack_row)
        row = await self._with_heads(row)
        await self._log.save_snapshot(row, KEPT_SNAPSHOTS)
        return row

    async def _with_heads(self, row: SnapshotRow) -> SnapshotRow:
        """Where a gap closed in what an earlier snapshot had folded, the chain's end is known to the log alone."""
        told = unpack(row.head, SnapshotHead, MOST_UNPACKED_BYTES)
        if all(desk.head for desk in told.desks):
            return row
        known = {desk.desk: desk for desk in await self._log.have()}
        desks = [
            replace(desk, head=known[desk.desk].head) if known[desk.desk].length == desk.length else desk
            for desk in told.desks
        ]
        return replace(row, head=pack(replace(told, desks=desks)))
