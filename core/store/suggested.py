"""What was suggested, by incident: telemetry, gathered in memory and written about once a second, unsynced."""

from pathlib import Path

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.severity.record import SuggestionRecord
from core.store.seal import seal, unseal
from core.store.tables import suggestions

WRITE_EVERY_MS = 1000
_MOST_UNWRITTEN = 1000  # kept in memory while the disk refuses; the oldest go first

_encode = msgspec.json.Encoder().encode
_decode: msgspec.json.Decoder[SuggestionRecord] = msgspec.json.Decoder(SuggestionRecord)


class Suggested:
    """What is not written yet, by incident."""

    def __init__(self, now_ms: int) -> None:
        self.waiting: dict[str, SuggestionRecord] = {}
        self._written_at = now_ms - WRITE_EVERY_MS

    def take(self, record: SuggestionRecord) -> None:
        """A later record of the same incident replaces the earlier one."""
        self.waiting.pop(record.incident, None)
        self.waiting[record.incident] = record
        if len(self.waiting) > _MOST_UNWRITTEN:
            del self.waiting[next(iter(self.waiting))]

    def due(self, now_ms: int) -> bool:
        return bool(self.waiting) and now_ms - self._written_at >= WRITE_EVERY_MS

    def write(self, connection: Connection, now_ms: int) -> None:
        """Write what waits. The caller clears `waiting` once the transaction is kept."""
        self._written_at = now_ms
        row = insert(suggestions)
        row = row.on_conflict_do_update(
            index_elements=["incident"], set_={"at": row.excluded.at, "body": row.excluded.body}
        )
        rows = [{"incident": r.incident, "at": r.at, "body": seal(_encode(r))} for r in self.waiting.values()]
        connection.execute(row, rows)


def read_between(connection: Connection, path: Path, from_ms: int, to_ms: int) -> tuple[SuggestionRecord, ...]:
    """Oldest first, both times included."""
    query = select(suggestions.c.body).where(suggestions.c.at.between(from_ms, to_ms))
    bodies = connection.scalars(query.order_by(suggestions.c.at, suggestions.c.incident))
    return tuple(_decode.decode(unseal(body, path, "a suggestion")) for body in bodies)


def read_one(connection: Connection, path: Path, incident: str) -> SuggestionRecord | None:
    body = connection.scalar(select(suggestions.c.body).where(suggestions.c.incident == incident))
    return None if body is None else _decode.decode(unseal(body, path, "a suggestion"))
