"""The centre without a network: what the embedded server, a field post and the simulation do with what desks say."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.board import Board
from core.merge.run import Run
from sync.protocol.messages import HaveAnswer, PullAnswer, PushAnswer, SnapshotHead
from sync.protocol.packing import unpack
from sync.protocol.routes import DEFAULT_PULL, MOST_UNPACKED_BYTES
from sync.server.admission import examine
from sync.server.log import run_of
from sync.server.picture import Bases, Picture, SyncPast
from sync.server.places import PlaceMaker
from sync.server.roll import DeskPass
from sync.server.sqlite_log import SqliteLog


class Passes(Protocol):
    def now(self, desk: str) -> DeskPass | None: ...


class Centre:
    """A SqliteLog with the desks that may write to it. Everything may raise Unavailable; then nothing was taken."""

    def __init__(self, log: SqliteLog, roll: Passes) -> None:
        self.log = log
        self._roll = roll
        self._places = PlaceMaker()
        bases = Bases()
        self._picture = Picture(SyncPast(log.runs_of, bases), bases)

    @property
    def epoch(self) -> str:
        return self.log.lives.epoch

    def push(self, runs: Sequence[Run], now_ms: int, *, pushed_by: str = "") -> PushAnswer:
        batch = [
            examine(run, self._roll.now(run.desk), now_ms, lambda: self._places.next(now_ms), pushed_by=pushed_by)
            for run in runs
        ]
        outcomes = self.log.append(batch, now_ms)
        return PushAnswer(self.epoch, now_ms, [outcome for of_run in outcomes for outcome in of_run])

    def pull(
        self, cursor: str = "", limit: int = DEFAULT_PULL, now_ms: int = 0, *, leave_out: str = "", only: str = ""
    ) -> PullAnswer:
        """Raises LostCursor."""
        page = self.log.pull(self.log.lives.point(cursor), limit, leave_out, only)
        runs = [run_of(payload) for payload in page.runs]
        return PullAnswer(self.epoch, now_ms, self.log.lives.cursor(page.point), page.more, runs)

    def have(self, desk: str = "", now_ms: int = 0) -> HaveAnswer:
        return HaveAnswer(self.epoch, now_ms, self.log.lives.cursor(self.log.end()), self.log.have(desk))

    def board(self, now_ms: int = 0) -> Board:
        """With everything that is in the log."""
        more = True
        while more:
            page = self.log.pull(self._picture.point, DEFAULT_PULL)
            self._picture.take([run_of(payload) for payload in page.runs], page.point, now_ms)
            while self._picture.keeper.left:
                self._picture.keeper.refold()
            more = page.more
        return self._picture.board

    def snapshot(self, now_ms: int = 0) -> tuple[SnapshotHead, bytes]:
        """The board as a desk can begin from it, and what is to be known of it."""
        self.board(now_ms)
        row = self._picture.snapshot(self.log.lives, now_ms)()
        return unpack(row.head, SnapshotHead, MOST_UNPACKED_BYTES), row.body
