"""Where it is: typed words completed from the map pack, a click on the map, or words alone, marked unverified."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from rapidfuzz import fuzz

from core.domain.values import Location, LocationSource
from core.errors import Unavailable
from widgets.context import DeskContext
from widgets.panels.notice import paragraph, set_role
from widgets.panels.suggestions import SuggestingEdit, Suggestion
from widgets.theme import px

if TYPE_CHECKING:
    from core.pack.gazetteer import GazetteerHit

SEARCHED_CHARACTERS = 200  # longer than any address; what follows is not searched
SAME_WORD = 78.0  # of 100: one slip in five letters


def plain_words(text: str) -> list[str]:
    """Lower-case words without accents, for comparing what was typed with what was found."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return kept.split()


def is_meant(typed: str, found: str) -> bool:
    """Whether every typed word begins a word of what was found, or is a misspelling of one: then Enter may take it."""
    words = plain_words(found)
    return all(any(_begins(part, word) for word in words) for part in plain_words(typed))


def _begins(part: str, word: str) -> bool:
    if word.startswith(part):
        return True
    misspelt = len(part) >= 4 and part.isalpha() and word[:1] == part[:1]
    return misspelt and fuzz.ratio(part, word[: len(part) + 1]) >= SAME_WORD


def _found_sentence(detail: str) -> str:
    from core.pack.gazetteer import OUTSIDE

    if detail == OUTSIDE:
        return "These coordinates are outside the map: units can be sent there, but there are no travel times."
    return f"On the map: {detail}."


class LocationField(QWidget):
    """`changed` after every edit, pick or click; `location` is what stands there now."""

    changed = Signal()
    advance = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._placed: Location | None = None  # what was picked, as long as the text is not edited
        self._found = ""  # how exact the map's answer was
        self.edit = SuggestingEdit(context, self._find)
        self.edit.setAccessibleName("Location")
        self.edit.setPlaceholderText("Address, crossing, place, coordinates")
        self.said = paragraph("small")
        self.setFocusProxy(self.edit)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(2))
        rows.addWidget(self.edit)
        rows.addWidget(self.said)
        self.edit.textEdited.connect(self._edited)
        self.edit.picked.connect(self._picked)
        self.edit.advance.connect(self.advance)
        self.edit.editingFinished.connect(self._settle_exact)
        self._say()

    @property
    def location(self) -> Location:
        return self._placed or Location(self.edit.text().strip())

    def set_location(self, location: Location) -> None:
        """Show a location from a draft or an incident; nothing is searched."""
        self.edit.close_list()
        self.edit.setText(location.text)
        self._placed, self._found = location if location.placed else None, ""
        self._say()

    def set_from_map(self, lat: float, lon: float) -> None:
        """A click on the map: names the place where nothing verified stands; words that were typed stay."""
        hit = self._name_of(lat, lon)
        typed = self.edit.text().strip()
        kept = typed if typed and self._placed is None else ""
        self.edit.close_list()
        text = kept or (f"near {hit.text}" if hit else f"{lat:.5f}, {lon:.5f}")
        self._placed = Location(text, lat, lon, LocationSource.MAP_CLICK)
        self.edit.setText(text)
        self._say(f"Placed on the map, near {hit.text}." if hit else "Placed on the map.")
        self.changed.emit()

    def _name_of(self, lat: float, lon: float) -> "GazetteerHit | None":
        gazetteer = self._context.gazetteer
        try:
            return gazetteer.reverse(lat, lon) if gazetteer else None
        except Unavailable as trouble:
            self._tell_unread(trouble)
            return None

    def _tell_unread(self, trouble: Unavailable) -> None:
        """A street list that breaks is told once and done without: a call never waits for it."""
        self._context.gazetteer, self._context.map_trouble = None, trouble

    def settle(self) -> None:
        """Take the marked suggestion, as Enter would."""
        self.edit.settle()
        self._settle_exact()

    def _find(self, text: str) -> Sequence[Suggestion]:
        gazetteer = self._context.gazetteer
        wanted = text.strip()[:SEARCHED_CHARACTERS]
        if gazetteer is None or not wanted:
            return ()
        try:
            hits = gazetteer.search(wanted, limit=7)
        except Unavailable as trouble:
            self._tell_unread(trouble)
            return ()
        found = [
            Suggestion(
                hit.text,
                hit.detail or hit.kind.value,
                Location(hit.text, hit.lat, hit.lon, hit.kind),
                sure=hit.kind is LocationSource.COORDINATES or is_meant(wanted, f"{hit.text} {hit.detail}"),
            )
            for hit in hits
        ]
        return [*found, Suggestion(text.strip(), "as typed, unverified", Location(text.strip()))] if found else ()

    def _edited(self, _text: str) -> None:
        self._placed = None
        self._say()
        self.changed.emit()

    def _picked(self, suggestion: Suggestion) -> None:
        location = suggestion.value
        self._placed = location if isinstance(location, Location) and location.placed else None
        self._say(_found_sentence(suggestion.detail) if self._placed and suggestion.detail else "")
        self.changed.emit()

    def _settle_exact(self) -> None:
        """What was typed in full is as good as picked."""
        typed_text = self.edit.text().strip()
        if self._placed is not None or not typed_text:
            return
        if len(typed_text) > SEARCHED_CHARACTERS:
            self._say()
            return
        typed = plain_words(typed_text)
        for suggestion in self._find(typed_text):
            location = suggestion.value
            if isinstance(location, Location) and location.placed and plain_words(suggestion.text) == typed:
                self._picked(suggestion)
                return
        self._say()

    def _say(self, sentence: str = "") -> None:
        text = self.edit.text().strip()
        role = "small"
        if sentence or self._placed is None:
            self._found = sentence
        if not sentence and self._placed is not None:
            sentence = self._found or f"On the map, found as {self._placed.source.value}."
        elif not sentence and text and self._context.gazetteer is None:
            sentence = "The street list is not loaded; the words are kept as they are."
        elif not sentence and text and not self.edit.hasFocus():
            sentence = "Not found in the street list: marked unverified. A click on the map places it."
            role = "warning"
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        set_role(self.said, role)
        self.edit.setAccessibleDescription(sentence)
