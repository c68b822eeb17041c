"""The command line and its echo: what Enter will do, what was done, what was refused and why, and what asks first."""

from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from core.domain.board import Incident
from core.domain.commandline import Action, Parsed, complete, echo_of, parse
from core.domain.commands import Assign, CloseIncident, Command, Undo
from core.domain.done_words import done_words
from core.domain.events import CallTaken
from core.errors import ForedeskError, Refused, Unavailable
from widgets.announce import announce
from widgets.command_line import HINT, CommandLine
from widgets.context import DeskContext
from widgets.elided import ElidedLabel
from widgets.quotes import quoted
from widgets.theme import monospaced, px

TAKE_BACK = "Ctrl+Z takes it back."
STANDS_MS = 30_000  # how long what was done stands beside the line


@dataclass(frozen=True, slots=True)
class Question:
    """Asked before something destructive; `command` is done on y, nothing on anything else."""

    sentence: str
    command: Command
    done: str
    rest: tuple[Action, ...] = ()  # of the same line, done after a yes


class CommandBar(QFrame):
    """`ui_action(object)` carries what the line asks of the window; `left()` is Esc in the line."""

    ui_action = Signal(object)
    left = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("command")
        self.setAccessibleName("Command bar")
        self._context = context
        self._question: Question | None = None
        self._previewing = False
        self.prompt = QLabel("›")
        self.line = CommandLine(context)
        self.line.complete = self._complete
        self.line.entered.connect(self._enter)
        self.line.left.connect(self._leave)
        self.line.textChanged.connect(self._preview)
        self.echo = ElidedLabel()
        self._fading = QTimer(self)
        self._fading.setSingleShot(True)
        self._fading.setInterval(STANDS_MS)
        self._fading.timeout.connect(self._fade)
        self._grid = QGridLayout(self)
        self._grid.addWidget(self.prompt, 0, 0)
        self._grid.addWidget(self.line, 0, 1)
        self._grid.addWidget(self.echo, 0, 2)
        self._grid.setColumnStretch(1, 2)
        self._grid.setColumnStretch(2, 3)
        context.selection.incident_changed.connect(lambda _id: self._preview(self.line.text()))
        self.restyle()

    def restyle(self) -> None:
        self._grid.setContentsMargins(px(8), px(4), px(8), px(6))
        self._grid.setHorizontalSpacing(px(8))
        self.line.setFont(monospaced())
        self.prompt.setFont(monospaced(16))

    # what the window calls

    def focus_line(self) -> None:
        self.line.setFocus()
        self.line.selectAll()

    def say(self, sentence: str, *, role: str = "") -> None:
        """Show a sentence where the echo stands, and have it read out politely."""
        self._previewing = False
        self.echo.say(sentence, role=role)
        self._fading.start()
        announce(self, sentence)

    def show_error(self, error: Exception) -> None:
        """A Refused or Unavailable from anywhere on the desk, in its own words."""
        self._previewing = False
        self.echo.say(str(error), role="error" if isinstance(error, Unavailable) else "warning")
        announce(self, str(error), at_once=isinstance(error, Unavailable))

    def undo(self) -> None:
        """Take back the operator's last change at this desk, and say what it was."""
        desk = self._context.desk
        try:
            undone = desk.do(Undo())[0].undoes
        except (Refused, Unavailable) as error:
            self.show_error(error)
            return
        events = desk.store.events_of_command(undone)
        words = done_words(events, desk.board)
        parked = any(isinstance(event.body, CallTaken) for event in events)
        told = f"Taken back: {words}." if words else "Taken back."
        self.say(f"{told} The call is parked; Shift+F2 takes it up." if parked else told)

    def ask(self, question: Question) -> None:
        """Ask on the line before something destructive; Enter alone, Esc or anything but y leaves all as it is."""
        self._question = question
        self.line.setText("")
        self.line.setPlaceholderText("y and Enter, or Enter alone")
        self.say(f"{question.sentence} y / N", role="warning")
        self.line.setFocus()

    def _fade(self) -> None:
        """What was said is old: it goes, unless a question still stands or something is being typed."""
        if self._question is None and not self.line.text():
            self.echo.say("", role="muted")

    # the line

    def _parse(self, text: str) -> Parsed:
        return parse(text, self._context.desk.board, self._context.desk.agency, self._selected())

    def _selected(self) -> str:
        return self._context.selection.incident

    def _complete(self, text: str, cursor: int) -> list[str]:
        return complete(text, cursor, self._context.desk.board, self._context.desk.agency)

    def _preview(self, text: str) -> None:
        """The echo while typing."""
        if self._question is not None:
            return
        if not text.strip():
            self.line.mark(None)
            if self._previewing:
                self._previewing = False
                self.echo.say("", role="muted")
            return
        self._previewing = True
        parsed = self._parse(text)
        if parsed.error is None:
            self.line.mark(None)
            self.echo.say(parsed.echo, role="muted")
            return
        error = parsed.error
        self.line.mark(error.at, error.length)
        nearest = f" Nearest: {', '.join(error.suggestions[:4])}." if error.suggestions else ""
        self.echo.say(error.message + nearest, role="warning")

    def _enter(self, text: str) -> None:
        if self._question is not None:
            self._answer(text)
            return
        if not text.strip():
            return
        parsed = self._parse(text)
        if parsed.error is not None:
            self._preview(text)
            announce(self, self.echo.whole, at_once=True)
            self.line.offer_again()
            return
        self.line.remember(text)
        self._run(parsed.actions)

    def _run(self, actions: tuple[Action, ...]) -> None:
        """Carry the actions out in turn; the first that is refused, or asks, ends it."""
        for number, action in enumerate(actions):
            question = self._destructive(action, actions[number + 1 :]) if isinstance(action, Command) else None
            if question is not None:
                self.ask(question)
                return
            if not isinstance(action, Command):
                self.ui_action.emit(action)
            elif not self._try(action, done_before=actions[:number]):
                return
        self.line.setText("")
        commands = [action for action in actions if isinstance(action, Command)]
        if commands:
            desk = self._context.desk
            back = TAKE_BACK if len(commands) == 1 else "Ctrl+Z takes back the last."
            back = "" if isinstance(commands[-1], Undo) else f" {back}"
            self.say(f"Done: {echo_of(commands, desk.board, desk.agency)}{back}")

    def _try(self, command: Command, done_before: tuple[Action, ...] = ()) -> bool:
        try:
            self._context.desk.do(quoted(command, self._context) if isinstance(command, Assign) else command)
        except ForedeskError as error:
            self._context.report_error(error)
            if done_before:
                told = f"{self.echo.whole} What came before it on the line was done."
                self.echo.say(told, role="warning")
            self.line.offer_again()
            return False
        return True

    def carry_out(self, command: Command, done: str) -> bool:
        """Do `command` and say `done`; on a refusal say why, and answer False."""
        if not self._try(command):
            return False
        self.say(done if isinstance(command, Undo) else f"{done} {TAKE_BACK}")
        return True

    def _destructive(self, command: Command, rest: tuple[Action, ...]) -> Question | None:
        """What has to be asked before `command`: closing an incident that units are on."""
        if not isinstance(command, CloseIncident) or command.release_units:
            return None
        incident: Incident | None = self._context.desk.board.incidents.get(command.incident)
        units = [a.unit for a in incident.active_assignments] if incident else []
        if incident is None or not units:
            return None
        confirmed = CloseIncident(command.incident, command.disposition, command.note, release_units=True)
        named = ", ".join(units)
        become = "becomes" if len(units) == 1 else "become"
        return Question(
            f"Close {incident.number} with {named} on it? {named} {become} available.",
            confirmed,
            f"{incident.number} is closed; {named} {become} available.",
            rest,
        )

    def _answer(self, text: str) -> None:
        question, self._question = self._question, None
        self.line.setPlaceholderText(HINT)
        if question is not None and text.strip().lower() in ("y", "yes"):
            self.line.setText("")
            if self.carry_out(question.command, question.done) and question.rest:
                self._run(question.rest)
        else:
            self.say("Nothing was changed.", role="muted")
            if text.strip().lower() in ("n", "no"):
                self.line.setText("")

    def _leave(self) -> None:
        if self._question is not None:
            self._answer("")
            return
        self.left.emit()
