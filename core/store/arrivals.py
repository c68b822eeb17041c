"""Takes runs that others sent into the log: each event once, every chain checked, all in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, delete, select, update

from core.domain.events import Event
from core.domain.fold import strands_of
from core.errors import Refused
from core.merge import schema
from core.merge.placed import Placed, placed
from core.merge.run import AGAIN, CLOCK, REFUSED, SAID_CLOCK, SCHEMA, BrokenRun, Run, WireEvent, hashes
from core.store import adopting, chained, sending
from core.store.log import batched
from core.store.tables import events, outbox, quarantine, snapshots

_INSERT = (
    "INSERT INTO events (id, desk, operator, at, command, undoes, incident, kind, body, prev_hash, hash, n, place, "
    "unit, flag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_AT = _INSERT.replace("(id,", "(seq, id,").replace("VALUES (", "VALUES (?, ")
_encode = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Known:
    """An event whose id the log holds."""

    desk: str
    n: int
    place: str
    flag: str


@dataclass(slots=True)
class Arrived:
    """What a delivery did. `changed` are events as they were before their place or flag changed."""

    new: list[Placed] = field(default_factory=list)
    changed: list[Placed] = field(default_factory=list)
    acknowledged: tuple[str, ...] = ()
    kept_apart: int = 0

    @property
    def ids_changed(self) -> list[str]:
        return [entry.event.id for entry in self.changed]


class Taking:
    """One delivery, in one transaction. `centre`: its word on places and on what is refused counts."""

    def __init__(self, connection: Connection, source: str, now_ms: int, *, centre: bool) -> None:
        self._connection = connection
        self._source, self._now_ms, self._centre = source, now_ms, centre
        self.arrived = Arrived()
        self._rows: list[tuple[Any, ...]] = []
        self._known: dict[str, Known] = {}
        self._confirmed: list[str] = []
        self._moved: list[tuple[str, str, str]] = []  # id, place, flag
        self._new: set[str] = set()
        self._numbers: set[tuple[str, int]] = set()

    def take(self, runs: Sequence[Run], *, seqs: Iterable[int] = ()) -> Arrived:
        """`seqs`: the rows that an adopted board left open for its history; else new rows at the log's end."""
        ids = [event.id.hex() for run in runs for event in run.events]
        columns = (events.c.id, events.c.desk, events.c.n, events.c.place, events.c.flag)
        for part in batched(ids):
            for id_, *rest in self._connection.execute(select(*columns).where(events.c.id.in_(part))):
                self._known[id_] = Known(*rest)
        good = [run for run in runs if self._take_run(run)]
        self._write(good, seqs)
        return self.arrived

    def take_one(self, run: Run, n: int, hash_: bytes) -> None:
        """A run of one event that is known to be good, under its number; `write` is to follow."""
        self._take_new(run, n, run.events[0], run.prev_hash, hash_)

    def write(self) -> Arrived:
        """Write what `take_one` was given."""
        self._write((), ())
        return self.arrived

    def _take_run(self, run: Run) -> bool:
        try:
            found = hashes(run)
        except BrokenRun as broken:
            return self._apart(run, f"It is damaged: {broken}.")
        near = chained.near(self._connection, run.desk, run.first_n, run.last_n)
        fork = _fork(run, found, near)
        if fork and not self._centre:
            return self._apart(run, fork)
        prev_hash = run.prev_hash
        for n, (wire, hash_) in enumerate(zip(run.events, found, strict=True), run.first_n):
            # What the centre has is true, though two disks wrote under these numbers: here they are another's.
            self._take_event(run, -n if fork else n, wire, prev_hash, hash_)
            prev_hash = hash_
        return not fork

    def _take_event(self, run: Run, n: int, wire: WireEvent, prev_hash: bytes, hash_: bytes) -> None:
        id_, known = wire.id.hex(), self._known.get(wire.id.hex())
        if wire.flag == REFUSED:
            self._take_refused(run, n, wire, hash_, known)
        elif wire.flag == AGAIN and n < 0:
            return
        elif wire.flag == AGAIN:
            if (run.desk, n) not in self._numbers and (known is None or (known.desk, known.n) != (run.desk, n)):
                self._stub(run, n, wire, hash_, chained.AGAIN)
        elif known is not None:
            self._take_again(run, n, wire, prev_hash, hash_, known)
        elif id_ not in self._new:
            self._take_new(run, n, wire, prev_hash, hash_)

    def _take_new(self, run: Run, n: int, wire: WireEvent, prev_hash: bytes, hash_: bytes) -> None:
        id_, command, undoes = wire.id.hex(), wire.command.hex(), wire.undoes.hex()
        try:
            body = schema.decode_body(wire.body, run.schema)
        except Refused:
            self._stub(run, n, wire, hash_, chained.NEWER)
            return
        event = Event(id_, run.desk, wire.operator, wire.at, command, body, undoes)
        incident, unit = strands_of(body)
        place, flag = wire.place_id, self._flag(wire)
        row = (id_, run.desk, wire.operator, wire.at, command, undoes, incident or None, _kind(body), wire.body)
        self._rows.append((*row, prev_hash, hash_, n, place, unit or None, flag))
        self._new.add(id_)
        self._numbers.add((run.desk, n))
        self.arrived.new.append(placed(event, n, place, flag))

    def _take_again(self, run: Run, n: int, wire: WireEvent, prev_hash: bytes, hash_: bytes, known: Known) -> None:
        """The centre's word on the place counts; a post's only where there is none yet, and then the earlier one."""
        id_ = wire.id.hex()
        if self._centre:
            self._confirmed.append(id_)
            if (known.desk, known.n) not in ((run.desk, n), (run.desk, -n)):
                self._leave_number(wire, known)
                self._take_number(run.desk, n)
                values = {"desk": run.desk, "n": n, "prev_hash": prev_hash, "hash": hash_}
                self._connection.execute(update(events).where(events.c.id == id_).values(**values))
                self._moved.append((id_, wire.place_id, wire.flag))
            elif (known.place, known.flag) != (wire.place_id, wire.flag):
                self._moved.append((id_, wire.place_id, wire.flag))
        elif wire.flag == CLOCK and self._waits(id_):
            said_before = known.flag == SAID_CLOCK and known.place <= wire.place_id
            if known.flag in ("", SAID_CLOCK) and not said_before:
                self._moved.append((id_, wire.place_id, SAID_CLOCK))

    def _leave_number(self, wire: WireEvent, known: Known) -> None:
        """The centre has the event under another number than this log: here it stays in the chain that it was in."""
        hash_ = self._connection.scalar(select(events.c.hash).where(events.c.id == wire.id.hex()))
        if known.n > 0 and hash_ is not None:
            was = Run(known.desk, known.n, b"", (wire,))
            self._stub(was, known.n, replace(wire, flag=AGAIN, place=b""), hash_, chained.AGAIN)

    def _take_number(self, desk: str, n: int) -> None:
        """A post knew the number by its hash alone."""
        stub = (quarantine.c.desk == desk) & (quarantine.c.n == n) & (quarantine.c.reason == chained.AGAIN)
        self._connection.execute(delete(quarantine).where(stub))

    def _flag(self, wire: WireEvent) -> str:
        return SAID_CLOCK if wire.flag == CLOCK and not self._centre else wire.flag

    def _take_refused(self, run: Run, n: int, wire: WireEvent, hash_: bytes, known: Known | None) -> None:
        if not self._centre:
            return  # a post's refusal is not the last word: the event itself may come another way
        if known is None:
            self._stub(run, n, wire, hash_, chained.REFUSED_THERE)
        elif known.flag != REFUSED:
            self._confirmed.append(wire.id.hex())
            self._moved.append((wire.id.hex(), known.place, REFUSED))

    def _waits(self, id_: str) -> bool:
        return self._connection.scalar(select(outbox.c.row).where(outbox.c.event == id_)) is not None

    def _apart(self, run: Run, why: str) -> bool:
        keep_apart(self._connection, run, why, self._source, self._now_ms)
        self.arrived.kept_apart += len(run.events)
        return False

    def _stub(self, run: Run, n: int, wire: WireEvent, hash_: bytes, reason: str) -> None:
        row = {
            "event": wire.id.hex(),
            "desk": run.desk,
            "n": n,
            "at": self._now_ms,
            "source": self._source,
            "reason": reason,
            "hash": hash_,
            "held": _encode(wire),
        }
        self._connection.execute(quarantine.insert().prefix_with("OR IGNORE"), row)

    def _write(self, runs: Sequence[Run], seqs: Iterable[int]) -> None:
        connection, arrived = self._connection, self.arrived
        open_rows = [(seq, *row) for seq, row in zip(seqs, self._rows, strict=False)]
        if open_rows:
            connection.exec_driver_sql(_INSERT_AT, open_rows)
        if rest := self._rows[len(open_rows) :]:
            connection.exec_driver_sql(_INSERT, rest)
        if self._rows and not self._centre:
            values = [(row[0], self._now_ms) for row in self._rows]
            connection.exec_driver_sql("INSERT OR IGNORE INTO outbox (event, at) VALUES (?, ?)", values)
        elif self._rows:
            sending.count_at_centre(connection, len(self._rows))
        sending.keep_seals(connection, runs)
        chained.advance(connection, {run.desk for run in runs})
        if self._confirmed:
            arrived.acknowledged = sending.acknowledge(connection, self._confirmed)
        if self._moved:
            arrived.changed = move(connection, self._moved)


