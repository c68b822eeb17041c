"""The encrypted store: log, outbox, derived rows, snapshots, drafts, migrations."""

from core.store.opening import exists, no_store, open_store, open_to_read
from core.store.store import Store

__all__ = ["Store", "exists", "no_store", "open_store", "open_to_read"]
