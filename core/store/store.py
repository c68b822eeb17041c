"""The encrypted store: what the desk asks of it, each answer or change in one transaction."""

import hmac
import logging
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from core.clock import Clock
from core.desk import Draft, PastIncident, StoreStatus
from core.domain.board import Board, Incident
from core.domain.events import Event
from core.domain.values import Position
from core.errors import Unavailable
from core.severity.record import SuggestionRecord
from core.store import adopting, backup, check, history, log, sending, snapshots
from core.store.cipher import connect
from core.store.derived import derive
from core.store.exchange import DESK_SETTING, Exchange
from core.store.seal import seal, unseal
from core.store.session import Session
from core.store.suggested import Suggested, read_between, read_one
from core.store.tables import drafts, events, meta, outbox
from core.store.telemetry import Telemetry, read_positions, read_track
from core.store.trouble import told_plainly

_log = logging.getLogger(__name__)
_encode_draft = msgspec.json.Encoder().encode
_decode_draft: msgspec.json.Decoder[Draft] = msgspec.json.Decoder(Draft)


class Store(Exchange):
    """One desk's store, used from one thread; made by `open_store`. Every method may raise Unavailable.

    After Unavailable nothing of that step is written, the store stays usable, and the step can be repeated.
    """

    def __init__(self, raw: Any, path: Path, key: bytes, salt: bytes, clock: Clock) -> None:
        self.path = path
        self._key, self._salt = key, salt
        self._clock = clock
        self._session = Session(raw, path)
        self._prepare_exchange()
        with self._session.reading() as connection:
            self._telemetry = Telemetry(read_positions(connection), clock.now_ms())
            self._suggested = Suggested(clock.now_ms())
            self.store_id = connection.scalar(select(meta.c.value).where(meta.c.key == "store")) or ""

    # the log and the board

    def load_board(self) -> Board:
        """Fold the board: the newest snapshot and every event after it."""
        with self._session.reading() as connection:
            board, folded, doubts = snapshots.load(connection, self.path)
        if any(doubts):
            with self._session.writing() as connection:
                adopting.add_doubts(connection, doubts)
        elif folded >= snapshots.DUE_AFTER_EVENTS:  # the last run ended without one; the next opening shall be quick
            try:
                self.save_snapshot(board)
            except Unavailable as trouble:
                _log.warning("The board's snapshot could not be written: %s", trouble)
        return board

    def commit(self, new: tuple[Event, ...]) -> None:
        """Write events, outbox and derived rows in one transaction, on the disk when this returns; idempotent by id."""
        if not new:
            return
        with self._session.writing() as connection:
            fresh = log.append(connection, new, self._clock.now_ms())
            derive(connection, fresh)

    def save_snapshot(self, board: Board) -> None:
        """Keep the board, which must hold every event committed so far."""
        with self._session.writing() as connection:
            snapshots.save(connection, board, self._clock.now_ms())

    def newest_event_id(self) -> str | None:
        """The id that sorts last, whichever desk made it."""
        with self._session.reading() as connection:
            return connection.scalar(select(events.c.id).order_by(events.c.id.desc()).limit(1))

    def newest_at(self) -> int:
        """The time of this desk's newest event, UTC ms, 0 where there is none: its clock must not run before it."""
        own = self.get_setting(DESK_SETTING)
        newest = self.last_place(own) if own else self.newest_event_id()
        return int(newest[:12], 16) if newest else 0

    def events_of_command(self, command: str) -> tuple[Event, ...]:
        return self._events(events.c.command == command)

    def events_of_incident(self, incident: str) -> tuple[Event, ...]:
        return self._events(events.c.incident == incident)

    def _events(self, which: ColumnElement[bool]) -> tuple[Event, ...]:
        with self._session.reading() as connection:
            query = log.FOLDED.where(which).order_by(events.c.place, events.c.id)
            return tuple(log.read(connection, self.path, query))

    def undoable_commands(self, desk: str, limit: int = 50) -> tuple[str, ...]:
        """Newest first: commands of this desk that are not undone and are not undos themselves."""
        with self._session.reading() as connection:
            return log.undoable_commands(connection, desk, limit)

    # history

    def incident(self, incident: str) -> Incident | None:
        """A past incident, folded from its events; None when there is none or its opening was taken back."""
        with self._session.reading() as connection:
            return snapshots.fold_incident(connection, self.path, incident)

    def find_incident(self, number: str) -> str | None:
        """The id of the incident with this number, else of the newest that "B-1041" or "1041" can mean."""
        with self._session.reading() as connection:
            return history.find_number(connection, number)

    def history(
        self, *, callback: str = "", location_text: str = "", near: tuple[float, float] | None = None, limit: int = 8
    ) -> tuple[PastIncident, ...]:
        """Newest first: incidents matching any of what is given (`near`: within 100 m of lat, lon); else the newest."""
        with self._session.reading() as connection:
            return history.past(connection, callback, location_text, near, limit)

    # drafts and settings

    def save_draft(self, draft: Draft) -> None:
        """Keep an intake form as it stands; on the disk when this returns."""
        # Half of a pasted emoji cannot be stored; its other characters must not be lost for it.
        fields = {name: value.encode("utf-8", "replace").decode() for name, value in draft.fields.items()}
        body = seal(_encode_draft(msgspec.structs.replace(draft, fields=fields)))
        with self._session.writing() as connection:
            row = upsert(drafts).values(id=draft.id, started_at=draft.started_at, body=body)
            connection.execute(row.on_conflict_do_update(index_elements=["id"], set_={"body": row.excluded.body}))

    def drop_draft(self, draft_id: str) -> None:
        with self._session.writing() as connection:
            connection.execute(delete(drafts).where(drafts.c.id == draft_id))

    def drafts(self) -> tuple[Draft, ...]:
        """Oldest first."""
        with self._session.reading() as connection:
            bodies = connection.scalars(select(drafts.c.body).order_by(drafts.c.started_at, drafts.c.id))
            return tuple(_decode_draft.decode(unseal(body, self.path, "a draft")) for body in bodies)

    def get_setting(self, key: str) -> str | None:
        return self._setting(key)

    def put_setting(self, key: str, value: str) -> None:
        self._put_setting(key, value)

    # telemetry

    def save_position(self, unit: str, position: Position) -> None:
        """Take a unit's newest fix; written with those of other units about once a second."""
        self._telemetry.take(unit, position)
        if self._telemetry.due(self._clock.now_ms()):
            self.write_positions()

    def write_positions(self) -> None:
        """Write the positions that still wait. `close` does it too."""
        if self._telemetry.waiting:
            with self._session.writing(synced=False) as connection:
                self._telemetry.write(connection, self._clock.now_ms())
            self._telemetry.written()

    def positions(self) -> Mapping[str, Position]:
        """The newest position of every unit that ever reported."""
        return dict(self._telemetry.newest)

    def track(self, unit: str, from_ms: int, to_ms: int) -> tuple[Position, ...]:
        """The unit's thinned track between two times, both included."""
        self.write_positions()
        with self._session.reading() as connection:
            return read_track(connection, unit, from_ms, to_ms)

    def save_suggestion(self, record: SuggestionRecord) -> None:
        """Keep what was suggested for an incident, in place of an earlier record; written about once a second."""
        self._suggested.take(record)
        if self._suggested.due(self._clock.now_ms()):
            self.write_suggestions()

    def write_suggestions(self) -> None:
        """Write the suggestions that still wait. `close` does it too."""
        if self._suggested.waiting:
            with self._session.writing(synced=False) as connection:
                self._suggested.write(connection, self._clock.now_ms())
            self._suggested.waiting.clear()

    def suggestions(self, from_ms: int, to_ms: int) -> tuple[SuggestionRecord, ...]:
        """What was suggested between two times (UTC ms, both included), oldest first."""
        self.write_suggestions()
        with self._session.reading() as connection:
            return read_between(connection, self.path, from_ms, to_ms)

    def suggestion_of(self, incident: str) -> SuggestionRecord | None:
        """What was suggested for an incident, as it stands now."""
        if incident in self._suggested.waiting:
            return self._suggested.waiting[incident]
        with self._session.reading() as connection:
            return read_one(connection, self.path, incident)

    def key_for(self, purpose: str) -> bytes:
        """A key of 32 bytes for a file beside the store, from the store's own: who opens the one opens the other."""
        return hmac.new(self._key, b"foredesk " + purpose.encode(), sha256).digest()

    # health

    def status(self) -> StoreStatus:
        with self._session.reading() as connection:
            logged = adopting.count_events(connection)
            backup_at = connection.scalar(select(meta.c.value).where(meta.c.key == "backup_at"))
            return StoreStatus(
                unsynced=logged - sending.at_centre(connection),
                oldest_unsynced_at=connection.scalar(select(outbox.c.at).order_by(outbox.c.row).limit(1)),
                events=logged,
                free_bytes=shutil.disk_usage(self.path.parent).free,
                last_backup_at=int(backup_at) if backup_at else None,
                path=str(self.path),
            )

    def verify(self) -> list[str]:
        """Read everything and say what is wrong, a sentence each; empty when all is well. Slow on a full store."""
        return check.findings(self._session)

    def backup(self, target: Path) -> None:
        """Write an encrypted copy with the same key. It has its own connection: any thread may call it."""
        with told_plainly(target):
            backup.check_target(self.path, target)
        with told_plainly(self.path):
            raw = connect(self.path, self._key, self._salt)
            try:
                backup.copy_store(raw, self._key, self._salt, target)
                raw.execute("INSERT OR REPLACE INTO meta VALUES ('backup_at', ?)", (str(self._clock.now_ms()),))
            finally:
                raw.close()

    def close(self) -> None:
        """Write what waits and close the file; its write-ahead log is folded in."""
        try:
            self.write_positions()
            self.write_suggestions()
        finally:
            self._session.close()
