"""The link's status as it changes: kept whole, told when it differs."""

from collections.abc import Callable
from typing import Any

import msgspec

from sync.link.states import LinkState, LinkStatus


class StatusKeeper:
    """Changed on the link's thread, read from any: the whole status is replaced at once."""

    def __init__(self, status: LinkStatus, now_ms: Callable[[], int], tell: Callable[[LinkStatus], None]) -> None:
        self.status = status
        self._now_ms, self._tell = now_ms, tell

    def set(self, **changed: Any) -> None:
        """Fields of LinkStatus; a new state gets its time by itself."""
        state = changed.get("state", self.status.state)
        if state is not self.status.state:
            changed.setdefault("since", self._now_ms())
        status = msgspec.structs.replace(self.status, **changed)
        if status != self.status:
            self.status = status
            self._tell(status)

    def reached(self) -> None:
        """The server has answered, after whatever was before."""
        if not self.status.state.reaches:
            self.set(state=LinkState.SYNCING, detail="", remedy="")

    def level(self, *, waiting: int | None = None, coming: bool | None = None) -> None:
        """Syncing or up to date, by what is left both ways; only while the server answers."""
        left = self.status.waiting if waiting is None else waiting
        more = self.status.coming if coming is None else coming
        if not self.status.state.reaches and self.status.state is not LinkState.CONNECTING:
            self.set(waiting=left)
            return
        done = left == 0 and not more
        self.set(
            state=LinkState.UP_TO_DATE if done else LinkState.SYNCING,
            waiting=left,
            coming=more,
            synced_at=self._now_ms() if done else self.status.synced_at,
            detail="",
            remedy="",
        )
