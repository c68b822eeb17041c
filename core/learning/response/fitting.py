"""What is learned without a network: the split by time, the vocabulary, what is usual, the promises' shifts."""

from dataclasses import dataclass

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from core.learning.response.table import WORDS, ResponseTable
from core.response.bundle import Target
from core.response.correct import RESPONSE, TRAVEL, TURNOUT
from core.response.journeys import (
    HOURS_A_WEEK,
    Featuriser,
    Floats,
    Journeys,
    JourneySpec,
    WordColumn,
    hour_of_week,
)

Rows = NDArray[np.bool_]
TARGETS = (RESPONSE, TURNOUT, TRAVEL)
_SHARES = (0.75, 0.05, 0.05)  # of the time-ordered rows: training, stopping, calibration; the rest is for the test
_FEWEST_OF_A_WORD = 20
_MOST_WORDS = 5000
_DAMPING = 20.0  # as many usual responses are added to those of a word
_PLACES = ("subarea", "place", "area", "station", "region")  # the finest that is known makes what is usual
_MOST_HAVE = 0.5  # of the rows have a road time, or the model does not follow roads
_SEEN = (0.002, 0.998)  # the share of training rows that numbers are held within
_AREAS = ("area", "station", "region")


@dataclass(frozen=True, slots=True)
class Split:
    """By time: training before stopping before calibration before test; nothing of a later part is seen earlier."""

    train: Rows
    stop: Rows
    calibrate: Rows
    test: Rows


def split_by_time(table: ResponseTable) -> Split:
    """Of a table in order of time; equal times stay together."""
    at = table.journeys.at
    cuts = [at[min(int(len(at) * share), len(at) - 1)] for share in np.cumsum(_SHARES)]
    part = np.searchsorted(np.array(cuts), at, side="right")
    return Split(part == 0, part == 1, part == 2, part == 3)


def fit_spec(table: ResponseTable, train: Rows) -> JourneySpec:
    """Vocabulary, effects, usual times and scales, from the training rows only."""
    part = table.part(train)
    logs = np.log(part.whole)
    words = part.journeys.words
    plain = _base(part, logs)
    lag = logs - Featuriser(plain).base(part.journeys)
    columns = tuple(_column(name, words[name], lag) for name in WORDS if name in words)
    spec = structs.replace(
        plain,
        columns=columns,
        usual_columns=tuple(name for name in _PLACES if name in words),
        pulse_column=next((name for name in _AREAS if name in words), ""),
        usual_calls=_usual_calls(part.journeys),
    )
    return _scaled(spec, table, train)


def _base(part: ResponseTable, logs: Floats) -> JourneySpec:
    """Where "usual" begins: over the road's time where most rows have one, else the middle of all."""
    usual, eta_s = float(np.median(logs)), part.journeys.number("eta_s")
    known = np.isfinite(eta_s) & (eta_s >= 0)
    if known.mean() <= _MOST_HAVE:
        return JourneySpec((), usual)
    plus_s = _turnout_s(part)
    over = float(np.median(logs[known] - np.log(eta_s[known] + plus_s)))
    return JourneySpec((), usual, plus_s, over)


def _turnout_s(part: ResponseTable) -> float:
    """The usual turnout, a minute where it was not noted."""
    turnout = part.targets.get(TURNOUT)
    known = turnout is not None and np.isfinite(turnout).any()
    return max(float(np.nanmedian(turnout)), 5.0) if turnout is not None and known else 60.0


def _column(name: str, words: NDArray[np.str_], lag: Floats) -> WordColumn:
    known, at, counts = np.unique(words, return_inverse=True, return_counts=True)
    sums = np.bincount(at, weights=lag, minlength=len(known))
    order = [i for i in np.argsort(-counts, kind="stable") if counts[i] >= _FEWEST_OF_A_WORD and known[i]][:_MOST_WORDS]
    effects = tuple(round(float(sums[i] / (counts[i] + _DAMPING)), 5) for i in order)
    return WordColumn(name, tuple(str(known[i]) for i in order), effects)


def _usual_calls(journeys: Journeys) -> tuple[float, ...]:
    calls, hours = journeys.number("calls_hour"), hour_of_week(journeys.at)
    if not np.isfinite(calls).any():
        return ()
    whole = float(np.nanmedian(calls))
    found = [calls[(hours == hour) & np.isfinite(calls)] for hour in range(HOURS_A_WEEK)]
    return tuple(round(float(np.median(each)), 3) if len(each) >= 5 else whole for each in found)


def _scaled(spec: JourneySpec, table: ResponseTable, train: Rows) -> JourneySpec:
    featuriser = Featuriser(spec)
    recent = featuriser.recent(table.journeys, table.whole)
    part = table.journeys.part(train)
    raw = featuriser.raw_numbers(part, featuriser.ids(part), recent)
    scale = raw.std(0)
    scale[scale < 1e-6] = 1.0
    mean = raw.mean(0)
    low, high = np.quantile((raw - mean) / scale, _SEEN, axis=0)
    held = (tuple(float(value) for value in each) for each in (mean, scale, low, high))
    return structs.replace(spec, **dict(zip(("mean", "scale", "low", "high"), held, strict=True)))


def fit_targets(table: ResponseTable, train: Rows) -> tuple[Target, ...]:
    """The targets that the table tells, with where each begins."""
    part = table.part(train)
    eta_s = part.journeys.number("eta_s")
    has_eta = bool(np.isfinite(eta_s).mean() > _MOST_HAVE)
    found = []
    for name in TARGETS:
        seconds = part.targets.get(name)
        if seconds is None or np.isfinite(seconds).mean() < 0.2:
            continue
        base_log = float(np.log(max(np.nanmedian(seconds), 1.0)))
        follows = has_eta and name != TURNOUT
        plus_s = 0.0 if not follows else _turnout_s(part) if name == RESPONSE else 15.0
        found.append(Target(name, base_log, follows, plus_s))
    return tuple(found)


def shifts(logs: Floats, answers: Floats) -> tuple[float, float]:
    """What to add to median and ninth decile so that half and 90 % of `logs` (n,) lie under `answers` (n, 2).

    One-sided conformalised quantile regression: Romano, Patterson, Candès 2019, with the finite-sample rank.
    """
    known = np.isfinite(logs)
    if known.sum() < 20:
        return 0.0, 0.0
    lag = logs[known, None] - answers[known]
    count = len(lag)
    rank = min(count, int(np.ceil((count + 1) * 0.9)))
    return float(np.median(lag[:, 0])), float(np.sort(lag[:, 1])[rank - 1])