def move(connection: Connection, moved: Sequence[tuple[str, str, str]]) -> list[Placed]:
    """Give events (id, place, flag); returns them as they were and as they are now.

    Snapshots that hold them in their old place are dropped; of an adopted board whose history is not here yet, which
    nothing could be made anew from, the strands are noted as doubtful.
    """
    ids = [id_ for id_, _, _ in moved]
    was: dict[str, Any] = {}
    oldest: int | None = None
    for part in batched(ids):
        for row in connection.execute(select(events).where(events.c.id.in_(part))):
            was[row.id] = row
            oldest = row.seq if oldest is None else min(oldest, row.seq)
    for id_, place, flag in moved:
        connection.execute(update(events).where(events.c.id == id_).values(place=place, flag=flag))
    if oldest is not None and adopting.is_filling(connection):
        adopting.add_doubts(connection, adopting.strands(was.values()))
    elif oldest is not None:
        connection.execute(delete(snapshots).where(snapshots.c.seq >= oldest))
    return [_placed_at(was[id_], where) for id_, place, _ in moved for where in (was[id_].place, place)]


def _placed_at(row: Any, place: str) -> Placed:
    body = schema.decode_body(row.body, SCHEMA)
    return Placed(Event(row.id, row.desk, row.operator, row.at, row.command, body, row.undoes), row.n, place)


