"""The one object that views, the command line and the demo talk to.

It runs commands, keeps the board, remembers drafts and tells listeners what changed. It holds no Qt and starts no thread:
whoever calls it does so from one thread.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from core.clock import Clock
from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.commands import Command
from core.domain.events import Event
from core.domain.handle import Stamp, handle
from core.domain.ids import IdMaker
from core.domain.values import Position


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


class Desk:
    """A dispatch desk over a store. Raises Refused and Unavailable from `do`; then nothing has changed."""

    def __init__(self, store: DeskStore, agency: Agency, clock: Clock, *, desk_id: str, ids: IdMaker | None = None) -> None:
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
        for callsign, position in store.positions().items():
            unit = self.board.units.get(callsign)
            if unit is not None:
                unit.position = position

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; returns the function that stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def do(self, command: Command) -> tuple[Event, ...]:
        """Carry out one command: either all of its events are kept, or it raises and nothing is."""
        raise NotImplementedError("written by the domain's builder; see ARCHITECTURE.md")

    def place_unit(self, unit: str, position: Position) -> None:
        """Take a unit's newest position: telemetry, kept as last value and thinned track."""
        raise NotImplementedError

    def save_draft(self, draft: Draft) -> None:
        self.store.save_draft(draft)
        self._tell(Change(drafts=True))

    def drop_draft(self, draft_id: str) -> None:
        self.store.drop_draft(draft_id)
        self._tell(Change(drafts=True))

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def roster(self, commands: Iterable[Command]) -> None:
        """Bring units in line with the agency's roster (Enrol and Retire commands)."""
        for command in commands:
            self.do(command)


__all__ = ["Change", "Desk", "DeskStore", "Draft", "PastIncident", "Stamp", "StoreStatus", "handle"]
