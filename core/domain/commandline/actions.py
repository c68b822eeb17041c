"""What a line can ask for: commands for the desk, and actions that only the window can do."""

from typing import TypeAlias

from msgspec import Struct

from core.domain.commands import Command


class Select(Struct, frozen=True):
    """Select an incident, or a unit. `number` stands alone for an incident that has left the board."""

    incident: str = ""
    unit: str = ""
    number: str = ""


class OpenIntake(Struct, frozen=True):
    """Take a new call; `text` goes into the location field."""

    text: str = ""


class ShowRoute(Struct, frozen=True):
    unit: str
    incident: str


class OpenReport(Struct, frozen=True):
    """The report of an incident; `number` stands alone for one that has left the board."""

    incident: str = ""
    number: str = ""


class SendText(Struct, frozen=True):
    """A text to a unit's radio."""

    unit: str
    text: str


class PollUnit(Struct, frozen=True):
    """Ask a unit's radio where it is."""

    unit: str


class AcknowledgeFirst(Struct, frozen=True):
    """Acknowledge the first alarm that nobody has acknowledged."""


class ShowConflicts(Struct, frozen=True):
    """What desks did without knowing of each other, to be settled."""


class JoinServer(Struct, frozen=True):
    """Pair with a server; what is missing is asked for."""

    address: str = ""
    code: str = ""


class Help(Struct, frozen=True):
    """Keys and commands; `verb` names the one asked about."""

    verb: str = ""


Action: TypeAlias = (
    Command
    | Select
    | OpenIntake
    | ShowRoute
    | OpenReport
    | SendText
    | PollUnit
    | AcknowledgeFirst
    | ShowConflicts
    | JoinServer
    | Help
)


class LineError(Struct, frozen=True):
    """What is wrong at `length` characters from `at`; each suggestion may stand in their place."""

    at: int
    length: int
    message: str
    suggestions: tuple[str, ...] = ()


class Parsed(Struct, frozen=True):
    """Either actions and an echo that says what Enter will do, or an error; an empty line has neither."""

    actions: tuple[Action, ...] = ()
    echo: str = ""
    error: LineError | None = None
