"""What a call looks like to the severity model: one featuriser for training and for the desk.

Text becomes the ids of known word and letter sequences with weights (TF-IDF, words and letters each of length 1);
fields become ramps and choices with a column of their own for "not known". The vocabulary is frozen and travels with
the model.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Weights = NDArray[np.float32]
Value = str | float | int | None

WORD = re.compile(r"[a-z]+|[0-9]+")
WITH = re.compile(r"(?<![a-z0-9])\+ ?(?=[a-z])")
WITHOUT = re.compile(r"(?<![a-z0-9])-(?=[a-z])")
"""Crews write "+loc" and "-loc" for with and without loss of consciousness."""
KEPT_ENDS = 2000
"""Of a very long text this many characters are read at its start, and as many at its end."""
REMEMBERED_WORDS = 20_000


class NumberField(msgspec.Struct, frozen=True, tag="number"):
    """A number as one ramp for each pair of neighbouring knots: a linear model over them is a broken line.

    Ramp i is 0 below `knots[i]`, 1 above `knots[i + 1]`. Values outside `lowest` to `highest` count as not known.
    """

    name: str
    knots: tuple[float, ...]
    lowest: float = -math.inf
    highest: float = math.inf

    @property
    def width(self) -> int:
        """How many columns, the last of which says "not known"."""
        return len(self.knots)

    def fill(self, value: Value, out: Weights) -> None:
        """Write the columns of one value into `out` (zeros, `width` long)."""
        number = _number(value)
        if number is None or not self.lowest <= number <= self.highest:
            out[-1] = 1.0
            return
        for i, (low, high) in enumerate(zip(self.knots, self.knots[1:], strict=False)):
            out[i] = min(max((number - low) / (high - low), 0.0), 1.0)


class ChoiceField(msgspec.Struct, frozen=True, tag="choice"):
    """One of a few words (compared without case): a column each, then "another", then "not known"."""

    name: str
    choices: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many columns, the last of which says "not known"."""
        return len(self.choices) + 2

    def fill(self, value: Value, out: Weights) -> None:
        """Write the columns of one value into `out` (zeros, `width` long)."""
        word = choice_word(value)
        if not word:
            out[-1] = 1.0
        elif word in self.choices:
            out[self.choices.index(word)] = 1.0
        else:
            out[-2] = 1.0


CallField = NumberField | ChoiceField


class FeatureSpec(msgspec.Struct, frozen=True):
    """Everything that decides a call's features, as it is written into the model file."""

    fields: tuple[CallField, ...] = ()
    words: int = 2
    """Longest sequence of words."""
    letters: tuple[int, int] = (3, 5)
    """Shortest and longest sequence of letters within a word, its ends marked; (0, 0): none."""
    length: int = 320
    """How many ids a call has at most; the weightiest are kept."""
    letters_weight: float = 1.0
    """The length of a call's weights of letters together; that of words is 1."""
    grams: tuple[str, ...] = ()
    """The vocabulary; the id of grams[i] is i + 1, and id 0 means nothing."""
    rarity: tuple[float, ...] = ()
    """Each gram's inverse document frequency."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call so far; anything may be missing."""

    text: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    """By the names in FeatureSpec.fields: "age" in years, "sex", "place", "type" (code), "hour" (local, 0 to 23.99)."""


@dataclass(frozen=True, slots=True)
class Features:
    """One call's features: `ids` int32 (length,), `weights` float32 (length,), `tab` float32 (tab width,)."""

    ids: Ids
    weights: Weights
    tab: Weights
    words: int
    unknown: int
    """How many of the words the vocabulary does not hold."""


def plain(text: str) -> str:
    """Small letters without accents, "with" and "no" for + and - before a word; of a very long text only both ends."""
    if len(text) > 2 * KEPT_ENDS:
        text = text[:KEPT_ENDS] + " " + text[-KEPT_ENDS:]
    text = text.lower()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return WITHOUT.sub(" no ", WITH.sub(" with ", text))


def words_of(text: str) -> list[str]:
    """The words as the vocabulary holds them: numbers only by how many digits they have, "0", "00" or "000"."""
    return ["0" * min(len(word), 3) if word[0] <= "9" else word for word in WORD.findall(plain(text))]


