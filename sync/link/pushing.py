"""Sends what the desk has and the server lacks: what is urgent first, in batches that suit the line."""

import asyncio
import logging

import msgspec

from core.merge.run import Run
from sync.link.desk_side import SLICE_EVENTS, Batch, Receipt
from sync.link.desk_thread import WORKS_FOR_S
from sync.link.talk import Talk, first_of
from sync.link.trouble import RefusalKind, RefusedByServer
from sync.protocol.messages import CLONED, Outcome, PushAnswer

MOST_EVENTS = 2000
LOOK_AGAIN_S = 60.0  # for what the server put off
_FIRST_EVENT_BYTES = 180.0

log = logging.getLogger(__name__)


class Pushing:
    """Runs as long as the conversation does."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._event_bytes = _FIRST_EVENT_BYTES
        self._put_off = False
        self._urgent_after = 0  # what was sent ahead is not sent ahead again: a post leaves it in the outbox

    async def run(self) -> None:
        while True:
            self._talk.to_send.clear()
            self._talk.pushing = True
            await self._push_all()
            self._talk.pushing = False
            await first_of(self._talk.to_send, LOOK_AGAIN_S)

    async def _push_all(self) -> None:
        """Everything that waits, once; what the server puts off stays for another time."""
        self._put_off = False
        await self._push_urgent()
        batch = await self._gather(0)
        while batch.runs:
            sending = asyncio.create_task(self._send(batch))
            try:
                following = await self._gather(batch.after)
            finally:
                await _finished(sending)
            await self._settle(batch, sending.result())
            if self._talk.to_send.is_set():
                self._talk.to_send.clear()
                await self._push_urgent()
                following = following if following.runs else await self._gather(batch.after)
            batch = following
        waiting = await self._talk.desk.ask(self._talk.side.waiting)
        self._talk.status.level(waiting=waiting)

    async def _push_urgent(self) -> None:
        """Whatever the line: who waits for help does not wait for the notes of an hour ago."""
        urgent = await self._gather(self._urgent_after, urgent=True)
        while urgent.runs:
            await self._settle(urgent, await self._send(urgent), urgent=True)
            self._urgent_after = urgent.after
            urgent = await self._gather(urgent.after, urgent=True)

    async def _gather(self, after: int, *, urgent: bool = False) -> Batch:
        """A batch as large as the line likes, read in slices; smaller where somebody here did something meanwhile."""
        room = max(1, min(MOST_EVENTS, int(self._talk.meter.batch_bytes / self._event_bytes)))
        runs: list[Run] = []
        waiting = 0
        while room > 0:
            limit, start = min(room, SLICE_EVENTS), after
            part = await self._talk.desk.slice(
                lambda limit=limit, start=start: self._talk.side.outgoing(limit, after=start, urgent=urgent)  # type: ignore[misc]
            )
            waiting = part.waiting
            if not part.runs:
                break
            runs += part.runs
            room -= part.events
            after = part.after
            if self._talk.to_send.is_set() and self._talk.side.since_act_s < WORKS_FOR_S:
                break
        return Batch(tuple(runs), after, waiting)

    async def _send(self, batch: Batch) -> PushAnswer:
        before = self._talk.meter.bytes_out
        answer = await self._talk.calls.push(list(batch.runs))
        self._event_bytes += 0.3 * ((self._talk.meter.bytes_out - before) / batch.events - self._event_bytes)
        return answer

    async def _settle(self, batch: Batch, answer: PushAnswer, *, urgent: bool = False) -> None:
        receipt = receipt_of(batch, answer)
        said = len(receipt.taken) + len(receipt.refused)
        self._put_off = self._put_off or said < batch.events
        if self._put_off or urgent:  # a post's mark never passes over what it has not taken
            receipt = msgspec.structs.replace(receipt, after=0)
        for _, outcome in receipt.refused:
            if outcome.code == CLONED and batch.runs[outcome.run].desk == self._talk.desk_id:
                raise RefusedByServer(outcome.detail, RefusalKind.CLONED)
        waiting = await self._talk.desk.slice(lambda: self._talk.side.settle(receipt))
        quarantined = self._talk.status.status.quarantined + len(receipt.refused)
        self._talk.status.set(quarantined=quarantined)
        self._talk.status.level(waiting=waiting)


def receipt_of(batch: Batch, answer: PushAnswer) -> Receipt:
    """What an answer says of each event of the batch. What is put off is in none of the lists.

    Of one event there may be two things to say: that it was placed, and that its unit is contested.
    """
    said: dict[tuple[int, bytes], list[Outcome]] = {}
    for outcome in answer.outcomes:
        said.setdefault((outcome.run, outcome.id), []).append(outcome)
    taken: list[str] = []
    placed: dict[str, str] = {}
    refused: list[tuple[str, Outcome]] = []
    contested: list[tuple[str, Outcome]] = []
    for index, run in enumerate(batch.runs):
        of_run = said.get((index, b""), [])
        for event in run.events:
            id_ = event.id.hex()
            outcomes = said.get((index, event.id), of_run)
            kinds = {outcome.kind for outcome in outcomes}
            refused += [(id_, outcome) for outcome in outcomes if outcome.kind == "refused"][:1]
            if not kinds & {"refused", "later"}:
                taken.append(id_)
                placed.update((id_, outcome.place.hex()) for outcome in outcomes if outcome.kind == "placed")
                contested += [(id_, outcome) for outcome in outcomes if outcome.kind == "contested"]
    return Receipt(tuple(taken), placed, tuple(refused), tuple(contested), batch.after)


async def _finished(task: "asyncio.Task[PushAnswer]") -> None:
    """Wait for it, and take it along when this conversation is ended meanwhile."""
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        task.cancel()
        raise
