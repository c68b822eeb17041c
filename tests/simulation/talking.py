"""What a desk and a server say to each other, as sync.link does it, one message at a time over the bad network."""

from collections.abc import Callable, Sequence

import msgspec

from core.merge.run import Run
from sync.link.desk_side import Batch
from sync.link.pushing import receipt_of
from sync.link.store_side import StoreSide
from sync.protocol.messages import CLONED, HaveAnswer, PullAnswer, PushAnswer
from sync.server.log import LostCursor
from tests.simulation.sites import CENTRE, SimCentre, SimDesk
from tests.simulation.timeline import Timeline

MOST_EVENTS = 40
PAGE = 50
CONVERSATIONS_END = 0.05  # of the rounds


class Talk:
    """Between one desk and one server."""

    def __init__(
        self, desk: SimDesk, server: SimCentre, timeline: Timeline, on_cloned: Callable[[SimDesk], None]
    ) -> None:
        self.desk, self.server, self.timeline = desk, server, timeline
        self._on_cloned = on_cloned
        self._life = 0  # of the desk: a new one begins with what stands on its disk
        self._epoch = self._cursor = ""
        self._filling: str | None = None
        self._has_own = False  # nothing is known of own events that the server has and this disk has not

    @property
    def name(self) -> str:
        return CENTRE if self.server.name == CENTRE else self.server.name

    def round(self) -> None:
        """One turn of the link: what waits is pushed, what is new is pulled."""
        if not self.desk.is_up or self.name not in self.desk.sides:
            return
        self.desk.guarded(self._turn)

    def _turn(self) -> None:
        side = self.desk.sides[self.name]
        self._begin(side)
        while side.refold():
            pass
        if not self._epoch:
            self._ask(lambda: self.server.centre.have(now_ms=self.timeline.now_ms), self._met)
            return
        if self._ends():
            self._has_own = False
        if not self._has_own:
            self._ask(lambda: self.server.centre.have(self.desk.id, self.timeline.now_ms), self._compared)
        batch = side.outgoing(MOST_EVENTS, after=0, urgent=self.timeline.fate.random.random() < 0.2)
        if batch.runs:
            self._push(batch)
        self._pull(self._cursor)
        if self._filling is not None:
            self._backfill(self._filling)

    def _ends(self) -> bool:
        """A conversation ends with the line, and now and then by itself; the next begins with a look at own events."""
        return self.desk.is_cut or not self.server.is_up or self.timeline.fate.random.random() < CONVERSATIONS_END

    def begin_anew(self) -> None:
        """What stands on the disk counts, not what was known before."""
        self._life = 0

    def _begin(self, side: StoreSide) -> None:
        if self._life != self.desk.lives:
            standing = side.standing()
            self._has_own = False
            self._life, self._epoch, self._cursor = self.desk.lives, standing.epoch, standing.cursor
            self._filling = standing.backfill if standing.backfilling else None

    # messages

    def _ask(self, at_server: Callable[[], object], at_desk: Callable[[StoreSide, object], None]) -> None:
        """The question travels, the answer travels; either may be lost, doubled or late."""

        def arrive() -> None:
            if self.desk.is_cut or not self.server.is_up:
                return
            answer = at_server()
            self.timeline.carry(lambda: self._heard(answer, at_desk))

        if not self.desk.is_cut:
            self.timeline.carry(arrive)

    def _heard(self, answer: object, at_desk: Callable[[StoreSide, object], None]) -> None:
        if self.desk.is_up and not self.desk.is_cut:
            side = self.desk.sides[self.name]
            self._begin(side)
            self.desk.guarded(lambda: at_desk(side, answer))

    def _push(self, batch: Batch) -> None:
        pusher = self.desk.id

        def push() -> PushAnswer:
            return self.server.centre.push(batch.runs, self.timeline.now_ms, pushed_by=pusher)

        self._ask(push, lambda side, answer: self._pushed(side, batch, answer))

    def _pushed(self, side: StoreSide, batch: Batch, answer: object) -> None:
        assert isinstance(answer, PushAnswer)
        if self._is_other_epoch(side, answer.epoch):
            return
        receipt = receipt_of(batch, answer)
        self.timeline.fate.counts["placed by a server"] += len(receipt.placed)
        self.timeline.fate.counts["contested at a server"] += len(receipt.contested)
        cloned = [o for _, o in receipt.refused if o.code == CLONED]
        if cloned:
            if any(run.desk == self.desk.id for run in batch.runs) and self.name == CENTRE:
                self._on_cloned(self.desk)
            receipt = _without_cloned(receipt)
        if len(receipt.taken) + len(receipt.refused) < batch.events:
            receipt = msgspec.structs.replace(receipt, after=0)
        side.settle(receipt)

    def _pull(self, cursor: str) -> None:
        own = self.desk.id

        def pull() -> PullAnswer:
            try:
                return self.server.centre.pull(cursor, PAGE, self.timeline.now_ms, leave_out=own)
            except LostCursor:
                return self.server.centre.pull("", PAGE, self.timeline.now_ms)

        self._ask(pull, lambda side, answer: self._pulled(side, cursor, answer))

    def _pulled(self, side: StoreSide, asked_from: str, answer: object) -> None:
        assert isinstance(answer, PullAnswer)
        if self._is_other_epoch(side, answer.epoch) or self._cursor != asked_from:
            return  # another answer was quicker
        for part in _parts(answer.runs[:-1], self.timeline):
            side.receive(part, "")
        if answer.runs or answer.cursor != asked_from:
            side.receive(answer.runs[-1:], answer.cursor)
            self._cursor = answer.cursor

    def _met(self, side: StoreSide, answer: object) -> None:
        assert isinstance(answer, HaveAnswer)
        lacking = side.lacks(answer.desks)
        cursor = self._cursor if lacking else answer.cursor
        side.begin_epoch(answer.epoch, cursor, answer.desks)
        self._epoch, self._cursor = answer.epoch, cursor
        self.timeline.fate.counts["epochs met"] += 1

    def _compared(self, side: StoreSide, answer: object) -> None:
        assert isinstance(answer, HaveAnswer)
        if self._is_other_epoch(side, answer.epoch):
            return
        self._has_own = True
        if side.lacks(answer.desks):
            self._take_own("")

    def _take_own(self, cursor: str) -> None:
        own = self.desk.id

        def pull() -> PullAnswer:
            return self.server.centre.pull(cursor, PAGE, self.timeline.now_ms, only=own)

        self._ask(pull, self._took_own)

    def _took_own(self, side: StoreSide, answer: object) -> None:
        assert isinstance(answer, PullAnswer)
        if self._is_other_epoch(side, answer.epoch):
            return
        side.receive(answer.runs, "")
        self.timeline.fate.counts["own events taken back"] += sum(len(run.events) for run in answer.runs)
        if answer.more:
            self._take_own(answer.cursor)

    def take_board(self) -> None:
        """Begin from the server's board; its history is fetched afterwards."""
        head, packed = self.server.centre.snapshot(self.timeline.now_ms)
        self.desk.sides[self.name].adopt(head, packed)
        self.begin_anew()
        self.timeline.fate.counts["boards adopted"] += 1

    def _backfill(self, cursor: str) -> None:
        def pull() -> PullAnswer:
            try:
                return self.server.centre.pull(cursor, PAGE, self.timeline.now_ms)
            except LostCursor:
                return self.server.centre.pull("", PAGE, self.timeline.now_ms)

        self._ask(pull, lambda side, answer: self._filled(side, cursor, answer))

    def _filled(self, side: StoreSide, asked_from: str, answer: object) -> None:
        assert isinstance(answer, PullAnswer)
        if self._filling != asked_from:
            return
        side.backfill(tuple(answer.runs), answer.cursor, done=not answer.more)
        self._filling = answer.cursor if answer.more else None

    def _is_other_epoch(self, side: StoreSide, epoch: str) -> bool:
        if self._epoch == epoch:
            return False
        side.forget_epoch()
        self._epoch = ""
        return True


def _without_cloned(receipt: msgspec.Struct) -> msgspec.Struct:
    return msgspec.structs.replace(
        receipt, refused=tuple((id_, o) for id_, o in receipt.refused if o.code != CLONED), after=0
    )


def _parts(runs: Sequence[Run], timeline: Timeline) -> list[tuple[Run, ...]]:
    """Slices, so that a desk can die between two of them."""
    if not runs:
        return []
    at = timeline.fate.random.randint(0, len(runs))
    return [tuple(part) for part in (runs[:at], runs[at:]) if part]
