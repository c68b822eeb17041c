"""Finds the words that make a call urgent whatever a model thinks: "not breathing", "trapped", "no respira".

The rules come from a file (`core.severity.red_flag_file`). A sentence is looked at as words without case, accents and
signs; a word that stands before a danger and takes it back ("no bleeding") does so within its clause only.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct
from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.domain.agency_file import SEVERITIES

LONGEST_TEXT = 12_000  # characters looked at; of a longer text its beginning and its end
NEAR_WORDS = 8  # words between the two sides of "~"
GAP_WORDS = 2  # words that callers put between the words of a phrase
LOOK_BACK = 3  # words before a danger in which a negation takes it back
REMEMBERED = 4096
LONG_SENTENCE = 800  # characters from which a sentence is read in stretches ...
STRETCH_WORDS = 60
AROUND_WORDS = 48  # ... with so many words around each, which is farther than any rule looks
_NOTHING: frozenset[str] = frozenset()

_ANSWERED_NO = re.compile(  # at most three words, none of which ends a clause, and "no" alone or before a new sentence
    r"""(?:\b(?:is|are|was|were|he|she|they|it|there|any|do|does|did|can|the|patient|esta|hay|tiene)\ +)*
    \b((?:(?!(?:and|but|with|y|et|und|con|mit)\b)[\w']+\ +){0,2}(?!(?:and|but|with|y|et|und|con|mit)\b)[\w']+)\ *\?
    \s*(?:no|nope|nein|non|nao|n\u00e3o)\b(?=\s*(?:[,.;!\n]|$)|\ +(?:he|she|it|they)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKS = re.compile("[\u0300-\u036f]+")
_SENTENCES = re.compile(r"[.!?;\n\r\u2026\u3002]+")
_WORDS = re.compile(r"\w+|[,:()/\u2013\u2014\u00bf\u00a1]")


class Flag(Struct, frozen=True):
    """One danger: `says` are phrases that tell of it, `unless` phrases that look like one of them and are harmless."""

    code: str
    name: str
    level: str
    says: tuple[str, ...]
    unless: tuple[str, ...] = ()


class Negation(Struct, frozen=True):
    """Words that take a danger back `before` or directly `after` it, and phrases that begin so but `never` do."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class RedFlagRules(Struct, frozen=True):
    """`parting` words end a clause; `misspelt` ones are recognised with a slip in them, `own_words` never are."""

    flags: tuple[Flag, ...] = ()
    negation: Negation = Negation()
    parting: tuple[str, ...] = ()
    misspelt: tuple[str, ...] = ()
    own_words: tuple[str, ...] = ()


class FlagFound(Struct, frozen=True):
    """A danger that the words tell of, and the words."""

    code: str
    name: str
    level: str
    words: str


def folded(text: str) -> str:
    """Small letters without accents, "isn't" as "isnt": as the rules are compared."""
    text = text.lower().replace("\u2019", "'").replace("n't", "nt")
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("\u00df", "ss").replace("\u0153", "oe")
    return text


class _Phrase(Struct, frozen=True):
    """Each element is the set of words and stems ("stem*") that may stand there; the anchor is its rarest one."""

    elements: tuple[frozenset[str], ...]
    gaps: tuple[int, ...]  # how many words may stand before each element after the first
    anchor: int
    negated: bool  # a negation belongs to it


class _Pattern(Struct, frozen=True):
    flag: int
    sides: tuple[_Phrase, ...]  # one phrase, or two near one another in either order


Span = tuple[int, int]  # first and last word of a phrase in a sentence
Told = tuple[tuple[int, str], ...]  # numbers of flags and the words that tell of them
Meaning = tuple[frozenset[str], tuple[_Pattern, ...]]


class RedFlags:
    """The compiled rules. `find(text)` gives the dangers, most urgent first; it remembers sentences it has seen."""

    def __init__(self, rules: RedFlagRules) -> None:
        self.rules = rules
        self._before = frozenset(map(folded, rules.negation.before))
        self._after = frozenset(map(folded, rules.negation.after))
        self._parting = frozenset(map(folded, rules.parting)) | set(",:()/\u2013\u2014\u00bf\u00a1")
        self._common = self._before | self._after | self._parting
        self._own = frozenset(map(folded, rules.own_words))
        self._never = [self._phrase(text) for text in rules.negation.never]
        self._patterns: dict[str, list[_Pattern]] = {}
        self._unless: dict[int, list[tuple[_Phrase, ...]]] = {}
        for number, flag in enumerate(rules.flags):
            self._unless[number] = [tuple(map(self._phrase, text.split("~"))) for text in flag.unless]
            for text in flag.says:
                self._add(_Pattern(number, tuple(map(self._phrase, text.split("~")))))
        self._stems, self._spelt = self._lexicon()
        self._meanings: dict[str, Meaning] = {}
        self._read: dict[str | tuple[str, ...], Told] = {}

    def find(self, text: str) -> tuple[FlagFound, ...]:
        """The dangers told of, each once. Never fails; of more than 12,000 characters both ends are read."""
        if len(text) > LONGEST_TEXT:
            text = f"{text[: LONGEST_TEXT // 2]}\n{text[-LONGEST_TEXT // 2 :]}"
        if "?" in text:
            text = _ANSWERED_NO.sub(
                r" no \1.", text
            )  # "unconscious? no" says "no unconscious", "breathing? no" likewise
        found: dict[int, str] = {}
        for sentence in _SENTENCES.split(text):
            for flag, words in self._in_sentence(sentence):
                found.setdefault(flag, words)
        hits = [FlagFound(f.code, f.name, f.level, words) for n, words in found.items() for f in (self.rules.flags[n],)]
        return tuple(sorted(hits, key=lambda hit: SEVERITIES.index(hit.level)))

    def _in_sentence(self, sentence: str) -> Iterator[tuple[int, str]]:
        """What a sentence tells of; a very long one is read in stretches, so that a further letter costs little."""
        if len(sentence) <= LONG_SENTENCE:
            yield from self._remembered(sentence, None)
            return
        words = tuple(_WORDS.findall(folded(sentence)))
        for start in range(0, len(words), STRETCH_WORDS):
            first = max(0, start - AROUND_WORDS)
            stretch = words[first : start + STRETCH_WORDS + AROUND_WORDS]
            yield from self._remembered(stretch, range(start - first, start - first + STRETCH_WORDS))

    def _remembered(self, said: str | tuple[str, ...], counted: range | None) -> Told:
        known = self._read.get(said)
        if known is None:
            if len(self._read) >= REMEMBERED // 8:
                self._read.clear()
            words = _WORDS.findall(folded(said)) if isinstance(said, str) else said
            known = self._read[said] = tuple(_Reading(self, words, counted).flags())
        return known

    def unless(self, flag: int) -> Sequence[tuple[_Phrase, ...]]:
        return self._unless[flag]

    def takes_back(self, word: str) -> bool:
        return word in self._before

    def denies_after(self, word: str) -> bool:
        return word in self._after

    def parts(self, word: str) -> bool:
        return word in self._parting

    @property
    def never(self) -> Sequence[_Phrase]:
        return self._never

    def meaning(self, word: str) -> "Meaning":
        """What `word` may stand for, itself and as a misspelling, and the patterns that it may be the anchor of."""
        known = self._meanings.get(word)
        if known is None:
            if len(self._meanings) >= REMEMBERED:
                self._meanings.clear()
            symbols = self._resolve(word)
            patterns = tuple(pattern for symbol in sorted(symbols) for pattern in self._patterns.get(symbol, ()))
            known = self._meanings[word] = (symbols, patterns)
        return known

    def _resolve(self, word: str) -> frozenset[str]:
        exact = {word} if word in self._lexical else set()
        exact.update(f"{word[:size]}*" for size in self._stems if f"{word[:size]}*" in self._lexical)
        if exact or word in self._own or len(word) < 5:
            return frozenset(exact)
        limit = 1 if len(word) < 9 else 2
        candidates = [c for c in self._spelt.get(word[0], ()) if abs(len(c) - len(word)) <= limit]
        meant = process.extractOne(word, candidates, scorer=OSA.distance, score_cutoff=limit)
        return frozenset((meant[0],)) if meant and (len(meant[0]) > 8 or meant[1] <= 1) else frozenset()

    def _lexicon(self) -> tuple[tuple[int, ...], dict[str, list[str]]]:
        """Lengths of stems, and the words that are recognised when misspelt, by first letter."""
        phrases = [p for known in self._patterns.values() for pattern in known for p in pattern.sides]
        phrases += [p for known in self._unless.values() for sides in known for p in sides] + self._never
        self._lexical = {word for phrase in phrases for element in phrase.elements for word in element}
        spelt: dict[str, list[str]] = {}
        for word in sorted(set(map(folded, self.rules.misspelt)) & self._lexical):
            spelt.setdefault(word[0], []).append(word)
        return tuple(sorted({len(word) - 1 for word in self._lexical if word.endswith("*")})), spelt

    def _phrase(self, text: str) -> _Phrase:
        parts = [part.split("_") for part in text.split()]
        elements = tuple(frozenset(folded(word).split("|")) for part in parts for word in part)
        negating = [bool(element & self._before) for element in elements]
        rarity = [max(map(len, element)) - 100 * bool(element & self._common) for element in elements]
        apart = [at == 0 for part in parts for at in range(len(part))][1:]
        gaps = tuple((1 if held else GAP_WORDS) if far else 0 for held, far in zip(negating, apart, strict=False))
        return _Phrase(elements, gaps, rarity.index(max(rarity)), any(negating))

    def _add(self, pattern: _Pattern) -> None:
        first = pattern.sides[0]
        for symbol in first.elements[first.anchor]:
            self._patterns.setdefault(symbol, []).append(pattern)


class _Reading:
    """One sentence being looked at."""

    def __init__(self, rules: RedFlags, words: Sequence[str], counted: range | None = None) -> None:
        """`counted`: where a pattern's anchor must stand, None for anywhere."""
        self._rules = rules
        self._words = words
        self._counted = counted if counted is not None else range(len(words))
        said = [(at, rules.meaning(word)) for at, word in enumerate(words)]
        self._at = {at: symbols for at, (symbols, _) in said if symbols}
        self._anchors = [(at, patterns) for at, (_, patterns) in said if patterns and at in self._counted]

    def flags(self) -> Iterator[tuple[int, str]]:
        """Number of each flag and the words that tell of it."""
        done: set[int] = set()
        for at, patterns in self._anchors:
            for pattern in patterns:
                if pattern.flag not in done and (span := self._find(pattern, at)):
                    done.add(pattern.flag)
                    yield pattern.flag, self._told(span)

    def _told(self, spans: Sequence[Span]) -> str:
        return " … ".join(" ".join(self._words[first : last + 1]) for first, last in sorted(spans))

    def _find(self, pattern: _Pattern, at: int) -> list[Span]:
        """Where the pattern stands with the anchor of its first side at a word; [] where it does not."""
        first = self._stands(pattern.sides[0], at, pattern.flag)
        if first is None or len(pattern.sides) == 1:
            return [first] if first else []
        other = pattern.sides[1]
        for near in range(first[0] - NEAR_WORDS, first[1] + NEAR_WORDS + 1):
            if self._at.get(near, _NOTHING) & other.elements[other.anchor]:
                second = self._stands(other, near, pattern.flag)
                if second and (second[0] > first[1] or second[1] < first[0]):
                    return [first, second]
        return []

    def _stands(self, phrase: _Phrase, at: int, flag: int) -> Span | None:
        """The phrase's span with its anchor at a word, if it is there, not taken back and not harmless."""
        span = self._span(phrase, at)
        if span is None or (not phrase.negated and self._taken_back(span)) or self._harmless(span, flag):
            return None
        return span

    def _span(self, phrase: _Phrase, at: int) -> Span | None:
        first = last = at
        for element, gap in zip(phrase.elements[phrase.anchor + 1 :], phrase.gaps[phrase.anchor :], strict=True):
            found = self._next(element, last, gap, 1, keep=phrase.negated)
            if found is None:
                return None
            last = found
        before = zip(reversed(phrase.elements[: phrase.anchor]), reversed(phrase.gaps[: phrase.anchor]), strict=True)
        for element, gap in before:
            found = self._next(element, first, gap, -1, keep=phrase.negated)
            if found is None:
                return None
            first = found
        return first, last

    def _next(self, element: frozenset[str], start: int, gap: int, step: int, *, keep: bool) -> int | None:
        """The nearest word that fits, with at most `gap` others between, none of which ends a clause or negates."""
        for at in range(start + step, start + step * (gap + 2), step):
            if self._at.get(at, _NOTHING) & element:
                return at
            word = self._words[at] if 0 <= at < len(self._words) else ","
            if self._rules.parts(word) or (not keep and self._rules.takes_back(word)):
                return None
        return None

    def _taken_back(self, span: Span) -> bool:
        for at in range(span[0] - 1, max(-1, span[0] - 1 - LOOK_BACK), -1):
            if self._rules.parts(self._words[at]):
                break
            if self._rules.takes_back(self._words[at]) and not self._begins_never(at):
                return True
        following = self._words[span[1] + 1 : span[1] + 3]
        ends = len(following) < 2 or self._rules.parts(following[1])
        if following and self._rules.parts(following[0]) and len(following) == 2:  # "weapons: none"
            following, ends = following[1:], len(self._words) == span[1] + 3
        return bool(following) and ends and self._rules.denies_after(following[0])

    def _begins_never(self, at: int) -> bool:
        for phrase in self._rules.never:
            for place in range(at, min(at + 4, len(self._words))):
                if self._at.get(place, _NOTHING) & phrase.elements[phrase.anchor]:
                    span = self._span(phrase, place)
                    if span and span[0] == at:
                        return True
        return False

    def _harmless(self, span: Span, flag: int) -> bool:
        """Whether one of the flag's harmless phrases overlaps, or one side of it with the other near by."""
        for sides in self._rules.unless(flag):
            for mine, others in ((0, sides[1:]), (1, sides[:1])) if len(sides) > 1 else ((0, ()),):
                if self._touching(sides[mine], span, 0) and all(self._touching(o, span, NEAR_WORDS) for o in others):
                    return True
        return False

    def _touching(self, phrase: _Phrase, span: Span, apart: int) -> bool:
        """Whether the phrase stands over the span, or at most so many words from it, and is not taken back."""
        for at in range(span[0] - apart - 4, span[1] + apart + 5):
            if self._at.get(at, _NOTHING) & phrase.elements[phrase.anchor]:
                other = self._span(phrase, at)
                near = other and other[0] <= span[1] + apart and other[1] >= span[0] - apart
                if other and near and (phrase.negated or not self._taken_back(other)):
                    return True
        return False
