"""Folds street names and what people type into the same words: no accents, no case, abbreviations understood."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import OSA

# Words that mean the same, in English, Spanish, Portuguese, French, German and Danish. The first stands for all.
SAME_WORDS = (
    ("st", "street", "saint", "str", "strasse"), ("av", "avenida", "avda", "ave", "avenue", "avd"),
    ("rd", "road"), ("dr", "drive", "doctor", "doutor", "dr"), ("ln", "lane"), ("ct", "court"),
    ("pl", "place", "plaza", "plads", "plaza", "platz"), ("sq", "square"), ("ter", "terrace"), ("hwy", "highway"),
    ("pkwy", "parkway"), ("cir", "circle"), ("bd", "boulevard", "blvd", "bvd", "bulevar", "bulevard"),
    ("c", "calle", "cl"), ("psje", "pasaje", "pje", "pasage", "passage"), ("ctra", "carretera"), ("cno", "camino"),
    ("r", "rua", "rue"), ("tv", "travessa", "trav"), ("pc", "praca", "pca"), ("lg", "largo"), ("est", "estrada"),
    ("al", "alameda"), ("pte", "presidente", "pdte"), ("gral", "general", "gen", "gal"), ("prof", "professor"),
    ("eng", "engenheiro", "ing", "ingeniero"), ("cap", "capitan", "capitao", "captain"), ("sta", "santa"),
    ("sto", "santo"), ("ntra", "nuestra"), ("sra", "senora", "senhora"), ("sr", "senor", "senhor"), ("all", "alle"),
    ("ch", "chemin"), ("imp", "impasse"), ("rte", "route"), ("gd", "gade"), ("v", "vej"), ("n", "north"),
    ("s", "south"), ("e", "east"), ("w", "west"), ("ft", "fort"), ("fco", "francisco"), ("mt", "mount"),
)  # fmt: skip
_GROUP = {word: group for group in SAME_WORDS for word in group}
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
_POSSESSIVE = re.compile(r"['’`]s\b")
_NOT_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Lower case without accents or punctuation, words parted by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", _POSSESSIVE.sub("s", plain)).strip()


@lru_cache(maxsize=65536)
def same(word: str) -> str:
    """The word that stands for a folded word and its abbreviations."""
    return _GROUP[word][0] if word in _GROUP else word


def key(text: str) -> str:
    """What two spellings of one street's name have in common."""
    return " ".join(same(word) for word in fold(text).split())


def index_text(text: str) -> str:
    """All words under which a name can be found: its own and those that mean the same."""
    words: dict[str, None] = {}
    for word in fold(text).split():
        words.update(dict.fromkeys((word, *_GROUP.get(word, ()))))
    return " ".join(words)


def likeness(asked: str, name: str, also: str = "") -> float:
    """0 to 110: how well `name` answers `asked`; both folded. Words of `also` (a locality) may be asked but need not.

    110 for the same words, so that no street's importance or house numbers put Colonial before the Colón that was
    asked for; from 80 to 98 when every asked word begins a word of the name; below 80 by edit distance
    (optimal string alignment) of the closest words.
    """
    words = asked.split()
    if not words:
        return 0.0
    have = name.split()
    if len(words) == len(have) and all(same(a) == same(b) for a, b in zip(words, have, strict=True)):
        return 110.0
    everything = have + also.split()
    found = [_closest(word, everything) for word in words]
    mean = sum(share for share, _ in found) / len(found)
    if mean == 1.0:
        used = {at for _, at in found}
        if min(used) >= len(have):
            return 0.0  # the locality alone was asked for
        covered = sum(at in used for at in range(len(have))) / max(1, len(have))
        return 80.0 + 14.0 * covered + (4.0 if 0 in used else 0.0)
    return 78.0 * mean * mean - 2.0 * max(0, len(have) - len(words))


def _closest(word: str, have: list[str]) -> tuple[float, int]:
    """The share (0 to 1) in which the closest word agrees, and its place; a beginning agrees fully."""
    best, place = 0.0, -1
    for at, other in enumerate(have):
        if other.startswith(word) or same(word) == same(other):
            return 1.0, at
        share = max(OSA.normalized_similarity(word, other), 0.97 * OSA.normalized_similarity(word, other[: len(word)]))
        if share > best:
            best, place = share, at
    return best * 0.99, place
