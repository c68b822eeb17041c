"""What a model must show before it may answer: one table, and the check of a candidate against it and the champion."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from core.models.record import Evaluation, Kind, Measure, Model


class Gate(Struct, frozen=True):
    """One demand on one measure.

    `worst` is the value that must be reached whatever the champion does, None for none; `slack` is by how much it may
    fall short of the champion's, None where they are not compared. `required` fails a model that was not measured.
    """

    measure: str
    title: str
    higher_is_better: bool
    worst: float | None = None
    slack: float | None = None
    required: bool = True
    percent: bool = False
    unit: str = ""

    def said(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:.1f} %"
        return f"{value:.1f} {self.unit}" if self.unit else f"{value:.3f}"

    def meets(self, value: float) -> bool:
        if self.worst is None:
            return True
        return value >= self.worst if self.higher_is_better else value <= self.worst

    def keeps_up(self, value: float, champion: float) -> bool:
        if self.slack is None:
            return True
        return value >= champion - self.slack if self.higher_is_better else value <= champion + self.slack


# Under-triage is the share of severe cases that the suggestion (rules and model, gated by age) does not call severe, at
# the over-triage that the model file's gates give.
GATES: Mapping[Kind, Sequence[Gate]] = {
    Kind.SEVERITY: (
        Gate("auroc", "Telling severe from not severe (AUROC)", True, worst=0.70, slack=0.005),
        Gate("under_triage", "Severe cases called less", False, worst=0.15, slack=0.01, percent=True),
        Gate("over_triage", "Others called severe", False, worst=0.50, percent=True),
        Gate("under_triage_children", "Severe children called less", False, worst=0.20, percent=True, required=False),
        Gate("ece", "Error of the probabilities (ECE)", False, worst=0.05, slack=0.01),
        Gate("qwk", "Agreement on the level (quadratic kappa)", True, slack=0.02, required=False),
    ),
    Kind.RESPONSE: (
        Gate("mae_s", "Mean error of the time", False, slack=2.0, unit="s"),
        Gate("gain", "Better than gradient boosting by", True, worst=-0.01, percent=True),
        Gate("pinball_90_s", "Loss of the time that 9 in 10 keep", False, slack=1.0, unit="s"),
        Gate("within_90", "Responses within “9 in 10”", True, worst=0.87, percent=True),
        Gate("within_90", "Responses within “9 in 10”", False, worst=0.94, percent=True),
    ),
}


class Check(Struct, frozen=True):
    passed: bool
    sentence: str


class Verdict(Struct, frozen=True):
    """`checks` in the order of the table; a model passes when every one does."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[str, ...]:
        return tuple(check.sentence for check in self.checks if not check.passed)

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(f"{'Passed' if check.passed else 'Failed'}: {check.sentence}" for check in self.checks)


def judge(model: Model, champion: Model | None) -> Verdict:
    """Whether `model` may become champion in the place of `champion` (None: there is none yet)."""
    if model.evaluation is None:
        return Verdict((Check(False, f"The {model.title} was never evaluated on data it had not seen."),))
    if champion is None or champion.number == model.number:
        return Verdict(tuple(_check(gate, model.evaluation, None) for gate in GATES[model.kind]))
    pair = shared_evaluations(model, champion)
    if pair is None:
        alone = [_check(gate, model.evaluation, None) for gate in GATES[model.kind]]
        beside = f"It was not evaluated on the same data as the champion, the {champion.title}."
        return Verdict((*alone, Check(False, beside)))
    return Verdict(tuple(_check(gate, *pair) for gate in GATES[model.kind]))


def shared_evaluations(model: Model, champion: Model) -> tuple[Evaluation, Evaluation] | None:
    """The newest evaluations of both on the same data; None where there are none."""
    theirs = {evaluation.data_hash: evaluation for evaluation in champion.evaluations}
    both = [each for each in model.evaluations if each.data_hash in theirs]
    return (both[-1], theirs[both[-1].data_hash]) if both else None


def _check(gate: Gate, evaluation: Evaluation, champion: Evaluation | None) -> Check:
    measure = evaluation.measures.get(gate.measure)
    if measure is None:
        return Check(not gate.required, f"{gate.title}: not measured.")
    parts, passed = [f"{gate.title}: {_with_interval(gate, measure)}"], gate.meets(measure.value)
    if gate.worst is not None:
        parts.append(f"{'at least' if gate.higher_is_better else 'at most'} {gate.said(gate.worst)} is asked for")
    beside = champion.measures.get(gate.measure) if champion else None
    if beside is not None and gate.slack is not None:
        passed = passed and gate.keeps_up(measure.value, beside.value)
        parts.append(f"the champion has {gate.said(beside.value)}")
    return Check(passed, "; ".join(parts) + ".")


def _with_interval(gate: Gate, measure: Measure) -> str:
    value = gate.said(measure.value)
    if measure.low is None or measure.high is None:
        return value
    return f"{value} ({gate.said(measure.low)} to {gate.said(measure.high)})"
