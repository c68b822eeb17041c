"""Reads the red-flag rules: the file that ships, and an agency's own beside it, each whole or not at all."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.domain.agency_file import SEVERITIES
from core.domain.toml_table import TomlTable
from core.errors import Unavailable
from core.severity.red_flags import Flag, Negation, RedFlagRules, folded

OFF = "off"
MOST_FLAGS, MOST_PHRASES, LONGEST_PHRASE = 500, 500, 400
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_WORD = re.compile(r"(\w+|\w{3,}\*)(\|(\w+|\w{3,}\*))*")  # choices of words and stems
_LISTS = ("before", "after", "never")


def read_red_flags(shipped: Path, own: Path | None = None) -> RedFlagRules:
    """The shipped rules with the agency's own over them: a flag of the same code replaces the shipped one.

    Raises Unavailable with every mistake of a file, each with its line, and what holds meanwhile.
    """
    rules = _read(shipped, "There are no red flags.")
    if own is None:
        return rules
    added = _read(own, "The red flags that ship are in force, and nothing of this file.", beside=rules)
    replaced = {flag.code for flag in added.flags}
    kept = [flag for flag in rules.flags if flag.code not in replaced]
    return RedFlagRules(
        tuple(kept) + tuple(flag for flag in added.flags if flag.level != OFF),
        Negation(*(getattr(rules.negation, name) + getattr(added.negation, name) for name in _LISTS)),
        rules.parting + added.parting,
        rules.misspelt + added.misspelt,
        rules.own_words + added.own_words,
    )


def _read(path: Path, holds: str, *, beside: RedFlagRules | None = None) -> RedFlagRules:
    text, values = _load(path, holds)
    mistakes: list[str] = []
    top = TomlTable(values, "", mistakes)
    if top.whole("version", 1, 1, 1) != 1:
        top.wrong("version", "this Foredesk reads version 1.")
    negation = TomlTable(top.table("negation"), "negation", mistakes)
    lists = [negation.words(name) for name in _LISTS]
    negation.done()
    known = beside.negation if beside else Negation()
    common = frozenset(map(folded, (*lists[0], *lists[1], *known.before, *known.after)))
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*flag\s*\]\]", line)]
    flags = [_flag(entry, _Place(text, lines, at), mistakes, common) for at, entry in enumerate(top.tables("flag"))]
    spelling = (top.words("parting"), top.words("misspelt"), top.words("own_words"))
    rules = RedFlagRules(tuple(flags), Negation(*lists), *spelling)
    top.done()
    _check_whole(rules, mistakes, shipping=beside is None)
    if mistakes:
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        listed = "\n".join(f"  {mistake}" for mistake in mistakes)
        raise Unavailable(f"The red-flag file {path} has {count}:\n{listed}\n", holds, "Correct the file.")
    return rules


def _load(path: Path, holds: str) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError as trouble:
        raise Unavailable(f"There is no red-flag file {path}.", holds, "Check its path.") from trouble
    except OSError as trouble:
        reason = trouble.strerror or "the disk refused it"
        raise Unavailable(f"The red-flag file {path} cannot be read: {reason}.", holds, "Check it.") from trouble
    except UnicodeDecodeError as trouble:
        raise Unavailable(f"The red-flag file {path} is not UTF-8 text.", holds, "Give a text file.") from trouble
    except (tomllib.TOMLDecodeError, RecursionError) as trouble:
        told = f"The red-flag file {path} is not TOML: {trouble}."
        raise Unavailable(told, holds, "Correct that line.") from trouble


class _Place:
    """Where in the file a flag stands, so that its mistakes can be told by line."""

    def __init__(self, text: str, heads: Sequence[int], at: int) -> None:
        self._lines = text.splitlines()
        self.line = heads[at] if at < len(heads) else 0
        self._end = heads[at + 1] - 1 if at + 1 < len(heads) else len(self._lines)

    def of(self, phrase: str) -> str:
        """The line of a phrase, or of the flag's beginning."""
        for number in range(self.line, self._end + 1):
            if phrase and f'"{phrase}"' in self._lines[number - 1]:
                return f"line {number}"
        return f"line {self.line}"


def _flag(values: dict[str, Any], place: _Place, mistakes: list[str], common: frozenset[str]) -> Flag:
    code = values.get("code")
    where = f'line {place.line}, flag "{code}"' if isinstance(code, str) and code else f"line {place.line}, flag"
    table = TomlTable(values, where, mistakes)
    languages = [name for name in table.names() if _LANGUAGE.fullmatch(name)]
    flag = Flag(
        table.text("code").lower(),
        table.text("name", "" if values.get("level") == OFF else None),
        table.choice("level", (*SEVERITIES, OFF)),
        tuple(phrase for language in languages for phrase in table.words(language)),
        table.words("unless"),
    )
    table.done()
    if flag.code and not _CODE.fullmatch(flag.code):
        table.wrong("code", "1 to 32 letters, digits or dashes are needed.")
    if not flag.says and flag.level != OFF:
        table.wrong("", 'it has no phrase. A list such as en = ["not breathing"] is needed.')
    if len(flag.says) + len(flag.unless) > MOST_PHRASES:
        table.wrong("", f"more than {MOST_PHRASES} phrases are too many.")
    mistakes += [
        f'{place.of(phrase)}, flag "{flag.code}": "{phrase[:40]}" {wrong}'
        for phrase in flag.says + flag.unless
        if (wrong := _wrong_phrase(phrase, common))
    ]
    return flag


def _wrong_phrase(phrase: str, common: frozenset[str]) -> str:
    """What is wrong with a phrase, "" when nothing is."""
    if len(phrase) > LONGEST_PHRASE:
        return f"is longer than {LONGEST_PHRASE} characters."
    sides = phrase.split("~")
    if len(sides) > 2:
        return "has more than one ~."
    for side in sides:
        words = side.split()
        if not words:
            return "lacks a word."
        for word in words:
            if not all(_WORD.fullmatch(folded(part)) for part in word.split("_")):
                return f"is not written as rules are: {word!r}. Letters, | between choices, * after three letters."
    if all(set(folded(word).split("|")) & common for word in sides[0].replace("_", " ").split()):
        return "begins with nothing but a negation."
    return ""


def _check_whole(rules: RedFlagRules, mistakes: list[str], *, shipping: bool) -> None:
    codes = [flag.code for flag in rules.flags]
    mistakes += [f'flag "{c}": the code is there {codes.count(c)} times.' for c in set(codes) if codes.count(c) > 1]
    if len(codes) > MOST_FLAGS:
        mistakes.append(f"more than {MOST_FLAGS} flags are too many.")
    if shipping and not codes:
        mistakes.append("flag: there is none.")
    mistakes += [
        f'negation.never: "{phrase}" begins with no word of negation.before.'
        for phrase in rules.negation.never
        if len(phrase.split()) < 2
    ]
