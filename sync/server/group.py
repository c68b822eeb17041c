"""Group commit: what arrives while the last transaction is being synced goes into the next one, all together.

A request that the database cannot keep must not take others with it: then each is written alone, and of the one that
is to blame each run alone, until what cannot be written lies in quarantine by itself.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import Unavailable
from sync.protocol import messages as m
from sync.protocol.messages import Outcome
from sync.server.admission import Checked
from sync.server.log import CentreLog

MOST_EVENTS = 4000  # in one transaction, unless one request alone has more
MOST_WAITING = 100_000  # events; whoever comes then is told to come later

_log = logging.getLogger(__name__)


class _Unwritable(Exception):
    """Whatever a database says of what it cannot keep."""


@dataclass(slots=True)
class _Request:
    batch: Sequence[Checked]
    events: int
    answer: asyncio.Future[list[Outcome]]


class Group:
    """Writes what desks push. `run` is its one task; `committed` is called after every transaction."""

    def __init__(self, log: CentreLog, now_ms: Callable[[], int], committed: Callable[[], None]) -> None:
        self._log = log
        self._now_ms = now_ms
        self._committed = committed
        self._waiting: deque[_Request] = deque()
        self._events = 0
        self._something = asyncio.Event()
        self.transactions = 0
        self.written = 0
        self.measured: Callable[[int], None] = lambda _events: None  # told how many events each transaction had

    @property
    def waiting(self) -> int:
        """Events that wait for their transaction."""
        return self._events

    async def push(self, batch: Sequence[Checked]) -> list[Outcome]:
        """The outcomes of these runs, once all that was taken of them is on the disk. Raises Unavailable."""
        events = sum(len(checked.run.events) for checked in batch)
        if self._events and self._events + events > MOST_WAITING:
            raise Unavailable("The server is writing all it can.", "Nothing of this was taken.", "Come again shortly.")
        request = _Request(batch, events, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._events += events
        self._something.set()
        return await request.answer

    async def run(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                requests = self._next()
                try:
                    await self._write(requests)
                finally:  # nobody is left waiting, whatever went wrong
                    for request in requests:
                        _fail(request, Unavailable("The server failed to write this.", "Nothing is known of it."))

    def _next(self) -> list[_Request]:
        taken = [self._waiting.popleft()]
        events = taken[0].events
        while self._waiting and events + self._waiting[0].events <= MOST_EVENTS:
            taken.append(self._waiting.popleft())
            events += taken[-1].events
        self._events -= events
        return taken

    async def _write(self, requests: list[_Request]) -> None:
        try:
            outcomes = await self._append([checked for request in requests for checked in request.batch])
        except Unavailable as error:
            for request in requests:
                _fail(request, error)
        except _Unwritable as error:
            _log.warning("A transaction of %d requests failed, each is tried alone: %s", len(requests), error)
            for request in requests:
                await self._write_alone(request)
        else:
            start = 0
            for request in requests:
                _answer(request, outcomes[start : start + len(request.batch)])
                start += len(request.batch)

    async def _write_alone(self, request: _Request) -> None:
        try:
            outcomes = [await self._write_run(checked) for checked in request.batch]
        except Unavailable as error:
            _fail(request, error)
        else:
            _answer(request, outcomes)

    async def _write_run(self, checked: Checked) -> list[Outcome]:
        try:
            return (await self._append([checked]))[0]
        except _Unwritable as error:
            detail = f"The database cannot keep this: {error}."
            _log.exception("A run of desk %s was put into quarantine", checked.run.desk)
            await self._log.refuse(checked, m.UNWRITTEN, detail, self._now_ms())
            return [Outcome(0, b"", "refused", m.UNWRITTEN, detail)]

    async def _append(self, batch: list[Checked]) -> list[list[Outcome]]:
        try:
            outcomes = await self._log.append(batch, self._now_ms())
        except Unavailable:
            raise
        except (MemoryError, OSError) as error:  # no event is to blame for it
            raise Unavailable("The server has no room to write this now.", "Nothing of this was taken.") from error
        except Exception as error:
            raise _Unwritable("".join(filter(str.isprintable, str(error)[:300]))) from error
        self.transactions += 1
        events = sum(len(checked.run.events) for checked in batch)
        self.written += events
        self.measured(events)
        self._committed()
        return outcomes


def _answer(request: _Request, outcomes: Sequence[Sequence[Outcome]]) -> None:
    """Runs were counted over the batch; the desk counts its own."""
    told = [
        Outcome(index, o.id, o.kind, o.code, o.detail, o.place, o.holder)
        for index, of_run in enumerate(outcomes)
        for o in of_run
    ]
    if not request.answer.done():
        request.answer.set_result(told)


def _fail(request: _Request, error: Unavailable) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)
