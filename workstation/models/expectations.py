"""Keeps the approved response-time model at work: loaded beside the window, changed when another one is approved."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.desk import Desk
from core.errors import ForedeskError
from core.models.record import Kind
from core.models.registry import FOLDER, Registry
from widgets.background import Background

if TYPE_CHECKING:
    from core.models.overview import Seen
    from core.response.correct import ResponseModel
    from core.response.expecting import Expecting

log = logging.getLogger(__name__)

LOOK_EVERY_MS = 30_000
_PAST_DAYS = 15


class Expectations(QObject):
    """`expects` answers recommendations, None without an approved model; `on_change` is told when that changes."""

    def __init__(self, desk: Desk, folder: Path, key: bytes, parent: QObject) -> None:
        super().__init__(parent)
        self.expects: Expecting | None = None
        self.on_change: list[Callable[[], None]] = []
        self._desk, self._folder, self._key = desk, folder, key
        self._loading = Background(self)
        self._hash, self._busy = "", False
        self._looked_at = -LOOK_EVERY_MS

    def shut(self) -> None:
        self._loading.forget()
        self.on_change.clear()

    def tick(self, now_ms: int) -> None:
        """Look again now and then for what was approved elsewhere."""
        if not self._busy and now_ms - self._looked_at >= LOOK_EVERY_MS:
            self.look()

    def look(self) -> None:
        """See which model is the champion, and load it if it is another one; beside the window."""
        self._looked_at, self._busy = self._desk.clock.now_ms(), True
        folder, key, clock, known = self._folder, self._key, self._desk.clock, self._hash

        def work() -> "tuple[str, ResponseModel | None, Seen | None] | None":
            registry = Registry(folder / FOLDER, clock)
            champion = registry.champion(Kind.RESPONSE)
            if champion is not None and not known:  # nothing answers yet: the last one that is whole will do
                champion = registry.last_good(Kind.RESPONSE)
            found = champion.sha256 if champion else ""
            if found == known:
                return None
            if champion is None:
                return "", None, None
            from core.response.correct import ResponseModel
            from workstation.models.reading import read_seen

            path = registry.files.verified(champion.sha256, champion.title)
            return found, ResponseModel.load(path), read_seen(folder, clock, key, _PAST_DAYS)

        self._loading.ask(work, self._loaded, self._failed)

    def _loaded(self, found: "tuple[str, ResponseModel | None, Seen | None] | None") -> None:
        self._busy = False
        if found is None:
            return
        self._hash, model, seen = found
        if model is None or seen is None or not model.follows_roads:
            self.expects = None
        else:
            from core.response.expecting import Expecting

            self.expects = Expecting(model, seen.incidents, self._desk.board)
        log.info("response-time model: %s", self._hash[:12] if self.expects else "none")
        for told in tuple(self.on_change):
            told()

    def _failed(self, trouble: ForedeskError) -> None:
        """What answered goes on; with nothing loaded, ETAs are the road engine's alone."""
        self._busy = False
        log.warning("response-time model: %s", trouble)
