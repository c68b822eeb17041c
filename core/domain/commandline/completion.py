"""What Tab may make of a line."""

from core.domain.agency import Agency
from core.domain.agency_file import SEVERITIES
from core.domain.board import Board
from core.domain.commandline.parser import begins_command, find_verb
from core.domain.commandline.verbs import VERBS
from core.domain.commandline.words import LineTrouble, Slot, Verb, Word, words_of
from core.domain.statuses import Availability

MOST = 12


def complete(line: str, cursor: int, board: Board, agency: Agency) -> list[str]:
    """Whole lines in which the word before the cursor is completed, at most twelve; [] where nothing fits."""
    cursor = max(0, min(cursor, len(line)))
    before = words_of(line[:cursor])
    begun = before.pop() if before and before[-1].end == cursor and before[-1].text != ";" else Word("", cursor)
    found = _candidates(before, begun.key, board, agency)
    rest = line[cursor:].lstrip()
    return [f"{line[: begun.at]}{word} {rest}" for word in found[:MOST]]


def _candidates(before: list[Word], begun: str, board: Board, agency: Agency) -> list[str]:
    verb = _verb_in_force(before)
    if verb is None:
        return _verbs(begun)
    if Slot.TEXT in verb.slots:
        return []
    taken = {word.key for word in before}
    found = [word for word in _arguments(verb, board, agency, begun) if word.upper() not in taken]
    return list(dict.fromkeys(found))


def _verb_in_force(before: list[Word]) -> Verb | None:
    """The verb whose arguments are being typed, or None where a verb is due."""
    verb: Verb | None = None
    for word in before:
        if word.text == ";":
            verb = None
        elif verb is None or (begins_command(word) and Slot.TEXT not in verb.slots):
            try:
                verb, _ = find_verb(word)
            except LineTrouble:
                return None
    return verb


def _verbs(begun: str) -> list[str]:
    """A verb's short name, or the long one when only that begins so."""
    names = (next((name for name in verb.names if name.upper().startswith(begun)), "") for verb in VERBS)
    return [name for name in names if name]


def _arguments(verb: Verb, board: Board, agency: Agency, begun: str) -> list[str]:
    found: list[str] = []
    for slot in verb.slots:
        match slot:
            case Slot.UNITS | Slot.UNIT:
                found += _begun(_callsigns(verb, board), begun)
            case Slot.NUMBER:
                numbers = [board.short(i) for i in board.open_incidents()]
                found += _begun(numbers, begun.lstrip("#"))
            case Slot.TYPE:
                parts = ((code, code.split("-")) for code in agency.types)
                found += [
                    code.lower()
                    for code, names in parts
                    if code.startswith(begun) or any(name.startswith(begun) for name in names)
                ]
            case Slot.DISPOSITION:
                found += _begun(list(agency.dispositions), begun)
            case Slot.PRIORITY:
                found += _begun(["1", "2", "3", "4"], begun)
            case Slot.SEVERITY:
                found += _begun([level.upper() for level in SEVERITIES], begun)
            case Slot.VERB:
                found += _verbs(begun)
    return found


def _callsigns(verb: Verb, board: Board) -> list[str]:
    """Units that can be meant come first: free ones to dispatch, committed ones for everything else."""
    dispatching = verb.name == "d"
    units = sorted(
        board.units.values(),
        key=lambda u: ((u.status.availability is Availability.FREE) is not dispatching, u.callsign),
    )
    return [unit.callsign for unit in units]


def _begun(words: list[str], begun: str) -> list[str]:
    return [word.lower() for word in words if word.upper().startswith(begun)]
