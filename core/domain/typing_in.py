"""Finds incident types for what is typed: a code's letters, words of a name, or a caller's words. It only suggests."""

import re
from functools import cache

from core.domain.agency import Agency, IncidentType
from core.domain.denial import is_denied, plain, spoken

MOST = 8
_LOOKED_AT = 5_000  # characters of a narrative; what an incident is stands at its beginning
_SHORT_WORD = 5  # letters; words up to four must match whole, so that "fit" is not found in "fitting"
_BETWEEN = r"(?:\w+ ){0,2}"  # callers put words between: "house is on fire"
_HARMLESS = {  # what must not follow these words: then they are about something else
    "blood": re.compile(r" (?:thin|pressure|sugar|test|type|bank|clot|glucose|work|count|group|donor)"),
}


def suggest_types(agency: Agency, text: str) -> list[IncidentType]:
    """At most eight types, likeliest first; among equals the more urgent one. Empty for an empty text."""
    typed, said = plain(text[:_LOOKED_AT]), spoken(text[:_LOOKED_AT])
    if not typed:
        return []
    ranked = [(_score(type_, typed, said), type_) for type_ in agency.types.values()]
    ranked = [(score, type_) for score, type_ in ranked if score]
    ranked.sort(key=lambda row: (-row[0], row[1].priority, row[1].code))
    return [type_ for _, type_ in ranked[:MOST]]


def find_types(agency: Agency, typed: str) -> list[IncidentType]:
    """All types that a person may mean who types into the type's field, likeliest first.

    Other than in a narrative, which is written out, a beginning of a word is enough here, also of a caller's word.
    """
    short, said = plain(typed[:_LOOKED_AT]), spoken(typed[:_LOOKED_AT])
    if not short:
        return []
    ranked = [(_score(type_, short, said) or _begun(type_, short.split()), type_) for type_ in agency.types.values()]
    ranked = [(score, type_) for score, type_ in ranked if score]
    ranked.sort(key=lambda row: (-row[0], row[1].priority, row[1].code))
    return [type_ for _, type_ in ranked]


def by_code(agency: Agency, typed: str) -> list[IncidentType]:
    """The type with exactly that code, else all types with a code, or a part of one, that begins so."""
    wanted = typed.strip().upper()
    if wanted in agency.types:
        return [agency.types[wanted]]
    return [type_ for type_ in agency.types.values() if wanted and _code_begins(type_, wanted)]


def _code_begins(type_: IncidentType, wanted: str) -> bool:
    parts = type_.code.split("-")
    return any("-".join(parts[n:]).startswith(wanted) for n in range(len(parts)))


def _score(type_: IncidentType, typed: str, words: str) -> int:
    """Codes before names before a caller's words; longer matches before shorter ones. What is denied does not count."""
    code = typed.replace(" ", "-").upper()
    if code == type_.code:
        return 4000
    score = 3000 if _code_begins(type_, code) else 0
    if not score and _name_begins(type_, typed.split()):
        score = 2000
    return score + sum(len(said) for said in map(plain, type_.words) if _is_said(said, words))


def _name_begins(type_: IncidentType, typed: list[str]) -> bool:
    """Every typed word begins a word of the name, in order, as in "str fi" for Structure fire; or its initials."""
    name = plain(type_.name).split()
    if len(typed) == 1 and len(typed[0]) > 1 and "".join(word[0] for word in name).startswith(typed[0]):
        return True
    left = iter(name)
    return all(any(word.startswith(part) for word in left) for part in typed)


def _begun(type_: IncidentType, typed: list[str]) -> int:
    """Whether every typed word begins a word of the code, the name or what callers say: 2 in one of them, else 1."""
    sources = [plain(source).split() for source in (type_.code, type_.name, *type_.words)]

    def begin(words: list[str]) -> bool:
        return all(any(word.startswith(part) for word in words) for part in typed)

    if any(map(begin, sources)):
        return 2
    return int(begin([word for source in sources for word in source]))


def _is_said(said: str, words: str) -> bool:
    if f" {said.partition(' ')[0]}" not in words:
        return False
    harmless = _HARMLESS.get(said)
    return any(
        not is_denied(said, words, *found.span()) and not (harmless and harmless.match(words, found.end()))
        for found in _pattern(said).finditer(words)
    )


@cache
def _pattern(said: str) -> re.Pattern[str]:
    words = [word if len(word) < _SHORT_WORD else rf"{word}\w*" for word in said.split()]
    return re.compile(" " + f" {_BETWEEN}".join(words) + "(?= )")
