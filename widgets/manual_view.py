"""The manual beside the desk: pages that ship with the application, opened at the one for the panel in use."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from resources import resource_path
from widgets.theme import px

PAGES = (
    ("index", "Start here"),
    ("intake", "Taking a call"),
    ("severity", "The severity suggestion"),
    ("dispatch", "Sending units"),
    ("command-line", "The command line"),
    ("map", "The map"),
    ("coverage", "Coverage and closed roads"),
    ("avl", "Radios and GPS"),
    ("conflicts", "Working with other desks"),
    ("server", "The central server"),
    ("field-posts", "Field posts and files on a stick"),
    ("health", "The health strip"),
    ("report", "Reports"),
    ("exercise", "The demo and exercises"),
    ("own-area", "Your own area and agency"),
    ("planning", "Planning coverage and posts"),
    ("models", "Models: registry and monitoring"),
    ("models-training", "Training and judging a severity model"),
    ("bad-weather", "When something fails"),
    ("keys", "Keys and commands"),
)


def page_path(page: str) -> Path:
    return resource_path("manual", f"{page}.md")


class ManualView(QWidget):
    """A window of its own that never blocks the desk; Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Foredesk manual")
        self.setAccessibleName("Manual")
        self.contents = QListWidget()
        self.contents.setAccessibleName("Pages of the manual")
        for page, title in PAGES:
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, page)
            self.contents.addItem(item)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Page")
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(lambda url: self.show_page(Path(url.path()).stem))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(4))
        row.addWidget(self.contents, 1)
        row.addWidget(self.text, 3)
        self.contents.currentItemChanged.connect(self._turn)
        self.resize(px(860), px(620))

    def open_at(self, page: str) -> None:
        """Show the manual at `page`, in front."""
        self.show_page(page)
        self.show()
        self.raise_()
        self.activateWindow()
        self.text.setFocus()

    def show_page(self, page: str) -> None:
        names = [name for name, _ in PAGES]
        self.contents.setCurrentRow(names.index(page) if page in names else 0)

    def _turn(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            text = page_path(str(item.data(Qt.ItemDataRole.UserRole))).read_text(encoding="utf-8")
            self.text.setMarkdown(text)
            self._space_out()

    def _space_out(self) -> None:
        """Air between paragraphs and over headings, which Markdown leaves to whoever shows it."""
        document = self.text.document()
        block = document.begin()
        while block.isValid():
            cursor = QTextCursor(block)
            if cursor.currentTable() is None:
                form = block.blockFormat()
                form.setTopMargin(px(14) if form.headingLevel() > 1 else 0)
                form.setBottomMargin(px(3) if block.textList() is not None else px(8))
                cursor.setBlockFormat(form)
            block = block.next()
        document.setDocumentMargin(px(16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
