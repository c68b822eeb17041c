"""Unit positions: the newest of each unit and a thinned track, gathered in memory and written about once a second.

They are telemetry, not events: a power cut may cost the last second of them, and that is said here and nowhere hidden.
"""

from collections.abc import Mapping
from math import cos, hypot, radians

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.domain.values import Position, PositionSource
from core.store.tables import positions, tracks

WRITE_EVERY_MS = 1000
KEEP_AFTER_M = 30.0
KEEP_AFTER_MS = 15_000
KEEP_AFTER_DEGREES = 30.0
STANDS_M = 10.0  # a unit that stands wanders by so much, and its heading is noise
KEEP_STANDING_MS = 120_000  # most of a fleet stands most of the day: a fix every 15 s is 100 MB a year and unit
_MOST_UNWRITTEN = 5000  # fixes kept in memory while the disk refuses; the oldest go first
_M_PER_DEGREE = 111_195.0
_REPORTED = (PositionSource.GPS, PositionSource.TYPED)

_encode = msgspec.json.Encoder().encode
_decode: msgspec.json.Decoder[Position] = msgspec.json.Decoder(Position)


def worth_keeping(last: Position | None, fix: Position) -> bool:
    """Whether a track needs `fix` after `last`, the fix it kept before: it moved, turned, or some time has passed."""
    if last is None:
        return True
    waited_ms, apart_m = fix.fixed_at - last.fixed_at, _apart_m(last, fix)
    if waited_ms > KEEP_STANDING_MS or apart_m > KEEP_AFTER_M:
        return True
    if apart_m < STANDS_M:
        return False
    if waited_ms > KEEP_AFTER_MS:
        return True
    if last.heading is None or fix.heading is None:
        return False
    return abs((fix.heading - last.heading + 180) % 360 - 180) > KEEP_AFTER_DEGREES


def _apart_m(a: Position, b: Position) -> float:
    """On a plane tangent between the two: good to a millimetre over the 30 m that matter here."""
    north = (b.lat - a.lat) * _M_PER_DEGREE
    east = ((b.lon - a.lon + 180) % 360 - 180) * _M_PER_DEGREE * cos(radians((a.lat + b.lat) / 2))
    return hypot(north, east)


class Telemetry:
    """What is known of every unit's position, and what of it is not written yet."""

    def __init__(self, known: Mapping[str, Position], now_ms: int) -> None:
        self.newest = dict(known)
        self._kept: dict[str, Position] = {}
        self._moved: set[str] = set()
        self._fixes: dict[tuple[str, int], Position] = {}
        self._written_at = now_ms

    def take(self, unit: str, position: Position) -> None:
        """An older fix than the newest one completes the track only."""
        newest = self.newest.get(unit)
        if newest is None or position.fixed_at >= newest.fixed_at:
            self.newest[unit] = position
            self._moved.add(unit)
        if position.source in _REPORTED and worth_keeping(self._kept.get(unit), position):
            self._kept[unit] = position
            self._fixes[unit, position.fixed_at] = position
            if len(self._fixes) > _MOST_UNWRITTEN:
                del self._fixes[next(iter(self._fixes))]

    def due(self, now_ms: int) -> bool:
        return bool(self._moved or self._fixes) and now_ms - self._written_at >= WRITE_EVERY_MS

    @property
    def waiting(self) -> bool:
        return bool(self._moved or self._fixes)

    def write(self, connection: Connection, now_ms: int) -> None:
        """Write what waits. The caller says `written` once the transaction is kept."""
        self._written_at = now_ms  # also when it fails: a full disk is asked once a second, not at every fix
        if self._moved:
            latest = insert(positions)
            rows = [{"unit": unit, "position": _encode(self.newest[unit])} for unit in self._moved]
            connection.execute(
                latest.on_conflict_do_update(index_elements=["unit"], set_={"position": latest.excluded.position}), rows
            )
        if self._fixes:
            connection.execute(
                insert(tracks).on_conflict_do_nothing(),
                [_track_row(unit, fix) for (unit, _), fix in self._fixes.items()],
            )

    def written(self) -> None:
        self._moved.clear()
        self._fixes.clear()


def _track_row(unit: str, fix: Position) -> dict[str, object]:
    return {
        "unit": unit,
        "fixed_at": fix.fixed_at,
        "lat": fix.lat,
        "lon": fix.lon,
        "heading": fix.heading,
        "speed_mps": fix.speed_mps,
        "source": fix.source.value,
    }


def read_positions(connection: Connection) -> dict[str, Position]:
    return {unit: _decode.decode(body) for unit, body in connection.execute(select(positions))}


def read_track(connection: Connection, unit: str, from_ms: int, to_ms: int) -> tuple[Position, ...]:
    query = (
        select(tracks)
        .where(tracks.c.unit == unit, tracks.c.fixed_at.between(from_ms, to_ms))
        .order_by(tracks.c.fixed_at)
    )
    return tuple(
        Position(row.lat, row.lon, row.fixed_at, PositionSource(row.source), row.heading, row.speed_mps)
        for row in connection.execute(query)
    )
