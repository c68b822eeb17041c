"""The fields of a call in their order, and what is said at each of them."""

from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from widgets.context import DeskContext
from widgets.panels.brevity import LONGEST_FIELD
from widgets.panels.intake_draft import IntakeForm, with_detail
from widgets.panels.location_field import LocationField
from widgets.panels.notice import paragraph
from widgets.panels.priority_field import PriorityField
from widgets.panels.severity_row import SeverityRow
from widgets.panels.type_field import TypeField
from widgets.theme import px


class PlainField(QLineEdit):
    """A line whose Enter goes on to the next field, and which keeps what stands in it when it is reached."""

    def __init__(self, name: str, hint: str = "", sample: str = "") -> None:
        super().__init__()
        self._sample = sample  # what has to fit whole
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setMaxLength(LONGEST_FIELD)

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        whole = QFontMetrics(self.font()).horizontalAdvance(self._sample) + px(22)
        return QSize(max(least.width(), whole) if self._sample else least.width(), least.height())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.end(False)  # Qt selects all: the first letter typed would wipe the number that came with the call

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.home(False)  # the beginning is what is read


class IntakeFields(QWidget):
    """`changed` after every change by a person. `form()` reads the fields, `show_form` fills them."""

    changed = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._answered_at: int | None = None
        self.location = LocationField(context)
        self.detail = PlainField("Location detail", "Flat, floor, gate, landmark")
        self.type = TypeField(context)
        self.callback = PlainField("Callback number", "Number to ring back", "+00 0 0000 0000")
        self.caller = PlainField("Caller's name", "Name")
        self.priority = PriorityField(context)
        self.severity = SeverityRow(context)
        self.narrative = QPlainTextEdit()
        self.narrative.setAccessibleName("Narrative")
        self.narrative.setPlaceholderText("What happened, in the caller's words")
        self.narrative.setTabChangesFocus(True)
        self._said = {name: paragraph("error") for name in ("location", "type")}
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.location)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(px(8))
        grid.setVerticalSpacing(px(6))
        grid.setColumnStretch(1, 1)
        caller = QHBoxLayout()
        caller.setSpacing(px(6))
        caller.addWidget(self.callback, 1)
        caller.addWidget(self.caller, 1)
        self._add(grid, 0, "Location", self._with_said("location", self.location))
        self._add(grid, 1, "Detail", self.detail)
        self._add(grid, 2, "Type", self._with_said("type", self.type))
        self._add(grid, 3, "Caller", caller)
        self._add(grid, 4, "Priority", self.priority)
        self._add(grid, 5, "Severity", self.severity)
        self._add(grid, 6, "Narrative", self.narrative)
        grid.setRowStretch(6, 1)
        QWidget.setTabOrder(self.narrative, self.severity.field)  # what was said comes before how severe it is
        self.narrative.setMinimumHeight(QFontMetrics(self.font()).height() * 3 + px(12))

    def _add(self, grid: QGridLayout, row: int, title: str, field: QWidget | QLayout) -> None:
        label = QLabel(title)
        label.setProperty("role", "muted")
        label.setContentsMargins(0, px(5), 0, 0)
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        if isinstance(field, QWidget):
            grid.addWidget(field, row, 1)
        else:
            grid.addLayout(field, row, 1)

    def _with_said(self, name: str, field: QWidget) -> QVBoxLayout:
        rows = QVBoxLayout()
        rows.setSpacing(px(2))
        rows.addWidget(field)
        rows.addWidget(self._said[name])
        self._said[name].hide()
        return rows

    def _connect(self) -> None:
        order = (self.location, self.detail, self.type, self.callback, self.caller, self.priority, self.narrative)
        for field, following in pairwise(order):
            if isinstance(field, QLineEdit):
                field.returnPressed.connect(lambda to=following: to.setFocus(Qt.FocusReason.TabFocusReason))
            elif isinstance(field, LocationField | PriorityField):
                field.advance.connect(lambda to=following: to.setFocus(Qt.FocusReason.TabFocusReason))
        self.type.advance.connect(self._after_type)
        for line in (self.detail, self.callback, self.caller):
            line.textEdited.connect(self._edited)
        for part in (self.location, self.type, self.priority, self.severity):
            part.changed.connect(self._edited)
        self.location.changed.connect(lambda: self._take_back("location"))
        self.type.changed.connect(lambda: self._take_back("type"))
        self.narrative.textChanged.connect(self._narrative_changed)

    def form(self) -> IntakeForm:
        return IntakeForm(
            with_detail(self.location.location, self.detail.text().strip()),
            self.type.edit.text(),
            self.callback.text(),
            self.caller.text(),
            self.priority.chosen,
            self.narrative.toPlainText(),
            self._answered_at,
            self.severity.own,
            self.severity.first,
        )

    def show_form(self, form: IntakeForm) -> None:
        """Fill the fields; nothing is emitted."""
        self._answered_at = form.answered_at
        self.location.set_location(form.location)
        self.detail.setText(form.location.detail)
        self.type.set_text(form.type)
        self.callback.setText(form.callback)
        self.caller.setText(form.caller)
        self.priority.set_chosen(form.priority)
        self.narrative.blockSignals(True)
        self.narrative.setPlainText(form.narrative)
        self.narrative.blockSignals(False)
        self.type.read_words(form.narrative)
        self.severity.begin(form.severity, form.severity_first)
        self.tell_missing({})
        self._follow_type()

    def set_answered(self, at_ms: int | None) -> None:
        self._answered_at = at_ms

    @property
    def answered_at(self) -> int | None:
        return self._answered_at

    def tell_missing(self, missing: dict[str, str]) -> None:
        """Say at each field what it still needs, and go to the first."""
        for name, label in self._said.items():
            label.setText(missing.get(name, ""))
            label.setVisible(name in missing)
        self.type.overrule(overruled="type" in missing)
        if "location" in missing:
            self.location.setFocus(Qt.FocusReason.OtherFocusReason)
        elif "type" in missing:
            self.type.setFocus(Qt.FocusReason.OtherFocusReason)

    def _edited(self, _what: object = None) -> None:
        form = self.form()
        for name, label in self._said.items():
            if not label.isHidden() and name not in form.missing(self._context.desk.agency):
                self._take_back(name)
        self._follow_type()
        self.changed.emit()

    def _take_back(self, name: str) -> None:
        """An error was about what stood there before: it goes with the first edit of its field."""
        self._said[name].hide()
        if name == "type":
            self.type.overrule(overruled=False)

    def _after_type(self) -> None:
        """To the number to ring back; where the telephone showed it, to what happened."""
        following = self.narrative if self.callback.text().strip() else self.callback
        following.setFocus(Qt.FocusReason.TabFocusReason)

    def _narrative_changed(self) -> None:
        self.type.read_words(self.narrative.toPlainText())
        self._edited()

    def _follow_type(self) -> None:
        chosen = self.type.type
        self.priority.set_default(chosen.priority if chosen else None)
        self.severity.look(self.narrative.toPlainText(), chosen.code if chosen else "")
