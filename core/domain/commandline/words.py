"""The words of a line with their places, and the shape of a verb's declaration."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz import process

from core.domain.agency import Agency
from core.domain.board import Board, Incident, Unit
from core.domain.commandline.actions import Action, LineError

_WORD = re.compile(r"[^\s;,]+|;")
_LONGEST_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    at: int  # offset of its first character in the line

    @property
    def key(self) -> str:
        return self.text.upper()

    @property
    def end(self) -> int:
        return self.at + len(self.text)

    @property
    def shown(self) -> str:
        """As an error quotes it: a page that was pasted by mistake, by its beginning."""
        return self.text if len(self.text) <= _LONGEST_SHOWN else f"{self.text[:_LONGEST_SHOWN]}…"


def words_of(line: str) -> list[Word]:
    """Words between spaces and commas; a semicolon is a word of its own."""
    return [Word(match.group(), match.start()) for match in _WORD.finditer(line)]


class LineTrouble(Exception):
    """Carries a LineError out of the grammar; never leaves `parse`."""

    def __init__(self, at: int, length: int, message: str, suggestions: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.error = LineError(at, length, message, tuple(suggestions))


def trouble_at(word: Word, message: str, suggestions: Iterable[str] = ()) -> LineTrouble:
    return LineTrouble(word.at, len(word.text), message, suggestions)


class Slot(StrEnum):
    """Kinds of argument; the value is how help writes them."""

    UNITS = "units"
    UNIT = "unit"
    NUMBER = "number"
    PRIORITY = "1-4"
    SEVERITY = "severity"
    TYPE = "type"
    DISPOSITION = "disposition"
    VERB = "command"
    TEXT = "text"


@dataclass(slots=True)
class Arguments:
    """What a verb was given. `words` says where each value stood; `end` is where the verb's part of the line ends."""

    verb: Word
    end: int
    units: list[tuple[Unit, Word]] = field(default_factory=list)
    incident: Incident | None = None
    number: str = ""  # an incident's number that the board does not know
    values: dict[Slot, str] = field(default_factory=dict)
    words: dict[Slot, Word] = field(default_factory=dict)
    text: str = ""
    reason: str = ""

    def lacking(self, message: str, suggestions: Iterable[str] = ()) -> LineTrouble:
        """Something is missing where the verb's part ends."""
        return LineTrouble(self.end, 0, message, suggestions)


@dataclass(slots=True)
class Line:
    """What the words of a line are read against. `moved` holds units that an earlier command of the line changes."""

    text: str
    board: Board
    agency: Agency
    selected: str
    moved: set[str] = field(default_factory=set)

    def incident(self, given: Arguments) -> Incident:
        """The named incident, else the selected one."""
        if given.incident is not None:
            return given.incident
        if Slot.NUMBER in given.words:
            word = given.words[Slot.NUMBER]
            raise trouble_at(word, f"No incident on the board has the number {word.shown}.")
        selected = self.board.incidents.get(self.selected)
        if selected is None:
            raise given.lacking("Select an incident or add its number.", self.numbers())
        return selected

    def open_incident(self, given: Arguments) -> Incident:
        incident = self.incident(given)
        if incident.closed_at is not None:
            short = self.board.short(incident)
            message = f"{incident.number} is closed; reopen it first: r {short}."
            word = given.words.get(Slot.NUMBER)
            raise trouble_at(word, message) if word else given.lacking(message)
        return incident

    def numbers(self) -> list[str]:
        """Short numbers of the newest open incidents."""
        newest = sorted(self.board.open_incidents(), key=lambda i: i.opened_at, reverse=True)
        return [self.board.short(incident) for incident in newest[:3]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A command's declaration. The first of `names` is the one shown; all of them, and unique beginnings, are typed."""

    names: tuple[str, ...]
    slots: tuple[Slot, ...]
    help: str
    example: str
    build: Callable[[Arguments, Line], list[Action]]
    optional: tuple[Slot, ...] = ()
    reason: bool = False  # takes !reason to override a refusal
    glued: bool = False  # its argument may follow without a space, as in p2

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def usage(self) -> str:
        """For example `d units [number] [!reason]`."""
        slots = [f"[{slot}]" if slot in self.optional else slot.value for slot in self.slots]
        parts = [*slots, "[!reason]"] if self.reason else slots
        return f"{self.name}{'' if self.glued else ' '}{' '.join(parts)}".strip()


def nearest_of(word: str, known: Iterable[str], most: int = 6) -> list[str]:
    """Known words most like the one typed, best first."""
    found = process.extract(word[:64].upper(), list(dict.fromkeys(known)), limit=most, score_cutoff=50)
    return [match[0] for match in found]
