"""Mistakes that people make in synchronisation, planted one at a time: the simulation has to notice each of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from msgspec import Struct
from sqlalchemy import delete, select

from core.desk import Desk
from core.domain import events as e
from core.domain.board import Board, Claim, Unit
from core.domain.ids import IdMaker
from core.domain.strands import incident as incident_strand
from core.domain.strands import reopening
from core.domain.strands import unit as unit_strand
from core.merge.keeper import BoardKeeper
from core.store import arrivals, sending
from core.store.exchange import Exchange
from core.store.tables import outbox
from sync.link.store_side import StoreSide
from sync.server.log import Page
from sync.server.sqlite_log import SqliteLog
from tests.simulation.chances import Chances


class Bug(Struct, frozen=True):
    """`plant` is a context in which the bug is there; `chances` make its occasions frequent; `first` is a seed before
    which it is not noticed: it only saves time.
    """

    plant: Callable[[], Any]
    chances: Chances = Chances()
    first: int = 0


def _last_writer_wins() -> Any:
    def assigned(_board: Board, event: e.Event, body: e.UnitAssigned, unit: Unit) -> None:
        claim = Claim(body.assignment, body.incident, event.at, event.desk, event.operator, event.id, since=event.at)
        unit.claims = [claim]
        unit_strand._show(unit, event)

    return patch.dict(unit_strand._STEPS, {e.UnitAssigned: assigned})


def _acknowledge_before_commit() -> Any:
    real, asked = SqliteLog.append, [0]

    def append(self: SqliteLog, batch: Sequence[Any], now_ms: int) -> list[list[Any]]:
        asked[0] += 1
        return [[] for _ in batch] if asked[0] % 5 == 0 else real(self, batch, now_ms)

    return patch.object(SqliteLog, "append", append)


def _no_dedupe() -> Any:
    def take_again(self: arrivals.Taking, run: Any, n: int, wire: Any, prev_hash: bytes, hash_: bytes, _: Any) -> None:
        self._take_new(run, n, wire, prev_hash, hash_)

    return patch.object(arrivals.Taking, "_take_again", take_again)


def _wall_clock() -> Any:
    return patch.object(IdMaker, "observe", lambda _self, _id: None)


def _acknowledge_the_oldest_rows() -> Any:
    """As an outbox does whose row numbers are used again: a late acknowledgement takes what came since."""

    def acknowledge(connection: Any, ids: Any) -> tuple[str, ...]:
        oldest = select(outbox.c.event).order_by(outbox.c.row).limit(len(list(ids)))
        gone = tuple(connection.scalars(oldest))
        connection.execute(delete(outbox).where(outbox.c.event.in_(gone)))
        sending.count_at_centre(connection, len(gone))
        return gone

    return patch.object(sending, "acknowledge", acknowledge)


def _skipped_gaps() -> Any:
    """As a poll of `seq > cursor` beside writers that have not committed yet."""
    real, asked = SqliteLog.pull, [0]

    def pull(self: SqliteLog, after: Any, limit: int, leave_out: str = "", only: str = "") -> Page:
        page = real(self, after, limit, leave_out, only)
        asked[0] += 1
        return Page(page.point, page.more, page.runs[1:]) if asked[0] % 4 == 0 else page

    return patch.object(SqliteLog, "pull", pull)


def _forgotten_epoch() -> Any:
    return patch.object(Exchange, "offer_again", lambda _self, _held: 0)


def _cursor_before_events() -> Any:
    real = Exchange.receive

    def receive(
        self: Exchange, runs: Any, *, source: str, cursor: str = "", epoch: str = "", centre: bool = True
    ) -> Any:
        if cursor:
            self.set_mark(source, cursor=cursor)
        return real(self, runs, source=source, cursor=cursor, epoch=epoch, centre=centre)

    return patch.object(Exchange, "receive", receive)


def _order_of_arrival() -> Any:
    """Late events are folded as they come."""

    def take_incident(self: BoardKeeper, entry: Any, incident: str) -> None:
        incident_strand.apply_to_incident(self.board, entry.event, incident, entry.place)

    def take_unit(self: BoardKeeper, entry: Any, callsign: str) -> None:
        unit_strand.apply_to_unit(self.board, entry.event, callsign, entry.place)

    return patch.multiple(BoardKeeper, _take_incident=take_incident, _take_unit=take_unit)


def _refusals_unheard() -> Any:
    def take_refused(*_: Any) -> None: ...

    @contextmanager
    def plant() -> Iterator[None]:
        with (
            patch.object(Desk, "refused", lambda _self, _why, *, source: 0),
            patch.object(arrivals.Taking, "_take_refused", take_refused),
        ):
            yield

    return plant()


def _post_empties_the_outbox() -> Any:
    real = StoreSide.settle

    def settle(self: StoreSide, receipt: Any) -> int:
        self._desk.acknowledge(receipt.taken)
        return real(self, receipt)

    return patch.object(StoreSide, "settle", settle)


def _places_unheard() -> Any:
    return patch.object(Desk, "placed", lambda _self, _places: 0)


def _closing_wins() -> Any:
    """Whoever closes an incident closes it, whatever others do there."""

    @contextmanager
    def plant() -> Iterator[None]:
        def closed(_board: Board, event: e.Event, body: e.IncidentClosed, incident: Any) -> None:
            incident.closed_at, incident.disposition = body.closed_at or event.at, body.disposition

        with (
            patch.object(reopening, "reopen_for", lambda *_, **__: False),
            patch.dict(incident_strand._STEPS, {e.IncidentClosed: closed}),
        ):
            yield

    return plant()


def _rebrand_without_the_outbox() -> Any:
    def rebrand(connection: Any, was: str, _now: str, _link_of: Any) -> list[str]:
        connection.execute(delete(outbox))
        return [was]

    return patch.object(sending, "rebrand", rebrand)


def _files_are_the_centre() -> Any:
    """What came in a file is taken for known at the centre, and relayed by nobody."""
    real = Desk.receive

    def receive(self: Desk, runs: Any, *, source: str, **more: Any) -> Any:
        return real(self, runs, source=source, **{**more, "centre": True})

    return patch.object(Desk, "receive", receive)


def _events_without_an_outbox_row() -> Any:
    """The outbox is written after the events, in a transaction of its own, and sometimes it is not."""
    real, asked = Exchange.acknowledged, [0]

    def acknowledged(self: Exchange, ids: Any) -> Any:
        asked[0] += 1
        if asked[0] % 6 == 0:
            ids = [*ids, *self.waiting()]
        return real(self, ids)

    return patch.object(Exchange, "acknowledged", acknowledged)


_BUSY = Chances(cut=0.1)
BUGS = {
    "last writer wins on assignments": Bug(_last_writer_wins, _BUSY),
    "acknowledge before commit": Bug(_acknowledge_before_commit),
    "no dedupe": Bug(_no_dedupe),
    "wall clock": Bug(_wall_clock),
    "acknowledge by reused row": Bug(_acknowledge_the_oldest_rows, Chances(duplicate=0.3, far_delay=0.3)),
    "skipped sequence gaps": Bug(_skipped_gaps),
    "forgotten epoch": Bug(_forgotten_epoch, Chances(server_crash=0.2, restore=1.0), 20),
    "cursor before its events": Bug(_cursor_before_events, Chances(crash=0.3, full=0.3)),
    "order of arrival": Bug(_order_of_arrival, _BUSY),
    "refusals unheard": Bug(_refusals_unheard, Chances(distrusted=1.0), 13),
    "a post empties the outbox": Bug(_post_empties_the_outbox, Chances(post=1.0, cut=0.2)),
    "places unheard": Bug(_places_unheard, Chances(clock=0.3, mad_clock=1.0), 6),
    "closing wins": Bug(_closing_wins, Chances(cut=0.2), 12),
    "rebranded without the outbox": Bug(_rebrand_without_the_outbox, Chances(clone=1.0)),
    "files taken for the centre": Bug(_files_are_the_centre, Chances(usb=0.4, cut=0.3)),
    "outbox apart from the events": Bug(_events_without_an_outbox_row, first=15),
}
