"""Training of one severity model, from examples to all that its file holds but the card.

What calibrates (temperature, gates, sets) is fitted on predictions for calls that were left out in turn; the network
itself then learns from every call before the test days.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from core.errors import Unavailable
from core.learning.age_gates import Allowed, fit_gates
from core.learning.architectures import Architecture
from core.learning.calibration import Calibration, fit_calibration, fit_cuts, fit_sets
from core.learning.examples import Examples, Rows
from core.learning.flagged import raised_by
from core.learning.material import Material, make_material, make_spec
from core.learning.meanings import Meanings
from core.learning.metrics import Floats
from core.learning.networks import Lesson, fit, logits_of, merge
from core.learning.recipe import Recipe
from core.learning.splits import stratified_folds, validation_rows
from core.learning.teacher import soft_targets
from core.severity.bundle import Gate, Sets
from core.severity.features import FeatureSpec, Weights
from core.severity.network import NumpyCore
from core.severity.red_flags import RedFlagRules

Progress = Callable[[float, str], None]
STOP_SHARE = 0.12


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen beside the data; a frozen configuration holds it under `settings`."""

    architecture: str = "wide-meanings"
    seeds: tuple[int, ...] = (1, 2, 3)
    folds: int = 5
    over: float = 0.45
    """Over-triage that the gates may spend."""
    children_under: float = 0.08
    """Under-triage of children that the gates aim at."""
    miss: float = 0.1
    """Share of each class that the sets may miss."""
    teacher: float = 0.0
    """Share of the target that a teacher who sees the `beside` columns gives; 0: none."""
    strength: float = 0.0
    """C of the linear branches; 0 keeps the architecture's."""
    meanings: float = -1.0
    """Weight of the words' meanings; below 0 keeps the architecture's."""
    sway: float = -1.0
    """How far weights may change with age; 0: not at all; below 0 keeps the architecture's."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it."""

    spec: FeatureSpec
    network: NumpyCore
    calibration: Calibration
    cuts: tuple[float, ...]
    gates: tuple[Gate, ...]
    sets: Sets
    seen: Floats
    """Calibrated probabilities (n, classes) of the training rows, each from a network that did not see it."""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that stays the same over folds and seeds."""

    recipe: Recipe
    plan: Architecture
    settings: Settings
    meanings: Meanings | None
    flags: RedFlagRules | None = None
    """Red flags that stand beside the model; the gates spend only what they leave."""


def read_settings(path: Path) -> Settings:
    """The table `settings` of a frozen configuration, or the usual ones. Raises Unavailable."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(content.get("settings", {}), Settings)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Unavailable(f"The settings in {path} cannot be used: {error}.", "Nothing was trained.") from error


def planned(plan: Architecture, settings: Settings) -> Architecture:
    """The architecture with what the settings change of it."""
    if settings.meanings >= 0:
        plan = msgspec.structs.replace(plan, meanings=settings.meanings)
    if settings.sway >= 0:
        swayed = [
            msgspec.structs.replace(each, sway=settings.sway) for each in plan.branches if settings.sway or not each.by
        ]
        plan = msgspec.structs.replace(plan, branches=tuple(swayed))
    if settings.strength > 0:
        branches = tuple(
            msgspec.structs.replace(each, strength=settings.strength) if each.strength else each
            for each in plan.branches
        )
        plan = msgspec.structs.replace(plan, branches=branches)
    return plan


def train(examples: Examples, course: Course, tell: Progress) -> Trained:
    """Train on all of `examples`; nothing else is looked at."""
    settings = course.settings
    steps = settings.folds + len(settings.seeds)
    logits = np.zeros((len(examples), len(examples.classes)))
    for k, (rows, left_out) in enumerate(stratified_folds(examples.labels, settings.folds, settings.seeds[0])):
        say = _saying(tell, k / steps, f"fold {k + 1} of {settings.folds}")
        spec, network = learn(examples.take(rows), course, settings.seeds[:1], say)
        logits[left_out] = logits_of(network, make_material(spec, [examples.calls[i] for i in left_out]))
    spec, network = learn(examples, course, settings.seeds, _saying(tell, settings.folds / steps, "the network itself"))
    calibration = fit_calibration(logits, examples.labels)
    seen = calibration(logits)
    severe = seen[:, : examples.severe].sum(axis=1)
    allowed = Allowed(settings.over, settings.children_under)
    return Trained(
        spec=spec,
        network=network,
        calibration=calibration,
        cuts=fit_cuts(seen, examples.labels),
        gates=fit_gates(severe, examples.is_severe, examples.ages, allowed, raised_by(course.flags, examples)),
        sets=fit_sets(seen, examples.labels, miss=settings.miss),
        seen=seen,
    )


def learn(
    examples: Examples, course: Course, seeds: tuple[int, ...], say: Callable[[str], None]
) -> tuple[FeatureSpec, NumpyCore]:
    """The vocabulary of these examples, and a network fitted on them with each seed, merged into one."""
    spec = make_spec(examples, course.recipe, course.plan, course.meanings)
    material = make_material(spec, examples.calls)
    table = _table(spec, course)
    networks = []
    same = course.plan.fit == "whole" and not course.settings.teacher  # one best point, whatever the seed
    for seed in seeds[:1] if same else seeds:
        targets = soft_targets(examples, material, course.settings.teacher, seed)
        lesson, stop = _lessons(material, targets, table, spec, examples, course, seed)
        networks.append(fit(course.plan, lesson, stop, seed, say))
        say(f"seed {seed} is done")
    return spec, merge(networks)


def _lessons(
    material: Material,
    targets: Weights,
    table: Weights | None,
    spec: FeatureSpec,
    examples: Examples,
    course: Course,
    seed: int,
) -> tuple[Lesson, Lesson | None]:
    """What to learn from, and what early stopping watches, where the architecture has it."""
    seen = np.unique(material.ids).astype(np.intp)

    def lesson(rows: Rows) -> Lesson:
        return Lesson(material.take(rows), targets[rows], table, len(spec.grams) + 1, seen, spec.fields)

    if course.plan.fit == "whole":
        return lesson(np.arange(len(material))), None
    rows, stop = validation_rows(examples.labels, STOP_SHARE, seed)
    return lesson(rows), lesson(stop)


def _table(spec: FeatureSpec, course: Course) -> Weights | None:
    if course.meanings is None or all(each.reads != "meanings" for each in course.plan.branches):
        return None
    return course.meanings.table(spec) * np.float32(course.plan.meanings)


def _saying(tell: Progress, done: float, what: str) -> Callable[[str], None]:
    return lambda words: tell(done, f"{what}: {words}")
