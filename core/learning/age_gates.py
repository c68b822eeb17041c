"""From which probability a call counts as severe, by age band: one threshold for all misses the children.

Severe children are rarer and look milder, so their severe calls weigh more: a call is severe when its odds times the
band's weight pass one common mark. The weight of the children is raised until no more of them are missed than asked
for; the mark is what keeps the others called severe within the share that is allowed.
"""

from dataclasses import dataclass

import numpy as np

from core.learning.metrics import Flags, Floats, over_triage, under_triage
from core.severity.bundle import Gate

CHILDREN_BELOW_YEARS = 18.0
BANDS = (("0-17 years", 0.0, 18.0), ("18-64 years", 18.0, 65.0), ("65 years and over", 65.0, None))
FEWEST_CHILDREN = 30
"""Severe children; with fewer their weight is not to be learned."""
MOST_ODDS = 1e6
WEIGHTS = np.geomspace(1.0, 60.0, 60)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the gates are made for: shares between 0 and 1."""

    over: float = 0.35
    children_under: float = 0.12


def fit_gates(
    probability: Floats, severe: Flags, ages: Floats, allowed: Allowed, raised: Flags | None = None
) -> tuple[Gate, ...]:
    """Gates from calls that training did not see; (n,) each, ages in years with NaN for not known.

    `raised` are calls that a red flag calls severe whatever the gates say; they are part of what is allowed.
    """
    children = ages < CHILDREN_BELOW_YEARS
    odds = np.where(np.zeros(len(ages), bool) if raised is None else raised, np.inf, _odds(probability))
    weight = 1.0
    if int((severe & children).sum()) >= FEWEST_CHILDREN:
        weight = _children_weight(odds, severe, children, allowed)
    mark = _mark(odds * np.where(children, weight, 1.0), severe, allowed.over)
    gates = [
        Gate(name, low, high, round(_threshold(mark / (weight if high == CHILDREN_BELOW_YEARS else 1.0)), 6))
        for name, low, high in BANDS
    ]
    return (*gates, Gate("age not known", None, None, min(gate.threshold for gate in gates)))


def called_severe(gates: tuple[Gate, ...], probability: Floats, ages: Floats) -> Flags:
    """Which calls the gates call severe, bool (n,)."""
    thresholds = np.full(len(ages), next(gate.threshold for gate in gates if gate.from_years is None))
    for gate in gates:
        if gate.from_years is not None:
            inside = (ages >= gate.from_years) & (ages < (np.inf if gate.below_years is None else gate.below_years))
            thresholds[inside] = gate.threshold
    called: Flags = probability >= thresholds
    return called


def _children_weight(odds: Floats, severe: Flags, children: Flags, allowed: Allowed) -> float:
    for weight in WEIGHTS:
        weighted = odds * np.where(children, weight, 1.0)
        called = weighted >= _mark(weighted, severe, allowed.over)
        if under_triage(severe[children], called[children]) <= allowed.children_under:
            return float(weight)
    return float(WEIGHTS[-1])


def _mark(weighted: Floats, severe: Flags, over: float) -> float:
    """The lowest mark at which at most the share `over` of the others pass."""
    others = np.sort(weighted[~severe])[::-1]
    allowed = int(np.floor(over * len(others)))
    if allowed >= len(others):
        return 0.0
    return float(np.nextafter(min(others[allowed], MOST_ODDS), np.inf))


def _odds(probability: Floats) -> Floats:
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    return clipped / (1 - clipped)


def _threshold(mark: float) -> float:
    return mark / (1 + mark)


def rates(severe: Flags, called: Flags) -> tuple[float, float]:
    """Under-triage and over-triage."""
    return under_triage(severe, called), over_triage(severe, called)
