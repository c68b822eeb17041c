"""The link for as long as the window is open: begun after the first paint, served on the window's thread in slices."""

import asyncio
import gc
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from msgspec import structs
from PySide6.QtCore import QObject, Qt, Signal

from core.desk import Change, Desk
from core.domain.events import OperatorSignedOn
from core.domain.values import Position
from core.errors import ForedeskError, Refused, Unavailable
from core.store import Store
from widgets.sync.control import LinkState, LinkView, Present
from workstation.sync.presence_book import PresenceBook

if TYPE_CHECKING:  # the wire is loaded on a thread of its own, after the first paint
    from sync.link.link import Link
    from sync.link.membership import Membership
    from sync.link.states import LinkStatus
    from sync.link.store_side import StoreSide
    from sync.protocol.joining import Paired
    from sync.protocol.messages import Watching
    from sync.protocol.offers import ArtefactEntry
    from workstation.sync.arrivals import Arrivals
    from workstation.sync.carrying import Carrying
    from workstation.sync.post_session import PostSession

MEMBERSHIP = "sync membership"  # sync.link.membership.SETTING, which is not loaded on a desk that works alone
LOOK_EVERY_MS = 2_000
SETTLE_EVERY = 1_000  # events of other desks

log = logging.getLogger(__name__)


