"""The real desk's side: what the link asks, said to core.desk.Desk and its store. All of it on the desk's thread."""

import logging
from collections.abc import Callable, Mapping, Sequence
from math import inf
from secrets import token_hex
from time import monotonic
from typing import Protocol

import msgspec

from core.desk import Change, Desk
from core.domain.values import Position
from core.errors import Refused
from core.merge.run import Held, Run
from core.store.exchange import Identity, Marks
from core.store.sending import Outgoing
from sync.link.desk_side import SLICE_EVENTS, Batch, Receipt, Standing
from sync.link.membership import joined, keep_membership
from sync.protocol.joining import Paired
from sync.protocol.messages import DeskCard, DeskHave, SnapshotHead

CENTRE = "centre"
REFOLD_EVENTS = 1000
MOST_OF_AN_ACT = 200  # events; what comes by the thousand was not typed

_card = msgspec.msgpack.Decoder(DeskCard)
_encode = msgspec.msgpack.Encoder().encode
log = logging.getLogger(__name__)


class LinkStore(Protocol):
    """What the link needs of a store beside the desk; core.store.Store is the real one."""

    def get_setting(self, key: str) -> str | None: ...
    def put_setting(self, key: str, value: str) -> None: ...
    def marks(self, server: str) -> Marks: ...
    def set_mark(
        self, server: str, *, epoch: str | None = None, cursor: str | None = None, mark: int | None = None
    ) -> None: ...
    def outgoing(
        self, limit_events: int = 200, *, urgent: bool = False, server: str = "", after: int = 0
    ) -> Outgoing: ...
    def lacks(self, held: Mapping[str, Held]) -> int: ...
    def filling_from(self) -> str: ...
    def offer_again(self, held: Mapping[str, Held]) -> int: ...
    def had_up_to(self, held: Mapping[str, Held]) -> int: ...
    def identity(self) -> Identity: ...
    def cards(self) -> dict[str, bytes]: ...
    def keep_cards(self, known: Mapping[str, bytes]) -> None: ...
    def distrust(self, run: Run, why: str, source: str) -> None: ...


