"""How the training calls were spread, written into the model file so that monitoring can tell when calls change."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.learning.metrics import Floats
from core.severity.bundle import Spread
from core.severity.features import CallFacts, FeatureSpec, Featuriser, NumberField, choice_word

BINS = 10


def spreads_of(spec: FeatureSpec, calls: Sequence[CallFacts], severe: Floats) -> tuple[Spread, ...]:
    """Every field, how many words, the share of unknown ones, and the probability of severe."""
    featuriser = Featuriser(spec)
    read = [featuriser(call) for call in calls]
    found = []
    for each in spec.fields:
        values = [call.fields.get(each.name) for call in calls]
        if isinstance(each, NumberField):
            found.append(_numbers(each.name, np.array([_number(value) for value in values])))
        else:
            found.append(_choices(each.name, each.choices, [choice_word(value) for value in values]))
    found.append(_numbers("words", np.array([features.words for features in read], float)))
    unknown = [features.unknown / features.words if features.words else np.nan for features in read]
    found.append(_numbers("unknown words", np.array(unknown)))
    found.append(_numbers("severe", severe))
    return tuple(found)


def _numbers(name: str, values: Floats) -> Spread:
    known = values[np.isfinite(values)]
    edges: Floats = (
        np.unique(np.round(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]), 6)) if len(known) else np.zeros(0)
    )
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
    shares = [*counts, len(values) - len(known)]
    return Spread(name, tuple(float(e) for e in edges), (), _rounded(shares, len(values)))


def _choices(name: str, choices: tuple[str, ...], words: list[str]) -> Spread:
    counts = Counter(words)
    none, there = counts[""], [counts[choice] for choice in choices]
    return Spread(name, (), choices, _rounded([*there, len(words) - none - sum(there), none], len(words)))


def _rounded(counts: Sequence[float], total: int) -> tuple[float, ...]:
    return tuple(round(float(n) / max(total, 1), 6) for n in counts)


def _number(value: object) -> float:
    try:
        return float(str(value)) if value not in (None, "") else float("nan")
    except ValueError:
        return float("nan")
