"""The strip that runs an exercise: who rings, who is being talked to, who answers."""

from msgspec.structs import replace
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from widgets.context import DeskContext
from widgets.exercise_bar import ExerciseBar, LineCaller

ANA = LineCaller(1, "+56 9 5550 0001", "Ana", "Balmaceda & Prat", "My mother fell", rang_at=0)
BEA = replace(ANA, key=2, name="Bea", callback="+56 9 5550 0002")


class Control:
    """An exercise with two callers."""

    def __init__(self) -> None:
        self.paused, self.speed, self.answers_itself = False, 1.0, False
        self.ringing, self.in_hand = [ANA, BEA], []

    def toggle_pause(self) -> None:
        self.paused = not self.paused

    def change_speed(self, step: int) -> None:
        self.speed += step

    def toggle_part(self) -> None:
        self.answers_itself = not self.answers_itself

    def callers(self) -> tuple[LineCaller, ...]:
        return tuple(self.ringing)

    def talking(self) -> tuple[LineCaller, ...]:
        return tuple(self.in_hand)

    def pick_up(self, caller: LineCaller) -> None:
        self.ringing.remove(caller)
        self.in_hand.append(caller)


def _bar(qtbot: QtBot, context: DeskContext) -> tuple[ExerciseBar, Control]:
    control = Control()
    bar = ExerciseBar(control, context.notifier)
    qtbot.addWidget(bar)
    bar.show()
    return bar, control


def test_that_the_caller_one_talks_to_waits_no_longer(qtbot: QtBot, context: DeskContext) -> None:
    bar, _ = _bar(qtbot, context)
    bar.refresh(75_000)
    assert "Ana, +56 9 5550 0001, waiting 1:15" in bar.words
    with qtbot.waitSignal(bar.answer_wanted) as answered:
        bar.answer()
    assert answered.args == [ANA]
    assert bar.words.startswith("You talk to Ana")
    assert "1 more waiting" in bar.words


def test_that_its_buttons_steer_the_exercise(qtbot: QtBot, context: DeskContext) -> None:
    bar, control = _bar(qtbot, context)
    for button in bar.buttons:
        if button.isVisible() and button.accessibleName() != "Answer the oldest waiting call":
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (control.paused, control.speed, control.answers_itself) == (True, 1.0, True)
    assert "You are watching" in bar.words
