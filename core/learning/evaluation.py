"""How a model does on calls it has not seen, beside the baselines: every figure with its bootstrap interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.learning import metrics
from core.learning.calibration import cut
from core.learning.examples import Examples, Rows
from core.learning.metrics import Flags, Floats, Labels

OVERS = (0.25, 0.35, 0.50)
ROUNDS = 300
FEWEST_OF_A_GROUP = 40
MOST_GROUPS = 10
CALIBRATION_BINS = 10
AGE_BANDS = (("0-17 years", 0.0, 18.0), ("18-64 years", 18.0, 65.0), ("65 years and over", 65.0, np.inf))


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})" if np.isfinite(self.value) else "-"


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one model on one group of calls."""

    name: str
    calls: int
    severe: int
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Judged:
    """One model, or baseline, on all calls."""

    name: str
    whole: Part
    classes: tuple[Part, ...] = ()
    """Precision, recall and F1 of each class."""
    ages: tuple[Part, ...] = ()
    groups: tuple[Part, ...] = ()
    calibration: tuple[tuple[float, float, int], ...] = ()
    """For bins of equal size: mean probability of severe, share severe, calls."""
    trade: tuple[tuple[float, float], ...] = ()
    """Over-triage and under-triage at all thresholds, thinned."""
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answers: probabilities (n, classes), and which calls it calls severe, if it has gates."""

    probabilities: Floats
    called: Flags | None = None
    cuts: tuple[float, ...] = ()
    """Of the mean class number; without them the middle class is told."""

    @property
    def told(self) -> Labels:
        """The class told for each call, (n,)."""
        if not self.cuts:
            return middle_class(self.probabilities)
        return cut(self.probabilities @ np.arange(self.probabilities.shape[1]), np.array(self.cuts))


def judge(name: str, examples: Examples, answers: Answers, *, rounds: int = ROUNDS, deep: bool = True) -> Judged:
    """All figures. `deep` adds classes, ages, groups and curves."""
    everything = np.arange(len(examples))
    whole = _part("all", examples, answers, everything, rounds)
    if not deep:
        return Judged(name, whole)
    score = _score(examples, answers)
    told = answers.told
    return Judged(
        name,
        whole,
        classes=_classes(examples, told, rounds),
        ages=tuple(_part(band, examples, answers, rows, rounds) for band, rows in age_bands(examples) if len(rows)),
        groups=tuple(_part(group, examples, answers, rows, rounds) for group, rows in large_groups(examples)),
        calibration=calibration_curve(examples.is_severe, score),
        trade=trade_off(examples.is_severe, score),
        confusion=tuple(
            tuple(int(n) for n in row) for row in metrics.confusion(examples.labels, told, len(examples.classes))
        ),
    )


def middle_class(probabilities: Floats) -> Labels:
    """The class in the middle of what is likely: half is as urgent or more (it makes the least absolute error)."""
    told: Labels = (np.cumsum(probabilities, axis=1) < 0.5).sum(axis=1).clip(max=probabilities.shape[1] - 1)
    return told


def age_bands(examples: Examples) -> list[tuple[str, Rows]]:
    """Row numbers of each band, and of calls whose age is not known."""
    ages = examples.ages
    found = [(name, np.flatnonzero((ages >= low) & (ages < high))) for name, low, high in AGE_BANDS]
    return [*found, ("age not known", np.flatnonzero(~np.isfinite(ages)))]


def large_groups(examples: Examples) -> list[tuple[str, Rows]]:
    """The commonest incident types (or what stands for them) with enough calls."""
    names, counts = np.unique(examples.groups, return_counts=True)
    order = [str(names[i]) for i in np.argsort(-counts, kind="stable") if counts[i] >= FEWEST_OF_A_GROUP and names[i]]
    groups = np.array(examples.groups)
    return [(name, np.flatnonzero(groups == name)) for name in order[:MOST_GROUPS]]


def measures_of(severe: Flags, score: Floats, called: Flags | None) -> Mapping[str, float]:
    """The figures about severe and not, by name; `called` is what the gates said."""
    found = {
        "auroc": metrics.auroc(severe, score),
        "average precision": metrics.average_precision(severe, score),
        "ece": metrics.calibration_error(severe, score),
    }
    found |= {f"under-triage at {over:.0%} over": metrics.under_at_over(severe, score, over) for over in OVERS}
    if called is not None:
        found["under-triage by gates"] = metrics.under_triage(severe, called)
        found["over-triage by gates"] = metrics.over_triage(severe, called)
    return found


def calibration_curve(severe: Flags, score: Floats) -> tuple[tuple[float, float, int], ...]:
    """For each bin: what was told on average, what happened, how many calls."""
    return tuple(
        (float(score[rows].mean()), float(severe[rows].mean()), len(rows))
        for rows in metrics.equal_bins(score, CALIBRATION_BINS)
    )


def trade_off(severe: Flags, score: Floats, points: int = 101) -> tuple[tuple[float, float], ...]:
    """Under-triage for over-triage of 0 to 1."""
    return tuple((float(over), metrics.under_at_over(severe, score, float(over))) for over in np.linspace(0, 1, points))


def _part(name: str, examples: Examples, answers: Answers, rows: Rows, rounds: int) -> Part:
    severe, score = examples.is_severe[rows], _score(examples, answers)[rows]
    called = None if answers.called is None else answers.called[rows]
    labels, classes = examples.labels[rows], len(examples.classes)
    told = answers.told[rows]

    def measure(picked: np.ndarray) -> Mapping[str, float]:
        some = None if called is None else called[picked]
        found = dict(measures_of(severe[picked], score[picked], some))
        found["accuracy"] = metrics.accuracy(labels[picked], told[picked])
        found["macro F1"] = float(metrics.precision_recall_f1(labels[picked], told[picked], classes)[2].mean())
        found["quadratic kappa"] = metrics.quadratic_kappa(labels[picked], told[picked], classes)
        return found

    return Part(name, len(rows), int(severe.sum()), _with_intervals(measure, len(rows), rounds))


def _classes(examples: Examples, told: np.ndarray, rounds: int) -> tuple[Part, ...]:
    width = len(examples.classes)

    def measure(picked: np.ndarray) -> Mapping[str, float]:
        found = metrics.precision_recall_f1(examples.labels[picked], told[picked], width)
        return {
            f"{kind} {k}": float(values[k])
            for kind, values in zip(("precision", "recall", "F1"), found, strict=True)
            for k in range(width)
        }

    figures = _with_intervals(measure, len(examples), rounds)
    counts = np.bincount(examples.labels, minlength=width)
    return tuple(
        Part(
            name,
            int(counts[k]),
            int(counts[k]) if k < examples.severe else 0,
            {kind: figures[f"{kind} {k}"] for kind in ("precision", "recall", "F1")},
        )
        for k, name in enumerate(examples.classes)
    )


def _with_intervals(measure: Callable[[np.ndarray], Mapping[str, float]], rows: int, rounds: int) -> dict[str, Figure]:
    """All measures from the same draws, so that a call is drawn once for all of them."""
    rng = np.random.default_rng(0)
    value = measure(np.arange(rows))
    drawn = [measure(rng.integers(0, rows, rows)) for _ in range(rounds)]
    return {name: _interval(value[name], [each[name] for each in drawn]) for name in value}


def _interval(value: float, drawn: Sequence[float]) -> Figure:
    finite = [each for each in drawn if np.isfinite(each)]
    if len(finite) < 2 or not np.isfinite(value):
        return Figure(value, float("nan"), float("nan"))
    low, high = np.quantile(finite, [0.025, 0.975])
    return Figure(value, float(low), float(high))


def _score(examples: Examples, answers: Answers) -> Floats:
    """Probability of severe (n,)."""
    score: Floats = answers.probabilities[:, : examples.severe].sum(axis=1)
    return score


def gain(examples: Examples, ours: Answers, theirs: Answers, *, rounds: int = 1000) -> Figure:
    """AUROC gained over a baseline, with the interval of the paired difference."""
    severe, a, b = examples.is_severe, _score(examples, ours), _score(examples, theirs)

    def measure(picked: np.ndarray) -> Mapping[str, float]:
        return {"gain": metrics.auroc(severe[picked], a[picked]) - metrics.auroc(severe[picked], b[picked])}

    return _with_intervals(measure, len(examples), rounds)["gain"]
