"""Calls that were parked, or kept from before the program ended: a visible count, and one key back to each."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.desk import Draft
from widgets.panels.intake_draft import form_of
from widgets.panels.times import count_text, minute_text
from widgets.theme import px


class ParkedButton(QPushButton):
    """Enter or a click takes the call up again; Delete asks to drop it."""

    drop = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.drop.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.click()
        else:
            super().keyPressEvent(event)


class ParkedBox(QWidget):
    """`resume(draft id)` and `drop(draft id)`."""

    resume = Signal(str)
    drop = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        self._title.setProperty("role", "warning")
        self._title.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(px(2))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(4))
        rows.addWidget(self._title)
        rows.addLayout(self._list)
        self.hide()

    @property
    def text(self) -> str:
        return self._title.text() if not self.isHidden() else ""

    def show_drafts(self, drafts: list[Draft]) -> None:
        """Oldest first."""
        while item := self._list.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for draft in drafts:
            self._list.addWidget(self._button(draft))
        self._title.setText(f"{count_text(len(drafts), 'call')} parked. Shift+F2 takes up the oldest.")
        self.setVisible(bool(drafts))

    def _button(self, draft: Draft) -> ParkedButton:
        title = form_of(draft).title
        short = title if len(title) <= 60 else f"{title[:59]}…"
        button = ParkedButton(f"{minute_text(draft.started_at)}  {short}".replace("&", "&&"))
        button.setProperty("role", "flat")
        button.setStyleSheet("text-align: left;")
        button.setMinimumWidth(1)
        button.setAccessibleName(f"Parked call of {minute_text(draft.started_at)}: {short}")
        button.setAccessibleDescription("Enter takes it up again. Delete drops it.")
        button.clicked.connect(lambda: self.resume.emit(draft.id))
        button.drop.connect(lambda: self.drop.emit(draft.id))
        return button
