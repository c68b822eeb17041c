"""The strip that runs an exercise: stop, hurry, who answers, and the callers who are waiting on the line."""

from typing import Protocol

from msgspec import Struct
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from widgets.notifier import Notifier


class LineCaller(Struct, frozen=True):
    """Somebody on the line: what the telephone shows (number, name) and what is heard."""

    key: int
    callback: str
    name: str
    place: str
    words: str
    rang_at: int  # UTC ms


class ExerciseControl(Protocol):
    """What the strip needs of a running exercise."""

    @property
    def paused(self) -> bool: ...
    @property
    def speed(self) -> float: ...
    @property
    def answers_itself(self) -> bool: ...
    def toggle_pause(self) -> None: ...
    def change_speed(self, step: int) -> None: ...
    def toggle_part(self) -> None: ...
    def callers(self) -> tuple[LineCaller, ...]:
        """Who rings, oldest first."""
        ...

    def talking(self) -> tuple[LineCaller, ...]:
        """Who was picked up and is not dealt with yet."""
        ...

    def pick_up(self, caller: LineCaller) -> None: ...


class ExerciseBar(QFrame):
    """Follows the notifier's tick. `answer_wanted(LineCaller)` when the operator picks up the oldest call."""

    answer_wanted = Signal(object)

    def __init__(self, control: ExerciseControl, notifier: Notifier, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ExerciseBar")
        self.setAccessibleName("Exercise")
        self._control = control
        self._now_ms = 0
        self._pause = self._button("Stop the exercise's clock or let it run", control.toggle_pause)
        self._slower = self._button("Slow the exercise down", lambda: control.change_speed(-1), "−")
        self._faster = self._button("Hurry the exercise", lambda: control.change_speed(1), "+")
        self._part = self._button("Who answers the calls", control.toggle_part)
        self._answer = self._button("Answer the oldest waiting call", self.answer)
        self._speed = QLabel()
        self._line = QLabel()
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._line.setMinimumWidth(120)
        self._line.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        for widget in (self._pause, self._slower, self._speed, self._faster, self._part, self._answer):
            row.addWidget(widget)
        row.addWidget(self._line, 1)
        notifier.tick.connect(self.refresh)
        notifier.changed.connect(lambda _change: self.refresh(self._now_ms))
        self.refresh(0)

    def _button(self, name: str, action: object, text: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._press(action))
        return button

    def _press(self, action: object) -> None:
        if callable(action):
            action()
        self.refresh(self._now_ms)

    @property
    def words(self) -> str:
        """What the strip says of the line."""
        return self._line.text()

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        return (self._pause, self._slower, self._faster, self._part, self._answer)

    def answer(self) -> None:
        """Pick up the caller who has waited longest; says nothing when nobody waits."""
        callers = self._control.callers()
        if callers:
            self._control.pick_up(callers[0])
            self.answer_wanted.emit(callers[0])
            self.refresh(self._now_ms)

    def refresh(self, now_ms: int) -> None:
        """Show the exercise as it is; `now_ms` is the desk's time, for how long callers have waited."""
        self._now_ms = now_ms or self._now_ms
        control = self._control
        self._pause.setText("Go on" if control.paused else "Pause")
        self._speed.setText(f"{control.speed:g}×")
        self._part.setText("It answers by itself" if control.answers_itself else "You answer")
        callers = control.callers()
        self._answer.setVisible(not control.answers_itself)
        self._answer.setEnabled(bool(callers))
        self._answer.setText(f"Answer ({len(callers)}) F7" if callers else "Answer F7")
        self._line.setText(self._sentence(callers))

    def _sentence(self, callers: tuple[LineCaller, ...]) -> str:
        if self._control.answers_itself:
            return "You are watching: the exercise takes its own calls. Press the button to take them yourself."
        talking = self._control.talking()
        if talking:
            last = talking[-1]
            others = f" {len(callers)} more waiting." if callers else ""
            return f"You talk to {last.name}, {last.callback} — {last.place}: “{last.words}”{others}"
        if not callers:
            return "Nobody is waiting on the line."
        first = callers[0]
        waited_s = max(0, self._now_ms - first.rang_at) // 1000
        waited = f"{waited_s // 60}:{waited_s % 60:02d}"
        return f"{first.name}, {first.callback}, waiting {waited} — {first.place}: “{first.words}”"
