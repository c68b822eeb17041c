"""What two desks have to settle, as the panel shows it: both sides, what is advised, what each choice does."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.domain.commands import Command
from core.domain.statuses import Priority


class MatterKind(StrEnum):
    DOUBLE = "sent twice"
    CLOSED = "closed, still worked"
    STOOD_DOWN = "stood down, still worked"
    SAME = "one event?"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to settle it: a command, or an `act` of this desk alone.

    `facts` are (label, text); `effect` says what will happen; `done` what then has.
    """

    title: str
    effect: str
    command: Command | None
    done: str
    priority: Priority | None = None
    about: str = ""  # type and place of the incident
    facts: tuple[tuple[str, str], ...] = ()
    advised: bool = False
    kept: bool = False  # of a settled matter: what was chosen
    act: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """`mine`: one of the sides is this desk's doing. `settled` is "" while it is open."""

    id: str
    kind: MatterKind
    subject: str  # a callsign, or an incident's number
    between: str
    at: int  # UTC ms
    mine: bool
    heading: str
    sides: str  # who and when, in one line
    choices: tuple[Choice, ...]
    advice: str = ""
    settled: str = ""
    settled_at: int = 0
    incidents: tuple[str, ...] = ()
    unit: str = ""

    @property
    def open(self) -> bool:
        return not self.settled
