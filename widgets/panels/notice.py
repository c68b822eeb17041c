"""One inline sentence where the operator looks: what happened, what holds, what to do. It never takes the focus."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from core.errors import ForedeskError, Refused
from widgets.announce import announce
from widgets.context import DeskContext
from widgets.theme import px


def set_role(label: QWidget, role: str) -> None:
    """Give a widget one of the stylesheet's roles, now."""
    if label.property("role") == role:
        return
    label.setProperty("role", role)
    label.style().unpolish(label)
    label.style().polish(label)


def paragraph(role: str = "", text: str = "") -> QLabel:
    """A label that wraps and whose text can be selected with the mouse and copied."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(label.textFormat().PlainText)
    label.setTextInteractionFlags(label.textInteractionFlags().TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    if role:
        label.setProperty("role", role)
    return label


class Notice(QWidget):
    """Hidden while there is nothing to say."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._mark = QLabel("!")
        self._mark.setProperty("role", "error")
        self._text = paragraph()
        row = QHBoxLayout(self)
        row.setContentsMargins(px(8), px(4), px(8), px(4))
        row.setSpacing(px(6))
        row.addWidget(self._mark)
        row.addWidget(self._text, 1)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text() if not self.isHidden() else ""

    def tell(self, sentence: str, *, role: str = "muted") -> None:
        """Show a sentence; "" hides the notice. `role` is one of the stylesheet's."""
        if sentence == self.text:
            return
        self._text.setText(sentence)
        self._text.setAccessibleName(sentence)
        set_role(self._text, role)
        self._mark.setVisible(role in ("warning", "error"))
        set_role(self._mark, role)
        self.setVisible(bool(sentence))
        if sentence:
            announce(self, sentence, at_once=role == "error")

    def tell_error(self, error: ForedeskError, more: str = "") -> None:
        """Show a refusal or a trouble, with a further sentence; a trouble also goes where the window tells them."""
        sentence, refused = f"{error} {more}".rstrip(), isinstance(error, Refused)
        news = sentence != self.text
        self.tell(sentence, role="warning" if refused else "error")
        if news and not refused:
            self._context.report_error(error)

    def clear(self) -> None:
        self.tell("")
