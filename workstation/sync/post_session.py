"""Field posts for as long as the window is open: begun where this desk takes part, ended with it."""

import logging
from collections.abc import Callable
from pathlib import Path

from core.desk import Desk
from core.errors import Refused
from core.store import Store
from sync.link.desk_thread import Hand
from sync.link.membership import Membership
from sync.link.states import LinkStatus
from sync.post.field_post import FieldPost
from sync.post.states import PostRole, PostStatus
from workstation.sync.posting import field_post, set_takes_part, takes_part

STOP_WITHIN_S = 4.0

log = logging.getLogger(__name__)


class PostSession:
    """All on the desk's thread, but for what the post tells. `changed` may be called from any thread."""

    def __init__(self, desk: Desk, store: Store, folder: Path, hand: Hand, changed: Callable[[], None]) -> None:
        self._desk, self._store, self._folder, self._hand = desk, store, folder, hand
        self._changed = changed
        self._post: FieldPost | None = None
        self._kept: Membership | None = None

    def begin(self, kept: Membership) -> None:
        """Look for neighbours, unless this desk stays out of field posts."""
        self._kept = kept
        if self._post is None and takes_part(self._store):
            self._post = field_post(self._desk, self._store, kept, self._hand, self._folder, self._told)
            self._post.start()

    def end(self) -> None:
        post, self._post = self._post, None
        if post is not None:
            post.stop(STOP_WITHIN_S)

    @property
    def takes_part(self) -> bool:
        return self._post is not None

    def use(self, on: bool) -> None:
        """Take part from now on, or no longer. Raises Refused and Unavailable."""
        if self._kept is None:
            raise Refused("This desk belongs to no agency yet.", do="Join a server first.")
        set_takes_part(self._store, on)
        if on:
            self.begin(self._kept)
        else:
            self.end()
        self._changed()

    def be_host(self) -> None:
        """A person wants this desk to be the post. Raises Refused."""
        if self._post is None:
            raise Refused("This desk takes no part in field posts.", do="Tick that it does, first.")
        self._post.host_here()

    def link_changed(self, status: LinkStatus) -> None:
        """Who reaches the centre passes on what the others did."""
        if self._post is not None:
            self._post.has_centre(status.state.reaches)

    def sentence(self) -> str:
        """Empty where this desk takes no part."""
        if self._post is None:
            return ""
        status = self._post.status()
        code = f" Guests come in with the code {status.code}." if status.code else ""
        return status.sentence() + code

    def _told(self, status: PostStatus) -> None:
        """On the post's thread. A host shows its code at once: guests stand before the screen."""
        post = self._post
        if post is not None and status.role is PostRole.HOSTING and not status.code:
            post.invite()
        self._changed()
