"""A choice made in the panel itself by typing a code's first letters: never modal, Esc goes back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from widgets.announce import announce
from widgets.context import DeskContext
from widgets.panels.brevity import LONGEST_FIELD
from widgets.panels.in_view import bring_into_view
from widgets.panels.notice import paragraph
from widgets.theme import px

ROWS = 8
MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Option:
    """`code` is what is typed; `doubt` says why it would not do, for options that are shown all the same."""

    code: str
    label: str
    doubt: str = ""


class Chooser(QFrame):
    """`ask` shows it and takes the keyboard; `left` when it closes by a choice or by Esc."""

    left = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("popover")
        self._context = context
        self._options: tuple[Option, ...] = ()
        self._take: Callable[[str], object] = lambda _code: None
        self._free = False
        self._at = 0
        self._question = paragraph("heading")
        self._field = QLineEdit()
        self._field.setAccessibleName("Choice")
        self._field.setMaximumWidth(px(96))
        self._field.setMaxLength(LONGEST_FIELD)
        self._field.installEventFilter(self)
        self._field.textEdited.connect(self._narrow)
        self._shown = paragraph()
        self._shown.setTextFormat(Qt.TextFormat.RichText)
        self._hint = paragraph("small")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(8), px(6), px(8), px(6))
        rows.setSpacing(px(4))
        rows.addWidget(self._question)
        line = QHBoxLayout()
        line.setSpacing(px(10))
        line.addWidget(self._field, 1)
        line.addWidget(self._hint, 2)
        rows.addLayout(line)
        rows.addWidget(self._shown)
        self.hide()

    def ask(
        self, question: str, options: Sequence[Option], take: Callable[[str], object], *, typed: str = "", at: str = ""
    ) -> None:
        """Ask for one of `options`; `at` is the one marked first. `take` gets the code."""
        self._begin(question, take, free=False)
        self._options = tuple(options)
        self._at = next((i for i, option in enumerate(self._options) if option.code == at), 0)
        self._field.setText(typed)
        self._hint.setText("Type a code or use the arrow keys. Enter takes it, Esc goes back.")
        if typed:
            self._narrow(typed)
        self._open(question)
        self._draw()

    def ask_text(self, question: str, take: Callable[[str], object], *, hint: str) -> None:
        """Ask for a sentence, such as a reason; an empty one is not taken. Ctrl+Enter takes it."""
        self._begin(question, take, free=True)
        self._field.clear()
        self._shown.clear()
        self._hint.setText(hint)
        self._open(question)

    def dismiss(self) -> None:
        if not self.isHidden():
            self.hide()
            self.left.emit()

    def _begin(self, question: str, take: Callable[[str], object], *, free: bool) -> None:
        self._take, self._free, self._options = take, free, ()
        self._question.setText(question)
        self._field.setAccessibleName(question)
        self._field.setMaximumWidth(16_777_215 if free else px(96))
        self._shown.setVisible(not free)

    def _open(self, question: str) -> None:
        self.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        bring_into_view(self)
        announce(self, question)

    def _narrow(self, typed: str) -> None:
        if self._free:
            return
        wanted = typed.strip().casefold()
        exact = [i for i, option in enumerate(self._options) if option.code.casefold() == wanted]
        starts = [i for i, option in enumerate(self._options) if option.code.casefold().startswith(wanted)]
        words = [i for i, option in enumerate(self._options) if wanted in option.label.casefold()]
        sound = [i for i in starts if not self._options[i].doubt]
        found = exact or sound or starts or words
        self._at = found[0] if found and wanted else (self._at if not wanted else -1)
        self._draw()

    def _draw(self) -> None:
        """The options in columns, the marked one on its own ground; of very many, those around it."""
        metrics = QFontMetrics(self.font())
        widths = sorted(metrics.horizontalAdvance(f"{o.code}  {o.label}") for o in self._options)
        usual = widths[len(widths) // 2] if widths else 1  # longer ones wrap
        columns = max(1, min(MOST_COLUMNS, self._shown.width() // (usual + px(24))))
        most = columns * ROWS
        first = max(0, min(self._at - most // 2, len(self._options) - most))
        shown = list(enumerate(self._options))[first : first + most]
        rows = [shown[at : at + columns] for at in range(0, len(shown), columns)]
        cells = ["<tr>" + "".join(self._cell(at, option) for at, option in row) + "</tr>" for row in rows]
        left = len(self._options) - len(shown)
        more = f"<tr><td colspan={columns}>and {left} more; type letters of one.</td></tr>" if left else ""
        self._shown.setText(f"<table cellspacing=0 cellpadding={px(2)}>{''.join(cells)}{more}</table>")
        chosen = self._options[self._at] if 0 <= self._at < len(self._options) else None
        self._field.setAccessibleDescription(f"{chosen.code}, {chosen.label}" if chosen else "Nothing matches.")

    def _cell(self, at: int, option: Option) -> str:
        palette = self._context.palette
        colour = palette.muted if option.doubt and at != self._at else palette.text
        ground = f" bgcolor={palette.selected}" if at == self._at else ""
        text = f"<b>{escape(option.code)}</b>&nbsp; {escape(option.label)}"
        return f'<td{ground} style="color:{colour}">{text}&nbsp;&nbsp;</td>'

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._options:
            self._draw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._accept(with_ctrl=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left) and self._options:
            step = 1 if key in (Qt.Key.Key_Down, Qt.Key.Key_Right) else -1
            self._at = (self._at + step) % len(self._options)
            self._draw()
        else:
            return False
        return True

    def _accept(self, *, with_ctrl: bool) -> None:
        if self._free:
            if with_ctrl and self._field.text().strip():
                self._finish(self._field.text().strip())
            return
        if 0 <= self._at < len(self._options):
            self._finish(self._options[self._at].code)
        else:
            self._hint.setText("Nothing matches what was typed. Type another code, or Esc goes back.")

    def _finish(self, answer: str) -> None:
        take = self._take
        self.dismiss()
        take(answer)
