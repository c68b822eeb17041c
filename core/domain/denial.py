"""Which of a caller's words are denied: "no chest pain", "bleeding: none", "unconscious? no". For hints of a type."""

import re
import unicodedata

LOOK_BACK = 3  # words before others in which a negation denies them, within their clause
CLAUSE, QUESTION = "|", "?"  # as `spoken` marks the end of a clause, and of one that is answered
_NEAR = 60  # characters looked at on either side
_words = re.compile(r"\w+").findall
_BEFORE = frozenset(
    _words(
        "no not nope never without none nobody nor neither deny denies denied denying isnt arent wasnt werent doesnt "
        "dont didnt hasnt havent hadnt aint wont negative sin nunca niega niegan ni tampoco pas sans aucun aucune "
        "jamais kein keine keinen nicht ohne nao sem nega nem"
    )
)
_AFTER = frozenset(_words("no nope none denied denies negative nil nein nicht keine non nao ninguna ninguno"))
_PARTING = frozenset(_words("and but then however although because with while y pero porque con et mais und aber mas"))
_NEVER = frozenset(_words("sure certain clear know only just idea stop stopping stops"))  # "not sure", "no idea"
_WHO = frozenset(_words("he she it they i we"))
_ENDS = re.compile(r"([?:])|[,.;!\n\r()\u2026\u2013\u2014/]|\s-+\s")


def plain(text: str) -> str:
    """Lower case without accents and signs, single spaces; "isn't" is "isnt"."""
    folded = text.casefold().replace("\u2019", "'").replace("n't", "nt")
    letters = unicodedata.normalize("NFKD", folded)
    return re.sub(r"[^\w]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).strip()


def spoken(text: str) -> str:
    """The plain words with the ends of clauses marked between them, and a space at each end."""
    marked: list[str] = []
    at = 0
    for end in _ENDS.finditer(text):
        marked += [plain(text[at : end.start()]), QUESTION if end[1] else CLAUSE]
        at = end.end()
    marked.append(plain(text[at:]))
    return f" {' '.join(part for part in marked if part)} "


def is_denied(said: str, words: str, start: int, end: int) -> bool:
    """Whether `words[start:end]`, where the phrase `said` was found, is denied; `words` is as `spoken` gives it.

    A phrase that holds a negation itself ("not breathing") is what it says.
    """
    own = said.split()
    if not _BEFORE.isdisjoint(own):
        return False
    between = words[start:end].split()
    after = words[end : end + _NEAR].split()
    return not _BEFORE.isdisjoint(between) or _denied_before(words[:start], between[:1]) or _denied_after(after)


def _denied_before(words: str, first: list[str]) -> bool:
    before = words[-_NEAR:].split()[-LOOK_BACK:]
    following = first
    for word in reversed(before):
        if word in (CLAUSE, QUESTION) or word in _PARTING:
            return False
        if word in _BEFORE and _NEVER.isdisjoint(following):
            return True
        following = [word]
    return False


def _denied_after(after: list[str]) -> bool:
    """An answer stands alone, or a sentence about the person follows it."""
    answered = after[:1] == [QUESTION]
    answer, then = after[answered : answered + 1], after[answered + 1 : answered + 2]
    if not answer or answer[0] not in _AFTER:
        return False
    return not then or then[0] in (CLAUSE, QUESTION) or (answered and then[0] in _WHO)