class StoreSide:
    """`server` names the server in the store; the centre's word empties the outbox, a post's only moves its mark."""

    def __init__(
        self,
        desk: Desk,
        store: LinkStore,
        *,
        nudge: Callable[[], None],
        server: str = CENTRE,
        is_post: bool = False,
    ) -> None:
        self._desk, self._store = desk, store
        self._server, self._is_centre = server, not is_post
        self._nudge = nudge
        self._acted_s = -inf
        self._taking = False
        self._unlisten = desk.listen(self._hear)

    def close(self) -> None:
        """Stop telling the link what is done here."""
        self._unlisten()

    @property
    def _outbox(self) -> str:
        return "" if self._is_centre else self._server

    @property
    def _backfill_setting(self) -> str:
        return f"sync backfill {self._server}"

    def _hear(self, change: Change) -> None:
        if 0 < sum(event.desk == self._desk.desk_id for event in change.events) <= MOST_OF_AN_ACT:
            self._acted_s = monotonic()
        if change.events and not (self._is_centre and self._taking):  # the centre has what came from it
            self._nudge()

    def person_acts(self) -> None:
        """Somebody types or clicks at this desk."""
        self._acted_s = monotonic()

    @property
    def since_act_s(self) -> float:
        return monotonic() - self._acted_s

    def standing(self) -> Standing:
        store = self._store
        marks = store.marks(self._server)
        backfill = store.get_setting(self._backfill_setting)
        begun = backfill is not None and backfill != DONE
        return Standing(
            marks.epoch,
            marks.cursor,
            self.waiting(),
            backfill if backfill and begun else "",
            begun or store.filling_from() == self._server,
            known_cards(store),
            store.identity().desk,
        )

    def waiting(self) -> int:
        return self._store.outgoing(0, server=self._outbox).waiting

    def outgoing(self, limit: int, *, after: int, urgent: bool) -> Batch:
        found = self._store.outgoing(min(limit, SLICE_EVENTS), urgent=urgent, server=self._outbox, after=after)
        return Batch(found.runs, found.after, found.waiting)

    def settle(self, receipt: Receipt) -> int:
        desk = self._desk
        if not self._is_centre:
            if receipt.after:
                self._store.set_mark(self._server, mark=receipt.after)
            return self.waiting()
        if receipt.placed:
            desk.placed(receipt.placed)
        if receipt.refused:
            desk.refused({id_: outcome.detail for id_, outcome in receipt.refused}, source=self._server)
        for id_, outcome in receipt.contested:
            log.info("The event %s is contested: %s", id_, outcome.detail)
        desk.acknowledge((*receipt.taken, *(id_ for id_, _ in receipt.refused)))
        return self.waiting()

    def receive(self, runs: Sequence[Run], cursor: str) -> int:
        self._taking = True
        try:
            received = self._desk.receive(tuple(runs), source=self._server, cursor=cursor, centre=self._is_centre)
        finally:
            self._taking = False
        return received.left

    def refold(self) -> int:
        return self._desk.refold(REFOLD_EVENTS)

    def backfill(self, runs: Sequence[Run], cursor: str, *, done: bool) -> None:
        if runs or done:
            self._desk.backfill(tuple(runs), source=self._server, done=done)
        if cursor or done:
            self._store.put_setting(self._backfill_setting, DONE if done else cursor)

    def adopt(self, head: SnapshotHead, board: bytes) -> None:
        self._desk.adopt(
            board,
            source=self._server,
            cursor=head.cursor,
            epoch=head.epoch,
            events=head.events,
            held={have.desk: (_held(have), have.head) for have in head.desks},
        )
        self._store.put_setting(self._backfill_setting, "")

    def lacks(self, desks: Sequence[DeskHave]) -> int:
        return self._store.lacks({have.desk: _held(have) for have in desks})

    def begin_epoch(self, epoch: str, cursor: str, desks: Sequence[DeskHave]) -> int:
        store, held = self._store, {have.desk: _held(have) for have in desks}
        if self._is_centre:
            store.offer_again(held)
        else:
            store.set_mark(self._server, mark=store.had_up_to(held))  # ids tell what else it has
        store.set_mark(self._server, epoch=epoch, cursor=cursor)
        return self.waiting()

    def forget_epoch(self) -> None:
        self._store.set_mark(self._server, epoch="")

    def know(self, cards: Sequence[DeskCard]) -> None:
        self._store.keep_cards({card.id: _encode(card) for card in cards})

    def place_units(self, positions: Mapping[str, Position]) -> None:
        known = {unit: position for unit, position in positions.items() if unit in self._desk.board.units}
        try:
            self._desk.place_units(known)
        except Refused as refused:
            log.warning("Positions from other desks were passed over: %s", refused)

    def become_nobody(self) -> bytes:
        self._desk.rebrand(f"{self._desk.agency.desk_prefix}-{token_hex(4)}")
        return self._store.identity().public_key

    def become(self, paired: Paired, url: str) -> None:
        self._desk.rebrand(paired.desk, paired.prefix, new_key=False)
        keep_membership(self._store, joined(paired, url))
        # The server kept from this desk what its other copy had written: it passed for this desk's own.
        self._store.set_mark(self._server, epoch="", cursor="")

    def distrust(self, run: Run, why: str) -> None:
        self._store.distrust(run, why, self._server)


def known_cards(store: "CardStore") -> tuple[DeskCard, ...]:
    """The desks that this one has met."""
    return tuple(_card.decode(packed) for packed in store.cards().values())


class CardStore(Protocol):
    def cards(self) -> dict[str, bytes]: ...


DONE = "done"


def _held(have: DeskHave) -> Held:
    return Held(have.length, tuple(have.beyond))
