"""Calls as the arrays that networks are fitted on, and the vocabulary they are made with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from core.learning.architectures import Architecture
from core.learning.examples import Examples, Rows
from core.learning.meanings import Meanings
from core.learning.recipe import Recipe
from core.severity.features import (
    CallFacts,
    CallField,
    ChoiceField,
    FeatureSpec,
    Featuriser,
    Ids,
    NumberField,
    Weights,
    choice_word,
    learn_vocabulary,
)

FEWEST_OF_A_CHOICE = 20
MOST_CHOICES = 40
SANE = {"age": (0.0, 125.0), "hour": (0.0, 24.0)}
COMMON_WORDS = 30_000
"""So many of the commonest words, or all there are, are taken up for their meaning where training never saw them."""


@dataclass(frozen=True, slots=True)
class Material:
    """Ids int32 (n, length), weights float32 (n, length), tab float32 (n, tab width)."""

    ids: Ids
    weights: Weights
    tab: Weights

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows) -> "Material":
        """These rows alone."""
        return Material(self.ids[rows], self.weights[rows], self.tab[rows])

    def sparse(self, vocabulary: int) -> Any:
        """The weights as a SciPy CSR matrix, float32 (n, vocabulary)."""
        from scipy.sparse import csr_matrix

        known = self.ids > 0
        shape = (len(self), vocabulary)
        return csr_matrix((self.weights[known], (np.nonzero(known)[0], self.ids[known])), shape=shape)

    def meanings(self, table: Weights) -> Weights:
        """The weighted sum of the words' meanings, float32 (n, width), for a table (vocabulary, width)."""
        told: Weights = np.asarray(self.sparse(len(table)) @ table, np.float32)
        return told


def make_spec(examples: Examples, recipe: Recipe, plan: Architecture, meanings: Meanings | None) -> FeatureSpec:
    """Fields and vocabulary as these examples show them; none other may be looked at for it."""
    spec = FeatureSpec(_fields(examples.calls, recipe), plan.words, plan.letters, letters_weight=plan.letters_weight)
    spec = learn_vocabulary(spec, examples.calls, seen_in=_seen_in(plan))
    if meanings is None or all(branch.reads != "meanings" for branch in plan.branches):
        return spec
    there = set(spec.grams)
    more = [gram for word in meanings.common[:COMMON_WORDS] if (gram := "w:" + word) not in there]
    rarest = float(np.round(np.log(1 + len(examples)) + 1, 5))
    return msgspec.structs.replace(spec, grams=(*spec.grams, *more), rarity=(*spec.rarity, *([rarest] * len(more))))


def make_material(spec: FeatureSpec, calls: Sequence[CallFacts]) -> Material:
    """The calls' arrays, cut to the longest call."""
    ids, weights, tab = Featuriser(spec).batch(calls)
    longest = max(1, int((ids > 0).sum(axis=1).max(initial=0)))
    return Material(ids[:, :longest], weights[:, :longest], tab)


def _seen_in(plan: Architecture) -> Callable[[str], int]:
    return lambda gram: plan.seen_in + gram.startswith("c:")


def _fields(calls: Sequence[CallFacts], recipe: Recipe) -> tuple[CallField, ...]:
    fields: list[CallField] = []
    for name, each in recipe.fields.items():
        if each.knots:
            lowest, highest = SANE.get(name, (-np.inf, np.inf))
            fields.append(NumberField(name, each.knots, lowest, highest))
        else:
            fields.append(ChoiceField(name, _choices(calls, name)))
    return tuple(fields)


def _choices(calls: Sequence[CallFacts], name: str) -> tuple[str, ...]:
    words, counts = np.unique([choice_word(call.fields.get(name)) for call in calls], return_counts=True)
    found = sorted(((-n, str(w)) for w, n in zip(words, counts, strict=True) if w and n >= FEWEST_OF_A_CHOICE))
    return tuple(word for _, word in found[:MOST_CHOICES])
