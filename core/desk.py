"""The one object that views, the command line and the demo talk to.

It runs commands, keeps the board, remembers drafts and tells listeners what changed. It holds no Qt and starts no
thread: whoever calls it does so from one thread.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Protocol

from msgspec import Struct

from core.clock import Clock
from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.commands import Command, ReopenIncident, Undo
from core.domain.events import Event
from core.domain.fold import apply_event, shed_closed
from core.domain.handle import Stamp, handle
from core.domain.ids import IdMaker
from core.domain.rules.undo import events_to_undo
from core.domain.rules.wording import check_coordinates
from core.domain.values import Position, PositionSource
from core.errors import ForedeskError, Refused, Unavailable


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


class DeskStore(Protocol):
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

    def newest_event_id(self) -> str | None: ...
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


class Change(Struct, frozen=True):
    """What listeners hear. Empty sets mean: nothing of that kind changed."""

    events: tuple[Event, ...] = ()
    incidents: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    positions: frozenset[str] = frozenset()
    drafts: bool = False


Listener = Callable[[Change], None]

SNAPSHOT_EVERY = 2000  # events; opening folds at most about this many
SHED_EVERY_MS = 10 * 60 * 1000

_log = logging.getLogger(__name__)


class Desk:
    """A dispatch desk over a store. Raises Refused and Unavailable from `do`; then nothing has changed."""

    def __init__(
        self, store: DeskStore, agency: Agency, clock: Clock, *, desk_id: str, ids: IdMaker | None = None
    ) -> None:
        self.agency = agency
        self.clock = clock
        self.desk_id = desk_id
        self.store = store
        self.board: Board = store.load_board()
        self._ids = ids or IdMaker(clock)
        newest = store.newest_event_id()
        if newest:
            self._ids.observe(newest)
        self._listeners: list[Listener] = []
        self._events_since_snapshot = 0
        self._bring_back_missing()
        self._shed()
        for callsign, position in store.positions().items():
            unit = self.board.units.get(callsign)
            if unit is not None:
                unit.position = position

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
        """Bring units in line with the agency's roster (Enrol and Retire commands), in one transaction."""
        events: list[Event] = []
        for command in commands:
            events += handle(command, self.board, self.agency, self._stamp(), self.store)
        if events:
            self.store.commit(tuple(events))
            self._take(tuple(events))

    def close(self) -> None:
        """Keep the board for a quick next opening, and close the store."""
        self._shed()
        self._snapshot()
        self.store.close()

    def _stamp(self, by: str = "") -> Stamp:
        return Stamp.now(self._ids, self.clock, self.desk_id, by or self.board.operator)

    def _take(self, events: tuple[Event, ...]) -> None:
        incidents: set[str] = set()
        units: set[str] = set()
        for event in events:
            touched_incidents, touched_units = apply_event(self.board, event)
            incidents |= touched_incidents
            units |= touched_units
        self._events_since_snapshot += len(events)
        if self._events_since_snapshot >= SNAPSHOT_EVERY:
            self._snapshot()
        if self.clock.now_ms() - self._shed_at >= SHED_EVERY_MS:
            incidents.update(self._shed())
        self._tell(Change(events, frozenset(incidents), frozenset(units)))

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

    def _snapshot(self) -> None:
        """A snapshot only saves time at the next opening, so that a full disk must not fail what was kept already."""
        self._events_since_snapshot = 0
        try:
            self.store.save_snapshot(self.board)
        except Unavailable as trouble:
            _log.warning("The board's snapshot could not be written: %s", trouble)

    def _bring_back_missing(self) -> None:
        """Incidents that were reopened after they had left the last snapshot's board."""
        for missing in self.board.missing:
            incident = self.store.incident(missing)
            if incident is not None:
                self.board.incidents[missing] = incident
        self.board.missing.clear()

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
