"""The store's part in exchanging events with other desks: what goes out, what comes in, and who this desk is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.clock import Clock
from core.domain.board import Board
from core.domain.events import Event
from core.domain.strands.incident import apply_to_incident
from core.errors import Refused
from core.merge import keys
from core.merge.chain import link
from core.merge.keeper import BoardKeeper, UnitBase
from core.merge.placed import Placed, in_order
from core.merge.run import CLOCK, REFUSED, SAID_CLOCK, Held, Run
from core.store import adopting, arrivals, chained, log, newer, sending, snapshots
from core.store.arrivals import Arrived
from core.store.derived import derive_strands
from core.store.past import KeptBoards, LogPast
from core.store.seal import seal, unseal
from core.store.sending import Outgoing
from core.store.session import Session
from core.store.tables import cards, events, incidents, outbox, peers, quarantine, settings

DESK_SETTING, KEY_SETTING = "desk id", "desk key"
# Events that change what history says of an incident; the others do so only where it was closed or taken back.
_TOLD = ("incident.", "call.")
_LINE = "incident.narrative_added"  # most of all that comes late, and nothing that history tells


class Identity(Struct, frozen=True):
    """Who this desk is: `sign` gives its Ed25519 signature, 64 bytes, of a message."""

    desk: str
    public_key: bytes
    sign: Callable[[bytes], bytes]


class Marks(Struct, frozen=True):
    """How far this desk is with a server: its epoch and cursor, and the last row of the log that it was given."""

    epoch: str = ""
    cursor: str = ""
    mark: int = 0


class Quarantined(Struct, frozen=True):
    """An event that is no part of the truth here, and why."""

    event: str
    desk: str
    n: int
    at: int
    source: str
    reason: str


class Exchange:
    """What `Store` adds for many desks. Every method may raise Unavailable; then nothing of it was written."""

    path: Path
    _session: Session
    _clock: Clock

    def _prepare_exchange(self) -> None:
        self._kept = KeptBoards(snapshots.FOLDING)
        self._identity: Identity | None = None
        self._urgent: set[str] | None = None
        self._urgent_row = 0

    # who this desk is

    def identity(self) -> Identity:
        """This desk's id and key; the key is made when it is first asked for, and never leaves the store."""
        if self._identity is None:
            desk = self._setting(DESK_SETTING)
            if desk is None:
                raise Refused("This desk has no id yet.", do="Open it once with foredesk run.")
            private_key = self._setting(KEY_SETTING)
            if private_key is None:
                private_key = keys.new_private_key().hex()
                self._put_setting(KEY_SETTING, private_key)
            secret = bytes.fromhex(private_key)
            self._identity = Identity(desk, keys.public_key_of(secret), partial(keys.sign, secret))
        return self._identity

    def rebrand(self, desk: str, *, new_key: bool = True) -> tuple[str, ...]:
        """Go on under another id, and with another key where another disk has this one's. Returns the ids of the events
        that the centre does not have; they are chained anew under the new id.
        """
        was = self.identity().desk
        kept = {DESK_SETTING: desk} | ({KEY_SETTING: keys.new_private_key().hex()} if new_key else {})
        with self._session.writing() as connection:
            moved = sending.rebrand(connection, was, desk, _link_as)
            # The centre may have some of them under the old id: everything is looked at again.
            connection.execute(update(peers).values(cursor=""))
            for key, value in kept.items():
                connection.execute(
                    insert(settings).prefix_with("OR REPLACE"), {"key": key, "value": seal(value.encode())}
                )
        self._identity = None
        self._kept.forget()
        return tuple(moved)

    def _setting(self, key: str) -> str | None:
        with self._session.reading() as connection:
            return self._setting_in(connection, key)

    def _setting_in(self, connection: Connection, key: str) -> str | None:
        value = connection.scalar(select(settings.c.value).where(settings.c.key == key))
        return None if value is None else unseal(value, self.path, f"the setting {key}").decode()

    def _put_setting(self, key: str, value: str) -> None:
        with self._session.writing() as connection:
            connection.execute(insert(settings).prefix_with("OR REPLACE"), {"key": key, "value": seal(value.encode())})

    # what goes out

    def outgoing(self, limit_events: int = 200, *, urgent: bool = False, server: str = "", after: int = 0) -> Outgoing:
        """Runs to send, about `limit_events` events: whole runs, so that there may be some more.

        `server` "" is the centre, which gets what is in the outbox; another one gets what came after its own mark.
        `urgent`: of the outbox only maydays and openings of the highest priority, with what belongs to them.
        """
        identity = self.identity()
        with self._session.reading() as connection:
            if server:
                after = max(after, self._marks(connection, server).mark)
            rows = self._rows_to_send(connection, limit_events, server, after, urgent=urgent)
            waiting = self._waiting(connection, server, after)
        while rows:
            with self._session.writing(synced=False) as connection:
                found = sending.seal_for(connection, rows, identity.desk, identity.sign)
                runs = [run for seal_ in found if (run := sending.run_of(connection, seal_)) is not None]
                after = rows[-1].row
                if runs:
                    return Outgoing(tuple(runs), after, waiting)
                # What cannot be sent from here must not hold up what comes after it.
                rows = self._rows_to_send(connection, limit_events, server, after, urgent=urgent)
        return Outgoing((), after, waiting)

    def _rows_to_send(
        self, connection: Connection, limit: int, server: str, after: int, *, urgent: bool
    ) -> list[sending.Waiting]:
        if urgent:
            rows = sending.of_commands(connection, sorted(self._urgent_now(connection)), in_log=bool(server))
            return [row for row in rows if row.row > after][:limit]
        if server:
            return sending.to_others(connection, after, limit)
        return sending.to_centre(connection, after, limit)

    def _urgent_now(self, connection: Connection) -> set[str]:
        fresh, self._urgent_row = sending.urgent_events(connection, self._urgent_row)
        self._urgent = (self._urgent or set()) | set(fresh)
        return self._urgent

    def _waiting(self, connection: Connection, server: str, after: int) -> int:
        if server:
            return max(0, adopting.newest_seq(connection) - after)
        logged, at_centre = adopting.counts(connection)
        return logged - at_centre

    def acknowledge(self, event_ids: Iterable[str]) -> int:
        """The centre has these events; returns how many were waiting."""
        return len(self.acknowledged(event_ids).acknowledged)

    def acknowledged(self, event_ids: Iterable[str]) -> Arrived:
        """The centre has these events, in the places that it gave them or else in their own, whatever a post had said.

        Tells those that were waiting, and those that moved. A power cut may bring some back: that is harmless.
        """
        with self._session.writing(synced=False) as connection:
            gone = sending.acknowledge(connection, event_ids)
            said: list[str] = []
            for part in log.batched(gone):
                query = select(events.c.id).where(events.c.id.in_(part), events.c.flag == SAID_CLOCK)
                said += connection.scalars(query)
            changed = self._move(connection, [(id_, id_, "") for id_ in said])
        if self._urgent:
            self._urgent.difference_update(gone)
        return Arrived(changed=changed, acknowledged=gone)

    def unsent(self, limit: int = 500) -> tuple[Event, ...]:
        """The oldest events that the centre has not acknowledged, in their order."""
        query = log.EVENTS.join(outbox, outbox.c.event == events.c.id).order_by(outbox.c.row).limit(limit)
        with self._session.reading() as connection:
            return tuple(log.read(connection, self.path, query))

    def waiting(self, event_ids: Iterable[str] | None = None) -> dict[str, tuple[str, str]]:
        """Event id -> (incident, unit) of the events that the centre does not have; of these, or of all."""
        with self._session.reading() as connection:
            return sending.waiting(connection, None if event_ids is None else list(event_ids))

    def held(self) -> dict[str, Held]:
        """What this log has of each desk's events."""
        with self._session.reading() as connection:
            return chained.held(connection)

    def lacks(self, held: Mapping[str, Held]) -> int:
        """How many of these events this log does not have."""
        with self._session.reading() as connection:
            return adopting.lacks(connection, held)

    def had_up_to(self, held: Mapping[str, Held]) -> int:
        """The last row of the log up to which a server has everything that has these: a mark to begin from."""
        with self._session.reading() as connection:
            return sending.had_up_to(connection, held, self._setting_in(connection, DESK_SETTING) or "")

    def offer_again(self, held: Mapping[str, Held]) -> int:
        """Put into the outbox what a server lacks that has these; returns how many events wait then."""
        with self._session.writing() as connection:
            own = self._setting_in(connection, DESK_SETTING) or ""
            sending.offer_again(connection, held, self._clock.now_ms(), own)
            return self._waiting(connection, "", 0)

    # servers, other desks, what was refused

    def marks(self, server: str) -> Marks:
        with self._session.reading() as connection:
            return self._marks(connection, server)

    def _marks(self, connection: Connection, server: str) -> Marks:
        row = connection.execute(select(peers).where(peers.c.server == server)).one_or_none()
        return Marks(row.epoch, row.cursor, row.mark) if row else Marks()

    def set_mark(
        self, server: str, *, epoch: str | None = None, cursor: str | None = None, mark: int | None = None
    ) -> None:
        """Note how far this desk is with a server; None leaves a part as it is."""
        with self._session.writing(synced=False) as connection:
            self._set_mark(connection, server, epoch, cursor, mark)

    def _set_mark(
        self, connection: Connection, server: str, epoch: str | None, cursor: str | None, mark: int | None
    ) -> None:
        given = {"epoch": epoch, "cursor": cursor, "mark": mark}
        changed = {name: value for name, value in given.items() if value is not None}
        now_ms = self._clock.now_ms()
        first: dict[str, object] = {"server": server, "epoch": "", "cursor": "", "mark": 0, "at": now_ms, **changed}
        row = upsert(peers).values(**first)
        connection.execute(row.on_conflict_do_update(index_elements=["server"], set_={"at": now_ms, **changed}))

    def cards(self) -> dict[str, bytes]:
        """The desks whose signatures are believed, as the link keeps them."""
        with self._session.reading() as connection:
            return {desk: bytes(card) for desk, card in connection.execute(select(cards))}

    def keep_cards(self, known: Mapping[str, bytes]) -> None:
        rows = [{"desk": desk, "card": card} for desk, card in known.items()]
        with self._session.writing(synced=False) as connection:
            if rows:
                connection.execute(insert(cards).prefix_with("OR REPLACE"), rows)

    def distrust(self, run: Run, why: str, source: str) -> None:
        """Keep a run that cannot be believed where it can be looked at, and nowhere else."""
        with self._session.writing() as connection:
            arrivals.keep_apart(connection, run, why, source, self._clock.now_ms())

    def quarantined(self) -> tuple[Quarantined, ...]:
        """Newest first: what was refused or could not be believed, but for what is in the log under another number."""
        query = select(
            quarantine.c.event,
            quarantine.c.desk,
            quarantine.c.n,
            quarantine.c.at,
            quarantine.c.source,
            quarantine.c.reason,
        ).where(quarantine.c.reason != chained.AGAIN)
        with self._session.reading() as connection:
            return tuple(Quarantined(*row) for row in connection.execute(query.order_by(quarantine.c.row.desc())))

    # what comes in

    def receive(
        self, runs: Sequence[Run], *, source: str, cursor: str = "", epoch: str = "", centre: bool = True
    ) -> Arrived:
        """Take runs into the log, each event once, with the cursor, in one transaction."""
        with self._session.writing(synced=False, more=not cursor) as connection:
            before = adopting.newest_seq(connection)
            arrived = arrivals.Taking(connection, source, self._clock.now_ms(), centre=centre).take(runs)
            self._derive(connection, arrived, before)
            mark = None
            if not centre and arrived.new and self._marks(connection, source).mark == before:
                mark = adopting.newest_seq(connection)  # what came from there need not go back
            if cursor or epoch or mark is not None:
                self._set_mark(connection, source, epoch or None, cursor or None, mark)
        if self._urgent:
            self._urgent.difference_update(arrived.acknowledged)
        return arrived

    def read_newer(self) -> int:
        """Take what an older Foredesk could not read and this one can; how many events it was."""
        with self._session.reading() as connection:
            if not newer.waits(connection):
                return 0
        with self._session.writing() as connection:
            before = adopting.newest_seq(connection)
            arrived = newer.take_newer(connection, self._clock.now_ms())
            self._derive(connection, arrived, before)
        return len(arrived.new)

    def place(self, places: Mapping[str, str], flag: str = CLOCK) -> list[Placed]:
        """Give events places of the centre's; returns those that changed as they were."""
        with self._session.writing(synced=False) as connection:
            return self._move(connection, [(id_, place, flag) for id_, place in places.items()])

    def refuse(self, why: Mapping[str, str], source: str) -> list[Placed]:
        """The centre refused these events: they stay in the log and are no part of the truth."""
        with self._session.writing() as connection:
            query = select(events.c.id, events.c.place).where(events.c.id.in_(why))
            moved = [(id_, place, REFUSED) for id_, place in connection.execute(query)]
            rows = connection.execute(select(events).where(events.c.id.in_(why))).all()
            for row in rows:
                told = {
                    "event": row.id,
                    "desk": row.desk,
                    "n": row.n,
                    "at": self._clock.now_ms(),
                    "source": source,
                    "reason": why[row.id],
                    "hash": row.hash,
                    "held": b"",
                }
                connection.execute(quarantine.insert().prefix_with("OR IGNORE"), told)
            return self._move(connection, moved)

    def _move(self, connection: Connection, moved: Sequence[tuple[str, str, str]]) -> list[Placed]:
        ids = [id_ for id_, _, _ in moved]
        query = select(events.c.id, events.c.place, events.c.flag).where(events.c.id.in_(ids))
        stands = {id_: (place, flag) for id_, place, flag in connection.execute(query)}
        real = [(id_, place, flag) for id_, place, flag in moved if stands.get(id_, (place, flag)) != (place, flag)]
        if not real:
            return []
        changed = arrivals.move(connection, real)
        self._derive(connection, Arrived(changed=changed), adopting.newest_seq(connection))
        return changed

    def _derive(self, connection: Connection, arrived: Arrived, before: int) -> None:
        """Rows of history follow the incident as it is folded, whatever order its events came in."""
        by_incident: dict[str, list[Placed]] = {}
        for entry in arrived.new:
            if incident := getattr(entry.event.body, "incident", ""):
                by_incident.setdefault(incident, []).append(entry)
        prior = self._with_prior(connection, list(by_incident), before)
        fresh = {i: entries for i, entries in by_incident.items() if i not in prior}
        strands = dict.fromkeys(fresh, _apart(fresh))
        anew = {getattr(entry.event.body, "incident", "") for entry in arrived.changed} - {""}
        anew |= {i for i, ended in prior.items() if ended or any(map(_is_told, by_incident[i]))}
        for incident in anew:
            strands[incident] = snapshots.fold_strand(connection, self.path, incident, checked=False)
        derive_strands(connection, strands, prior)

    def _with_prior(self, connection: Connection, named: Sequence[str], before: int) -> dict[str, bool]:
        """Those of these incidents that the log had told of, and whether history has them as closed or taken back."""
        found: dict[str, bool] = {}
        for part in log.batched(named):
            known = select(events.c.incident).where(events.c.incident.in_(part), events.c.seq <= before).distinct()
            found.update(dict.fromkeys(connection.scalars(known), False))
            ended = select(incidents.c.id).where(
                incidents.c.id.in_(part), incidents.c.withdrawn | incidents.c.closed_at.is_not(None)
            )
            found.update(dict.fromkeys(connection.scalars(ended), True))
        return found

    # a board taken over

    def adopt(self, board: bytes, held: Mapping[str, Held], *, source: str, cursor: str, epoch: str) -> Board:
        """Take over the centre's board, which holds these events; returns it with what this log has beside them.

        All in one transaction: from then on `source` owes the history, and nothing else is missing.
        """
        try:
            taken = snapshots.decode_board(board)
        except ValueError as error:
            raise Refused("The server's board cannot be read here.", do="Update Foredesk on both.") from error
        with self._session.writing() as connection:
            keeper = BoardKeeper(taken, LogPast(connection, self.path, self._kept))
            keeper.is_whole = False
            for part in log.batched(sending.beside(connection, held)):
                keeper.take(log.read_placed(connection, self.path, log.FOLDED.where(events.c.id.in_(part))))
            adopting.adopt(connection, held, snapshots.row_of(taken, self._clock.now_ms()), source)
            adopting.keep_doubts(connection, keeper.doubts)
            self._set_mark(connection, source, epoch, cursor, None)
        self._kept.forget()
        return taken

    def filling_from(self) -> str:
        """The server that owes the history of an adopted board; "" for none."""
        with self._session.reading() as connection:
            return adopting.filling_from(connection)

    def is_filling(self) -> bool:
        """Whether the history of an adopted board is still missing."""
        with self._session.reading() as connection:
            return adopting.is_filling(connection)

    def doubts(self) -> adopting.Doubts:
        with self._session.reading() as connection:
            return adopting.doubts(connection)

    def backfill(self, runs: Sequence[Run], *, source: str, done: bool = False) -> int:
        """Take history that an adopted board holds already; how many events were new."""
        with self._session.writing(synced=False, more=not done) as connection:
            seqs = adopting.open_rows(connection, sum(len(run.events) for run in runs))
            before = adopting.newest_seq(connection)
            arrived = arrivals.Taking(connection, source, self._clock.now_ms(), centre=True).take(runs, seqs=seqs)
            self._derive(connection, arrived, before)
            if done:
                adopting.filled(connection)
        if done:
            self._kept.forget()
        return len(arrived.new)

    # what the keeper of the board asks

    @contextmanager
    def _past(self) -> Iterator[LogPast]:
        with self._session.reading() as connection:
            yield LogPast(connection, self.path, self._kept)

    def strand_of_incident(self, incident: str) -> Sequence[Placed]:
        with self._past() as past:
            return tuple(past.strand_of_incident(incident))

    def strand_of_unit(self, callsign: str, after_place: str) -> Sequence[Placed]:
        with self._past() as past:
            return tuple(past.strand_of_unit(callsign, after_place))

    def strand_of_rest(self) -> Sequence[Placed]:
        with self._past() as past:
            return tuple(past.strand_of_rest())

    def base_of_unit(self, callsign: str, before_place: str) -> UnitBase | None:
        with self._past() as past:
            return past.base_of_unit(callsign, before_place)

    def newest_place(self) -> str | None:
        """The last place of the log; no id made here may sort before it."""
        with self._session.reading() as connection:
            newest = select(events.c.id).where(events.c.flag == "").order_by(events.c.id.desc()).limit(1)
            given = select(func.max(events.c.place)).where(events.c.flag.in_((CLOCK, SAID_CLOCK)))
            found = [place for place in (connection.scalar(newest), connection.scalar(given)) if place]
            return max(found, default=None)

    def last_place(self, desk: str) -> str | None:
        """The place of the last event of this desk."""
        query = select(events.c.place).where(events.c.desk == desk).order_by(events.c.n.desc()).limit(1)
        with self._session.reading() as connection:
            return connection.scalar(query)


def _link_as(row: Any, prev_hash: bytes, desk: str) -> bytes:
    return link(prev_hash, (row.id, desk, row.operator, row.at, row.command, row.undoes), row.body)


def _apart(strands: Mapping[str, Iterable[Placed]]) -> Board:
    """A board with these incidents only; strands never need each other."""
    apart = Board()
    for incident, entries in strands.items():
        for entry in in_order(entries):
            apply_to_incident(apart, entry.event, incident, entry.place)
    return apart


def _is_told(entry: Placed) -> bool:
    tag = str(entry.event.body.__struct_config__.tag)
    return tag.startswith(_TOLD) and tag != _LINE
