"""Reads a line: verbs, their arguments, several commands in a row. Never raises; an error points at its word."""

from collections.abc import Callable

from core.domain.agency import Agency
from core.domain.agency_file import SEVERITIES
from core.domain.board import Board
from core.domain.commandline.actions import Action, LineError, Parsed
from core.domain.commandline.echo import echo_of
from core.domain.commandline.verbs import BY_NAME, VERBS
from core.domain.commandline.words import (
    Arguments,
    Line,
    LineTrouble,
    Slot,
    Verb,
    Word,
    nearest_of,
    trouble_at,
    words_of,
)
from core.domain.numbers import SAID
from core.domain.typing_in import by_code

MOST_SUGGESTED = 6
_SHORTEST_BEGINNING = 2  # letters of a disposition's or type's code


def parse(line: str, board: Board, agency: Agency, selected_incident: str = "") -> Parsed:
    """What the line asks for. Commands follow one another, with or without a semicolon between them."""
    actions, error = _read(line, board, agency, selected_incident)
    if error is None:
        return Parsed(tuple(actions), echo_of(actions, board, agency))
    helping = [word for word in error.suggestions if _helps(word, error, line, board, agency, selected_incident)]
    return Parsed(error=LineError(error.at, error.length, error.message, tuple(helping[:MOST_SUGGESTED])))


def _read(line: str, board: Board, agency: Agency, selected: str) -> tuple[list[Action], LineError | None]:
    try:
        return _Reader(Line(line, board, agency, selected)).read(), None
    except LineTrouble as trouble:
        return [], trouble.error


def _helps(word: str, error: LineError, line: str, board: Board, agency: Agency, selected: str) -> bool:
    """Whether the line with the suggestion is understood beyond it: nothing is offered that is refused itself."""
    before = line[: error.at]
    if before and not error.length and not before[-1].isspace():
        before += " "
    left = _read(f"{before}{word}{line[error.at + error.length :]}", board, agency, selected)[1]
    return left is None or left.at >= len(before) + len(word)


def find_verb(word: Word) -> tuple[Verb, Word | None]:
    """The verb a word stands for, and what is glued to it, as the 2 of p2."""
    if word.key in BY_NAME:
        return BY_NAME[word.key], None
    for verb in VERBS:
        if rest := _glued_to(verb, word):
            return verb, Word(rest, word.at + len(verb.name))
    meant = {name.lower(): verb for name, verb in BY_NAME.items() if name.startswith(word.key)}
    if len({verb.name for verb in meant.values()}) == 1:
        return next(iter(meant.values())), None
    if meant:
        raise trouble_at(word, f"“{word.shown}” can be {' or '.join(meant)}.", meant)
    raise trouble_at(word, f"There is no command “{word.shown}”.", [n.lower() for n in nearest_of(word.text, BY_NAME)])


def begins_command(word: Word) -> bool:
    """Whether a word ends the arguments before it: only whole verbs do, no beginnings."""
    return word.key in BY_NAME or any(_glued_to(verb, word) for verb in VERBS)


def _glued_to(verb: Verb, word: Word) -> str:
    """The digit that follows a verb's name without a space; P11 is a callsign and no priority."""
    rest = word.text[len(verb.name) :]
    begins = verb.glued and word.key.startswith(verb.name.upper())
    return rest if begins and len(rest) == 1 and rest.isdecimal() else ""


