"""The one object that views, the command line and the demo talk to.

It runs commands, keeps the board, remembers drafts and tells listeners what changed. It holds no Qt and starts no
thread: whoever calls it does so from one thread.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from core.clock import Clock
from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.commands import Command, Enrol, ReopenIncident, Undo
from core.domain.events import Event
from core.domain.fold import shed_closed
from core.domain.handle import Stamp, handle
from core.domain.ids import IdMaker
from core.domain.rules.undo import events_to_undo
from core.domain.rules.wording import check_coordinates
from core.domain.values import Position, PositionSource
from core.errors import ForedeskError, Refused, Unavailable
from core.merge.keeper import BoardKeeper, FoldPast, Touched
from core.merge.placed import Placed, placed
from core.merge.run import AHEAD_MS, Held, Run


class Draft(Struct, frozen=True):
    """An intake form as it stood at the last keystroke. `fields` maps field names to what they hold, as text."""

    id: str
    started_at: int
    saved_at: int
    operator: str
    fields: dict[str, str]
    parked: bool = False


class PastIncident(Struct, frozen=True):
    """A row of history: enough for the caller's and the address's history and for finding a report."""

    id: str
    number: str
    type: str
    opened_at: int
    closed_at: int | None
    location_text: str
    disposition: str
    callbacks: str = ""


class StoreStatus(Struct, frozen=True):
    """What the health strip says about the store."""

    unsynced: int
    oldest_unsynced_at: int | None
    events: int
    free_bytes: int
    last_backup_at: int | None
    path: str


class Arrival(Protocol):
    """What a delivery did to the log. `changed` are events as they were before their place or flag changed."""

    new: list[Placed]
    changed: list[Placed]
    acknowledged: tuple[str, ...]
    kept_apart: int


class DeskStore(FoldPast, Protocol):
    """What the desk needs of a store; core.store.Store is the real one."""

    def load_board(self) -> Board: ...
    def commit(self, events: tuple[Event, ...]) -> None:
        """Write events, outbox and derived rows in one transaction; idempotent by event id.

        Raises Unavailable when the disk refuses; then nothing of it was written.
        """
        ...

    def save_snapshot(self, board: Board) -> None:
        """Keep the board so that the next opening folds only what came after."""
        ...

    def newest_place(self) -> str | None: ...
    def events_of_command(self, command: str) -> tuple[Event, ...]: ...
    def events_of_incident(self, incident: str) -> tuple[Event, ...]: ...
    def undoable_commands(self, desk: str, limit: int = 50) -> tuple[str, ...]:
        """Newest first: commands of this desk that are not undone and are not undos themselves."""
        ...

    def incident(self, incident: str) -> Incident | None:
        """A past incident, folded from its events."""
        ...

    def find_incident(self, number: str) -> str | None: ...
    def history(
        self, *, callback: str = "", location_text: str = "", near: tuple[float, float] | None = None, limit: int = 8
    ) -> tuple[PastIncident, ...]: ...
    def save_draft(self, draft: Draft) -> None: ...
    def drop_draft(self, draft_id: str) -> None: ...
    def drafts(self) -> tuple[Draft, ...]: ...
    def save_position(self, unit: str, position: Position) -> None: ...
    def positions(self) -> Mapping[str, Position]: ...
    def track(self, unit: str, from_ms: int, to_ms: int) -> tuple[Position, ...]:
        """The unit's thinned track between two times, both included."""
        ...

    def get_setting(self, key: str) -> str | None: ...
    def put_setting(self, key: str, value: str) -> None: ...
    def status(self) -> StoreStatus: ...
    def close(self) -> None: ...

    # other desks; see core.store.exchange

    def receive(
        self, runs: Sequence[Run], *, source: str, cursor: str = "", epoch: str = "", centre: bool = True
    ) -> Arrival: ...
    def acknowledged(self, event_ids: Iterable[str]) -> Arrival: ...
    def waiting(self, event_ids: Iterable[str] | None = None) -> dict[str, tuple[str, str]]: ...
    def place(self, places: Mapping[str, str]) -> list[Placed]: ...
    def refuse(self, why: Mapping[str, str], source: str) -> list[Placed]: ...
    def rebrand(self, desk: str, *, new_key: bool = True) -> tuple[str, ...]: ...
    def adopt(self, board: bytes, held: Mapping[str, Held], *, source: str, cursor: str, epoch: str) -> Board: ...
    def is_filling(self) -> bool: ...
    def doubts(self) -> tuple[dict[str, str], dict[str, str]]: ...
    def backfill(self, runs: Sequence[Run], *, source: str, done: bool = False) -> int: ...


