"""What a desk tells the server of itself on the way: its Foredesk, its clock, and what waits in its outbox.

Seldom, because each time costs a thin line a quarter of a second; and beside small questions only, because a clock's
reading that travels for long behind a large body is an old one.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from sync.protocol.routes import CLOCK_HEADER, UNSENT_HEADER

EVERY_MS = 60_000
CHANGED_MS = 5_000  # where what waits is not what was told


class Myself:
    """`now_ms` is the desk's clock; `waiting` gives the events in its outbox."""

    def __init__(self, now_ms: Callable[[], int], waiting: Callable[[], int]) -> None:
        self._now_ms, self._waiting = now_ms, waiting
        self._told_at: int | None = None
        self._told_waiting = 0

    def told(self) -> dict[str, str]:
        """Headers for the question that is asked now; none where all of it was told less than a minute ago."""
        now_ms, waiting = self._now_ms(), self._waiting()
        pause_ms = EVERY_MS if waiting == self._told_waiting else CHANGED_MS
        if self._told_at is not None and 0 <= now_ms - self._told_at < pause_ms:
            return {}
        self._told_at, self._told_waiting = now_ms, waiting
        return {"User-Agent": _product(), CLOCK_HEADER: str(now_ms), UNSENT_HEADER: str(waiting)}


@lru_cache(maxsize=1)
def _product() -> str:
    try:
        return f"foredesk/{version('foredesk')}"
    except PackageNotFoundError:
        return "foredesk/source"