class _Reader:
    def __init__(self, line: Line) -> None:
        self.line = line
        self.words = words_of(line.text)
        self.next = 0

    def read(self) -> list[Action]:
        actions: list[Action] = []
        while self.next < len(self.words):
            word = self.words[self.next]
            self.next += 1
            if word.text == ";":
                continue
            if word.key in self.line.board.units and word.key not in BY_NAME:
                raise trouble_at(word, f"{word.key} is a unit: begin with what it does.", [f"s {word.text}"])
            verb, glued = find_verb(word)
            given = self._arguments(verb, word, glued)
            actions += verb.build(given, self.line)
        return actions

    def _arguments(self, verb: Verb, word: Word, glued: Word | None) -> Arguments:
        given = Arguments(word, word.end)
        if Slot.TEXT in verb.slots:
            given.text, given.end = self.line.text[word.end :].strip(), len(self.line.text)
            self.next = len(self.words)
            return given
        if glued is not None:
            self._take(verb, glued, given)
        while self.next < len(self.words) and self.words[self.next].text != ";":
            argument = self.words[self.next]
            if argument.text.startswith("!") and verb.reason:
                self._take_reason(argument, given)
                break
            if not self._take(verb, argument, given):
                if begins_command(argument):
                    break
                raise self._unknown(verb, argument, given)
            self.next += 1
            given.end = argument.end
        return given

    def _take_reason(self, argument: Word, given: Arguments) -> None:
        end = self.line.text.find(";", argument.at)
        end = len(self.line.text) if end < 0 else end
        given.reason, given.end = self.line.text[argument.at + 1 : end].strip(), end
        if not given.reason:
            raise trouble_at(argument, "Say why after the exclamation mark; the reason is logged.")
        while self.next < len(self.words) and self.words[self.next].at < end:
            self.next += 1

    def _take(self, verb: Verb, word: Word, given: Arguments) -> bool:
        return any(slot in verb.slots and take(self, slot, word, given) for slot, take in _TAKERS)

    def _take_unit(self, slot: Slot, word: Word, given: Arguments) -> bool:
        unit = self.line.board.units.get(word.key)
        if unit is None or (slot is Slot.UNIT and given.units):
            return False
        given.units.append((unit, word))
        return True

    def _take_priority(self, slot: Slot, word: Word, given: Arguments) -> bool:
        if slot in given.values or not word.text.isdecimal():
            return False
        if word.text not in {"1", "2", "3", "4"}:
            raise trouble_at(word, "Priorities go from 1, the most urgent, to 4.", ("1", "2", "3", "4"))
        given.values[slot], given.words[slot] = word.text, word
        return True

    def _take_severity(self, slot: Slot, word: Word, given: Arguments) -> bool:
        found = [level for level in SEVERITIES if level.startswith(word.text.lower())]
        if slot in given.values or len(found) != 1:
            return False
        given.values[slot], given.words[slot] = found[0], word
        return True

    def _take_number(self, slot: Slot, word: Word, given: Arguments) -> bool:
        if slot in given.words:
            return False
        number = word.key.lstrip("#")
        if not SAID.fullmatch(number) or word.key in self.line.agency.types:
            return False
        given.incident, given.words[slot] = self.line.board.by_number(number), word
        given.number = "" if given.incident else number
        return True

    def _take_type(self, slot: Slot, word: Word, given: Arguments) -> bool:
        found = by_code(self.line.agency, word.key) if len(word.key) >= _SHORTEST_BEGINNING else []
        return self._take_code(slot, word, given, [type_.code for type_ in found])

    def _take_disposition(self, slot: Slot, word: Word, given: Arguments) -> bool:
        codes = self.line.agency.dispositions
        begun = [code for code in codes if len(word.key) >= _SHORTEST_BEGINNING and code.startswith(word.key)]
        return self._take_code(slot, word, given, [word.key] if word.key in codes else begun)

    def _take_code(self, slot: Slot, word: Word, given: Arguments, found: list[str]) -> bool:
        if slot in given.values or not found or (len(found) > 1 and begins_command(word) and self._is_followed()):
            return False
        if len(found) > 1:
            raise trouble_at(word, f"“{word.shown}” can be {' or '.join(found[:6])}.", found)
        given.values[slot], given.words[slot] = found[0], word
        return True

    def _is_followed(self) -> bool:
        after = self.words[self.next + 1 : self.next + 2]
        return bool(after) and after[0].text != ";"

    def _take_verb(self, slot: Slot, word: Word, given: Arguments) -> bool:
        if slot in given.values:
            return False
        given.values[slot] = find_verb(word)[0].name
        return True

    def _unknown(self, verb: Verb, word: Word, given: Arguments) -> LineTrouble:
        """The word is nothing the verb takes: offer the nearest things that it does."""
        board, agency = self.line.board, self.line.agency
        known: list[str] = []
        wanted = []
        for slot, name, words in (
            (Slot.UNITS, "unit", list(board.units)),
            (Slot.UNIT, "unit", list(board.units)),
            (Slot.SEVERITY, "severity", list(SEVERITIES)),
            (Slot.TYPE, "type", list(agency.types)),
            (Slot.DISPOSITION, "disposition", list(agency.dispositions)),
        ):
            if slot in verb.slots and slot not in given.values:
                known += words
                wanted.append(name)
        if not wanted:
            return trouble_at(word, f"“{word.shown}” is too much for {verb.name}: {verb.usage}.")
        return trouble_at(word, f"There is no {' or '.join(wanted)} “{word.shown}”.", nearest_of(word.text, known))


# In this order: a word that is a callsign is never read as a number or a code.
_TAKERS: tuple[tuple[Slot, Callable[[_Reader, Slot, Word, Arguments], bool]], ...] = (
    (Slot.UNITS, _Reader._take_unit),
    (Slot.UNIT, _Reader._take_unit),
    (Slot.PRIORITY, _Reader._take_priority),
    (Slot.SEVERITY, _Reader._take_severity),
    (Slot.NUMBER, _Reader._take_number),
    (Slot.TYPE, _Reader._take_type),
    (Slot.DISPOSITION, _Reader._take_disposition),
    (Slot.VERB, _Reader._take_verb),
)

__all__ = ["LineError", "begins_command", "find_verb", "parse"]
