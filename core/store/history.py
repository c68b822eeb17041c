"""Looks up past incidents by who called, by address and by place, fast enough to answer while an operator types."""

from collections.abc import Sequence
from math import cos, hypot, radians
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from core.desk import PastIncident
from core.domain.numbers import is_meant, tail_of
from core.store.derived import address_key, callback_key
from core.store.tables import calls, incidents

NEAR_M = 100.0
_SHORTEST_NUMBER = 7  # below this many digits two numbers are the same only when equal
_M_PER_DEGREE = 111_195.0  # mean radius 6,371,009 m
_AFTER_ANY_TEXT = "\U0010ffff"

_PAST = select(
    incidents.c.id,
    incidents.c.number,
    incidents.c.type,
    incidents.c.opened_at,
    incidents.c.closed_at,
    incidents.c.location_text,
    incidents.c.disposition,
    incidents.c.lat,
    incidents.c.lon,
).where(incidents.c.withdrawn.is_(False))


def find_number(connection: Connection, number: str) -> str | None:
    """The newest incident that people mean by `number`: all of it, "B-1041", or "1041"; none that was taken back."""
    said = number.strip().upper().lstrip("#")
    if not said:
        return None
    kept = select(incidents.c.id, incidents.c.number).where(incidents.c.withdrawn.is_(False))
    exact = connection.scalar(kept.where(incidents.c.number == said))
    if exact:
        return str(exact)
    by_tail = kept.where(incidents.c.tail == tail_of(said)).order_by(incidents.c.opened_at.desc())
    return next((id_ for id_, known in connection.execute(by_tail) if is_meant(known, said)), None)


def past(
    connection: Connection, callback: str, location_text: str, near: tuple[float, float] | None, limit: int
) -> tuple[PastIncident, ...]:
    """Newest first: incidents that match any of what is given; with nothing given, the newest of all."""
    found: dict[str, Any] = {}
    for rows in _searches(connection, callback, location_text, near, limit):
        found.update((row.id, row) for row in rows)
    newest = sorted(found.values(), key=lambda row: (row.opened_at, row.id), reverse=True)[:limit]
    callbacks = _callbacks(connection, [row.id for row in newest])
    return tuple(
        PastIncident(
            id=row.id,
            number=row.number,
            type=row.type,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            location_text=row.location_text,
            disposition=row.disposition,
            callbacks=", ".join(callbacks.get(row.id, ())),
        )
        for row in newest
    )


def _searches(
    connection: Connection, callback: str, location_text: str, near: tuple[float, float] | None, limit: int
) -> list[Sequence[Any]]:
    newest = _PAST.order_by(incidents.c.opened_at.desc())
    searches: list[Sequence[Any]] = []
    if key := callback_key(callback):
        called = select(calls.c.incident).where(_same_number(key))
        searches.append(connection.execute(newest.where(incidents.c.id.in_(called)).limit(limit)).all())
    if key := address_key(location_text):
        exact = connection.execute(newest.where(incidents.c.address_key == key).limit(limit)).all()
        longer = incidents.c.address_key.between(f"{key} ", f"{key} {_AFTER_ANY_TEXT}")
        searches += [exact, connection.execute(newest.where(longer).limit(limit)).all()]
    if near is not None:
        searches.append(_near(connection, near))
    if not (callback or location_text or near):
        searches.append(connection.execute(newest.limit(limit)).all())
    return searches


def _same_number(key: str) -> ColumnElement[bool]:
    """Equal, or one is the other with a country or area code in front (that is: behind, in the reversed key)."""
    if len(key) < _SHORTEST_NUMBER:
        return calls.c.callback_key == key
    shorter = [key[:length] for length in range(_SHORTEST_NUMBER, len(key) + 1)]
    return or_(calls.c.callback_key.in_(shorter), calls.c.callback_key.between(key, f"{key}:"))


def _near(connection: Connection, point: tuple[float, float]) -> list[Any]:
    """Within NEAR_M, on a plane tangent at the point."""
    lat, lon = point
    lon_m = _M_PER_DEGREE * max(cos(radians(lat)), 1e-6)
    d_lat, d_lon = NEAR_M / _M_PER_DEGREE, NEAR_M / lon_m
    box = _PAST.where(
        incidents.c.lat.between(lat - d_lat, lat + d_lat), incidents.c.lon.between(lon - d_lon, lon + d_lon)
    )
    rows = connection.execute(box).all()
    return [row for row in rows if hypot((row.lat - lat) * _M_PER_DEGREE, (row.lon - lon) * lon_m) <= NEAR_M]


def _callbacks(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
    query = select(calls.c.incident, calls.c.callback).where(calls.c.incident.in_(ids), calls.c.callback != "")
    given: dict[str, list[str]] = {}
    for incident, callback in connection.execute(query.order_by(calls.c.answered_at)):
        if callback not in given.setdefault(incident, []):
            given[incident].append(callback)
    return given
