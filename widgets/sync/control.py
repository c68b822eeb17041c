"""What the window needs of the link to a server, so that it knows no wire: implemented where everything is composed."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct


class LinkState(StrEnum):
    """How the link stands. Offline is a normal state."""

    NONE = "no server"  # this desk was never joined to one
    OFFLINE = "offline"
    CONNECTING = "connecting"
    SYNCING = "syncing"  # online, and not yet level
    UP_TO_DATE = "up to date"
    REFUSED = "refused"  # the server answered and will not have this desk: somebody has to do something


class LinkView(Struct, frozen=True, kw_only=True):
    """The link as it stands. Times are UTC ms of the desk's clock, 0 for never.

    `known_at` is when this desk last knew that it held everything the server had: the age of the knowledge.
    """

    state: LinkState = LinkState.NONE
    since: int = 0  # in that state
    server: str = ""  # its name or address, as people say it
    known_at: int = 0
    waiting: int = 0  # events that the server is not known to have
    oldest_waiting_at: int = 0
    coming: bool = False  # the server has more than was fetched
    error: str = ""  # the last trouble, in a sentence
    remedy: str = ""
    clock_offset_s: float | None = None  # the server's clock minus this desk's
    metered: bool = False
    post: str = ""  # who takes the server's part at a field post, in a sentence
    in_posts: bool = False  # this desk takes part in field posts
    quarantined: tuple[str, ...] = ()  # what the server would not take, a sentence each
    artefacts: tuple[str, ...] = ()  # what came and waits for the next start, a sentence each


class Present(Struct, frozen=True):
    """Somebody at another desk, and the incident they look at ("" for none). `at` is when this was known, UTC ms."""

    desk: str
    operator: str
    incident: str
    at: int


class SyncControl(Protocol):
    """What is asked for may be asked once a second; what acts may raise Refused and Unavailable."""

    def view(self) -> LinkView: ...
    def present(self) -> Sequence[Present]:
        """Who works at other desks, as last heard."""
        ...

    def name_of(self, desk: str) -> str:
        """What people call that desk, "" where it is not known."""
        ...

    def look_at(self, incident: str) -> None:
        """Tell the others which incident is looked at here; "" for none."""
        ...

    def use_metered(self, on: bool) -> None:
        """Spare the line: events only, in few large pieces; positions seldom, no maps."""
        ...

    def use_posts(self, on: bool) -> None:
        """Look for desks on this network and work with them where there is no server, or no longer."""
        ...

    def be_post(self) -> None:
        """Take the server's part among the desks on this network."""
        ...

    def try_now(self) -> None:
        """Do not wait for the next attempt."""
        ...

    def join(self, address: str, code: str, name: str, done: Callable[[Exception | str], None]) -> None:
        """Pair with a server beside the window; `done` gets a sentence, or the Refused or Unavailable.

        `name` is what people shall call this desk, "" for the machine's name.
        """
        ...

    def write_file(self, path: Path, to: str, done: Callable[[Exception | str], None]) -> None:
        """Events to a file for a stick: all of them, or for `to` what came since their last file. `done` as in join."""
        ...

    def take_file(self, path: Path, done: Callable[[Exception | str], None]) -> None:
        """What is new in another desk's file. `done` as in join."""
        ...

    def leave(self) -> str:
        """Part from the server; what is here stays. Returns a sentence."""
        ...
