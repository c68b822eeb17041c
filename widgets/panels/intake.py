"""Taking a call: from F2 to an open incident without a word lost, whatever fails meanwhile."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.desk import Change, Draft
from core.domain.events import CallWithdrawn, IncidentOpened, IncidentWithdrawn
from core.domain.severity_words import urgency
from core.domain.values import Caller
from core.errors import ForedeskError, Unavailable
from core.severity.suggest import TYPE
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.chooser import Chooser, Option
from widgets.panels.draft_keeper import DraftKeeper
from widgets.panels.duplicates_box import DuplicatesBox
from widgets.panels.history_box import HistoryBox
from widgets.panels.in_view import bring_into_view
from widgets.panels.intake_draft import IntakeForm, form_of, form_of_call
from widgets.panels.intake_form import IntakeFields
from widgets.panels.notice import Notice
from widgets.panels.parked_box import ParkedBox
from widgets.panels.severity_row import FIRST
from widgets.panels.times import count_text, elapsed_text, minute_text
from widgets.theme import px

QWIDGETSIZE_MAX = 16_777_215  # Qt's word for no limit
BESIDE_FROM = 640  # design pixels of width from which duplicates and history stand beside the form
TEXT_IS_KEPT = "Everything you typed is still here."


class IntakePanel(QWidget):
    """`begin` is F2. `opened(incident)` after a call became an incident or joined one; `left` after Esc went out.

    `said` is a sentence for where the operator looks once the intake is gone.
    """

    opened = Signal(str)
    said = Signal(str)
    left = Signal()
    parked_changed = Signal(int)

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("New call")
        self._context = context
        self._drafts = DraftKeeper(context.desk)
        self.fields = IntakeFields(context)
        self.duplicates = DuplicatesBox(context)
        self.history = HistoryBox(context)
        self.parked = ParkedBox()
        self.notice = Notice(context)
        self.chooser = Chooser(context)
        self._title = QLabel("New call")
        self._title.setProperty("role", "title")
        self._clock = QLabel()
        self._clock.setProperty("role", "muted")
        self.open_button = QPushButton("Open incident   Ctrl+Enter")
        self.open_button.setProperty("role", "primary")
        self.open_button.setAccessibleName("Open incident")
        self.park_button = QPushButton("Park   Esc")
        self.park_button.setAccessibleName("Park this call")
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.fields)
        self._find_drafts()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(px(12))
        for box in (self.duplicates, self.history, self.parked):
            side.addWidget(box)
        side.addStretch(1)
        body = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom, body)
        self._columns.setContentsMargins(px(10), px(4), px(10), px(6))
        self._columns.setSpacing(px(14))
        self._columns.addWidget(self.fields, 3)
        self._columns.addLayout(side, 2)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        head = QHBoxLayout()
        head.setContentsMargins(px(10), px(6), px(10), px(2))
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._clock)
        foot = QHBoxLayout()
        foot.setContentsMargins(px(10), px(4), px(10), px(8))
        foot.setSpacing(px(6))
        foot.addWidget(self.open_button)
        foot.addWidget(self.park_button)
        foot.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(scroll, 1)
        rows.addWidget(self.notice)
        rows.addWidget(self.chooser)
        rows.addLayout(foot)

    def _connect(self) -> None:
        keys = {
            "Ctrl+Return": self.open_incident,
            "Ctrl+Enter": self.open_incident,
            "Ctrl+L": self._link_marked,
            "Ctrl+T": self._take_suggested,
            "Ctrl+S": self._take_severity,
            "Alt+S": self._go_to_severity,
            "Alt+Down": self.duplicates.mark_next,
        }
        for key, act in keys.items():
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(act)
        self.fields.changed.connect(self._changed)
        self.duplicates.link.connect(self.link_to)
        self.duplicates.changed.connect(self.history.leave_out)
        self.parked.resume.connect(self.resume)
        self.parked.drop.connect(self._ask_drop)
        self.chooser.left.connect(self.focus_location)
        self.open_button.clicked.connect(self.open_incident)
        self.park_button.clicked.connect(self.leave)
        self._context.notifier.tick.connect(self._show_clock)
        self._context.notifier.changed.connect(self._on_change)
        QApplication.instance().focusChanged.connect(self._follow_focus)  # type: ignore[union-attr]

    @property
    def parked_count(self) -> int:
        return len(self._drafts.parked)

    def begin(self, caller: Caller | None = None) -> None:
        """Take a new call: what is in the form is parked, the caret stands in Location.

        `caller` is what the telephone shows by itself, where there is one that does.
        """
        self.park()
        known = caller or Caller()
        form = IntakeForm(callback=known.callback, caller=known.name, answered_at=self._context.desk.clock.now_ms())
        self._start(form)
        self._try(lambda: self._drafts.keep(form))
        self.focus_location()

    def focus_location(self) -> None:
        self.fields.location.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def leave(self) -> None:
        """One level out: the call is parked, nothing is lost."""
        self.park()
        self._start(IntakeForm())
        self.left.emit()

    def park(self) -> None:
        """Keep the form as a parked draft; an empty form leaves nothing behind."""
        form = self.fields.form()
        self.notice.clear()
        self._try(lambda: self._drafts.park(form))
        self._show_parked()

    def resume(self, draft_id: str) -> None:
        """Take a parked call up again; the call in hand is parked in its place."""
        self.park()
        draft = self._drafts.take(draft_id)
        if draft is None:
            return
        self._start(form_of(draft))
        self._try(lambda: self._drafts.keep(self.fields.form()))
        self._show_parked()
        self.focus_location()

    def resume_oldest(self) -> None:
        if self._drafts.parked:
            self.resume(self._drafts.parked[0].id)
        else:
            self.notice.tell("No call is parked. F2 takes a new one.")

    def set_location_from_map(self, lat: float, lon: float) -> None:
        self.fields.location.set_from_map(lat, lon)

    def open_incident(self) -> None:
        """Ctrl+Enter: location and type are enough."""
        self.fields.location.settle()
        self.fields.type.settle()
        form = self.fields.form()
        missing = form.missing(self._context.desk.agency)
        if "type" in missing and self.fields.type.suggested and not form.type.strip():
            missing["type"] += f" Ctrl+T takes {self.fields.type.suggested.code}."
        self.fields.tell_missing(missing)
        if missing:
            return
        try:
            shown = self.fields.severity.shown()
            events = self._context.desk.do(form.open_command(shown.suggestion))
        except ForedeskError as error:
            self._tell_trouble(error)
            return
        incident = next(e.body.incident for e in events if isinstance(e.body, IncidentOpened))
        if self._context.suggester is not None:
            self._context.suggester.opened(incident, shown)
        self._finish(incident)

    def link_to(self, incident: str) -> None:
        """This call is about `incident`, which is open already."""
        self.fields.location.settle()
        form = self.fields.form()
        try:
            self._context.desk.do(form.link_command(incident))
        except ForedeskError as error:
            self._tell_trouble(error)
            return
        known = self._context.desk.board.incidents[incident]
        caller = form.caller.strip() or form.callback.strip()
        of = f" of {brief(caller, 40)}" if caller else ""
        number = self._context.desk.board.short(known)
        told = f"The call{of} is linked to {number}, {known.type}. Ctrl+Z takes it back."
        said = self.fields.severity.shown().suggestion
        if said.source != TYPE and urgency(said.level) < urgency(known.severity):
            told += f" Its words suggest severity {said.level} ({said.why}); sv {said.level} sets it."
        self._finish(incident)
        self.said.emit(told)

    def _link_marked(self) -> None:
        self.duplicates.look_if_due()
        if self.fields.form().empty or not self.duplicates.hints:
            self.notice.tell("No open incident is likely the same, so there is none to link to.")
            return
        self.duplicates.link_marked()

    def _take_suggested(self) -> None:
        if self.fields.type.take_suggested():
            self.fields.tell_missing({})

    def _take_severity(self) -> None:
        if not self.fields.severity.take_suggested():
            self.notice.tell(FIRST if self.fields.severity.hidden else "No severity is suggested that could be taken.")

    def _go_to_severity(self) -> None:
        self.fields.severity.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _finish(self, incident: str) -> None:
        self.notice.clear()
        self._try(self._drafts.forget)
        self._start(IntakeForm())
        self._context.selection.select_incident(incident)
        self.opened.emit(incident)

    def _start(self, form: IntakeForm) -> None:
        self.fields.show_form(form)
        self._look_around()
        self._show_clock(self._context.desk.clock.now_ms())

    def _changed(self) -> None:
        if self.fields.answered_at is None:
            self.fields.set_answered(self._context.desk.clock.now_ms())
        if self._try(lambda: self._drafts.keep(self.fields.form())) and TEXT_IS_KEPT in self.notice.text:
            self.notice.clear()
        self._look_around()

    def _try(self, act: Callable[[], None]) -> bool:
        """Do something with the store; a store that refuses is told, and the text stays."""
        try:
            act()
        except Unavailable as trouble:
            self._tell_trouble(trouble)
            return False
        return True

    def _look_around(self) -> None:
        location, callback = self.fields.location.location, self.fields.callback.text()
        self.duplicates.look(location, callback, self.fields.type.code)
        self.history.look(callback, location)

    def _ask_drop(self, draft_id: str) -> None:
        draft = next(draft for draft in self._drafts.parked if draft.id == draft_id)
        self.chooser.ask(
            f"Drop the parked call “{form_of(draft).title[:60]}”? Its text is deleted.",
            (Option("N", "No, keep it"), Option("Y", "Yes, drop it")),
            lambda answer: self._drop(draft) if answer == "Y" else None,
        )

    def _drop(self, draft: Draft) -> None:
        self._try(lambda: self._drafts.drop(draft))
        self._show_parked()

    def _find_drafts(self) -> None:
        """Offer calls kept from earlier: parked ones, and those that were in hand when the program ended."""
        in_hand = 0
        try:
            in_hand = self._drafts.find()
        except Unavailable as trouble:
            self.notice.tell_error(trouble)
        self._start(IntakeForm())
        if in_hand:
            were = f"{count_text(in_hand, 'call')} {'was' if in_hand == 1 else 'were'}"
            sentence = f"{were} in hand when the program ended, and kept. Shift+F2 takes the oldest up."
            self.notice.tell(sentence, role="warning")
        self._show_parked()

    def _on_change(self, change: Change) -> None:
        """A call whose linking or opening was taken back here is not lost: it is parked."""
        desk = self._context.desk
        for event in change.events:
            if isinstance(event.body, CallWithdrawn | IncidentWithdrawn) and event.desk == desk.desk_id:
                form = form_of_call(desk.store.events_of_command(event.undoes))
                if form is not None:
                    self._try(partial(self._drafts.park_again, form))
                    self._show_parked()

    def _show_parked(self) -> None:
        self.parked.show_drafts(self._drafts.parked)
        self.parked_changed.emit(len(self._drafts.parked))

    def _tell_trouble(self, error: ForedeskError) -> None:
        self.notice.tell_error(error, TEXT_IS_KEPT)

    def _show_clock(self, now_ms: int) -> None:
        since = self.fields.answered_at
        self._title.setText("New call" if since is None else f"Call of {minute_text(since)}")
        self._clock.setText(
            f"Call time {elapsed_text((now_ms - since) / 1000)}" if since is not None else "F2 takes a call"
        )

    def _follow_focus(self, _left: QWidget | None, reached: QWidget | None) -> None:
        if reached is not None and self.fields.isAncestorOf(reached):
            bring_into_view(reached)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(beside=self.width() >= px(BESIDE_FROM))

    def _arrange(self, *, beside: bool) -> None:
        """Likely duplicates must be in sight: beside the form, or right under a narrative of a few lines."""
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._columns.setDirection(direction)
        self._columns.setStretch(0, 3 if beside else 0)
        self.fields.narrative.setMaximumHeight(QWIDGETSIZE_MAX if beside else px(84))
