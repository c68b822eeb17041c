"""What can be said of the link to a server: one state, since when, and the sentence for the health strip."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class LinkState(StrEnum):
    """Offline is a normal state: the desk does its whole job in it."""

    NONE = "no server"
    CONNECTING = "connecting"
    SYNCING = "syncing"
    UP_TO_DATE = "up to date"
    OFFLINE = "offline"
    REFUSED = "refused"

    @property
    def reaches(self) -> bool:
        """Whether the server answers."""
        return self in (LinkState.SYNCING, LinkState.UP_TO_DATE)


class LinkStatus(Struct, frozen=True):
    """A link as it stands. Times are UTC ms, 0 for never. `waiting`: events the server is not known to have."""

    state: LinkState = LinkState.NONE
    since: int = 0
    server: str = ""  # what people call it: its host
    detail: str = ""  # why it is offline or refused, a whole sentence
    remedy: str = ""  # what to do about it, a whole sentence
    waiting: int = 0
    coming: bool = False  # more is known to be there than has been fetched
    synced_at: int = 0  # when desk and server last had the same
    clock_offset_ms: int | None = None  # server's clock less this desk's; None until measured
    round_trip_ms: int | None = None
    bytes_per_s: int | None = None  # what the line is believed to carry
    bytes_out: int = 0
    bytes_in: int = 0
    quarantined: int = 0  # own events that the server refused since the link began
    live: bool = False  # the server tells of news by itself
    metered: bool = False
    is_post: bool = False  # a desk in the field takes the server's part

    def sentence(self, hh_mm: Callable[[int], str]) -> str:
        """For the health strip; `hh_mm` gives the local time of UTC ms."""
        where = "The field post" if self.is_post else "The server"
        left = _events(self.waiting)
        match self.state:
            case LinkState.NONE:
                return "No server is set up: this desk works alone."
            case LinkState.CONNECTING:
                return f"Connecting to {self.server}."
            case LinkState.UP_TO_DATE:
                return f"{where} and this desk have the same."
            case LinkState.SYNCING if self.waiting:
                return f"Syncing: {left} left to send."
            case LinkState.SYNCING:
                return "Syncing: news is being fetched."
            case LinkState.OFFLINE if self.waiting:
                verb = "waits" if self.waiting == 1 else "wait"
                return f"Offline since {hh_mm(self.since)}; {left} {verb} to be sent. {self.detail}".rstrip()
            case LinkState.OFFLINE:
                return f"Offline since {hh_mm(self.since)}; nothing waits to be sent. {self.detail}".rstrip()
            case LinkState.REFUSED:
                return f"{where} refuses this desk: {self.detail}".rstrip()


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"
