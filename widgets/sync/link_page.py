"""The server on a sheet over the window: how the link stands, joining by address and code, sparing the line."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import ForedeskError
from widgets.context import DeskContext
from widgets.panels.notice import Notice, paragraph
from widgets.sync.control import LinkState, LinkView, SyncControl
from widgets.sync.link_words import link_word, reasons
from widgets.sync.stick import StickRow
from widgets.theme import px

ALONE = (
    "This desk works alone. To work with others, type the address and the code that the server's administrator gave."
)
NO_CONTROL = "A server can be joined from a desk for real work, not from here."
PARTING = "Press it again to part from {server}. What is here stays here; {waiting} would not be sent."


class LinkPage(QFrame):
    """Opens over the window; Esc closes it and gives the keyboard back. `said` is for the echo."""

    said = Signal(str)
    _answered = Signal(object)

    def __init__(self, context: DeskContext, window: QWidget) -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self._came_from: QWidget | None = None
        self._sure = False
        self.setObjectName("overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Server")
        self.state, self.facts = paragraph("heading"), paragraph()
        self.address, self.code, self.name = QLineEdit(), QLineEdit(), QLineEdit()
        self.join_button = self._button("Join  Enter", "Join the server at that address with that code", self._join)
        self.metered = QCheckBox("Spare the line: events only, in few large pieces; no maps")
        self.posts = QCheckBox("Take part in field posts: work with desks on this network without the server")
        self.post_button = self._button("Be the field post", "Take the server's part on this network", self._be_post)
        self.retry_button = self._button("Try now", "Do not wait for the next attempt", self._retry)
        self.leave_button = self._button(
            "Part from the server", "Part from the server; what is here stays", self._leave
        )
        self.stick = StickRow(context)
        self.notice = Notice(context)
        self._form, self._joined = QWidget(), QWidget()
        self._lay_out()
        self._answered.connect(self._on_answer)  # queued where it comes from another thread
        self.stick.told.connect(self._tell)
        self.metered.clicked.connect(self._spare)
        self.posts.clicked.connect(self._use_posts)
        for field in (self.address, self.code, self.name):
            field.returnPressed.connect(self._join)
        context.notifier.tick.connect(self._on_tick)
        self.hide()

    def _button(self, text: str, name: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        title, out = QLabel("Server"), QLabel("Esc closes")
        title.setProperty("role", "title")
        out.setProperty("role", "muted")
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(out)
        self.address.setAccessibleName("Address of the server")
        self.address.setPlaceholderText("server.example:8787")
        self.code.setAccessibleName("Code for joining")
        self.code.setPlaceholderText("as the administrator reads it out")
        form = QGridLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.addWidget(QLabel("Address"), 0, 0)
        form.addWidget(self.address, 0, 1)
        form.addWidget(QLabel("Code"), 1, 0)
        form.addWidget(self.code, 1, 1)
        self.name.setAccessibleName("Name of this desk")
        self.name.setPlaceholderText("what others shall call it, for example Console 2; empty: the machine's name")
        form.addWidget(QLabel("This desk"), 2, 0)
        form.addWidget(self.name, 2, 1)
        form.addWidget(self.join_button, 3, 1, Qt.AlignmentFlag.AlignLeft)
        form.setColumnStretch(1, 1)
        joined = QVBoxLayout(self._joined)
        joined.setContentsMargins(0, 0, 0, 0)
        joined.addWidget(self.metered)
        joined.addWidget(self.posts)
        row = QHBoxLayout()
        row.addWidget(self.retry_button)
        row.addWidget(self.post_button)
        row.addWidget(self.leave_button)
        row.addStretch(1)
        joined.addLayout(row)
        joined.addWidget(self.stick)
        self._rows = QVBoxLayout(self)
        self._rows.addLayout(head)
        for widget in (self.state, self.facts, self._form, self._joined, self.notice):
            self._rows.addWidget(widget)

    # opening and closing

    def open_page(self, address: str = "", code: str = "") -> None:
        """Show it; the fields are filled where they are given."""
        self._came_from = QApplication.focusWidget()
        self._sure = False
        self.notice.clear()
        if address:
            self.address.setText(address)
        if code:
            self.code.setText(code)
        self._refresh()
        self.show()
        self.raise_()
        if self._view().state is not LinkState.NONE:
            self.metered.setFocus()
        else:
            (self.code if self.address.text() and not self.code.text() else self.address).setFocus()

    def toggle(self) -> None:
        if self.isVisible():
            self.shut()
        else:
            self.open_page()

    def shut(self) -> None:
        self.hide()
        if self._came_from is not None:
            self._came_from.setFocus()

    def fit(self) -> None:
        """Take its place in the middle of the window, as high as its sentences."""
        self._rows.setContentsMargins(px(16), px(12), px(16), px(14))
        self._rows.setSpacing(px(8))
        width = min(px(560), self._window.width() - px(32))
        self.setFixedWidth(width)
        self._rows.activate()
        self.setFixedHeight(self._rows.totalHeightForWidth(width))
        self.move(QPoint((self._window.width() - width) // 2, min(px(90), self._window.height() // 8)))

    # what it shows

    def _control(self) -> SyncControl | None:
        return self._context.sync

    def _view(self) -> LinkView:
        control = self._control()
        return control.view() if control else LinkView()

    def _on_tick(self, _now_ms: int) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        view, now_ms = self._view(), self._context.desk.clock.now_ms()
        joined = view.state is not LinkState.NONE
        if joined:
            self.state.setText(f"{view.server}: {link_word(view, now_ms)}")
            told = [*reasons(view, now_ms), *([view.remedy] if view.remedy else [])]
            self.facts.setText("\n".join(told))
        else:
            self.state.setText("No server is set up.")
            self.facts.setText(ALONE if self._control() else NO_CONTROL)
        self._form.setVisible(not joined and self._control() is not None)
        self._joined.setVisible(joined or bool(view.server))  # a guest of a field post has an agency and no server
        for of_server in (self.metered, self.retry_button, self.leave_button):
            of_server.setVisible(joined)
        self.retry_button.setEnabled(view.state in (LinkState.OFFLINE, LinkState.REFUSED))
        self.metered.setChecked(view.metered)
        self.posts.setChecked(view.in_posts)
        self.post_button.setEnabled(view.in_posts)
        self.fit()

    # what it does

    def _join(self) -> None:
        control, address, code = self._control(), self.address.text().strip(), self.code.text().strip()
        if control is None:
            return
        if not address or not code:
            self.notice.tell("Type both the address and the code.", role="warning")
            (self.code if address else self.address).setFocus()
            return
        self.join_button.setEnabled(False)
        self.notice.tell(f"{address} is being asked. This takes a few seconds at most.")
        self.fit()
        try:
            control.join(address, code, self.name.text().strip(), self._answered.emit)
        except ForedeskError as error:
            self._on_answer(error)

    def _on_answer(self, answer: object) -> None:
        self.join_button.setEnabled(True)
        if isinstance(answer, ForedeskError):
            self.notice.tell_error(answer)
        else:
            self.code.clear()
            self.notice.tell(str(answer))
            self.said.emit(str(answer))
        self._refresh()

    def _spare(self, on: bool) -> None:
        self._act(lambda control: control.use_metered(on))

    def _use_posts(self, on: bool) -> None:
        self._act(lambda control: control.use_posts(on))

    def _be_post(self) -> None:
        self._act(lambda control: control.be_post())

    def _retry(self) -> None:
        self._act(lambda control: control.try_now())

    def _tell(self, answer: object) -> None:
        """What the stick's row does, and how it went; the echo has it when the sheet is closed by then."""
        if isinstance(answer, ForedeskError):
            self.notice.tell_error(answer)
        else:
            self.notice.tell(str(answer))
        self.said.emit(answer.happened if isinstance(answer, ForedeskError) else str(answer))
        self._refresh()

    def _leave(self) -> None:
        """Twice: the first press says what it means."""
        view = self._view()
        if not self._sure:
            self._sure = True
            waiting = "nothing" if not view.waiting else f"{view.waiting:,} events that wait"
            self.notice.tell(PARTING.format(server=view.server or "the server", waiting=waiting), role="warning")
            self.fit()
            return
        self._sure = False
        self._act(lambda control: self.said.emit(control.leave()))

    def _act(self, act: Callable[[SyncControl], object]) -> None:
        control = self._control()
        if control is None:
            return
        try:
            act(control)
        except ForedeskError as error:
            self.notice.tell_error(error)
        else:
            self.notice.clear()
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
        else:
            super().keyPressEvent(event)