class Change(Struct, frozen=True):
    """What listeners hear. Empty sets mean: nothing of that kind changed."""

    events: tuple[Event, ...] = ()
    incidents: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    positions: frozenset[str] = frozenset()
    drafts: bool = False
    acknowledged: frozenset[str] = frozenset()  # events that the centre has by now
    conflicts: bool = False


class Received(Struct, frozen=True):
    """What a delivery did: `left` strands have still to be folded anew, `conflicts` are new and open."""

    new: int
    refolded: int
    left: int
    conflicts: tuple[str, ...]
    quarantined: int


Listener = Callable[[Change], None]

SNAPSHOT_EVERY = 2000  # events; opening folds at most about this many, or as many as there are incidents
SHED_EVERY_MS = 10 * 60 * 1000
REFOLD_SLICE = 1000  # some 10 ms
AT_ONCE = 250  # events folded anew as soon as they come; the rest in slices of their own, once for many deliveries
PREFIX_SETTING = "desk prefix"  # of this desk's incident numbers, as its server gave it
JOINED_SETTING = "joined"  # set where other desks' rosters count as well

_log = logging.getLogger(__name__)


class Desk:
    """A dispatch desk over a store. Raises Refused and Unavailable from `do`; then nothing has changed."""

    def __init__(
        self, store: DeskStore, agency: Agency, clock: Clock, *, desk_id: str, ids: IdMaker | None = None
    ) -> None:
        prefix = store.get_setting(PREFIX_SETTING)
        self.agency = replace(agency, desk_prefix=prefix) if prefix else agency
        self.clock = clock
        self.desk_id = desk_id
        self.store = store
        self.board: Board = store.load_board()
        self.board.stand_at(desk_id)
        self._keep_board()
        self._ids = ids or IdMaker(clock)
        if newest := store.newest_place():
            self._ids.observe(newest)
        self._listeners: list[Listener] = []
        self._events_since_snapshot = 0
        self._shed()
        self._place_as_told()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; returns the function that stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def do(self, command: Command, *, by: str = "") -> tuple[Event, ...]:
        """Carry out one command: either all of its events are kept, or it raises and nothing is.

        `by` is who did it where that is not the operator: "radio E12" for what a unit's radio sent.
        An incident that has left the board may be named by its id or, when reopening, by its number.
        """
        command, recalled = self._recall(command)
        try:
            events = handle(command, self.board, self.agency, self._stamp(by), self.store)
            if events:
                self.store.commit(events)
        except ForedeskError:
            for incident in recalled:
                del self.board.incidents[incident]
            raise
        if events:
            self._take(events)
        return events

    def place_unit(self, unit: str, position: Position) -> None:
        """Take a unit's newest position: telemetry, kept as last value and thinned track."""
        self.place_units({unit: position})

    def place_units(self, positions: Mapping[str, Position]) -> None:
        """Take many units' positions at once, by callsign; an older one than is known completes the track only.

        Raises Refused for an unknown unit or an impossible position. The board has the positions even when the store
        raises Unavailable: they are telemetry, and a newer one comes soon.
        """
        for callsign, position in positions.items():
            if callsign not in self.board.units:
                raise Refused(f"There is no unit {callsign} on this desk.")
            check_coordinates(position.lat, position.lon)
        newer = {callsign: p for callsign, p in positions.items() if self._is_newer(callsign, p)}
        for callsign, position in newer.items():
            self.board.units[callsign].position = position
        if newer:
            self._tell(Change(positions=frozenset(newer)))
        for callsign, position in positions.items():
            self.store.save_position(callsign, position)

    def save_draft(self, draft: Draft) -> None:
        self.store.save_draft(draft)
        self._tell(Change(drafts=True))

    def drop_draft(self, draft_id: str) -> None:
        self.store.drop_draft(draft_id)
        self._tell(Change(drafts=True))

    def roster(self, commands: Iterable[Command]) -> None:
        """Bring units in line with the agency's roster (Enrol and Retire commands), in one transaction.

        Beside other desks, this desk's file adds the units that nobody has, and takes none away.
        """
        if self.store.get_setting(JOINED_SETTING):
            commands = [c for c in commands if isinstance(c, Enrol) and c.unit.upper() not in self.board.units]
        events: list[Event] = []
        for command in commands:
            events += handle(command, self.board, self.agency, self._stamp(), self.store)
        if events:
            self.store.commit(tuple(events))
            self._take(tuple(events))

    # other desks

    def receive(
        self, runs: Sequence[Run], *, source: str, cursor: str = "", epoch: str = "", centre: bool = True
    ) -> Received:
        """Take checked runs of other desks from `source`; the cursor, unless "", is kept in the same transaction.

        Late events make incidents and units fold anew, a slice of them at once; `refold` does what is `left`.
        `centre=False`: from a post or a file, which the centre may not have yet.
        """
        known = set(self.board.conflicts)
        arrival = self.store.receive(runs, source=source, cursor=cursor, epoch=epoch, centre=centre)
        for entry in arrival.new:
            self._ids.observe(entry.place)
        self._settle_ids(arrival.changed)
        self._keeper.forget(arrival.changed)
        touched = self._keeper.take(arrival.new, AT_ONCE)
        self._events_since_snapshot += len(arrival.new)
        self._after(tuple(entry.event for entry in arrival.new), touched, frozenset(arrival.acknowledged))
        fresh = tuple(c.id for c in self.board.open_conflicts() if c.id not in known)
        return Received(len(arrival.new), touched.refolded, touched.left, fresh, arrival.kept_apart)

    def refold(self, most_events: int = REFOLD_SLICE) -> int:
        """Fold a slice of what late events have left to fold anew; returns how many strands are left."""
        touched = self._keeper.refold(most_events)
        if touched.refolded:
            self._after((), touched)
        return touched.left

    def acknowledge(self, event_ids: Iterable[str]) -> int:
        """The centre has these events; returns how many were waiting."""
        told = self.store.acknowledged(event_ids)
        self._refold_changed(told.changed)
        if told.acknowledged:
            self._tell(Change(acknowledged=frozenset(told.acknowledged)))
        return len(told.acknowledged)

    def placed(self, places: Mapping[str, str]) -> int:
        """The centre gave these events (by id) places of its own; returns how many strands are left to fold anew."""
        return self._refold_changed(self.store.place(places))

    def refused(self, why: Mapping[str, str], *, source: str) -> int:
        """The centre refused these events (id -> reason): they leave the board; returns how many strands are left."""
        return self._refold_changed(self.store.refuse(why, source))

    def rebrand(self, desk_id: str, prefix: str = "", *, new_key: bool = True) -> None:
        """Go on as another desk, with what the centre does not have yet: a server gave it this id and the letters of
        its numbers, for the key that it showed; or another disk has this one's identity, and it needs another key.
        """
        if prefix:
            self.store.put_setting(PREFIX_SETTING, prefix)
            self.agency = replace(self.agency, desk_prefix=prefix)
        self.store.rebrand(desk_id, new_key=new_key)
        self.desk_id = desk_id
        self._replace_board(self.store.load_board())

    def adopt(
        self, board: bytes, *, source: str, cursor: str, epoch: str, events: int, held: Mapping[str, tuple[Held, bytes]]
    ) -> None:
        """Take over the centre's board, which holds its log up to `cursor`: `held` of each desk, `events` in all.

        What this desk has that the centre has not is folded onto it. Until `backfill` is done, late events are folded
        as they come, and noted; then their strands are folded anew.
        """
        there = {desk: known for desk, (known, _) in held.items()}
        taken = self.store.adopt(board, there, source=source, cursor=cursor, epoch=epoch)
        _log.info("Took over a board of %d events from %s.", events, source)
        self._replace_board(taken)
        folded = [incident.folded for incident in taken.incidents.values()]
        folded += [unit.folded for unit in taken.units.values()]
        if newest := max(folded, default=""):
            self._ids.observe(newest)
        self._tell(Change(incidents=frozenset(self.board.incidents), units=frozenset(self.board.units)))

    def backfill(self, runs: Sequence[Run], *, source: str, done: bool = False) -> int:
        """Take history that an adopted board holds already; once `done`, returns how many strands to fold anew."""
        self.store.backfill(runs, source=source, done=done)
        if done:
            self._keeper.is_whole = True
        return self.refold() if done else 0

    def close(self) -> None:
        """Keep the board for a quick next opening, and close the store."""
        while self._keeper.left:
            self._keeper.refold()
        self._shed()
        self._snapshot()
        self.store.close()

    def _stamp(self, by: str = "") -> Stamp:
        return Stamp.now(self._ids, self.clock, self.desk_id, by or self.board.operator)

    def _take(self, events: tuple[Event, ...]) -> None:
        touched = self._keeper.take(tuple(placed(event, 0) for event in events))
        self._events_since_snapshot += len(events)
        self._after(events, touched)

    def _after(self, events: tuple[Event, ...], touched: Touched, acknowledged: frozenset[str] = frozenset()) -> None:
        """Keep house, then tell."""
        incidents = set(touched.incidents)
        if self._events_since_snapshot >= self._snapshot_due and not self._keeper.left:
            self._snapshot()
        if self.clock.now_ms() - self._shed_at >= SHED_EVERY_MS:
            incidents.update(self._shed())
        if events or incidents or touched.units or acknowledged:
            self._tell(Change(events, frozenset(incidents), touched.units, acknowledged=acknowledged))

    def _refold_changed(self, changed: Sequence[Placed]) -> int:
        self._settle_ids(changed)
        self._keeper.forget(changed)
        return self.refold()

    def _settle_ids(self, changed: Sequence[Placed]) -> None:
        """Events were given places: ids follow them, and need not stay ahead of the present any longer."""
        if changed and (newest := self.store.newest_place()):
            self._ids.settle(newest, 2 * AHEAD_MS)
            self._ids.observe(newest)

    def _replace_board(self, board: Board) -> None:
        """In place: views hold on to the board that they were given."""
        for name in board.__struct_fields__:
            setattr(self.board, name, getattr(board, name))
        self.board.operator = self.board.position = self.board.shift = ""
        self.board.stand_at(self.desk_id)
        self._keep_board()
        self._place_as_told()
        self._shed()

    def _keep_board(self) -> None:
        self._keeper = BoardKeeper(self.board, self.store)
        self._keeper.is_whole = not self.store.is_filling()
        self._keeper.doubt(*self.store.doubts())

    def _place_as_told(self) -> None:
        for callsign, position in self.store.positions().items():
            unit = self.board.units.get(callsign)
            if unit is not None:
                unit.position = position

    def _tell(self, change: Change) -> None:
        """Every listener hears of it, even when another one fails; the failure is raised after that."""
        with ExitStack() as telling:
            for listener in reversed(self._listeners):
                telling.callback(listener, change)

    def _is_newer(self, callsign: str, position: Position) -> bool:
        known = self.board.units[callsign].position
        return known is None or known.source is PositionSource.STATION or position.fixed_at >= known.fixed_at

    def _shed(self) -> tuple[str, ...]:
        self._shed_at = self.clock.now_ms()
        return shed_closed(self.board, self._shed_at)

    @property
    def _snapshot_due(self) -> int:
        """A large board takes long to write, and is opened in seconds anyway."""
        return max(SNAPSHOT_EVERY, len(self.board.incidents))

    def _snapshot(self) -> None:
        """A snapshot only saves time at the next opening, so that a full disk must not fail what was kept already."""
        self._events_since_snapshot = 0
        if not self._keeper.is_whole:  # what is doubtful must not be kept as if it were certain
            return
        try:
            self.store.save_snapshot(self.board)
        except Unavailable as trouble:
            _log.warning("The board's snapshot could not be written: %s", trouble)

    def _recall(self, command: Command) -> tuple[Command, tuple[str, ...]]:
        """Put incidents that the command names back on the board; returns which they were."""
        if isinstance(command, ReopenIncident) and command.incident not in self.board.incidents:
            known = self.board.by_number(command.incident)
            found = known.id if known else self.store.find_incident(command.incident)
            command = ReopenIncident(found or command.incident, command.reason)
        recalled = []
        for named in self._incidents_named(command):
            if named and named not in self.board.incidents and (incident := self.store.incident(named)):
                self.board.incidents[named] = incident
                recalled.append(named)
        return command, tuple(recalled)

    def _incidents_named(self, command: Command) -> set[str]:
        if isinstance(command, Undo):
            try:
                events = events_to_undo(command, self.store, self.desk_id)
            except Refused:
                return set()
            return {getattr(event.body, "incident", "") for event in events}
        return {getattr(command, "incident", "")}


__all__ = ["Change", "Desk", "DeskStore", "Draft", "PastIncident", "Stamp", "StoreStatus", "handle"]
