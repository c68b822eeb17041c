"""Real stores whose disks fail: full ones, processes that die between any two writes, and power cuts."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.clock import Clock, ManualClock
from core.store import Store, open_store
from tests.simulation.chances import Fate
from tests.simulation.engines import shared_statements

KEY = bytes(range(32))


class Died(BaseException):
    """The process is gone: nothing may handle this but whoever simulates it."""


class Disk:
    """One desk's disk. `open` gives a store on which a crash may strike at the edge of every write."""

    def __init__(self, folder: Path, name: str, fate: Fate) -> None:
        self.folder, self.name, self._fate = folder, name, fate
        self._generation = 0
        self.path = folder / f"{name}.0"
        self.armed = False
        self._synced_bytes = 0
        self._store: Store | None = None
        self.path.write_bytes(_empty_store())

    def open(self, clock: Clock) -> Store:
        with shared_statements():
            store = open_store(self.path, KEY, clock)
        raw = store._session.raw
        # The log only grows, so that its end can be cut off where it was last synced.
        raw.execute("PRAGMA wal_autocheckpoint = 0")
        self._synced_bytes = self._wal_bytes()
        store._session.writing = self._watched(store._session.writing)  # type: ignore[method-assign]
        self._store = store
        return store

    def _wal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    def _wal_bytes(self) -> int:
        return self._wal().stat().st_size if self._wal().exists() else 0

    def _watched(self, writing: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def watched(*, synced: bool = True, **_folding: bool) -> Iterator[Any]:
            dies = self._fate.random.choice(("before", "within", "after")) if self._dies() else ""
            if dies == "before":
                raise Died
            with writing(synced=synced) as connection:
                yield connection
                if dies == "within":
                    raise Died
            if synced:
                self._synced_bytes = self._wal_bytes()
            if dies == "after":
                raise Died

        return watched

    def _dies(self) -> bool:
        if not self.armed:
            return False
        self.armed = self._fate.random.random() < 0.6
        return not self.armed

    def fill(self) -> None:
        """No page more: SQLite itself then refuses, as on a full disk."""
        if self._store is not None:
            pages = self._store._session.raw.execute("PRAGMA page_count").fetchone()[0]
            self._store._session.raw.execute(f"PRAGMA max_page_count = {pages}")

    def free(self) -> None:
        if self._store is not None:
            self._store._session.raw.execute("PRAGMA max_page_count = 4294967294")

    def kill(self, *, power_cut: bool) -> None:
        """Leave the files as the process or the power left them."""
        if self._store is None:
            return
        was, was_wal = self.path, self._wal()
        self._generation += 1
        self.path = self.folder / f"{self.name}.{self._generation}"
        shutil.copyfile(was, self.path)
        if was_wal.exists():
            shutil.copyfile(was_wal, self._wal())
            if power_cut:
                with self._wal().open("rb+") as file:
                    file.truncate(self._synced_bytes)
        store, self._store, self.armed = self._store, None, False
        store._session.raw.close()
        for left in (was, was_wal, was.with_name(f"{was.name}-shm")):
            left.unlink(missing_ok=True)

    def copy_to(self, other: "Disk") -> None:
        """As somebody clones a machine."""
        assert self._store is not None
        shutil.copyfile(self.path, other.path)
        if self._wal().exists():
            shutil.copyfile(self._wal(), other._wal())

    def close(self) -> None:
        if self._store is not None:
            self._store._session.raw.close()
            self._store = None


@cache
def _empty_store() -> bytes:
    """Made once per process: laying the tables takes longer than most worlds' first hour."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty")
        open_store(path, KEY, ManualClock()).close()
        return path.read_bytes()
