"""A desk that is new, or was away for long, takes the server's board first and its history afterwards."""

from functools import partial
from hashlib import sha256

from core.store.snapshots import FOLDING
from sync.link.checking import Keyring, slices
from sync.link.server import UnknownCursor
from sync.link.talk import Talk
from sync.link.trouble import ServerTrouble
from sync.protocol import routes
from sync.protocol.messages import HaveAnswer, SnapshotHead
from sync.protocol.packing import decompress

WORTH_A_SNAPSHOT = 5_000  # events to catch up on
EVENT_BYTES = 200
PART_BYTES = 1 << 20
MOST_BOARD = 1 << 30  # bytes, unpacked
_TRIES = 3


class Bootstrapping:
    """At the beginning of a conversation; `backfill` runs beside it until all of the history is here."""

    def __init__(self, talk: Talk, keyring: Keyring) -> None:
        self._talk, self._keyring = talk, keyring
        self._packed = bytearray()
        self._packing = ""

    async def take_board(self, have: HaveAnswer) -> bool:
        """Adopt the server's board where that is quicker than its log; whether it was."""
        lacking = await self._talk.desk.ask(lambda: self._talk.side.lacks(have.desks))
        if lacking < WORTH_A_SNAPSHOT:
            return False
        head = await self._talk.calls.snapshot_head()
        if head is None or head.form != FOLDING or head.size > lacking * EVENT_BYTES:
            return False
        for _ in range(_TRIES):
            if await self._fetch(head):
                board = decompress(bytes(self._packed), min(MOST_BOARD, head.unpacked))
                await self._talk.desk.ask(partial(self._talk.side.adopt, head, board))
                self._talk.cursor = head.cursor
                self._packed.clear()
                return True
        raise ServerTrouble("The server's board did not arrive as it was announced.")

    async def _fetch(self, head: SnapshotHead) -> bool:
        """What came before a connection broke is kept, and the rest is fetched."""
        if self._packing != head.sha256:
            self._packing = head.sha256
            self._packed.clear()
        path = f"{routes.SNAPSHOT}/{head.sha256}"
        while len(self._packed) < head.size:
            start = len(self._packed)
            size = min(PART_BYTES, self._talk.meter.batch_bytes * 4)
            answer = await self._talk.calls.part(path, start, min(head.size, start + size))
            if answer.status not in {200, 206} or not answer.body:
                return False  # the server has a newer one by now
            self._packed += answer.body[start:] if answer.status == 200 else answer.body
        if sha256(self._packed).hexdigest() == head.sha256:
            return True
        self._packed.clear()
        return False

    async def backfill(self) -> None:
        """The log before an adopted board, oldest first, at the lowest priority."""
        talk = self._talk
        standing = await talk.desk.ask(talk.side.standing)
        if not standing.backfilling:
            return
        cursor, more = standing.backfill, True
        while more:
            await talk.quiet()
            try:
                answer = await talk.calls.pull(cursor, most=1000)
            except UnknownCursor:
                answer = await talk.calls.pull("", most=1000)
            fresh = await self._keyring.meet(answer.runs, talk.calls)
            if fresh:
                await talk.desk.ask(lambda fresh=fresh: talk.side.know(fresh))  # type: ignore[misc]
            good, _ = await self._keyring.sort(answer.runs)
            for part in slices(good):
                await talk.desk.slice(lambda part=part: talk.side.backfill(part, "", done=False))  # type: ignore[misc]
            cursor, more = answer.cursor, answer.more
            await talk.desk.slice(lambda at=cursor, done=not more: talk.side.backfill((), at, done=done))  # type: ignore[misc]
        while await talk.desk.slice(talk.side.refold):
            pass
