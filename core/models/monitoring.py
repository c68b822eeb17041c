"""How the severity model does on the desk: computed from what was suggested, what people set, and what came of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.models.drift import Reference, drift
from core.models.limits import Measured
from core.models.rates import rate
from core.severity.record import Estimate, SuggestionRecord

Floats = NDArray[np.float64]
Case = TypeVar("Case")
SEVERE = frozenset({"critical", "high"})
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
_FEWEST_OF_A_POINT = 20
_BINS = 10


class Point(Struct, frozen=True):
    """A value over the weeks that end at `at` (UTC ms)."""

    at: int
    value: float
    cases: int


class Beside(Struct, frozen=True):
    """The shadow model beside the champion, on calls that both answered."""

    calls: int
    agree: float  # share of calls with the same level
    outcomes: int
    champion_ece: float | None = None
    shadow_ece: float | None = None
    champion_missed: float | None = None  # share of severe outcomes that it called less
    shadow_missed: float | None = None


def measure(records: Sequence[SuggestionRecord], references: Iterable[Reference] = ()) -> dict[str, Measured]:
    """Every watched measure of these suggestions, by the names in `core.models.limits`; absent where nothing is known.

    `references` are the spreads in the model's file; those of names that records do not have are passed over.
    """
    found: dict[str, Measured] = {}
    champions = [record.champion for record in records if record.champion is not None]
    answered = [estimate for estimate in champions if estimate.level]
    if champions:
        found["no_estimate"] = rate(len(champions) - len(answered), len(champions))
    words = sum(estimate.words for estimate in champions)
    if words:
        unknown = sum(estimate.unknown for estimate in champions)
        found["unknown_words"] = Measured(unknown / words, len(champions))
    found |= _people(records) | _outcomes(records) | _drifts(records, references)
    times = [record.latency_ms for record in records if record.latency_ms > 0]
    if times:
        found["latency_ms"] = Measured(float(np.quantile(times, 0.95)), len(times))
    return found


def _people(records: Sequence[SuggestionRecord]) -> dict[str, Measured]:
    """How often people set another severity than was suggested; where nothing was suggested, nothing was changed."""
    seen = [record for record in records if record.level]
    changed = sum(bool(record.own) and record.own != record.level for record in seen)
    return {"override": rate(changed, len(seen))} if seen else {}


def _outcomes(records: Sequence[SuggestionRecord]) -> dict[str, Measured]:
    known = [record for record in records if record.outcome]
    severe = [record for record in known if record.outcome in SEVERE]
    others = [record for record in known if record.outcome not in SEVERE]
    found = {}
    if severe:
        found["under_triage"] = rate(sum(record.level not in SEVERE for record in severe), len(severe))
    if others:
        found["over_triage"] = rate(sum(record.level in SEVERE for record in others), len(others))
    pairs = [(r.champion.severe, r.outcome in SEVERE) for r in known if r.champion is not None and r.champion.level]
    if pairs:
        found["ece"] = Measured(ece(*_columns(pairs)), len(pairs))
    return found


def _drifts(records: Sequence[SuggestionRecord], references: Iterable[Reference]) -> dict[str, Measured]:
    found = {}
    asked = [record for record in records if record.champion is not None]
    readers: Mapping[str, Callable[[SuggestionRecord], str | float | int | None]] = {
        "words": lambda record: record.champion.words if record.champion else None,
        "severe": lambda record: record.champion.severe if record.champion and record.champion.level else None,
        "unknown words": lambda r: r.champion.unknown / r.champion.words if r.champion and r.champion.words else None,
    }
    for reference in references:
        read = readers.get(reference.name)
        if read is None and not any(reference.name in record.fields for record in asked):
            continue
        name = reference.name
        values = [read(record) if read else record.fields.get(name) for record in asked]
        found[f"psi {name}"] = Measured(drift(reference, values), len(values))
    return found


def ece(probabilities: Floats, came_true: Floats, bins: int = _BINS) -> float:
    """Expected calibration error over bins of equal counts: mean of |how often - how sure|, weighted by cases."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(came_true[part].mean() - probabilities[part].mean()) for part in parts]
    return float(sum(gaps) / len(probabilities)) if len(probabilities) else 0.0


def beside(records: Sequence[SuggestionRecord]) -> Beside | None:
    """The shadow beside the champion; None where no call has both."""
    both = [(r, r.champion, r.shadow) for r in records if r.champion is not None and r.shadow is not None]
    if not both:
        return None
    agree = float(np.mean([ours.level == theirs.level for _, ours, theirs in both]))
    known = [(r.outcome in SEVERE, ours, theirs) for r, ours, theirs in both if r.outcome]
    if not known:
        return Beside(len(both), agree, 0)
    champions = [(truth, ours) for truth, ours, _ in known]
    shadows = [(truth, theirs) for truth, _, theirs in known]
    return Beside(len(both), agree, len(known), _ece(champions), _ece(shadows), _missed(champions), _missed(shadows))


def _ece(pairs: Sequence[tuple[bool, Estimate]]) -> float | None:
    answered = [(estimate.severe, truth) for truth, estimate in pairs if estimate.level]
    return ece(*_columns(answered)) if answered else None


def _missed(pairs: Sequence[tuple[bool, Estimate]]) -> float | None:
    severe = [estimate for truth, estimate in pairs if truth]
    return sum(estimate.level not in SEVERE for estimate in severe) / len(severe) if severe else None


def series(
    records: Sequence[SuggestionRecord], references: Sequence[Reference] = (), *, window_ms: int, step_ms: int = WEEK_MS
) -> dict[str, list[Point]]:
    """Each measure over time: a point a step, over the `window_ms` before it, so that it can be held against limits."""
    found: dict[str, list[Point]] = {}
    for at, part in windows(records, lambda record: record.at, window_ms, step_ms):
        for name, seen in measure(part, references).items():
            found.setdefault(name, []).append(Point(at, seen.value, seen.cases))
    return found


def windows(
    cases: Sequence[Case], time_of: Callable[[Case], int], window_ms: int, step_ms: int
) -> Iterator[tuple[int, Sequence[Case]]]:
    """Ends of steps up to the last case, each with the cases of the window before it; too few are left out."""
    if not cases:
        return
    ordered = sorted(cases, key=time_of)
    times = np.array([time_of(case) for case in ordered], np.int64)
    for at in reversed(range(int(times[-1]), int(times[0]), -step_ms)):
        first, last = np.searchsorted(times, (at - window_ms, at), side="right")
        if last - first >= _FEWEST_OF_A_POINT:
            yield at, ordered[first:last]


def _columns(pairs: Sequence[tuple[float, bool]]) -> tuple[Floats, Floats]:
    return np.array([p for p, _ in pairs], float), np.array([truth for _, truth in pairs], float)
