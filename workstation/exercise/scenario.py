"""Writes the busy hour: who calls when, from where, about what; the same seed gives the same hour."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from msgspec import Struct, convert

from core.domain.values import Caller, Location


class Story(Struct, frozen=True):
    """What one kind of call sounds like and how much work it makes. Weights are relative."""

    type: str
    weight: float
    words: tuple[str, ...]
    work_min: tuple[float, float]
    transports: float = 0.0  # share of incidents from which a patient is taken to hospital


class Hospital(Struct, frozen=True):
    """A place to take patients to, where the map knows none."""

    name: str
    lat: float
    lon: float


class Script(Struct, frozen=True):
    """The file resources/demo/calls.toml."""

    calls_per_hour: float
    repeat_share: float  # share of calls that are about an incident somebody has already reported
    names: tuple[str, ...]
    stories: tuple[Story, ...]
    hospitals: tuple[Hospital, ...] = ()

    def hospital_points(self) -> tuple[tuple[float, float], ...]:
        return tuple((hospital.lat, hospital.lon) for hospital in self.hospitals)


class ScriptedCall(Struct, frozen=True):
    """One caller of the exercise. `repeats` is the index of the call it is about again."""

    index: int
    at_s: float
    story: Story
    location: Location
    caller: Caller
    words: str
    work_s: float
    transports: bool
    repeats: int | None = None


PlaceOf = Callable[[Random], Location]


def read_script(path: Path) -> Script:
    """Raises msgspec.ValidationError or tomllib.TOMLDecodeError: the file ships with us, so a mistake is a bug."""
    return convert(tomllib.loads(path.read_text(encoding="utf-8")), Script)


def write_scenario(script: Script, place_of: PlaceOf, seed: int, hours: float = 1.0) -> tuple[ScriptedCall, ...]:
    """Calls in order of time: Poisson arrivals at the script's rate, the first within half a minute."""
    rng = Random(seed)
    calls: list[ScriptedCall] = []
    at_s = rng.uniform(3, 12)
    while at_s < hours * 3600:
        repeats = _repeated(rng, script, calls, at_s)
        calls.append(
            _again(rng, calls, repeats, at_s)
            if repeats is not None
            else _fresh(rng, script, place_of, len(calls), at_s)
        )
        at_s += rng.expovariate(script.calls_per_hour / 3600)
    return tuple(calls)


def _repeated(rng: Random, script: Script, calls: Sequence[ScriptedCall], at_s: float) -> int | None:
    recent = [call.index for call in calls if call.repeats is None and 20 < at_s - call.at_s < 420]
    if recent and rng.random() < script.repeat_share:
        return rng.choice(recent)
    return None


def _caller(rng: Random, name: str) -> Caller:
    return Caller(name=name, callback=f"+56 9 5550 {rng.randrange(10_000):04d}")


def _fresh(rng: Random, script: Script, place_of: PlaceOf, index: int, at_s: float) -> ScriptedCall:
    story = rng.choices(script.stories, [s.weight for s in script.stories])[0]
    return ScriptedCall(
        index=index,
        at_s=at_s,
        story=story,
        location=place_of(rng),
        caller=_caller(rng, rng.choice(script.names)),
        words=rng.choice(story.words),
        work_s=60 * rng.uniform(*story.work_min),
        transports=rng.random() < story.transports,
    )


def _again(rng: Random, calls: Sequence[ScriptedCall], repeats: int, at_s: float) -> ScriptedCall:
    first = calls[repeats]
    return ScriptedCall(
        index=len(calls),
        at_s=at_s,
        story=first.story,
        location=first.location,
        caller=_caller(rng, "A passer-by"),
        words="I think somebody may have called already: " + rng.choice(first.story.words),
        work_s=0.0,
        transports=False,
        repeats=repeats,
    )
