"""One way to settle a conflict: a button with its digit, the facts of that side, and what choosing it does."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from widgets.badges import PriorityBadge
from widgets.context import DeskContext
from widgets.panels.notice import paragraph, set_role
from widgets.sync.matter import Choice
from widgets.theme import px

MOST_FACTS = 6


class ChoiceBox(QFrame):
    """`chosen` when its button is pressed. What is advised, or was kept, says so and has a heavier frame."""

    chosen = Signal()

    def __init__(self, context: DeskContext, digit: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("choice")
        self.digit = digit
        self.button = QPushButton(f"Choice {digit}")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.chosen)
        self.badge = PriorityBadge(context)
        self.about, self.effect = paragraph("heading"), paragraph("small")
        self.mark = QLabel()
        self.mark.setProperty("role", "small")
        self._facts = [(QLabel(), paragraph()) for _ in range(MOST_FACTS)]
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.about, 1)
        top.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(8))
        grid.setVerticalSpacing(px(2))
        grid.setColumnStretch(1, 1)
        for row, (label, text) in enumerate(self._facts):
            label.setProperty("role", "muted")
            text.setMinimumWidth(1)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, row, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(8), px(8), px(8), px(8))
        rows.setSpacing(px(4))
        rows.addLayout(top)
        rows.addLayout(grid)
        rows.addWidget(self.effect)
        rows.addStretch(1)
        rows.addWidget(self.button)

    def show_choice(self, choice: Choice, *, usable: bool) -> None:
        """Fill it; a settled conflict's choices are shown without their buttons."""
        self.badge.set(choice.priority)
        self.badge.setVisible(choice.priority is not None)
        self.about.setText(choice.about)
        self.about.setVisible(bool(choice.about))
        self.mark.setText("Advised" if usable else "Kept")
        marked = choice.advised if usable else choice.kept
        self.mark.setVisible(marked)
        for at, (label, text) in enumerate(self._facts):
            shown = at < len(choice.facts)
            label.setVisible(shown)
            text.setVisible(shown)
            if shown:
                label.setText(choice.facts[at][0])
                text.setText(choice.facts[at][1])
        self.effect.setText(choice.effect)
        self.effect.setVisible(usable)
        self.button.setText(f"{self.digit}   {choice.title}")
        self.button.setAccessibleName(f"{self.digit}: {choice.title}. {choice.effect}")
        self.button.setVisible(usable)
        set_role(self.button, "primary" if choice.advised else "")
        set_role(self, "advised" if marked else "")
