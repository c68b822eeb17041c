"""Conflicts: what two desks did without knowing of each other, both facts side by side, settled by one digit."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from core.desk import Change
from core.errors import ForedeskError
from widgets.context import DeskContext
from widgets.docks import PanelHost
from widgets.panels.notice import Notice, paragraph
from widgets.panels.rows_view import RowsView
from widgets.panels.times import count_text
from widgets.panels.whole_lines import WholeLines
from widgets.sync.choice_box import ChoiceBox
from widgets.sync.conflict_rows import SINCE, ConflictModel
from widgets.sync.matter import Matter
from widgets.theme import px

EMPTY = "No conflict. When two desks send one unit without knowing of each other, both facts stand here and you choose."
KEYS = "1 or 2 settles the marked one.  Space reads on.  Enter shows its incident.  Esc leaves; nothing is settled."
MOST_CHOICES = 3
WIDE = 520  # design pixels from which the choices stand side by side
MOST_ROWS = 5
ROOMY = 480  # design pixels of height from which the list shows that many
RENEW_SOON_MS = 80  # changes that come together are read once
RENEW_S = 5  # the unit moves, and so does its time to both

MattersOf = Callable[[], Sequence[Matter]]


class _Sides(WholeLines):
    """As high as the sides are at the width they have: at their least width they would be towers."""

    def minimumSizeHint(self) -> QSize:
        least, rows = super().minimumSizeHint(), self.layout()
        needed = rows.minimumHeightForWidth(max(self.width(), least.width())) if rows is not None else 0
        return QSize(least.width(), needed)


class ConflictPanel(QWidget):
    """`matters` gives what is to settle and what was. `said(sentence)` is for the echo, `shown(id)` for an incident."""

    said = Signal(str)
    shown = Signal(str)

    def __init__(self, context: DeskContext, matters: MattersOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Conflicts")
        self._context, self._ask = context, matters
        self._matters: dict[str, Matter] = {}
        self._renewed_at = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(RENEW_SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self.model = ConflictModel(self)
        self.view = RowsView(context, self.model, lines=2)
        self.view.setAccessibleName("Conflicts")
        self.view.setAccessibleDescription(KEYS)
        self.heading, self.settled, self.advice = paragraph("title"), paragraph(), paragraph("heading")
        self.boxes = [ChoiceBox(context, digit + 1) for digit in range(MOST_CHOICES)]
        self.notice = Notice(context)
        self.empty = paragraph("muted", EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.setFocusProxy(self.view)
        self._connect()

    def _lay_out(self) -> None:
        self._side_by_side = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._side_by_side.setSpacing(px(8))
        for box in self.boxes:
            self._side_by_side.addWidget(box, 1)
        body = _Sides()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(px(8), px(6), px(8), px(4))
        rows.setSpacing(px(6))
        for widget in (self.heading, self.settled, self.advice):
            rows.addWidget(widget)
        rows.addLayout(self._side_by_side)
        rows.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(PanelHost(body))
        full = QWidget()
        parts = QVBoxLayout(full)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(0)
        parts.addWidget(self.view)
        parts.addWidget(self._scroll, 1)
        self.keys = paragraph("small", KEYS)
        self.keys.setContentsMargins(px(8), px(2), px(8), px(4))
        parts.addWidget(self.notice)
        parts.addWidget(self.keys)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(full)

    def _connect(self) -> None:
        self.view.picked.connect(lambda _keys: self._show_marked())
        self.view.released.connect(self.refresh)
        self.view.activated_row.connect(self._show_incident)
        for at, box in enumerate(self.boxes):
            box.chosen.connect(lambda at=at: self.choose(at))
        self._context.notifier.changed.connect(self._on_change)
        self._context.notifier.tick.connect(self._on_tick)

    # what it shows

    @property
    def marked(self) -> Matter | None:
        """The conflict whose sides are on show."""
        keys = self.view.keys_selected()
        return self._matters.get(keys[0]) if keys else None

    @property
    def open_count(self) -> int:
        return sum(matter.open for matter in self._matters.values())

    def refresh(self) -> None:
        """Bring the list and the sides up to date; what is marked stays marked, settled or not."""
        self._matters = {matter.id: matter for matter in self._ask()}
        self.model.now_ms = self._context.desk.clock.now_ms()
        self.model.refresh(list(self._matters.values()), hold=self.view.held)
        self._stack.setCurrentIndex(1 if self._matters else 0)
        if self._matters and self.marked is None:
            self.view.mark((self.model.key_at(0),))
        self._share_height()
        self._show_marked()

    def _share_height(self) -> None:
        """In a low panel the sides matter more than the list."""
        most = MOST_ROWS if self.height() >= px(ROOMY) else 2
        self.view.rows_wanted = min(most, max(1, self.model.rowCount()))
        self.view.setMaximumHeight(self.view.sizeHint().height() + px(2))

    def _read_on(self) -> None:
        """A page further down the sides; from their end back to their beginning."""
        bar = self._scroll.verticalScrollBar()
        at_end = bar.value() >= bar.maximum()
        bar.setValue(0 if at_end else bar.value() + bar.pageStep())

    def mark(self, matter: str) -> None:
        """Put this conflict's sides on show."""
        if matter in self._matters:
            self.view.mark((matter,))
            self._show_marked()

    def mark_first_open(self) -> None:
        """The most pressing one, where the one on show is settled."""
        if self.marked is None or not self.marked.open:
            self.view.mark((self.model.key_at(0),))
            self._show_marked()

    def _show_marked(self) -> None:
        matter = self.marked
        if matter is None:
            return
        self.heading.setText(matter.heading)
        self.settled.setText(matter.settled)
        self.settled.setVisible(not matter.open)
        self.advice.setText(matter.advice)
        self.advice.setVisible(bool(matter.advice) and matter.open)
        for at, box in enumerate(self.boxes):
            shown = at < len(matter.choices)
            box.setVisible(shown)
            if shown:
                box.show_choice(matter.choices[at], usable=matter.open)
        digits = " or ".join(str(at + 1) for at in range(len(matter.choices)))
        self.keys.setText(
            KEYS.replace("1 or 2", digits) if matter.open else "Enter shows its incident.  Down goes to the next."
        )

    def _show_incident(self, key: str) -> None:
        matter = self._matters.get(key)
        if matter is not None and matter.incidents:
            self.shown.emit(matter.incidents[0])

    # what it does

    def choose(self, at: int) -> None:
        """Settle the marked conflict by its choice number `at`, counted from 0."""
        matter = self.marked
        if matter is None or at >= len(matter.choices):
            return
        if not matter.open:
            self.notice.tell("That one is settled already; nothing was changed. Down goes to the next.")
            return
        choice = matter.choices[at]
        try:
            if choice.command is not None:
                self._context.desk.do(choice.command)
            elif choice.act is not None:
                choice.act()
        except ForedeskError as error:
            self.refresh()
            self.notice.tell_error(error)
            return
        self.refresh()
        left = f" {count_text(self.open_count, 'conflict')} left." if self.open_count else ""
        self.notice.tell(f"{choice.done}{left}")
        self.said.emit(choice.done)

    def _on_change(self, change: Change) -> None:
        if change.events and self.isVisible():
            self._soon.start()

    def _on_tick(self, now_ms: int) -> None:
        self.model.now_ms = now_ms
        if not self.isVisible():
            return
        self.view.repaint_column(SINCE)
        if self.open_count and now_ms - self._renewed_at >= RENEW_S * 1000:
            self._renewed_at = now_ms
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= px(WIDE)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._side_by_side.setDirection(direction)
        self._share_height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        digit = event.key() - Qt.Key.Key_1
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and 0 <= digit < MOST_CHOICES:
            if not event.isAutoRepeat():
                self.choose(digit)
        elif plain and event.key() == Qt.Key.Key_Space:
            self._read_on()
        else:
            super().keyPressEvent(event)
