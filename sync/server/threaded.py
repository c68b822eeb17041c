"""Serves the embedded log to a loop: its one thread waits for the disk, so that the loop never does."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from core.merge.run import Run
from sync.protocol.messages import DeskHave, Outcome
from sync.server.admission import Checked
from sync.server.log import Indexed, Page, Point, QuarantineRow, SnapshotRow
from sync.server.sqlite_log import SqliteLog

T = TypeVar("T")


class ThreadedLog:
    """A CentreLog over a SqliteLog, in the order in which it is asked."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self.lives = log.lives
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="foredesk-log")

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)

    async def append(self, batch: Sequence[Checked], now_ms: int) -> list[list[Outcome]]:
        return await self._ask(partial(self._log.append, batch, now_ms))

    async def pull(self, after: Point, limit: int, leave_out: str = "", only: str = "") -> Page:
        return await self._ask(partial(self._log.pull, after, limit, leave_out, only))

    async def end(self) -> Point:
        return await self._ask(self._log.end)

    async def have(self, desk: str = "") -> list[DeskHave]:
        return await self._ask(partial(self._log.have, desk))

    async def counted(self) -> int:
        return await self._ask(self._log.counted)

    async def runs_of(
        self, incidents: Collection[str], units: Collection[str], after: bytes
    ) -> list[tuple[Indexed, Run]]:
        return await self._ask(partial(self._log.runs_of, incidents, units, after))

    async def quarantine(self, *, settled: bool = False, limit: int = 500) -> list[QuarantineRow]:
        return await self._ask(partial(self._log.quarantine, settled=settled, limit=limit))

    async def settle_quarantine(self, row: int, now_ms: int, by: str, how: str) -> bool:
        return await self._ask(partial(self._log.settle_quarantine, row, now_ms, by, how))

    async def refuse(self, checked: Checked, code: str, detail: str, now_ms: int) -> None:
        await self._ask(partial(self._log.refuse, checked, code, detail, now_ms))

    async def save_snapshot(self, row: SnapshotRow, keep: int) -> None:
        await self._ask(partial(self._log.save_snapshot, row, keep))

    async def snapshot(self, sha256: str = "") -> SnapshotRow | None:
        return await self._ask(partial(self._log.snapshot, sha256))

    async def close(self) -> None:
        await self._ask(self._log.close)
        self._thread.shutdown()
