"""The first thing anybody sees: a demo city, one's own area, work without a map, or a server; a digit chooses."""

from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QProcess, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from widgets.theme import px, sized

_SOURCES = "Maps (*.fdpack *.osm.pbf *.gpkg *.toml);;All files (*)"


class FirstChoice(StrEnum):
    DEMO = "demo"
    AREA = "area"
    NO_MAP = "no map"
    JOIN = "join"


_CHOICES = (
    (FirstChoice.DEMO, "Look around in the demo city", "A busy hour in La Serena-Coquimbo; nothing in it is real."),
    (FirstChoice.AREA, "Set up my own area", "Choose a map pack, or an OpenStreetMap extract to make one from."),
    (
        FirstChoice.NO_MAP,
        "Work without a map",
        "Calls, units and reports work; there are no ETAs. A map can come later.",
    ),
    (FirstChoice.JOIN, "Join a server", "Work with other desks; its administrator gives you an address and a code."),
)


class FirstRun(QWidget):
    """Emits `chosen(FirstChoice, pack path or "")` once, or `left` when closed without a choice.

    `build_command` is the program and arguments that turn a source into a pack, before the two paths.
    """

    chosen = Signal(object, str)
    left = Signal()

    def __init__(self, build_command: tuple[str, ...], packs_folder: Path) -> None:
        super().__init__()
        self.setWindowTitle("Foredesk: first start")
        self.setAccessibleName("First start")
        self._build_command = build_command
        self._packs_folder = packs_folder
        self._done = False
        self._process: QProcess | None = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(36), px(32), px(36), px(32))
        rows.setSpacing(px(10))
        title = QLabel("Foredesk")
        title.setFont(sized(24, bold=True))
        rows.addWidget(title)
        rows.addWidget(
            QLabel("The dispatch desk that keeps working when the network does not. How do you want to begin?")
        )
        rows.addSpacing(px(8))
        self.buttons = [self._button(number, *choice) for number, choice in enumerate(_CHOICES, 1)]
        for button in self.buttons:
            rows.addWidget(button)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Building the map pack")
        self.progress.hide()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        rows.addWidget(self.progress)
        rows.addWidget(self.sentence)
        rows.addStretch(1)
        self.setMinimumSize(px(620), px(420))

    def _button(self, number: int, choice: FirstChoice, title: str, words: str) -> QPushButton:
        button = QPushButton(f"{number}   {title}\n      {words}")
        button.setAccessibleName(title)
        button.setStyleSheet(f"text-align: left; padding: {px(12)}px;")
        button.clicked.connect(lambda: self.choose(choice))
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = event.key() - Qt.Key.Key_1
        if 0 <= place < len(_CHOICES) and self.buttons[place].isEnabled():
            self.choose(_CHOICES[place][0])
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._process is not None:
            self._process.kill()
        if not self._done:
            self.left.emit()
        super().closeEvent(event)

    def choose(self, choice: FirstChoice) -> None:
        """Take a choice; one's own area first asks for a file."""
        if choice is not FirstChoice.AREA:
            self._finish(choice, "")
            return
        source, _ = QFileDialog.getOpenFileName(self, "Map pack or source", "", _SOURCES)
        if source:
            self.use_source(Path(source))

    def use_source(self, source: Path) -> None:
        """Take a pack as it is; build one from anything else, in a process of its own, with progress."""
        if source.suffix == ".fdpack":
            self._finish(FirstChoice.AREA, str(source))
            return
        pack = self._packs_folder / f"{source.name.partition('.')[0]}.fdpack"
        try:
            self._packs_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.sentence.setText(f"{self._packs_folder} cannot be made ({error.strerror}). Nothing was built.")
            return
        for button in self.buttons:
            button.setEnabled(False)
        self.progress.setRange(0, 100)
        self.progress.show()
        self.sentence.setText(f"Building a map pack from {source.name}. A city takes about a minute.")
        process = self._process = QProcess(self)
        process.readyReadStandardError.connect(self._show_progress)
        process.finished.connect(lambda code, _status: self._built(code, pack))
        process.errorOccurred.connect(self._not_started)
        program, *arguments = self._build_command
        process.start(program, [*arguments, str(source), "-o", str(pack)])

    def _show_progress(self) -> None:
        if self._process is None:
            return
        for line in bytes(self._process.readAllStandardError().data()).decode(errors="replace").splitlines():
            share, _, step = line.strip().partition("% ")
            if share.isdecimal():
                self.progress.setValue(int(share))
                self.sentence.setText(f"{step.strip().capitalize()} …")
            elif line.strip():
                self.sentence.setText(line.strip())

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.sentence.setText("The builder could not be started. Nothing was built. Run foredesk doctor.")
            self._built(1, Path())

    def _built(self, code: int, pack: Path) -> None:
        self._process = None
        if code == 0:
            self._finish(FirstChoice.AREA, str(pack))
            return
        self.progress.hide()
        for button in self.buttons:
            button.setEnabled(True)

    def _finish(self, choice: FirstChoice, pack: str) -> None:
        self._done = True
        self.chosen.emit(choice, pack)
        self.close()
