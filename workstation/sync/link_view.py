"""Turns the link's own status into what the window shows: the window knows no wire, and the link knows no window."""

from collections.abc import Sequence

from sync.link.states import LinkStatus
from widgets.sync.control import LinkState, LinkView


def link_view(
    status: LinkStatus,
    *,
    server: str,
    known_at: int,
    oldest_waiting_at: int = 0,
    post: str = "",
    quarantined: Sequence[str] = (),
    artefacts: Sequence[str] = (),
) -> LinkView:
    """`known_at` is when desk and server last had the same, kept over restarts; UTC ms, as all times."""
    offset_ms = status.clock_offset_ms
    return LinkView(
        state=LinkState(status.state.value),
        since=status.since,
        server=server,
        known_at=max(known_at, status.synced_at),
        waiting=status.waiting,
        oldest_waiting_at=oldest_waiting_at if status.waiting else 0,
        coming=status.coming,
        error=status.detail,
        remedy=status.remedy,
        clock_offset_s=None if offset_ms is None else offset_ms / 1000,
        metered=status.metered,
        post=post,
        quarantined=tuple(quarantined),
        artefacts=tuple(artefacts),
    )
