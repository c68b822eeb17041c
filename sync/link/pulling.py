"""Fetches what other desks did: by cursor, which is the truth; what the server tells by itself says when to look."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from core.merge.run import Run
from sync.link.checking import Keyring, slices
from sync.link.desk_side import SLICE_EVENTS
from sync.link.desk_thread import WORKS_FOR_S
from sync.link.server import EpochChanged, UnknownCursor
from sync.link.talk import Talk, first_of
from sync.protocol.messages import PullAnswer, Tail

GENTLE_EVENTS = 40  # in a slice while somebody works: below 10 ms of the desk's thread
ALONE_EVENTS = 500  # where nobody has done anything for some time: fewer slices are quicker, and none is felt
ALONE_S = 10.0
STOOD = 64  # cursors that are remembered

log = logging.getLogger(__name__)


class Pulling:
    """Runs as long as the conversation does; `talk.cursor` is what the desk has taken."""

    def __init__(self, talk: Talk, keyring: Keyring) -> None:
        self._talk, self._keyring = talk, keyring
        self._stood: deque[str] = deque(maxlen=STOOD)
        self._left = 0  # strands to be folded anew

    async def run(self) -> None:
        while True:
            self._talk.news.clear()
            if not await self._follow():
                await self.catch_up()
            manners = self._talk.manners
            await first_of(self._talk.news, manners.check_s if self._talk.has_live else manners.poll_s)

    async def _follow(self) -> bool:
        """Take what the server sent by itself, where it follows on what is here; whether that was all of it."""
        followed = False
        while self._talk.tails:
            tail = self._talk.tails.popleft()
            if tail.epoch != self._talk.calls.epoch:
                raise EpochChanged(tail.epoch)
            # Whoever stood at its beginning has, with it, everything until its end; that this may lie before a page
            # that was pulled meanwhile does no harm, as ids tell what is known.
            if tail.after != self._talk.cursor and tail.after not in self._stood:
                self._talk.tails.clear()
                return False
            await self._take(tail)
            followed = True
        return followed and not self._talk.status.status.coming

    async def take_own(self) -> None:
        """What the server has under this desk's name and this disk has not.

        Another disk with the same identity wrote it, or this one did before it was restored from an older copy. A pull
        leaves a desk's own runs out, and so would never bring it.
        """
        talk = self._talk
        have = await talk.calls.have(talk.desk_id)
        if not await talk.desk.ask(lambda: talk.side.lacks(have.desks)):
            return
        cursor, more = "", True
        while more:
            answer = await talk.calls.pull(cursor, own=True)
            await self._take_runs(answer.runs, "")
            cursor, more = answer.cursor, answer.more

    async def catch_up(self) -> None:
        """Page after page until there is no more; the next one is on its way while this one is taken."""
        try:
            answer = await self._talk.calls.pull(self._talk.cursor)
        except UnknownCursor:
            answer = await self._talk.calls.pull("")
        self._talk.status.reached()
        while True:
            following = asyncio.create_task(self._talk.calls.pull(answer.cursor)) if answer.more else None
            if answer.more:
                self._talk.status.level(coming=True)
            try:
                await self._take(answer)
            except BaseException:
                if following is not None:
                    following.cancel()
                    await asyncio.wait((following,))
                raise
            if following is None:
                break
            try:
                answer = await following
            finally:
                following.cancel()
        self._talk.status.level(coming=False)

    async def _take(self, answer: PullAnswer | Tail) -> None:
        await self._take_runs(answer.runs, answer.cursor if answer.cursor != self._talk.cursor else "")
        self._stood.append(self._talk.cursor)
        self._talk.cursor = answer.cursor

    async def _take_runs(self, runs: Sequence[Run], cursor: str) -> None:
        """Checked, in slices; `cursor` goes with the last one, unless it is ""."""
        fresh = await self._keyring.meet(runs, self._talk.calls)
        if fresh:
            await self._talk.desk.ask(lambda: self._talk.side.know(fresh))
        good, bad = await self._keyring.sort(runs)
        for run, why in bad:
            log.error("Events %d and on of desk %s were kept apart: %s", run.first_n, run.desk, why)
            await self._talk.desk.ask(lambda run=run, why=why: self._talk.side.distrust(run, why))  # type: ignore[misc]
        parts = list(slices(good, slice_events(self._talk.side.since_act_s))) or [[]]
        for part in parts[:-1]:
            await self._receive(part, "")
        if parts[-1] or cursor:
            await self._receive(parts[-1], cursor)
        while self._left:  # once for all that came: the next part often makes the same incidents fold anew
            self._left = await self._talk.desk.slice(self._talk.side.refold)

    async def _receive(self, part: list[Run], cursor: str) -> None:
        self._left = await self._talk.desk.slice(lambda: self._talk.side.receive(part, cursor))


def slice_events(since_act_s: float) -> int:
    """How many events to hand to the desk's thread at once, so long after somebody did something there."""
    if since_act_s < WORKS_FOR_S:
        return GENTLE_EVENTS
    return SLICE_EVENTS if since_act_s < ALONE_S else ALONE_EVENTS