def choice_word(value: Value) -> str:
    """A choice as it is compared: trimmed, small letters; empty and not-a-number give ""."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()


class Featuriser:
    """Turns CallFacts into Features by a FeatureSpec; the same object, or its file, for training and for the desk."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.spec = spec
        self.length = spec.length
        self.vocabulary = len(spec.grams) + 1
        self.tab_width = 1 + sum(each.width for each in spec.fields)
        self._id = {gram: i + 1 for i, gram in enumerate(spec.grams)}
        self._rarity = [0.0, *spec.rarity]
        self._letters = [False, *(gram.startswith("c:") for gram in spec.grams)]
        self._of_word: dict[str, tuple[int, ...]] = {}

    def __call__(self, call: CallFacts) -> Features:
        """Features of one call; never fails, an empty text gives ids and weights of zeros."""
        words = words_of(call.text)
        ids = np.zeros(self.length, np.int32)
        weights = np.zeros(self.length, np.float32)
        found = self._weigh(self._ids_of(words))
        ids[: len(found)] = [id_ for id_, _ in found]
        weights[: len(found)] = [weight for _, weight in found]
        return Features(ids, weights, self._tab(call, bool(words)), len(words), self._unknown(words))

    def batch(self, calls: Sequence[CallFacts]) -> tuple[Ids, Weights, Weights]:
        """Three arrays: ids int32 (n, length), weights float32 (n, length), tab float32 (n, tab width)."""
        ids = np.zeros((len(calls), self.length), np.int32)
        weights = np.zeros((len(calls), self.length), np.float32)
        tab = np.zeros((len(calls), self.tab_width), np.float32)
        for row, call in enumerate(calls):
            features = self(call)
            ids[row], weights[row], tab[row] = features.ids, features.weights, features.tab
        return ids, weights, tab

    def gram(self, id_: int) -> str:
        """The sequence that an id stands for, as grams_of spells it."""
        return self.spec.grams[id_ - 1] if id_ else ""

    def _ids_of(self, words: list[str]) -> Counter[int]:
        known, counts = self._id, Counter[int]()
        for word in words:
            counts.update(self._word_ids(word))
        for gram in _sequences(words, self.spec.words):
            if gram in known:
                counts[known[gram]] += 1
        return counts

    def _word_ids(self, word: str) -> tuple[int, ...]:
        ids = self._of_word.get(word)
        if ids is None:
            if len(self._of_word) >= REMEMBERED_WORDS:
                self._of_word.clear()
            known = self._id
            ids = tuple(known[gram] for gram in word_grams(word, self.spec.letters) if gram in known)
            self._of_word[word] = ids
        return ids

    def _weigh(self, counts: Counter[int]) -> list[tuple[int, float]]:
        rarity, letters = self._rarity, self._letters
        raw = [(id_, (1.0 + math.log(n)) * rarity[id_]) for id_, n in counts.items()]
        if len(raw) > self.length:
            raw = sorted(raw, key=lambda pair: (-pair[1], pair[0]))[: self.length]
        of_words = math.sqrt(sum(weight * weight for id_, weight in raw if not letters[id_])) or 1.0
        of_letters = math.sqrt(sum(weight * weight for id_, weight in raw if letters[id_])) or 1.0
        of_letters /= self.spec.letters_weight or 1.0
        return [(id_, weight / (of_letters if letters[id_] else of_words)) for id_, weight in raw]

    def _tab(self, call: CallFacts, any_words: bool) -> Weights:
        tab = np.zeros(self.tab_width, np.float32)
        tab[0] = 0.0 if any_words else 1.0
        at = 1
        for each in self.spec.fields:
            each.fill(call.fields.get(each.name), tab[at : at + each.width])
            at += each.width
        return tab

    def _unknown(self, words: list[str]) -> int:
        return sum("w:" + word not in self._id for word in words)


def word_grams(word: str, letters: tuple[int, int]) -> list[str]:
    """The word itself ("w:") and its letter sequences ("c:"), with "<" and ">" for the word's ends."""
    grams = ["w:" + word]
    shortest, longest = letters
    if longest:
        marked = f"<{word}>"
        for size in range(shortest, longest + 1):
            grams += ["c:" + marked[i : i + size] for i in range(len(marked) - size + 1)]
    return grams


def grams_of(spec: FeatureSpec, call: CallFacts) -> list[str]:
    """Every sequence in a call, known or not, in no particular order and with repetitions."""
    words = words_of(call.text)
    grams = [gram for word in words for gram in word_grams(word, spec.letters)]
    grams += _sequences(words, spec.words)
    return grams


def learn_vocabulary(
    spec: FeatureSpec,
    calls: Iterable[CallFacts],
    *,
    seen_in: Callable[[str], int] = lambda _: 2,
    most: int = 40_000,
) -> FeatureSpec:
    """The spec with the vocabulary of these calls: sequences found in at least `seen_in(gram)` calls, `most` at most.

    Rarity is ln((1 + n) / (1 + df)) + 1, scikit-learn's smooth inverse document frequency.
    """
    n, found_in = 0, Counter[str]()
    for call in calls:
        n += 1
        found_in.update(set(grams_of(spec, call)))
    kept = sorted(((g, df) for g, df in found_in.items() if df >= seen_in(g)), key=lambda pair: (-pair[1], pair[0]))
    kept = kept[:most]
    return msgspec.structs.replace(
        spec,
        grams=tuple(gram for gram, _ in kept),
        rarity=tuple(round(math.log((1 + n) / (1 + df)) + 1, 5) for _, df in kept),
    )


def spec_bytes(spec: FeatureSpec) -> bytes:
    """The spec as JSON, the same bytes for the same spec."""
    return msgspec.json.encode(spec)


def read_spec(data: bytes) -> FeatureSpec:
    """The spec from its JSON; raises msgspec.DecodeError when it is not one, ValueError when it contradicts itself."""
    spec = msgspec.json.decode(data, type=FeatureSpec)
    if len(spec.grams) != len(spec.rarity):
        msg = "as many rarities as sequences are needed"
        raise ValueError(msg)
    return spec


def _sequences(words: list[str], longest: int) -> list[str]:
    return [
        "b:" + "_".join(words[i : i + size]) for size in range(2, longest + 1) for i in range(len(words) - size + 1)
    ]


def _number(value: Value) -> float | None:
    try:
        number = float(value) if value is not None and value != "" else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
