"""The narrative as a log that only grows: time, operator, text; what was taken back stays, struck through."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor, QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from core.domain.board import NarrativeLine
from widgets.context import DeskContext
from widgets.panels.times import clock_text
from widgets.theme import px

FOLD_AT = 4000  # characters of one line that are laid out until somebody asks for all
FOLDED = "Foredesk"  # who says a line that no event brought, but two that contradict each other
WAITS = "  ↑"  # the server is not known to have this line
_ISOLATE, _POP = "\u2068", "\u2069"  # right-to-left text must not reorder the time and the name before it


class NarrativeView(QTextEdit):
    """`show_lines` appends what is new; it starts afresh only when an earlier line changed.

    `waits` tells of an event whether the server is not known to have it; `renew_marks` asks again.
    """

    def __init__(
        self,
        context: DeskContext,
        waits: Callable[[str], bool] = lambda _event: False,
        parent: QWidget | None = None,
    ) -> None:
        self._lines: list[NarrativeLine] = []
        super().__init__(parent)
        self._context = context
        self._shown: list[tuple[str, bool]] = []
        self._waits = waits
        self._marked: set[int] = set()  # places of lines with the mark
        self._blocks: list[int] = []  # the first block of each line; a pasted page may have several
        self._palette_name = context.palette.name
        self.whole = False
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName("Narrative")
        self.setUndoRedoEnabled(False)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()  # it takes what is left

    @property
    def folded(self) -> bool:
        return not self.whole and any(len(line.text) > FOLD_AT for line in self._lines)

    def show_lines(self, lines: list[NarrativeLine]) -> None:
        state = [(line.event, line.struck) for line in lines]
        self._lines = list(lines)
        grown = state[: len(self._shown)] == self._shown
        if not grown or self._palette_name != self._context.palette.name:
            self._palette_name = self._context.palette.name
            self._begin_anew()
        at_end = self.verticalScrollBar().value() >= self.verticalScrollBar().maximum() - 2
        for line in lines[len(self._shown) :]:
            self._append(line)
        added = state != self._shown
        self._shown = state
        self.renew_marks()
        if added and at_end:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def renew_marks(self) -> None:
        """Mark the lines that wait and take the mark from those that do no more; all else stays as it lies."""
        waiting = {at for at, (event, _struck) in enumerate(self._shown) if self._waits(event)}
        for at in waiting - self._marked:
            self._end_of(at).insertText(WAITS, _format(self._context.palette.muted))
        for at in self._marked - waiting:
            cursor = self._end_of(at)
            cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(WAITS))
            cursor.removeSelectedText()
        self._marked = waiting

    def _begin_anew(self) -> None:
        self.clear()
        self._shown = []
        self._blocks = []
        self._marked = set()

    def _end_of(self, line: int) -> QTextCursor:
        following = self._blocks[line + 1] if line + 1 < len(self._blocks) else self.document().blockCount()
        cursor = QTextCursor(self.document().findBlockByNumber(following - 1))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        return cursor

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._lines and self._palette_name != self._context.palette.name:
            self.show_lines(self._lines)  # every line carries its colours

    def show_whole(self) -> None:
        """Lay long lines out in full."""
        self.whole = True
        self._begin_anew()
        self.show_lines(self._lines)

    def _append(self, line: NarrativeLine) -> None:
        palette = self._context.palette
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.document().isEmpty():
            cursor.insertBlock()
        self._blocks.append(cursor.blockNumber())
        cursor.setBlockFormat(_hanging(px(14)))
        nobody = FOLDED if ":" in line.event else "nobody signed on"
        who = f"{line.operator}, {line.unit}" if line.unit else line.operator
        cursor.insertText(f"{clock_text(line.at)}  {who or nobody}  ", _format(palette.muted))
        text = line.text
        folded = len(text) > FOLD_AT and not self.whole
        if folded:
            text = text[:FOLD_AT]
        shown = text.replace("\r\n", "\n").replace("\n", "\u2028")
        style = _format(palette.muted if line.struck else palette.text, struck=line.struck)
        cursor.insertText(f"{_ISOLATE}{shown}{_POP}", style)
        if line.struck:
            cursor.insertText("  (taken back)", _format(palette.muted))
        if folded:
            more = f"  … {len(line.text) - FOLD_AT} more characters; E shows all of them."
            cursor.insertText(more, _format(palette.working))


def _hanging(by: int) -> QTextBlockFormat:
    """Lines after the first stand in by so many pixels: where an entry begins is seen at once."""
    block = QTextBlockFormat()
    block.setLeftMargin(by)
    block.setTextIndent(-by)
    return block


def _format(colour: str, *, struck: bool = False) -> QTextCharFormat:
    style = QTextCharFormat()
    style.setForeground(QColor(colour))
    style.setFontStrikeOut(struck)
    style.setFontWeight(QFont.Weight.Normal)
    return style
