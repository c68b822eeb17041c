"""What a response looks like to the model: one featuriser for training and for the desk, so that both see the same.

Words (kind, type, priority, areas, weather) become ids of a frozen vocabulary, and a number each: by how much responses
with that word took longer than usual. Numbers are the clock, the road engine's time and distance, how busy the centre
is, and the pulse: by how much the responses that ended lately took longer than usual. What is not known is said so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.response.pulse import Recent, pulse

Floats = NDArray[np.float64]
Inputs = tuple[NDArray[np.int32], NDArray[np.float32]]

HOURS_A_WEEK = 168
_DAY_S, _HOUR_S = 86_400, 3600
_FIRST_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
_BUSY_FLOOR = 5.0  # calls an hour: below that a ratio is chance
PULSES_CITY_S = (3 * _HOUR_S, 12 * _HOUR_S, 72 * _HOUR_S)
PULSES_AREA_S = (24 * _HOUR_S, 14 * 24 * _HOUR_S)
NUMBERS = (
    *("hour sin", "hour cos", "hour sin 2", "hour cos 2", "log eta", "no eta", "log distance", "no distance"),
    *("busy hour", "busy shift", "not known how busy"),
    *(f"pulse {s // _HOUR_S} h" for s in PULSES_CITY_S),
    *(f"pulse of the area {s // _HOUR_S} h" for s in PULSES_AREA_S),
)


class WordColumn(Struct, frozen=True):
    """A column of words: the id of `words[i]` is i + 1, 0 is another; `effects[i]` is in log seconds over usual."""

    name: str
    words: tuple[str, ...]
    effects: tuple[float, ...]


class JourneySpec(Struct, frozen=True):
    """All that decides a response's features, as it is written into the model file."""

    columns: tuple[WordColumn, ...]
    usual_log: float  # the middle of log seconds
    eta_plus_s: float = 0.0  # where the road's time is known, log(eta + this) + over_eta_log is usual instead; 0: never
    over_eta_log: float = 0.0
    usual_columns: tuple[str, ...] = ()  # the first of them whose word is known makes "usual" of a place
    pulse_column: str = ""  # the area that has a pulse of its own; "" for none
    usual_calls: tuple[float, ...] = ()  # an hour, by hour of the week from Monday 0:00; () for not known
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    low: tuple[float, ...] = ()  # scaled numbers are held between these: the network knows nothing beyond
    high: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        return len(NUMBERS) + len(self.columns)


@dataclass(frozen=True, slots=True)
class Journeys:
    """n responses as columns. `at` is local time in seconds since 1970 (n,); words by column; numbers with NaN.

    Numbers: "eta_s", "distance_m" by the road engine, "calls_hour" and "calls_shift": calls an hour that the centre
    took in the last hour and the last eight.
    """

    at: NDArray[np.int64]
    words: Mapping[str, NDArray[np.str_]]
    numbers: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)

    def number(self, name: str) -> Floats:
        known = self.numbers.get(name)
        return known if known is not None else np.full(len(self), np.nan)

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Journeys":
        words = {name: column[rows] for name, column in self.words.items()}
        return Journeys(self.at[rows], words, {name: column[rows] for name, column in self.numbers.items()})


