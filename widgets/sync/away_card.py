"""A quiet card over the map: what changed while this desk was away. It never takes the keyboard by itself."""

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.announce import announce
from widgets.context import DeskContext
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.notice import paragraph
from widgets.panels.rows_view import RowsView
from widgets.sync.away import AwayLine, AwayNews
from widgets.theme import px

COLUMNS = (Column("What", "Conflict"), Column("About", "1041 Structure fire", stretch=True))
MOST_ROWS = 6
_TONES = {"Mayday": Tone.ALARM, "Conflict": Tone.ALARM, "P1": Tone.ALARM}


class AwayModel(KeyedTable):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)

    def fill(self, lines: tuple[AwayLine, ...]) -> None:
        self.show([_row(line) for line in lines])


def _row(line: AwayLine) -> Row:
    tone = _TONES.get(line.kind, Tone.MUTED)
    return Row(line.key, (Cell(line.kind, tone=tone), Cell(line.sentence)), f"{line.kind}: {line.sentence}")


class AwayCard(QFrame):
    """`tell` shows it beside `anchor`; `jump(AwayLine)` when a line is taken, `left` when it goes."""

    jump = Signal(object)
    left = Signal()

    def __init__(self, context: DeskContext, window: QWidget, anchor: QWidget) -> None:
        super().__init__(window)
        self._window, self._anchor = window, anchor
        self._lines: dict[str, AwayLine] = {}
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("What changed while this desk was away")
        self.heading, self.counts, self.more = paragraph("heading"), paragraph(), paragraph("small")
        self.model = AwayModel(self)
        self.view = RowsView(context, self.model)
        self.view.setAccessibleName("What changed")
        self.view.horizontalHeader().hide()
        self.view.activated_row.connect(self._take)
        self.away_button = QPushButton("Put away")
        self.away_button.setAccessibleName("Put this card away")
        self.away_button.clicked.connect(self.put_away)
        self.keys = paragraph("small", "Ctrl+Shift+A comes here and goes; Enter jumps.")
        self._rows = QVBoxLayout(self)
        for widget in (self.heading, self.counts, self.view, self.more):
            self._rows.addWidget(widget)
        foot = QHBoxLayout()
        foot.addWidget(self.keys, 1)
        foot.addWidget(self.away_button)
        self._rows.addLayout(foot)
        self.setFocusProxy(self.view)
        self.hide()

    def tell(self, heading: str, news: AwayNews) -> None:
        """Show it, the keyboard stays where it is."""
        self.heading.setText(heading)
        self.renew(news)
        self.show()
        self.raise_()
        announce(self, f"{heading} {news.counts}")

    def renew(self, news: AwayNews) -> None:
        """The same absence, as it looks now."""
        self._lines = {line.key: line for line in news.lines}
        self.counts.setText(news.counts)
        self.model.fill(news.lines)
        self.view.setVisible(bool(news.lines))
        self.more.setText(f"{news.hidden} more are in the queue." if news.hidden else "")
        self.more.setVisible(news.hidden > 0)
        self.fit()

    @property
    def has_focus(self) -> bool:
        focused = QApplication.focusWidget()
        return isinstance(focused, QWidget) and (focused is self or self.isAncestorOf(focused))

    def focus_inside(self) -> None:
        if self._lines:
            self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if not self.view.keys_selected():
                self.view.mark((self.model.key_at(0),))
        else:
            self.away_button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def put_away(self) -> None:
        had_focus = self.has_focus
        self.hide()
        if had_focus:
            self.left.emit()

    def fit(self) -> None:
        """Take its place again: at the top of the anchor, never wider than the window."""
        self._rows.setContentsMargins(px(12), px(8), px(12), px(8))
        self._rows.setSpacing(px(6))
        margin = px(8)
        width = min(max(self._anchor.width() - 2 * margin, px(300)), px(440), self._window.width() - 2 * margin)
        shown = min(MOST_ROWS, self.model.rowCount())
        self.view.setFixedHeight(shown * self.view.verticalHeader().defaultSectionSize() + px(6))
        self.setFixedWidth(width)
        self._rows.activate()
        self.setFixedHeight(self._rows.totalHeightForWidth(width) if self._rows.hasHeightForWidth() else 0)
        corner = self._anchor.mapTo(self._window, QPoint(margin, margin))
        left = min(corner.x(), self._window.width() - width - margin)
        self.move(max(margin, left), corner.y())

    def _take(self, key: str) -> None:
        line = self._lines.get(key)
        if line is not None:
            self.jump.emit(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Delete):
            self.put_away()
        else:
            super().keyPressEvent(event)
