"""Judges a model as a desk would run it, from its file, and the baselines beside it: what the report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.learning.baselines import LOGISTIC, fit_baselines
from core.learning.evaluation import ROUNDS, Answers, Judged, gain, judge
from core.learning.examples import Examples
from core.learning.flagged import raised_by
from core.learning.report import Report
from core.learning.training import Progress
from core.severity.bundle import Manifest
from core.severity.features import Featuriser
from core.severity.red_flags import RedFlagRules
from core.severity.runtime import SeverityModel, gate_for

LETTERS_OF_SHORT_TEXTS = (2, 5)
SHORT_TEXT = 40
"""Characters: where the middle text is shorter, the logistic regression reads pairs of letters too."""


@dataclass(frozen=True, slots=True)
class Case:
    """Who is judged on what."""

    title: str
    told: str
    """What it is judged on, in a sentence."""
    train: Examples
    """What the baselines learn from."""
    test: Examples
    findings: Sequence[str]
    flags: RedFlagRules | None
    compare: bool = True
    rounds: int = ROUNDS
    """Of the bootstrap."""


def judged(case: Case, model: SeverityModel, tell: Progress) -> Report:
    """The whole report."""
    manifest = model.bundle.manifest
    tell(0.0, "Asking the model")
    answers = answers_of(model, case.test)
    ours = judge("this model", case.test, answers, rounds=case.rounds)
    rules = None
    if case.flags is not None:
        tell(0.2, "Looking for red flags")
        rules = judge(
            "red flags and model", case.test, with_red_flags(answers, case.test, case.flags), rounds=case.rounds
        )
    baselines: list[Judged] = []
    gained = gain(case.test, answers, answers, rounds=2)
    if case.compare:
        tell(0.3, "Fitting the baselines")
        predict = fit_baselines(case.train, letters=_letters(case.train), strength=_strength(case.train))
        for i, (name, told) in enumerate(predict.items()):
            tell(0.5 + 0.1 * i, f"Judging the baseline: {name}")
            theirs = Answers(told(case.test))
            baselines.append(judge(name, case.test, theirs, rounds=case.rounds))
            if name == LOGISTIC:
                gained = gain(case.test, answers, theirs)
    return Report(
        title=case.title,
        data=case.told,
        findings=case.findings,
        ours=ours,
        rules=rules,
        baselines=baselines,
        gain=gained,
        gates=manifest.gates,
        scores=answers.probabilities[:, : manifest.severe].sum(axis=1),
        levels=tuple(zip(manifest.classes, manifest.levels, strict=True)),
    )


def answers_of(model: SeverityModel, examples: Examples) -> Answers:
    """Every call through the exported network, the calibration and the gates."""
    manifest: Manifest = model.bundle.manifest
    featuriser = Featuriser(model.bundle.spec)
    told = np.array([model.probabilities(featuriser(call)) for call in examples.calls])
    severe = told[:, : manifest.severe].sum(axis=1)
    gates = [gate_for(manifest.gates, call.fields.get("age")) for call in examples.calls]
    thresholds = np.array([gate.threshold if gate is not None else 0.5 for gate in gates])
    return Answers(told, severe >= thresholds, manifest.cuts)


def with_red_flags(answers: Answers, examples: Examples, rules: RedFlagRules) -> Answers:
    """As the desk suggests: severe where the model's gate or a red flag of an urgent level says so."""
    raised = raised_by(rules, examples)
    called = raised if answers.called is None or raised is None else answers.called | raised
    return Answers(answers.probabilities, called, answers.cuts)


def _letters(train: Examples) -> tuple[int, int]:
    middle = float(np.median([len(call.text) for call in train.calls]))
    return LETTERS_OF_SHORT_TEXTS if middle < SHORT_TEXT else (3, 5)


def _strength(train: Examples) -> float:
    """C as it did best for the logistic regression: 1 for thousands of calls, 2 for about a thousand short ones."""
    return 2.0 if len(train) < 3000 else 1.0