def _fork(run: Run, found: Sequence[bytes], near: dict[int, tuple[bytes, bytes | None, str]]) -> str:
    """Why the run cannot be of the same chain as what is held; "" where it can."""
    for n, hash_ in enumerate(found, run.first_n):
        if n in near and near[n][0] != hash_:
            return f"Desk {run.desk} has two different events of number {n}: two disks with one identity."
    before, after = near.get(run.first_n - 1), near.get(run.last_n + 1)
    if (before and before[0] != run.prev_hash) or (after and after[1] not in (None, found[-1])):
        return (
            f"The events of desk {run.desk} from {run.first_n} on do not follow those before: two disks, one identity."
        )
    return ""


def keep_apart(connection: Connection, run: Run, why: str, source: str, now_ms: int) -> None:
    """Keep a run that cannot be believed where it can be looked at, and nowhere else."""
    try:
        found: Sequence[bytes] = hashes(run)
    except BrokenRun:
        found = [bytes(32)] * len(run.events)
    rows = [
        {
            "event": wire.id.hex(),
            "desk": run.desk,
            "n": n,
            "at": now_ms,
            "source": source,
            "reason": why,
            "hash": hash_,
            "held": _encode(wire),
        }
        for n, (wire, hash_) in enumerate(zip(run.events, found, strict=True), run.first_n)
    ]
    connection.execute(quarantine.insert().prefix_with("OR IGNORE"), rows)


def _kind(body: Any) -> str:
    return str(body.__struct_config__.tag)