class SyncSession(QObject):
    """What the window's screens ask (`widgets.sync.control.SyncControl`). Everything but the signals' other ends is on
    the desk's thread. `changed` when the link's state is another.
    """

    changed = Signal()
    _job = Signal(object)
    _status = Signal(object)
    _heard = Signal(object)
    _arrived = Signal(object, object, object)
    _paired = Signal(object)
    _post_changed = Signal()

    def __init__(
        self,
        desk: Desk,
        store: Store,
        report: Callable[[ForedeskError], None],
        *,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._store, self._report, self._folder = desk, store, report, folder
        self._link: Link | None = None
        self._side: StoreSide | None = None
        self._kept: Membership | None = None
        self._arrivals: Arrivals | None = None
        self._presence = PresenceBook(desk.desk_id)
        self._looked_at = ""
        self._taken = 0
        self._view, self._viewed_at = LinkView(), 0
        self._before = _before_the_link(store, desk.clock.now_ms())
        self._of_status: LinkStatus | None = None
        self._names: dict[str, str] = {}
        self._post: PostSession | None = None
        self._carrying: Carrying | None = None
        self._asking: Thread | None = None
        self._join_done: Callable[[Exception | str], None] = lambda _answer: None
        self._join_address = ""
        queued = Qt.ConnectionType.QueuedConnection
        self._job.connect(self._run, queued)
        self._status.connect(self._on_status, queued)
        self._heard.connect(self._on_presence, queued)
        self._arrived.connect(self._on_artefact, queued)
        self._paired.connect(self._on_paired, queued)
        self._post_changed.connect(self._on_post, queued)
        self._unlisten = desk.listen(self._on_change)

    # as long as the window is open

    async def begin(self) -> None:
        """Link up, where this desk has joined a server; what the link needs is loaded beside the window."""
        if self._store.get_setting(MEMBERSHIP):
            await asyncio.to_thread(import_module, "workstation.sync.linking")
            self._begin_link()

    def shut(self) -> None:
        """End the link; what was not sent waits for the next start."""
        self._unlisten()
        if self._carrying is not None:
            self._carrying.end()
        self._end_link()

    def _begin_link(self) -> None:
        from sync.link.membership import membership
        from workstation.sync.linking import link_up

        self._before = LinkView()
        try:
            self._kept = membership(self._store)
        except Unavailable as trouble:
            self._report(trouble)
            return
        if self._kept is None:
            return
        self._presence = PresenceBook(self._desk.desk_id)
        self._begin_post(self._kept)
        if not self._kept.url:  # a guest of a field post, which has no server of its own yet
            return
        up = link_up(self._desk, self._store, self._kept, self._folder, self)
        self._link, self._side, self._arrivals = up.link, up.side, up.arrivals
        self._link.start()
        self._tell_presence()

    def _begin_post(self, kept: "Membership") -> None:
        from workstation.sync.post_session import PostSession

        if self._post is None:
            self._post = PostSession(self._desk, self._store, self._folder, self.hand, self._post_changed.emit)
        try:
            self._post.begin(kept)
        except ForedeskError as trouble:
            self._report(trouble)

    def _end_link(self) -> None:
        if self._post is not None:
            self._post.end()
            self._post = None
        link, self._link = self._link, None
        if link is not None:
            self._keep_level()
            link.stop()
        if self._side is not None:
            self._side.close()
            self._side = None
        self._kept = None
        self._view, self._viewed_at = LinkView(), 0

    # from the link's thread

    def hand(self, job: Callable[[], None]) -> None:
        self._job.emit(job)

    def status_came(self, status: "LinkStatus") -> None:
        self._status.emit(status)

    def presence_came(self, watching: "Sequence[Watching]") -> None:
        self._heard.emit(tuple(watching))

    def artefact_came(self, entry: "ArtefactEntry", path: Path) -> None:
        """A map is checked for seconds: on a thread of its own, and then handed to the desk's."""
        arrivals = self._arrivals
        if arrivals is not None:
            work = Thread(
                target=lambda: self._arrived.emit(entry, path, arrivals.examine(entry, path)),
                name="arrival",
                daemon=True,
            )
            work.start()

    # on the desk's thread

    def _run(self, job: Callable[[], None]) -> None:
        job()

    def _on_post(self) -> None:
        self._viewed_at = 0
        self.changed.emit()

    def _on_status(self, status: "LinkStatus") -> None:
        if self._post is not None:
            self._post.link_changed(status)
        if status.state.value != self._view.state.value:
            if self._view.state is LinkState.UP_TO_DATE:
                self._keep_level()
            self._viewed_at = 0
            self.changed.emit()

    def _on_presence(self, watching: "Sequence[Watching]") -> None:
        ahead = self._link.status().clock_offset_ms if self._link else None
        self._presence.hear(watching, self._desk.clock.now_ms(), ahead or 0)

    def _on_artefact(self, entry: "ArtefactEntry", path: Path, found: ForedeskError | str) -> None:
        if self._arrivals is not None:
            self._arrivals.take(entry, path, found)
            self._viewed_at = 0

    def _on_change(self, change: Change) -> None:
        own = self._desk.desk_id
        if any(isinstance(event.body, OperatorSignedOn) and event.desk == own for event in change.events):
            self._tell_presence()
        if change.drafts:
            self.person_acts()
        self._taken += sum(event.desk != own for event in change.events)
        if self._taken >= SETTLE_EVERY:
            self._taken = 0
            gc.freeze()  # what came stays: the collector's rounds over it would hold the window for 0.1 s

    def person_acts(self) -> None:
        """Somebody types or clicks here: bulk steps back."""
        if self._side is not None:
            self._side.person_acts()

    def tell_positions(self, positions: Mapping[str, Position]) -> None:
        """Where units are, as this desk's own radios heard it."""
        if self._link is not None:
            self._link.place(positions)

    def _tell_presence(self) -> None:
        if self._link is not None:
            self._link.say_presence(self._desk.board.operator, self._looked_at)

    def _keep_level(self) -> None:
        """When desk and server last had the same: an absence is counted from then, also over a restart."""
        from workstation.sync.joining import LEVEL_AT

        if self._view.known_at:
            try:
                self._store.put_setting(LEVEL_AT, str(self._view.known_at))
            except Unavailable as trouble:
                log.warning("When the link was last level could not be kept: %s", trouble)

    # what the screens ask

    def view(self) -> LinkView:
        """Worked out again when the link's status is another, and every other second for what is in the store."""
        link, kept, post = self._link, self._kept, self._post
        if kept is not None and link is None:
            takes_part = post is not None and post.takes_part
            return LinkView(server=kept.agency, post=post.sentence() if post else "", in_posts=takes_part)
        if link is None or kept is None:
            return self._before
        now_ms, status = self._desk.clock.now_ms(), link.status()
        if status is not self._of_status or now_ms - self._viewed_at >= LOOK_EVERY_MS or not self._viewed_at:
            from workstation.sync.linking import view_of

            self._of_status, self._viewed_at = status, now_ms
            view = view_of(self._desk, self._store, kept, status, self._view.known_at, self._arrivals)
            if post is not None:
                view = structs.replace(view, post=post.sentence(), in_posts=post.takes_part)
            self._view = view
        return self._view

    def present(self) -> tuple[Present, ...]:
        return self._presence.present

    def name_of(self, desk: str) -> str:
        if self._kept is None:
            return ""
        if desk not in self._names:
            from workstation.sync.linking import desk_names

            self._names = {desk: "", **desk_names(self._store)}
        return self._names[desk]

    def look_at(self, incident: str) -> None:
        self._looked_at = incident
        self.person_acts()
        self._tell_presence()

    # what the screens do

    def use_metered(self, on: bool) -> None:
        if self._link is None or self._kept is None:
            raise Refused("This desk has joined no server.")
        from msgspec.structs import replace

        from sync.link.membership import keep_membership

        self._kept = replace(self._kept, metered=on)
        keep_membership(self._desk.store, self._kept)
        self._link.set_metered(on)
        self._viewed_at = 0

    def use_posts(self, on: bool) -> None:
        if self._post is None:
            raise Refused("This desk has joined no server.")
        self._post.use(on)
        self._viewed_at = 0

    def be_post(self) -> None:
        if self._post is None:
            raise Refused("This desk has joined no server.")
        self._post.be_host()

    def try_now(self) -> None:
        if self._link is not None:
            self._link.retry_now()

    def join(self, address: str, code: str, name: str, done: Callable[[Exception | str], None]) -> None:
        """The network's part beside the window, the store's on its thread; then `done` with a sentence or the error."""
        from workstation.sync.joining import ask_to_join, refuse_when_joined

        refuse_when_joined(self._desk)
        if self._asking is not None and self._asking.is_alive():
            raise Refused("A server is being asked already.", do="Wait for its answer.")
        public_key, prefix = self._store.identity().public_key, self._desk.agency.desk_prefix
        self._join_done, self._join_address = done, address

        def ask() -> None:
            try:
                self._paired.emit(ask_to_join(address, code, public_key, prefix, name))
            except ForedeskError as error:
                self._paired.emit(error)

        self._asking = Thread(target=ask, name="joining", daemon=True)
        self._asking.start()

    def _on_paired(self, answer: "Paired | ForedeskError") -> None:
        from workstation.sync.joining import take_up, told

        if isinstance(answer, ForedeskError):
            self._join_done(answer)
            return
        try:
            kept = take_up(self._desk, answer, self._join_address)
        except ForedeskError as error:
            self._join_done(error)
            return
        self._begin_link()
        self.changed.emit()
        self._join_done(told(kept))

    def write_file(self, path: Path, to: str, done: Callable[[Exception | str], None]) -> None:
        self._by_hand().write(path, to, done)

    def take_file(self, path: Path, done: Callable[[Exception | str], None]) -> None:
        self._by_hand().take(path, done)

    def _by_hand(self) -> "Carrying":
        from workstation.sync.carrying import Carrying

        if self._carrying is None:
            self._carrying = Carrying(self._desk, self._store, self)
        return self._carrying

    def leave(self) -> str:
        from workstation.sync.joining import part

        sentence = part(self._desk)
        self._end_link()
        self.changed.emit()
        return sentence


def _before_the_link(store: Store, now_ms: int) -> LinkView:
    """What is shown until the link begins, after the first paint: a desk that has joined is on its way there."""
    try:
        joined = store.get_setting(MEMBERSHIP)
    except Unavailable:
        joined = ""
    return LinkView(state=LinkState.CONNECTING, since=now_ms) if joined else LinkView()
