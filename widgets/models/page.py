"""The models' window: the registry with its decisions on the left, alerts and charts on the right."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.errors import ForedeskError, Refused
from core.models.record import Kind, Model, State
from core.models.shipped import SHIPPED
from widgets.context import DeskContext
from widgets.models.charts import Charts
from widgets.models.model_rows import ModelTable
from widgets.models.words import NO_CONTROL, NO_MODELS, about_kind, about_model, about_shipped, alerts_text
from widgets.models_control import ModelsControl
from widgets.panels.chooser import Chooser
from widgets.panels.notice import Notice, paragraph
from widgets.panels.rows_view import RowsView
from widgets.theme import px

if TYPE_CHECKING:
    from core.models.overview import Overview, Watched

KEYS = (
    "A approves, S shadows, X retires the marked model. B rolls back. T trains a candidate or stops it. "
    "1, 2 change the kind. F5 looks again. Esc closes."
)
_KINDS = (Kind.SEVERITY, Kind.RESPONSE)
_KIND_WORDS = {Kind.SEVERITY: "1  Severity", Kind.RESPONSE: "2  Response times"}


class ModelsPage(QWidget):
    """A window of its own that never blocks the desk; every decision asks for the reason, which is kept.

    `page_wanted(name)` asks for a page of the manual.
    """

    page_wanted = Signal(str)

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Foredesk models")
        self.setAccessibleName("Models")
        self._context = context
        self.kind = Kind.SEVERITY
        self.table = ModelTable(self)
        self.list = RowsView(context, self.table, lines=2)
        self.list.setAccessibleName("Models")
        self.empty = paragraph("muted", NO_MODELS)
        self.detail = paragraph("small")
        self.notice = Notice(context)
        self.chooser = Chooser(context)
        self.state = paragraph("small")
        self.keys = paragraph("small", KEYS)
        self.alerts = paragraph()
        for label in (self.detail, self.alerts):
            label.setTextFormat(Qt.TextFormat.RichText)
        self.charts = {kind: Charts(context, kind) for kind in _KINDS}
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.list)

    @property
    def control(self) -> ModelsControl | None:
        return self._context.models

    def _make_buttons(self) -> None:
        self.kind_buttons = {kind: self._button(_KIND_WORDS[kind], partial(self.choose, kind)) for kind in _KINDS}
        for button in self.kind_buttons.values():
            button.setCheckable(True)
        self.approve_button = self._button("Approve  A", self.approve)
        self.shadow_button = self._button("Shadow  S", self.shadow)
        self.retire_button = self._button("Retire  X", self.retire)
        self.back_button = self._button("Roll back  B", self.roll_back)
        self.train_button = self._button("Train  T", self.train)

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text.rstrip("ABSTX12 ").strip() or text)
        button.clicked.connect(lambda _checked: act())
        return button

    def _lay_out(self) -> None:
        kinds = QHBoxLayout()
        kinds.setContentsMargins(px(8), px(8), px(8), px(4))
        for button in self.kind_buttons.values():
            kinds.addWidget(button)
        kinds.addStretch()
        acts = QHBoxLayout()
        acts.setContentsMargins(px(8), px(4), px(8), px(4))
        acts.setSpacing(px(6))
        for button in (self.approve_button, self.shadow_button, self.retire_button, self.back_button):
            acts.addWidget(button)
        acts.addStretch()
        acts.addWidget(self.train_button)
        left = QVBoxLayout()
        left.setSpacing(px(2))
        left.addLayout(kinds)
        left.addWidget(self.empty)
        left.addWidget(self.list, 3)
        left.addLayout(acts)
        left.addWidget(self.chooser)
        left.addWidget(self.notice)
        left.addWidget(_scrolled(self.detail), 4)
        left.addWidget(self.keys)
        right = QVBoxLayout()
        right.setSpacing(px(2))
        right.addWidget(_section("How it does on this desk"))
        judged = QWidget()
        told = QVBoxLayout(judged)
        told.setContentsMargins(0, 0, 0, 0)
        for widget in (self.state, self.alerts, *self.charts.values()):
            told.addWidget(widget)
        told.addStretch(1)
        right.addWidget(_scrolled(judged), 1)
        for label in (self.empty, self.state, self.alerts, self.keys):
            label.setContentsMargins(px(8), px(2), px(8), px(4))
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, px(6))
        columns.setSpacing(px(4))
        columns.addLayout(left, 10)
        columns.addWidget(_upright())
        columns.addLayout(right, 11)

    def _connect(self) -> None:
        self.list.picked.connect(lambda _keys: self._show_marked())
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_marked())
        self.list.released.connect(self.refresh)
        self.list.activated_row.connect(lambda _key: self._show_marked())
        self.chooser.left.connect(self.list.setFocus)

    # what is on show

    def open_page(self) -> None:
        """Show the window in front, with fresh figures."""
        self.refresh()
        room = self.screen().availableGeometry()
        self.resize(min(px(1120), round(0.96 * room.width())), min(px(760), round(0.94 * room.height())))
        self.show()
        self.raise_()
        self.activateWindow()
        self.list.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.control is not None:
            self.control.on_change.append(self.refresh)
            self.control.look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.control is not None and self.refresh in self.control.on_change:
            self.control.on_change.remove(self.refresh)

    def choose(self, kind: Kind) -> None:
        """Show one kind's models and figures."""
        self.kind = kind
        self.notice.clear()
        self.chooser.hide()
        self.refresh()

    def refresh(self) -> None:
        """Bring everything up to date with the last look."""
        control = self.control
        found = control.overview if control else None
        self.table.refresh(found, self.kind, hold=self.list.held)
        rows = self.table.rowCount()
        self.list.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self.empty.setText(NO_MODELS if control else NO_CONTROL)
        if rows and not self.list.keys_selected():
            self.list.mark((self.table.key_at(0),))
        for kind, button in self.kind_buttons.items():
            button.setChecked(kind is self.kind)
        for kind, charts in self.charts.items():
            charts.setVisible(kind is self.kind)
        watched = found.watched.get(self.kind) if found else None
        self._show_watched(watched)
        self._show_marked()
        training = control.training if control else ""
        self.train_button.setText("Stop training  T" if training else "Train  T")
        self.train_button.setEnabled(control is not None)
        if training:
            self.notice.tell(training)
        elif control is not None and control.trouble:
            self.notice.tell(control.trouble, role="warning")

    def _show_watched(self, watched: "Watched | None") -> None:
        self.state.setText(about_kind(self.kind, watched))
        told = alerts_text(watched, self._context.palette)
        self.alerts.setText(told)
        self.alerts.setVisible(bool(told))
        if watched is not None:
            self.charts[self.kind].take(watched.measured, watched.lines)

    def _show_marked(self) -> None:
        model, control = self.marked, self.control
        found = control.overview if control else None
        self.detail.setText(self._about(model, found))
        for button in (self.approve_button, self.shadow_button, self.retire_button):
            button.setEnabled(model is not None)
        self.back_button.setEnabled(bool(found and found.in_state(self.kind, State.CHAMPION)))

    def _about(self, model: Model | None, found: "Overview | None") -> str:
        if found is None:
            return ""
        if found.shipped is not None and tuple(self.list.keys_selected()) == (SHIPPED,):
            return about_shipped(found.shipped, self._context.palette)
        return about_model(model, found, self._context.palette) if model else ""

    @property
    def marked(self) -> Model | None:
        keys = self.list.keys_selected()
        found = self.control.overview if self.control else None
        if not keys or found is None:
            return None
        return next((model for model in found.models if str(model.number) == keys[0]), None)

    # decisions

    def approve(self) -> None:
        model = self.marked
        if model is not None:
            number = model.number
            self._ask(f"Model {number} shall answer from now on. Why?", lambda why: self._approve(number, why))

    def _approve(self, number: int, why: str, override: str = "") -> None:
        control = self.control
        assert control is not None
        try:
            control.approve(number, why, override)
        except Refused as refused:
            self.notice.tell_error(refused)
            if refused.overridable:
                question = "Approve it against the gates? Say why; it is kept with the model. Esc leaves it."
                self._ask(question, lambda reason: self._approve(number, why, reason))
        except ForedeskError as error:
            self.notice.tell_error(error)
        else:
            self.notice.tell(f"Model {number} is the champion. B takes it back.")

    def shadow(self) -> None:
        model, control = self.marked, self.control
        if model is not None and control is not None:
            done = f"Model {model.number} answers unseen beside the champion."
            question = f"Model {model.number} shall answer unseen beside the champion. Why?"
            self._ask(question, lambda why: self._do(lambda: control.shadow(model.number, why), done))

    def retire(self) -> None:
        model, control = self.marked, self.control
        if model is not None and control is not None:
            done = f"Model {model.number} is retired; its file and history are kept."
            question = f"Model {model.number} shall be put away. Why?"
            self._ask(question, lambda why: self._do(lambda: control.retire(model.number, why), done))

    def roll_back(self) -> None:
        control = self.control
        champion = control.overview.in_state(self.kind, State.CHAMPION) if control and control.overview else None
        if champion is None or control is None:
            self.notice.tell("There is no champion, so there is nothing to roll back.", role="warning")
            return
        question = f"Model {champion.number} shall answer no more, and the one before it again. Why?"
        kind, done = self.kind, f"Model {champion.number} was rolled back."
        self._ask(question, lambda why: self._do(lambda: control.roll_back(kind, why), done))

    def train(self) -> None:
        control = self.control
        if control is None:
            return
        if control.training:
            control.stop_training()
        else:
            self._do(lambda: control.train(self.kind), "")

    def _ask(self, question: str, take: Callable[[str], None]) -> None:
        self.chooser.ask_text(question, take, hint="The reason is kept for good. Ctrl+Enter decides, Esc goes back.")

    def _do(self, act: Callable[[], None], done: str) -> None:
        try:
            act()
        except ForedeskError as error:
            self.notice.tell_error(error)
        else:
            self.notice.tell(done)

    def restyle(self) -> None:
        """Take the palette in force."""
        self.refresh()
        self.charts[self.kind].restyle()

    def event(self, event: QEvent) -> bool:
        """F1 and F5 mean this window's page and figures, whatever they are in the main window."""
        ours = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_F1, Qt.Key.Key_F5)
        if ours and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            Qt.Key.Key_A: self.approve,
            Qt.Key.Key_S: self.shadow,
            Qt.Key.Key_X: self.retire,
            Qt.Key.Key_B: self.roll_back,
            Qt.Key.Key_T: self.train,
            Qt.Key.Key_1: lambda: self.choose(Kind.SEVERITY),
            Qt.Key.Key_2: lambda: self.choose(Kind.RESPONSE),
            Qt.Key.Key_Escape: self.close,
        }
        act = keys.get(Qt.Key(event.key()))
        if act is not None and not event.modifiers():
            act()
        elif event.key() == Qt.Key.Key_F1:
            self.page_wanted.emit("models")
        elif event.key() == Qt.Key.Key_F5 and self.control is not None:
            self.control.look()
        else:
            super().keyPressEvent(event)


def _section(text: str) -> QLabel:
    label = QLabel(text.upper())
    label.setProperty("role", "section")
    label.setContentsMargins(px(8), px(10), px(8), 0)
    return label


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if isinstance(content, QLabel):
        content.setAlignment(Qt.AlignmentFlag.AlignTop)
        content.setContentsMargins(px(8), px(4), px(8), px(4))
    area.setWidget(content)
    return area


def _upright() -> QFrame:
    line = QFrame()
    line.setObjectName("upright")
    return line
