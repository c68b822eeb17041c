"""What it is: letters of a code or words of its name; what the narrative suggests is offered, never put in."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.domain.agency import IncidentType
from core.domain.typing_in import suggest_types
from widgets.context import DeskContext
from widgets.panels.notice import paragraph, set_role
from widgets.panels.suggestions import SuggestingEdit, Suggestion
from widgets.theme import px

READ_CHARACTERS = 2000  # of the narrative, its beginning and its end: more would not change the suggestion
READ_DELAY_MS = 150


class TypeField(QWidget):
    """`changed` when a person changes it. `code` is a type of the agency's, or "" while it is none."""

    changed = Signal()
    advance = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._words = ""
        self.suggested: IncidentType | None = None
        self.edit = SuggestingEdit(context, self._find)
        self.edit.setAccessibleName("Type")
        self.edit.setPlaceholderText("Two or three letters, or a word")
        self.said = paragraph("small")
        self.setFocusProxy(self.edit)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(2))
        rows.addWidget(self.edit)
        rows.addWidget(self.said)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(READ_DELAY_MS)
        self._wait.timeout.connect(self.read_now)
        self.edit.textEdited.connect(self._edited)
        self.edit.picked.connect(self._edited)
        self.edit.advance.connect(self.advance)
        self.edit.editingFinished.connect(self._say)
        self._say()

    @property
    def type(self) -> IncidentType | None:
        return self._context.desk.agency.types.get(self.edit.text().strip().upper())

    @property
    def code(self) -> str:
        return self.type.code if self.type else ""

    def set_text(self, text: str) -> None:
        """Show what a draft or an incident has."""
        self.edit.close_list()
        self.edit.setText(text)
        self._say()

    def read_words(self, narrative: str) -> None:
        """Offer a type for these words soon; a type that a person chose stays."""
        half = READ_CHARACTERS // 2
        short = narrative if len(narrative) <= READ_CHARACTERS else f"{narrative[:half]} {narrative[-half:]}"
        if short != self._words:
            self._words = short
            self._wait.start()

    def read_now(self) -> None:
        self._wait.stop()
        found = suggest_types(self._context.desk.agency, self._words) if self._words.strip() else []
        self.suggested = found[0] if found else None
        self._say()

    def take_suggested(self) -> bool:
        """Take what the words suggest, because a person asked for it."""
        if self._wait.isActive():
            self.read_now()
        if self.suggested is None or self.code:
            return False
        self.edit.setText(self.suggested.code)
        self._edited()
        return True

    def settle(self) -> None:
        self.edit.settle()
        self._say()

    def _find(self, text: str) -> Sequence[Suggestion]:
        agency = self._context.desk.agency
        if text.strip():
            found = suggest_types(agency, text.strip())
        else:
            found = [self.suggested] if self.suggested else list(agency.types.values())
        return [Suggestion(t.code, f"{t.name}, P{int(t.priority)}", t) for t in found[:8]]

    def _edited(self, _what: object = None) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        chosen, offered = self.type, self.suggested
        text, role = "", "small"
        if chosen:
            text = chosen.name
            if offered and offered.code != chosen.code:
                text += f". The words suggest {offered.code}; your choice stays."
        elif offered:
            text = f"The words suggest {offered.code}, {offered.name}. Ctrl+T takes it."
        elif self.edit.text().strip() and not self.edit.hasFocus():
            text, role = "There is no such type. Type two letters to choose one.", "warning"
        self.said.setText(text)
        self.said.setVisible(bool(text))
        set_role(self.said, role)
        self.edit.setAccessibleDescription(text)
