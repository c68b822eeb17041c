"""The severity of the call in hand: suggested as one types, with its source and words, and set by a person."""

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.domain.severity_words import urgency
from core.severity.answer import Answer
from core.severity.suggest import FLAG, MODEL, TYPE, Suggestion, suggest
from widgets.announce import announce
from widgets.context import DeskContext
from widgets.panels.brevity import brief
from widgets.panels.notice import paragraph, set_role
from widgets.panels.severity_field import SeverityField
from widgets.suggester import Shown
from widgets.theme import px

LOOK_DELAY_MS = 120  # so often while typing, for texts that take long
USUAL_LINES = 3  # of what is said of a suggestion, in a form of usual width
FIRST = "Your own first: Alt+S, then C, H, M or L. The suggestion follows."


class SeverityRow(QWidget):
    """`changed` when a person sets it. `suggestion` is the present one, also while the agency has it hidden."""

    changed = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._about = ("", "")
        self.suggestion = Suggestion()
        self.first = ""  # what the person set before the suggestion was shown
        self.seen = False  # the person has been shown a suggestion for this call
        self.field = SeverityField(context)
        self.said = paragraph("small")
        self.setFocusProxy(self.field)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(2))
        rows.addWidget(self.field)
        rows.addWidget(self.said)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(LOOK_DELAY_MS)
        self._wait.timeout.connect(self.look_now)
        self.field.changed.connect(self._chosen)
        self._say()

    def _reserve(self) -> None:
        """Room for the lines of a usual sentence, so that what stands below does not jump while the words come."""
        self.said.setMinimumHeight(USUAL_LINES * self.said.fontMetrics().lineSpacing())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._reserve()

    @property
    def own(self) -> str:
        return self.field.chosen

    @property
    def hidden(self) -> bool:
        """Whether the agency wants the person's own value before the suggestion is shown, and it is not there yet."""
        return self._context.desk.agency.severity.person_first and not self.seen

    def shown(self) -> Shown:
        """How it stands for the incident that is opened now."""
        self.look_if_due()
        return Shown(self.suggestion, self.own, self.first, self._about[0])

    def begin(self, own: str, first: str) -> None:
        """Another call: what its draft holds."""
        self._wait.stop()
        self._about, self.suggestion = ("", ""), Suggestion()
        self.first, self.seen = first, bool(own or first)
        self.field.set_chosen(own)
        self._show()

    def look(self, text: str, type_code: str) -> None:
        """Suggest for these words and this type: at once, or a little later for several keys where that takes long."""
        if (text, type_code) == self._about:
            return
        self._about = (text, type_code)
        suggester = self._context.suggester
        if suggester is not None and suggester.busy:
            if not self._wait.isActive():
                self._wait.start()
        else:
            self.look_now()

    def look_now(self) -> None:
        self._wait.stop()
        text, type_code = self._about
        before, suggester = self.suggestion, self._context.suggester
        known = self._context.desk.agency.types.get(type_code)
        if suggester is None:
            self.suggestion = suggest((), known.severity if known else "")
        else:
            self.suggestion = suggester.suggest(text, type_code)
        if self.suggestion != before:
            self._show()
            self._announce(before)

    def look_if_due(self) -> None:
        if self._wait.isActive():
            self.look_now()

    def look_again(self) -> None:
        """The models or the rules have just been loaded."""
        self.look_now()

    def take_suggested(self) -> bool:
        """Make the suggestion one's own value, because a person asked for it."""
        self.look_if_due()
        if self.hidden or not self.suggestion.level:
            return False
        self.field.choose(self.suggestion.level)
        return True

    def _chosen(self) -> None:
        if self.hidden and self.own:
            self.first = self.own
        self.changed.emit()  # the form keeps it before the suggestion is shown
        self.seen = self.seen or bool(self.own)
        self._show()

    def _show(self) -> None:
        self.field.set_suggested("" if self.hidden else self.suggestion.level)
        self._say()

    def _announce(self, before: Suggestion) -> None:
        """Only what became more urgent by the words is worth interrupting a reader's line for."""
        now = self.suggestion
        if not self.hidden and now.source in (FLAG, MODEL) and urgency(now.level) < urgency(before.level):
            announce(self, f"Suggested severity {now.level}, {now.why}.")

    def _say(self) -> None:
        text, role = sentence(self.suggestion, self.own), "small"
        if self.hidden:
            text = FIRST
        elif self.suggestion.source == FLAG and self.own != self.suggestion.level:
            role = "warning"
        self.said.setText(text)
        self._reserve()
        set_role(self.said, role)
        self.field.setAccessibleDescription(f"{text} Press C, H, M or L to set it, Backspace to follow the suggestion.")


def sentence(suggestion: Suggestion, own: str) -> str:
    """What is suggested, from where and by which words; beside a person's own value, what that differs from."""
    if not suggestion.level:
        return "No estimate: nothing known has been typed yet." if not own else f"Set by you: {own}. No estimate."
    level = suggestion.level
    if own == level:
        return f"Set by you: {own}, as suggested: {_source(suggestion)}."
    if own:
        return f"Set by you: {own}. Suggested: {level}, {_source(suggestion)}. Ctrl+S takes it."
    return f"Suggested: {level}, {_source(suggestion)}.{_uncertain(suggestion)}"


def _source(suggestion: Suggestion) -> str:
    if suggestion.source == FLAG:
        said = "; ".join(f"“{brief(words, 40)}”" for words in suggestion.words[:2])
        return f"{suggestion.why} ({said})"
    if suggestion.source == TYPE:
        return "the incident type's default"
    answer = suggestion.answer
    by = f", for {', '.join(f'“{brief(word, 24)}”' for word in answer.moved)}" if answer.moved else ""
    return f"by the model{by} ({_percent(answer.severe)} of such calls are severe; it warns from {_gate(answer)})"


def _gate(answer: Answer) -> str:
    named = f", {answer.gate}" if answer.gate else ""
    return f"{_percent(answer.gate_at)}{named}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"


def _uncertain(suggestion: Suggestion) -> str:
    others = [level for level in suggestion.possible if level != suggestion.level]
    return f" It could also be {' or '.join(others)}." if others else ""
