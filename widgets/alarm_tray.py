"""One line of fixed height for what wants attention: the first alarm with its action and key, and the newest event.

Nothing here ever takes the focus. Only an alarm nobody has acknowledged blinks, once a second, and not where motion is
reduced.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QStyle, QToolButton, QWidget

from core.avl.proposals import Proposal
from core.desk import Change
from core.domain.alarms import CONFLICT, Alarm, alarms
from core.domain.commands import AcknowledgeAlarm
from core.errors import Refused, Unavailable
from widgets.announce import announce
from widgets.context import DeskContext
from widgets.elided import ElidedLabel
from widgets.health_item import HealthLevel
from widgets.health_strip import level_icon
from widgets.news import News, NewsItem
from widgets.sync.desk_names import desk_name
from widgets.theme import px

BLINK_MS = 500  # half a period: one blink a second
MUTE_S = 300
MOST_ANNOUNCED = 5  # a day of other desks' work at once is not read out
FLOOD = 10  # more alarms than this are told as a number only
_ICONS = {1: HealthLevel.ALARM, 2: HealthLevel.WARN, 3: HealthLevel.NEUTRAL}


def reduced_motion() -> bool:
    """Whether the system asks for no animation."""
    style = QApplication.style()
    return style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0


class AlarmTray(QFrame):
    """`jump(incident id, callsign)` asks the window to go there, `conflict_wanted(id)` to show that conflict;
    `listed(anchor)` to open the whole list.
    """

    jump = Signal(str, str)
    conflict_wanted = Signal(str)
    listed = Signal(object)

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tray")
        self.setAccessibleName("Alarms and news")
        self._context = context
        self.news = News(context.desk, self._called)
        self.alarms: list[Alarm] = []
        self.muted_until_ms = 0
        self.still = reduced_motion()
        self._lit = True
        self._known: set[str] = set()
        self._proposed: set[str] = set()
        self._mark, self._first = QToolButton(), ElidedLabel()
        self._newest = ElidedLabel()
        self._ack = self._button("Acknowledge  F10", "Acknowledge the first alarm, F10", self.acknowledge)
        self._more = self._button("", "All alarms and news", lambda: self.listed.emit(self._more))
        self._mute = self._button("", "Mute or end the mute", self.toggle_mute)
        self._accept = self._button("", "Do what is proposed, or mark it as seen, Ctrl+Y", self.accept_proposal)
        self._jump = self._button("Jump  F9", "Jump to the newest event, F9", self.jump_to_first)
        self._lay_out()
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._toggle_light)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        context.notifier.changed.connect(self._on_change)
        context.notifier.tick.connect(lambda _now: self.refresh())
        context.selection.incident_changed.connect(self._seen)
        self.refresh()

    def _button(self, text: str, name: str, act: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAccessibleName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        self._mark.setProperty("role", "flat")
        self._mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._mark.setAccessibleName("Alarm level")
        self._mark.clicked.connect(self.jump_to_first)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._mark)
        self._row.addWidget(self._first, 3)
        for button in (self._ack, self._more, self._mute):
            self._row.addWidget(button)
        self._rule = QFrame()
        self._rule.setObjectName("upright")
        self._row.addWidget(self._rule)
        self._row.addWidget(self._newest, 2)
        self._row.addWidget(self._accept)
        self._row.addWidget(self._jump)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    def restyle(self) -> None:
        self._row.setContentsMargins(px(8), px(2), px(8), px(2))
        self._row.setSpacing(px(6))
        self._mark.setIconSize(QSize(px(13), px(13)))
        self.setFixedHeight(self._ack.sizeHint().height() + px(4))
        self._paint_mark()

    # what the window's keys call

    def acknowledge(self) -> None:
        """Acknowledge the first alarm nobody has acknowledged."""
        first = next((alarm for alarm in self.alarms if not alarm.acknowledged), None)
        if first is None:
            return
        try:
            self._context.desk.do(AcknowledgeAlarm(first.key))
        except (Refused, Unavailable) as error:
            self._context.report_error(error)

    def accept_proposal(self) -> None:
        """Do what the first proposal says; it is this operator's doing then."""
        if self._context.avl is None:
            return
        try:
            self._context.avl.accept_proposal()
        except (Refused, Unavailable) as error:
            self._context.report_error(error)
        self._show_news()

    def dismiss_proposal(self) -> None:
        if self._context.avl is not None:
            self._context.avl.dismiss_proposal()
        self._show_news()

    def toggle_mute(self) -> None:
        now_ms = self._context.desk.clock.now_ms()
        self.muted_until_ms = 0 if now_ms < self.muted_until_ms else now_ms + MUTE_S * 1000
        self.refresh()

    def jump_to_first(self) -> None:
        """To the first unacknowledged alarm's subject, else to the newest event; nothing when there is neither."""
        first = next((alarm for alarm in self.alarms if not alarm.acknowledged), None)
        if first is not None and first.key.startswith(CONFLICT):
            self.conflict_wanted.emit(first.key.split(":", 2)[2])
        elif first is not None:
            self.jump.emit(first.incident, first.unit)
        elif self.news.items:
            self.jump.emit(self.news.items[0].incident, "")

    def add_news(self, item: NewsItem) -> None:
        """Something worth a look that no event says by itself."""
        self.news.add_quietly(item)
        announce(self, item.sentence)
        self._show_news()

    # what the desk tells

    def _on_change(self, change: Change) -> None:
        if not change.events:
            return
        told = self.news.take(change)
        for item in told if len(told) <= MOST_ANNOUNCED else ():
            announce(self, item.sentence)
        if len(told) > MOST_ANNOUNCED:
            announce(self, f"{len(told)} news from other desks.")
        self._soon.start()

    def _called(self, desk: str) -> str:
        return desk_name(self._context, desk)

    def _seen(self, incident: str) -> None:
        self.news.drop(incident)
        self._show_news()

    def refresh(self) -> None:
        """Work the alarms out again and show them; tells new ones once, aloud unless muted."""
        desk = self._context.desk
        now_ms = desk.clock.now_ms()
        standing = alarms(desk.board, desk.agency, now_ms, self._called)
        self.alarms = sorted(standing, key=lambda a: (a.acknowledged, a.level))
        fresh = [alarm for alarm in self.alarms if alarm.key not in self._known and not alarm.acknowledged]
        self._known = {alarm.key for alarm in self.alarms}
        muted = now_ms < self.muted_until_ms
        for alarm in fresh[:FLOOD]:
            announce(self, f"{alarm.sentence} {alarm.action}", at_once=alarm.level == 1)
        if fresh and not muted and any(alarm.level < 3 for alarm in fresh):
            QApplication.beep()
        self._show_alarms()
        self._show_mute(muted)
        self._show_news()

    def _show_alarms(self) -> None:
        waiting = [alarm for alarm in self.alarms if not alarm.acknowledged]
        if not self.alarms:
            self._first.say("No alarms", role="muted")
        elif len(waiting) > FLOOD:
            worst = sum(alarm.level == 1 for alarm in waiting)
            self._first.say(f"{len(waiting)} alarms, {worst} of them at once. {waiting[0].sentence}", role="alarm")
        elif waiting:
            self._first.say(f"{waiting[0].sentence} {waiting[0].action}", role="alarm" if waiting[0].level == 1 else "")
        else:
            self._first.say(f"{len(self.alarms)} acknowledged: {self.alarms[0].sentence}", role="muted")
        others = len(self.alarms) - 1 + max(0, len(self.news.items) - 1)
        self._more.setText(f"+{others} more")
        self._more.setVisible(others > 0)
        self._ack.setVisible(bool(waiting))
        blinking = bool(waiting) and waiting[0].level == 1 and not self.still
        if blinking and not self._blink.isActive():
            self._blink.start()
        elif not blinking:
            self._blink.stop()
            self._lit = True
        self._paint_mark()

    def _show_mute(self, muted: bool) -> None:
        until = datetime.fromtimestamp(self.muted_until_ms / 1000).astimezone()
        self._mute.setText(f"Muted until {until:%H:%M}" if muted else "Mute")
        self._mute.setVisible(muted or any(not alarm.acknowledged for alarm in self.alarms))

    def _show_news(self) -> None:
        proposals = self._context.avl.proposals.items if self._context.avl else ()
        self._accept.setVisible(bool(proposals))
        if proposals:
            self._show_proposal(proposals)
            return
        items = self.news.items
        more = f"  (+{len(items) - 1})" if len(items) > 1 else ""
        self._newest.say(items[0].sentence + more if items else "", role="" if items else "muted")
        self._newest.setVisible(bool(items))
        self._rule.setVisible(bool(items))
        self._jump.setVisible(bool(items))

    def _show_proposal(self, proposals: Sequence[Proposal]) -> None:
        first = proposals[0]
        more = f"  (+{len(proposals) - 1})" if len(proposals) > 1 else ""
        self._newest.say(first.sentence + more, role="")
        self._accept.setText("Seen  Ctrl+Y" if first.command is None else "Set  Ctrl+Y")
        if first.key not in self._proposed:
            announce(self, first.sentence)
        self._proposed = {proposal.key for proposal in proposals}
        self._newest.show()
        self._rule.show()
        self._jump.hide()

    def _toggle_light(self) -> None:
        self._lit = not self._lit
        self._paint_mark()

    def _paint_mark(self) -> None:
        waiting = [alarm for alarm in self.alarms if not alarm.acknowledged]
        level = _ICONS[waiting[0].level] if waiting else HealthLevel.OK
        icon = level_icon(level, self._context.palette, px(13), self.devicePixelRatioF()) if self._lit else QIcon()
        self._mark.setIcon(icon)

    def rows(self) -> list[tuple[str, Sequence[str]]]:
        """Everything in the tray as blocks for the list that opens from it."""
        waiting = [f"{alarm.sentence} {alarm.action}" for alarm in self.alarms if not alarm.acknowledged]
        done = [alarm.sentence for alarm in self.alarms if alarm.acknowledged]
        news = [item.sentence for item in self.news.items]
        asked = [each.sentence for each in self._context.avl.proposals.items] if self._context.avl else []
        return [("ALARMS", waiting), ("ACKNOWLEDGED", done), ("PROPOSED", asked), ("NEW", news)]
