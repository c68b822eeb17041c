"""Events on a stick, from the server's sheet: for whom, write a file, take a file."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from core.errors import ForedeskError
from widgets.context import DeskContext

FILES = "Foredesk events (*.fdsync);;All files (*)"


class StickRow(QWidget):
    """`told(sentence or error)`: what is being done, and how it went."""

    told = Signal(object)
    _answered = Signal(object)

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.to = QLineEdit()
        self.to.setAccessibleName("For whom the file is")
        self.to.setPlaceholderText("all events; or a name: what is new for them")
        self.write_button = QPushButton("&Write a file")
        self.write_button.setAccessibleName("Write this desk's events to a file for another desk, Alt+W")
        self.take_button = QPushButton("&Take a file")
        self.take_button.setAccessibleName("Take what is new in another desk's file, Alt+T")
        label = QLabel("By &stick, for")
        label.setBuddy(self.to)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((label, 0), (self.to, 1), (self.write_button, 0), (self.take_button, 0)):
            row.addWidget(widget, stretch)
        self.write_button.clicked.connect(self._write)
        self.take_button.clicked.connect(self._take)
        self.to.returnPressed.connect(self._write)
        self._answered.connect(self._on_answer)

    def _write(self) -> None:
        to, control = self.to.text().strip(), self._context.sync
        name, _ = QFileDialog.getSaveFileName(self, "Write events to a file", f"{to or 'foredesk'}.fdsync", FILES)
        if name and control is not None:
            self._begin(f"{Path(name).name} is being written.")
            try:
                control.write_file(Path(name), to, self._answered.emit)
            except ForedeskError as error:
                self._on_answer(error)

    def _take(self) -> None:
        control = self._context.sync
        name, _ = QFileDialog.getOpenFileName(self, "Take events from a file", "", FILES)
        if name and control is not None:
            self._begin(f"{Path(name).name} is being checked and taken.")
            try:
                control.take_file(Path(name), self._answered.emit)
            except ForedeskError as error:
                self._on_answer(error)

    def _begin(self, sentence: str) -> None:
        self._enable(on=False)
        self.told.emit(sentence)

    def _on_answer(self, answer: object) -> None:
        self._enable(on=True)
        self.told.emit(answer)

    def _enable(self, *, on: bool) -> None:
        self.write_button.setEnabled(on)
        self.take_button.setEnabled(on)
