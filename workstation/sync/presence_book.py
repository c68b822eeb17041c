"""Who works at other desks, as last heard, in this desk's time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from widgets.sync.control import Present

if TYPE_CHECKING:  # the wire's words are loaded after the first paint
    from sync.protocol.messages import Watching


class PresenceBook:
    """Each desk once; whoever signed off is taken out."""

    def __init__(self, own_desk: str) -> None:
        self._own_desk = own_desk
        self._by_desk: dict[str, Present] = {}

    @property
    def present(self) -> tuple[Present, ...]:
        return tuple(self._by_desk.values())

    def hear(self, watching: "Sequence[Watching]", now_ms: int, server_ahead_ms: int) -> None:
        """`server_ahead_ms` is what the server's clock shows more than this desk's."""
        for each in watching:
            if each.desk == self._own_desk:
                continue
            if not each.operator:
                self._by_desk.pop(each.desk, None)
                continue
            at = min(now_ms, each.at - server_ahead_ms) if each.at else now_ms
            self._by_desk[each.desk] = Present(each.desk, each.operator, each.incident, at)
