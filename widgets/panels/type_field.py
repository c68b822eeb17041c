"""What it is: letters of a code or words of its name; what the narrative suggests is offered, never put in."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.domain.agency import IncidentType
from core.domain.typing_in import find_types, suggest_types
from widgets.announce import announce
from widgets.context import DeskContext
from widgets.panels.notice import paragraph, set_role
from widgets.panels.suggestions import SuggestingEdit, Suggestion
from widgets.theme import px

READ_CHARACTERS = 2000  # of the narrative, its beginning and its end: more would not change the suggestion
READ_DELAY_MS = 150
NOTHING_FOUND = "Nothing found; Down lists all types."


class TypeField(QWidget):
    """`changed` when a person changes it. `code` is a type of the agency's, or "" while it is none."""

    changed = Signal()
    advance = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._words = ""
        self.suggested: IncidentType | None = None
        self._overruled = False  # something more urgent is said of the field
        self.edit = SuggestingEdit(context, self._find, find_all=self._all)
        self.edit.setAccessibleName("Type")
        self.edit.setPlaceholderText("Letters of a code, or a word; Down lists all")
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
        self.edit.advance.connect(self._advance)
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
            return _offers(find_types(agency, text))
        first = [self.suggested] if self.suggested else []
        return _offers([*first, *(t for t in agency.types.values() if t not in first)])

    def _all(self) -> Sequence[Suggestion]:
        return _offers(list(self._context.desk.agency.types.values()))

    def _advance(self) -> None:
        """Enter goes on, unless what was typed is no type: there is nothing to go on with."""
        if self.edit.text().strip() and not self.code:
            announce(self, NOTHING_FOUND)
        else:
            self.advance.emit()

    def overrule(self, *, overruled: bool) -> None:
        """Be silent while an error stands under the field: nothing is said twice."""
        self._overruled = overruled
        self._say()

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
        elif self.edit.text().strip() and not find_types(self._context.desk.agency, self.edit.text()):
            text, role = NOTHING_FOUND, "warning"
        elif self.edit.text().strip() and not self.edit.hasFocus():
            text, role = "No type is chosen yet. Down lists those that fit.", "warning"
        self.said.setText(text)
        self.said.setVisible(bool(text) and not self._overruled)
        set_role(self.said, role)
        self.edit.setAccessibleDescription(text)


def _offers(types: Sequence[IncidentType]) -> list[Suggestion]:
    return [Suggestion(t.code, f"{t.name}, P{int(t.priority)}", t) for t in types]