class Featuriser:
    """Turns Journeys into ids int32 (n, columns + 2) and numbers float32 (n, width) by a spec.

    The last two ids are the hour of the week (0 to 167) and the month (0 to 11).
    """

    def __init__(self, spec: JourneySpec) -> None:
        self.spec = spec
        self._ids = [{word: i + 1 for i, word in enumerate(column.words)} for column in spec.columns]
        self._effects = [np.array([0.0, *column.effects]) for column in spec.columns]

    @property
    def vocabularies(self) -> tuple[int, ...]:
        """How many ids each column has."""
        return (*(len(column.words) + 1 for column in self.spec.columns), HOURS_A_WEEK, 12)

    @property
    def strange(self) -> NDArray[np.float32]:
        """The numbers of words that are not known, one for each column; they are the last of all numbers."""
        words = len(self.spec.columns)
        neutral: NDArray[np.float32] = self.scaled(np.zeros((1, self.spec.width)))[0]
        return neutral[len(neutral) - words :]

    def __call__(self, journeys: Journeys, recent: Recent | None = None) -> Inputs:
        """Never fails: words that are not known are 0, numbers that are not known have columns that say so."""
        ids = self.ids(journeys)
        return ids, self.scaled(self.raw_numbers(journeys, ids, recent))

    def scaled(self, raw: Floats) -> NDArray[np.float32]:
        """Numbers as the network takes them, never beyond what it was trained on."""
        spec = self.spec
        around = (raw - np.array(spec.mean)) / np.array(spec.scale)
        held: NDArray[np.float32] = np.clip(around, np.array(spec.low), np.array(spec.high)).astype(np.float32)
        return held

    def ids(self, journeys: Journeys) -> NDArray[np.int32]:
        ids = np.zeros((len(journeys), len(self.spec.columns) + 2), np.int32)
        for at, (column, known) in enumerate(zip(self.spec.columns, self._ids, strict=True)):
            words = journeys.words.get(column.name)
            if words is not None:
                ids[:, at] = [known.get(word, 0) for word in words.tolist()]
        ids[:, -2] = hour_of_week(journeys.at)
        ids[:, -1] = month_of(journeys.at)
        return ids

    def raw_numbers(self, journeys: Journeys, ids: NDArray[np.int32], recent: Recent | None) -> Floats:
        """Before scaling, (n, width)."""
        turn = 2 * np.pi * (journeys.at % _DAY_S) / _DAY_S
        columns = [np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)]
        columns += _logs(journeys.number("eta_s")) + _logs(journeys.number("distance_m"))
        columns += self._busy(journeys) + self._pulses(journeys, recent)
        columns += [effects[ids[:, at]] for at, effects in enumerate(self._effects)]
        return np.column_stack(columns)

    def usual(self, journeys: Journeys) -> Floats:
        """Log seconds that a response there usually takes, before anything else is known of it."""
        effects, ids = np.zeros(len(journeys)), self.ids(journeys)
        names = [column.name for column in self.spec.columns]
        for name in reversed(self.spec.usual_columns):
            at = names.index(name)
            known = ids[:, at] > 0
            effects[known] = self._effects[at][ids[known, at]]
        return self.base(journeys) + effects

    def base(self, journeys: Journeys) -> Floats:
        """Log seconds before the place is looked at: by the road's time where that is known."""
        base = np.full(len(journeys), self.spec.usual_log)
        if self.spec.eta_plus_s > 0:
            eta_s = journeys.number("eta_s")
            known = np.isfinite(eta_s) & (eta_s >= 0)
            base[known] = np.log(eta_s[known] + self.spec.eta_plus_s) + self.spec.over_eta_log
        return base

    def recent(self, journeys: Journeys, response_s: Floats) -> Recent:
        """What ended responses tell those after them."""
        known = np.isfinite(response_s) & (response_s > 0)
        ended = journeys.part(known)
        lag = np.log(response_s[known]) - self.usual(ended)
        return Recent.of(ended.at + response_s[known].astype(np.int64), lag, self._areas(ended))

    def _areas(self, journeys: Journeys) -> NDArray[np.str_]:
        return journeys.words.get(self.spec.pulse_column, np.full(len(journeys), ""))

    def _busy(self, journeys: Journeys) -> list[Floats]:
        usual = np.array(self.spec.usual_calls) if self.spec.usual_calls else np.full(HOURS_A_WEEK, np.nan)
        beside = usual[hour_of_week(journeys.at)] + _BUSY_FLOOR
        calls = [_counts(journeys.number(name)) for name in ("calls_hour", "calls_shift")]
        ratios = [np.log((each + _BUSY_FLOOR) / beside) for each in calls]
        return [*(np.nan_to_num(ratio) for ratio in ratios), np.isnan(ratios[0]).astype(float)]

    def _pulses(self, journeys: Journeys, recent: Recent | None) -> list[Floats]:
        if recent is None or not len(recent.ended_at):
            return [np.zeros(len(journeys))] * (len(PULSES_CITY_S) + len(PULSES_AREA_S))
        areas = self._areas(journeys)
        city = [pulse(recent, journeys.at, window) for window in PULSES_CITY_S]
        return city + [pulse(recent, journeys.at, window, areas) for window in PULSES_AREA_S]


def hour_of_week(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """From local seconds: 0 for Monday 0:00 to 0:59."""
    return ((at // _DAY_S + _FIRST_WEEKDAY) % 7) * 24 + (at % _DAY_S) // _HOUR_S


def month_of(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """From local seconds: 0 for January."""
    return at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12


def _counts(values: Floats) -> Floats:
    return np.where(np.isfinite(values) & (values >= 0), values, np.nan)


def _logs(values: Floats) -> list[Floats]:
    missing = ~np.isfinite(values) | (values < 0)
    return [np.where(missing, 0.0, np.log1p(np.where(missing, 0.0, values))), missing.astype(float)]
