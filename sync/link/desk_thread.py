"""The way to the desk's thread: one small job at a time, and room for the person between two of them."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")
Job = Callable[[], None]
Hand = Callable[[Job], None]
"""Runs a job on the desk's thread soon, in the order given; called from the link's thread."""

GENTLE = 6.0  # while somebody works, bulk takes one part in seven of the desk's thread
LONGEST_PAUSE_S = 0.1


class DeskThread:
    """Used from the link's loop only."""

    def __init__(self, hand: Hand, is_busy: Callable[[], bool]) -> None:
        self._hand, self._is_busy = hand, is_busy
        self._loop = asyncio.get_running_loop()
        self._bulk = asyncio.Lock()

    async def ask(self, job: Callable[[], T]) -> T:
        """The job's result; what it raises is raised here."""
        return (await self._timed(job))[0]

    async def slice(self, job: Callable[[], T]) -> T:
        """One piece of bulk: where somebody works at the desk, the next piece waits six times as long as this took."""
        async with self._bulk:
            result, took_s, busy = await self._timed(job)
            if busy:
                await asyncio.sleep(min(LONGEST_PAUSE_S, took_s * GENTLE))
        return result

    async def _timed(self, job: Callable[[], T]) -> tuple[T, float, bool]:
        answer: asyncio.Future[tuple[T, float, bool]] = self._loop.create_future()

        def tell(result: "tuple[T, float, bool] | BaseException") -> None:
            if answer.done():
                return
            if isinstance(result, BaseException):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def run() -> None:
            began_s = perf_counter()
            try:
                result: tuple[T, float, bool] | BaseException = (job(), perf_counter() - began_s, self._is_busy())
            except Exception as trouble:  # noqa: BLE001 - it belongs to whoever asked, on the other thread
                result = trouble
            try:
                self._loop.call_soon_threadsafe(tell, result)
            except RuntimeError:  # the link has ended meanwhile; nobody asks any more
                return

        self._hand(run)
        return await answer
