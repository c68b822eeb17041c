"""The `?` overlay: every key and every command on one sheet over the window."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

from widgets.context import DeskContext
from widgets.keymap import sections, verb_rows
from widgets.theme import px


class HelpOverlay(QFrame):
    """Opens over the window it is given; Esc or ? closes it and gives the keyboard back."""

    def __init__(self, context: DeskContext, window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._window = window
        self._came_from: QWidget | None = None
        self.setObjectName("overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Keys and commands")
        title = QLabel("Keys and commands")
        title.setProperty("role", "title")
        out = QLabel("Esc closes")
        out.setProperty("role", "muted")
        self.sheets = [self._sheet("Keys"), self._sheet("More keys"), self._sheet("Commands")]
        head, body, self._rows = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        head.addWidget(title, 1)
        head.addWidget(out)
        for sheet in self.sheets:
            body.addWidget(sheet, 1)
        self._rows.addLayout(head)
        self._rows.addLayout(body, 1)
        self.hide()

    def _sheet(self, name: str) -> QTextBrowser:
        sheet = QTextBrowser()
        sheet.setAccessibleName(name)
        sheet.setFrameShape(QFrame.Shape.NoFrame)
        return sheet

    def toggle(self) -> None:
        if self.isVisible():
            self.shut()
            return
        self._came_from = QApplication.focusWidget()
        self.restyle()
        self.show()
        self.raise_()
        self.sheets[0].setFocus()

    def restyle(self) -> None:
        """Text, colours and size again."""
        keys = list(sections().items())
        commands = [(usage, help_) for usage, help_, _ in verb_rows()]
        for sheet, blocks in zip(self.sheets, (keys[:3], keys[3:], [("Commands", commands)]), strict=True):
            sheet.setHtml(self._page(blocks))
        self.fit()

    def shut(self) -> None:
        self.hide()
        if self._came_from is not None:
            self._came_from.setFocus()

    def fit(self) -> None:
        """Cover the middle of the window; called when the window changes size."""
        margin = px(32)
        self._rows.setContentsMargins(px(16), px(12), px(16), px(12))
        self.setGeometry(self._window.rect().adjusted(margin, margin, -margin, -margin))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Question):
            self.shut()
        else:
            super().keyPressEvent(event)

    def _page(self, blocks: list[tuple[str, list[tuple[str, str]]]]) -> str:
        palette = self._context.palette
        parts = []
        for heading, rows in blocks:
            # A key is never broken; a command's usage may be, at its spaces.
            long = heading in ("Commands", "In a panel")
            wrap, width = ("normal", " width='42%'") if long else ("nowrap", "")
            style = f"padding:{px(2)}px {px(10)}px {px(2)}px 0;white-space:{wrap}"
            cells = "".join(
                f"<tr><td{width} style='{style}'><b>{escape(keys)}</b></td>"
                f"<td style='padding:{px(2)}px 0'>{escape(label)}</td></tr>"
                for keys, label in rows
            )
            parts.append(f"<p style='color:{palette.muted}'>{escape(heading.upper())}</p><table>{cells}</table>")
        return "".join(parts)
