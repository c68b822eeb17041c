"""The middle of the window: an empty ground with a sentence until the map, which is slow to load, has come."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

WAITING = "The map is on its way. Calls can be taken already (F2)."
NO_MAP = "The map cannot be shown here. Everything else works."


class MapPlace(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Map")
        self._sentence = QLabel(WAITING)
        self._sentence.setProperty("role", "muted")
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setWordWrap(True)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._sentence)

    def hold(self, view: QWidget) -> None:
        """Show `view` from now on."""
        self._pages.addWidget(view)
        self._pages.setCurrentWidget(view)
        self.setFocusProxy(view)

    def say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._pages.setCurrentWidget(self._sentence)
