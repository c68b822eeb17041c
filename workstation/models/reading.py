"""Reads what monitoring needs from the desk's store, on a connection of its own, beside a desk that is open."""

from dataclasses import replace
from pathlib import Path

from core.clock import Clock
from core.models.monitoring import DAY_MS
from core.models.overview import BACK_DAYS, Overview, Seen, overview
from core.models.registry import FOLDER, Registry
from core.store import exists, open_to_read
from workstation.keys import store_key
from workstation.models import loading
from workstation.paths import STORE_NAME

_MOST = 1_000_000


def look(folder: Path, clock: Clock, key: bytes | None = None) -> Overview:
    """All that is known of the models of the desk in `folder`; from any thread. Raises Unavailable."""
    registry = Registry(folder / FOLDER, clock)
    found = overview(registry, read_seen(folder, clock, key), clock.now_ms())
    return replace(found, shipped=loading.shipped_in(registry))


def read_seen(folder: Path, clock: Clock, key: bytes | None = None, back_days: int = BACK_DAYS) -> Seen:
    """Suggestions and closed incidents of the last months; nothing where there is no store yet."""
    path = folder / STORE_NAME
    if not exists(path):
        return Seen()
    now_ms = clock.now_ms()
    since = now_ms - back_days * DAY_MS
    store = open_to_read(path, key or store_key(folder).key, clock)
    try:
        past = [p for p in store.history(limit=_MOST) if p.closed_at is not None and p.opened_at >= since]
        incidents = [incident for p in past if (incident := store.incident(p.id)) is not None]
        return Seen(store.suggestions(since, now_ms), incidents, store.load_board().units)
    finally:
        store.close()
