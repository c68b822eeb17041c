"""What can be done to an incident, each by a letter, each asked in place and never in a dialog."""

from collections.abc import Callable

from core.domain.agency_file import SEVERITIES
from core.domain.board import Incident
from core.domain.commands import CloseIncident, Command, ReopenIncident, Retype, SetPriority, SetSeverity
from core.domain.severity_words import severity_sentence
from core.domain.statuses import Priority
from core.errors import ForedeskError
from widgets.context import DeskContext
from widgets.panels.chooser import Chooser, Option
from widgets.panels.notice import Notice


class IncidentActions:
    """Asks through `chooser`, acts on the desk, answers in `notice`."""

    def __init__(
        self, context: DeskContext, chooser: Chooser, notice: Notice, incident: Callable[[], Incident | None]
    ) -> None:
        self._context = context
        self._chooser = chooser
        self._notice = notice
        self._incident = incident

    def do(self, command: Command, sentence: str = "") -> bool:
        """Carry a command out; refusals and troubles are told in place. Returns whether it was done."""
        try:
            self._context.desk.do(command)
        except ForedeskError as error:
            self._notice.tell_error(error)
            return False
        self._notice.tell(sentence)
        return True

    def close(self) -> None:
        """Choose a disposition, then confirm if units are still on it."""
        if incident := self._usable(closed=False):
            options = [Option(d.code, d.name) for d in self._context.desk.agency.dispositions.values()]
            question = f"Close {self._context.desk.board.short(incident)} as:"
            self._chooser.ask(question, options, lambda code: self._close_as(incident, code))

    def reopen(self) -> None:
        if incident := self._usable(closed=True):
            self.do(ReopenIncident(incident.id), f"{self._context.desk.board.short(incident)} is open again.")

    def retype(self) -> None:
        if incident := self._usable(closed=False):
            options = [Option(t.code, t.name) for t in self._context.desk.agency.types.values()]
            question = f"Type of {self._context.desk.board.short(incident)}, now {incident.type}:"
            self._chooser.ask(question, options, lambda code: self.do(Retype(incident.id, code)), at=incident.type)

    def prioritise(self) -> None:
        if incident := self._usable(closed=False):
            options = [Option(str(int(p)), f"P{int(p)}") for p in Priority]
            self._chooser.ask(
                f"Priority of {self._context.desk.board.short(incident)}, now {int(incident.priority)}:",
                options,
                lambda code: self.do(SetPriority(incident.id, Priority(int(code)))),
                at=str(int(incident.priority)),
            )

    def grade(self) -> None:
        """Set one's own severity, or give it back to the suggestion."""
        if incident := self._usable(closed=False):
            options = [Option(level[0].upper(), level) for level in SEVERITIES]
            if incident.severity_by:
                options.append(Option("S", f"as suggested ({incident.suggested or 'no estimate'})"))
            levels = {level[0].upper(): level for level in SEVERITIES}
            self._chooser.ask(
                f"Severity of {self._context.desk.board.short(incident)}; now {severity_sentence(incident)}:",
                options,
                lambda letter: self.do(SetSeverity(incident.id, levels.get(letter, ""))),
                at=incident.severity[:1].upper(),
            )

    def _close_as(self, incident: Incident, disposition: str) -> None:
        units = [assignment.unit for assignment in incident.active_assignments]
        number = self._context.desk.board.short(incident)
        if not units:
            self._finish_close(incident, disposition, release=False)
            return
        named, are = ", ".join(units), "is" if len(units) == 1 else "are"
        self._chooser.ask(
            f"{named} {are} still on {number}. Closing it clears {'it' if len(units) == 1 else 'them'} to available. "
            f"Close {number} as {disposition}?",
            (Option("N", "No, leave it open"), Option("Y", f"Yes, close it and clear {named}")),
            lambda answer: self._finish_close(incident, disposition, release=True) if answer == "Y" else None,
        )

    def _finish_close(self, incident: Incident, disposition: str, *, release: bool) -> None:
        sentence = f"{self._context.desk.board.short(incident)} is closed as {disposition}. R reopens it."
        self.do(CloseIncident(incident.id, disposition, release_units=release), sentence)

    def _usable(self, *, closed: bool) -> Incident | None:
        """The incident if it stands as the action needs it; otherwise says why not."""
        incident = self._incident()
        if incident is None:
            return None
        number = self._context.desk.board.short(incident)
        if closed and incident.closed_at is None:
            self._notice.tell(f"{number} is open already.", role="warning")
            return None
        if not closed and incident.closed_at is not None:
            self._notice.tell(f"{number} is closed. R reopens it.", role="warning")
            return None
        return incident
