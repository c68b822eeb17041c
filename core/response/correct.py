"""What the road engine's times become once it is known how long responses really take here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.response.bundle import ResponseBundle, Target, read_bundle
from core.response.journeys import Featuriser, Journeys
from core.response.pulse import Recent

Floats = NDArray[np.float64]
RESPONSE, TURNOUT, TRAVEL = "response", "turnout", "travel"


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of one unit's way to one incident. `at` is local time in seconds since 1970."""

    at: int
    words: dict[str, str] = {}  # "kind", "type", "priority", "area", ...: as in the data it was trained on
    distance_m: float | None = None
    calls_hour: float | None = None
    calls_shift: float | None = None


class Corrected(Struct, frozen=True):
    """Seconds from now to arrival: as likely later as sooner (`eta_s`), 9 in 10 within `p90_s`; turnout if known."""

    eta_s: float
    p90_s: float
    turnout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """For each target: (n, 2) seconds, the median and the ninth decile."""

    by_target: dict[str, Floats]


class ResponseModel:
    """A model file at work. Takes well under a millisecond for the units of one recommendation."""

    def __init__(self, bundle: ResponseBundle) -> None:
        self.manifest = bundle.manifest
        self.featuriser = Featuriser(bundle.spec)
        self._network = bundle.network

    @classmethod
    def load(cls, path: Path) -> "ResponseModel":
        """Raises Unavailable for a file that is damaged or of another version."""
        return cls(read_bundle(path))

    @property
    def follows_roads(self) -> bool:
        """Whether it was trained beside the road engine's times; only then can it correct one."""
        return any(target.name == RESPONSE and target.follows_eta for target in self.manifest.targets)

    def times(self, journeys: Journeys, recent: Recent | None = None) -> Times:
        """Every target's times for n responses."""
        logs = self._network(*self.featuriser(journeys, recent)).astype(np.float64)
        by_target = {}
        for at, target in enumerate(self.manifest.targets):
            answers = logs[:, at, :] + offset(target, journeys)[:, None]
            middle = answers[:, 0] + target.shift_median
            most = np.maximum(answers[:, 1] + target.shift_90, middle)
            seconds = np.exp(np.column_stack([middle, most]))
            by_target[target.name] = np.clip(seconds, self.manifest.shortest_s, self.manifest.longest_s)
        return Times(by_target)

    def correct(self, etas_s: Sequence[float], facts: Sequence[Facts], recent: Recent | None = None) -> list[Corrected]:
        """For each road time what it will be; the model must follow roads (ValueError otherwise)."""
        if not self.follows_roads:
            raise ValueError("a model that was not trained beside road times cannot correct one")
        if not etas_s:
            return []
        times = self.times(journeys_of(etas_s, facts), recent).by_target
        whole, turnout = times[RESPONSE], times.get(TURNOUT)
        return [
            Corrected(float(whole[i, 0]), float(whole[i, 1]), float(turnout[i, 0]) if turnout is not None else None)
            for i in range(len(etas_s))
        ]


def offset(target: Target, journeys: Journeys) -> Floats:
    """Log seconds that the network's answer is added to, (n,)."""
    base = np.full(len(journeys), target.base_log)
    if target.follows_eta:
        eta_s = journeys.number("eta_s")
        known = np.isfinite(eta_s) & (eta_s >= 0)
        base[known] = np.log(eta_s[known] + target.eta_plus_s)
    return base


def journeys_of(etas_s: Sequence[float], facts: Sequence[Facts]) -> Journeys:
    """The columns of some ways that units could go."""
    names = {name for fact in facts for name in fact.words}
    words = {name: np.array([fact.words.get(name, "") for fact in facts], dtype=np.str_) for name in names}
    numbers = {
        "eta_s": np.array(etas_s, float),
        "distance_m": _numbers([fact.distance_m for fact in facts]),
        "calls_hour": _numbers([fact.calls_hour for fact in facts]),
        "calls_shift": _numbers([fact.calls_shift for fact in facts]),
    }
    return Journeys(np.array([fact.at for fact in facts], np.int64), words, numbers)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], float)
