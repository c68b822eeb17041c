"""Joins working together to the rest of the window: marks, presence, conflicts, the server's sheet, the away card."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.desk import Change
from widgets.context import DeskContext
from widgets.news import NewsItem
from widgets.panels.times import minute_text, moment_text
from widgets.popover import Further
from widgets.sync.away import AwayLine, AwayTally
from widgets.sync.away_card import AwayCard
from widgets.sync.control import LinkState, LinkView
from widgets.sync.link_page import LinkPage

if TYPE_CHECKING:
    from widgets.window import MainWindow

RENEW_MS = 500
HALF_A_DAY_MS = 43_200_000
AWAY_S = 60  # a shorter gap is no absence


class SyncGlue(QObject):
    """`said(sentence)` for the echo."""

    said = Signal(str)

    def __init__(self, context: DeskContext, window: "MainWindow") -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self.page = LinkPage(context, window)
        self.card = AwayCard(context, window, window.map_place)
        self._state = LinkState.NONE
        self._away_since = 0  # 0: here
        self._look_for_doubles, self._offered = True, frozenset[str]()
        self._tally = self._fresh_tally()
        self._renewing = QTimer(self)
        self._renewing.setSingleShot(True)
        self._renewing.setInterval(RENEW_MS)
        self._renewing.timeout.connect(self._renew)
        self.page.said.connect(self.said)
        self.card.jump.connect(self._jump)
        self.card.left.connect(window.bar.focus_line)
        conflicts = window.panes.conflicts
        conflicts.said.connect(self.said)
        conflicts.shown.connect(lambda incident: window.keys.jump_to(incident, ""))
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(self.follow)
        context.notifier.tick.connect(self._offer_merges)
        context.selection.incident_changed.connect(self._look_at)

    def further(self) -> tuple[Further, ...]:
        """What the link's popover offers."""
        view = self._view()
        acts = [Further("Server", self.page.open_page)]
        if view.state is not LinkState.NONE:
            words = "Use the line freely again" if view.metered else "Spare the line"
            acts.append(Further(words, lambda: self._spare(not view.metered), "M"))
        if view.state in (LinkState.OFFLINE, LinkState.REFUSED):
            acts.append(Further("Try now", self._try_now, "T"))
        return tuple(acts)

    def _view(self) -> LinkView:
        return self._context.sync.view() if self._context.sync else LinkView()

    def _spare(self, on: bool) -> None:
        if self._context.sync is not None:
            self._context.sync.use_metered(on)
            self.said.emit("The line is spared." if on else "The line is used freely.")

    def _try_now(self) -> None:
        if self._context.sync is not None:
            self._context.sync.try_now()
            self.said.emit("The server is being called.")

    def _look_at(self, incident: str) -> None:
        if self._context.sync is not None:
            self._context.sync.look_at(incident)

    def _offer_merges(self, _now_ms: int) -> None:
        """Two incidents of different desks that may be one event are news, once."""
        if not self._look_for_doubles:
            return
        self._look_for_doubles = False
        offers = {matter.id: matter for matter in self._window.panes.facts.offers()}
        for key in offers.keys() - self._offered:
            matter = offers[key]
            sentence = f"{matter.heading} Ctrl+Shift+C offers to merge them."
            self._window.tray.add_news(NewsItem(matter.incidents[0], self._context.desk.clock.now_ms(), sentence))
        self._offered = frozenset(offers)

    # what changed while away

    def _fresh_tally(self) -> AwayTally:
        desk = self._context.desk
        return AwayTally(desk.desk_id, known_conflicts=frozenset(desk.board.conflicts))

    def _on_change(self, change: Change) -> None:
        self._look_for_doubles = self._look_for_doubles or bool(change.incidents)
        if self._away_since and change.events:
            self._tally.take(change.events)
        elif change.events and self.card.isVisible():
            self._renewing.start()

    def _renew(self) -> None:
        desk = self._context.desk
        self.card.renew(self._tally.news(desk.board, desk.agency))

    def follow(self, now_ms: int) -> None:
        """Begin an absence when the line goes, and tell of it when the desk is level again."""
        view = self._view()
        if view.state is not self._state:
            self._state = view.state
            if view.state in (LinkState.OFFLINE, LinkState.CONNECTING) and not self._away_since:
                self._away_since = view.known_at or view.since or now_ms
                self._tally = self._fresh_tally()
        if self._away_since and view.state is LinkState.UP_TO_DATE:
            self._come_back(now_ms)

    def _come_back(self, now_ms: int) -> None:
        since, self._away_since = self._away_since, 0
        if now_ms - since < AWAY_S * 1000 or not self._tally.worth_telling:
            return
        desk = self._context.desk
        began = minute_text(since) if now_ms - since < HALF_A_DAY_MS else moment_text(since)
        heading = f"While this desk was away, {began} to {minute_text(now_ms)}"
        self.card.tell(heading, self._tally.news(desk.board, desk.agency))
        for above in (self._window.popover, self._window.overlay, self.page):
            above.raise_()

    def _jump(self, line: AwayLine) -> None:
        if line.conflict:
            self._window.keys.show_conflict(line.conflict)
        else:
            self._window.keys.jump_to(line.incident, line.unit)

    # places

    def fit(self) -> None:
        """The window or the scale changed."""
        if self.card.isVisible():
            self.card.fit()
        if self.page.isVisible():
            self.page.fit()
