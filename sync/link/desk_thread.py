"""The way to the desk's thread: one small job at a time, and room for the person between two of them."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")
Job = Callable[[], None]
Hand = Callable[[Job], None]
"""Runs a job on the desk's thread soon, in the order given; called from the link's thread."""

WORKS_FOR_S = 1.5  # after somebody did something, bulk steps back for so long
SMALL_S = 0.004  # what takes no longer is no bulk
GENTLE = 3.0  # bulk takes one part in four of the desk's thread then, in pieces of which none is felt
LONGEST_PAUSE_S = 0.1


def pause_s(took_s: float, since_s: float) -> float:
    """How long bulk waits after a piece that took so long, when the person's last act is `since_s` ago."""
    if took_s < SMALL_S or since_s >= WORKS_FOR_S:
        return 0.0
    return min(LONGEST_PAUSE_S, took_s * GENTLE)


class DeskThread:
    """Used from the link's loop only. `since_act` tells, on the desk's thread, how long ago a person last acted, s."""

    def __init__(self, hand: Hand, since_act: Callable[[], float]) -> None:
        self._hand, self._since_act = hand, since_act
        self._loop = asyncio.get_running_loop()
        self._bulk = asyncio.Lock()

    async def ask(self, job: Callable[[], T]) -> T:
        """The job's result; what it raises is raised here."""
        return (await self._timed(job))[0]

    async def slice(self, job: Callable[[], T]) -> T:
        """One piece of bulk; where somebody works at the desk, the next one waits for the right moment."""
        async with self._bulk:
            result, took_s, since_s = await self._timed(job)
            if wait_s := pause_s(took_s, since_s):
                await asyncio.sleep(wait_s)
        return result

    async def _timed(self, job: Callable[[], T]) -> tuple[T, float, float]:
        answer: asyncio.Future[tuple[T, float, float]] = self._loop.create_future()

        def tell(result: "tuple[T, float, float] | BaseException") -> None:
            if answer.done():
                return
            if isinstance(result, BaseException):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def run() -> None:
            began_s = perf_counter()
            try:
                result: tuple[T, float, float] | BaseException = (job(), perf_counter() - began_s, self._since_act())
            except Exception as trouble:  # noqa: BLE001 - it belongs to whoever asked, on the other thread
                result = trouble
            try:
                self._loop.call_soon_threadsafe(tell, result)
            except RuntimeError:  # the link has ended meanwhile; nobody asks any more
                return

        self._hand(run)
        return await answer
