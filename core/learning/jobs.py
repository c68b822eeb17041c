"""What a child process is asked to do for the severity model: check data, train, judge; each tells its progress."""

from pathlib import Path

import msgspec
import numpy as np

from core.errors import Refused
from core.learning.architectures import architecture
from core.learning.calibration import Calibration
from core.learning.card import model_card
from core.learning.checks import Weight, check_examples, check_table, refuse_if_spoilt
from core.learning.code_version import code_version
from core.learning.evaluation import ROUNDS
from core.learning.examples import Examples, Rows, make_examples
from core.learning.judging import Case, judged
from core.learning.meanings import read_meanings
from core.learning.networks import export
from core.learning.recipe import Recipe
from core.learning.report import Report, report_html, summary
from core.learning.splits import Split, split_by_time
from core.learning.spreads import spreads_of
from core.learning.table import read_table
from core.learning.tracking import track
from core.learning.training import Course, Progress, Settings, Trained, planned, train
from core.severity.bundle import BundleParts, Manifest, write_bundle
from core.severity.red_flags import RedFlagRules


class TrainSeverity(msgspec.Struct, frozen=True, kw_only=True):
    """Train on `data` by `recipe`, write the model file `out` and, where asked, the report."""

    data: str
    recipe: Recipe
    settings: Settings
    out: str
    name: str
    version: str
    made_at: str
    meanings: str = ""
    report: str = ""
    flags: RedFlagRules | None = None
    compare: bool = True
    """Fit the baselines too."""
    whole: bool = False
    """Once judged, learn again from all days: for a model that ships."""
    test_data: str = ""
    """Another table to judge on; then all of `data` trains."""
    rounds: int = ROUNDS
    """Of the bootstrap that gives intervals."""


class EvaluateSeverity(msgspec.Struct, frozen=True, kw_only=True):
    """Judge the model file `model` on the test days of `data`, beside baselines fitted on the days before."""

    data: str
    recipe: Recipe
    model: str
    report: str = ""
    flags: RedFlagRules | None = None
    train_data: str = ""
    """Another table for the baselines; then all of `data` tests."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a job gives back; measures as (value, low, high)."""

    data: str
    data_hash: str
    rows: int
    trained_rows: int
    newest_day: str
    code_version: str
    measures: dict[str, tuple[float, float, float]]
    baselines: dict[str, dict[str, float]]
    lines: tuple[str, ...]
    findings: tuple[str, ...]


def check_only(request: TrainSeverity, tell: Progress) -> tuple[str, ...]:
    """What the data check finds, in sentences; spoilt data raise nothing here."""
    tell(0.0, "Reading the data")
    table = read_table(Path(request.data))
    found = check_table(table, request.recipe)
    if not any(each.weight is Weight.STOP for each in found):
        found += check_examples(make_examples(table, request.recipe), table, request.recipe)
    tell(1.0, "Done")
    return tuple(f"{each.weight}: {each.sentence}" for each in found)


def train_severity(request: TrainSeverity, tell: Progress) -> Outcome:
    """Check, split, train, write, judge from the file. Raises Refused for data that nothing can be learned from."""
    tell(0.0, "Reading and checking the data")
    examples, findings = _checked(Path(request.data), request.recipe)
    before, test, told = _parted(request, examples)
    course = _course(request)
    trained = train(before, course, _part(tell, 0.02, 0.5 if request.whole else 0.85))
    tell(0.5 if request.whole else 0.86, "Exporting the network")
    core = export(trained.network, trained.spec.length)
    _write(request, before, trained, core, None)
    case = Case(
        f"{request.name}, {request.version}",
        told,
        before,
        test,
        findings,
        request.flags,
        request.compare,
        request.rounds,
    )
    report = _judged(case, Path(request.out), _part(tell, 0.5 if request.whole else 0.87, 0.97))
    if request.whole:
        before = examples
        trained = train(before, course, _part(tell, 0.6, 0.97))
        core = export(trained.network, trained.spec.length)
    tell(0.98, "Writing the model file")
    _write(request, before, trained, core, report)
    if request.report:
        Path(request.report).write_text(report_html(report), "utf-8")
    outcome = _outcome(test, before, report)
    track(request.name, msgspec.to_builtins(request.settings), outcome.measures, Path(request.out))
    tell(1.0, "Done")
    return outcome


def evaluate_severity(request: EvaluateSeverity, tell: Progress) -> Outcome:
    """Raises Unavailable for a model file that cannot be used, Refused for data that cannot."""
    tell(0.0, "Reading and checking the data")
    examples, findings = _checked(Path(request.data), request.recipe)
    if request.train_data:
        before, _ = _checked(Path(request.train_data), request.recipe)
        test, told = examples, f"All {len(examples):,} calls of {examples.name}."
    else:
        split = split_by_time(examples, request.recipe.test_from)
        before, test, told = examples.take(_before(split)), examples.take(split.test), split.told
    from core.severity.loading import load_bundle

    manifest = load_bundle(Path(request.model)).manifest
    _refuse_seen(manifest, test)
    case = Case(f"{manifest.name}, {manifest.version}", told, before, test, findings, request.flags)
    report = _judged(case, Path(request.model), _part(tell, 0.1, 0.97))
    if request.report:
        Path(request.report).write_text(report_html(report), "utf-8")
    tell(1.0, "Done")
    return _outcome(test, before, report)


def _checked(path: Path, recipe: Recipe) -> tuple[Examples, tuple[str, ...]]:
    table = read_table(path)
    found = check_table(table, recipe)
    refuse_if_spoilt(found)
    examples = make_examples(table, recipe)
    found += check_examples(examples, table, recipe)
    refuse_if_spoilt(found)
    return examples, tuple(f"{each.weight}: {each.sentence}" for each in found)


def _refuse_seen(manifest: Manifest, test: Examples) -> None:
    """A model must not be judged on what it learned from."""
    days = test.days[~np.isnat(test.days)]
    if manifest.newest_day and len(days) and days.min() <= np.datetime64(manifest.newest_day):
        raise Refused(
            f"This model has learned from calls up to {manifest.newest_day}, and the test begins on {days.min()}.",
            "Nothing was judged.",
            "Give later calls, or another first day with --test-from.",
        )


def _parted(request: TrainSeverity, examples: Examples) -> tuple[Examples, Examples, str]:
    """What trains, what tests, and that in a sentence."""
    if request.test_data:
        test, _ = _checked(Path(request.test_data), request.recipe)
        if test.sha256 == examples.sha256:
            raise Refused("The calls to test on are the calls to learn from.", "Nothing was trained.")
        told = f"All {len(examples):,} calls of {examples.name} train, all {len(test):,} calls of {test.name} test."
        return examples, test, told
    split = split_by_time(examples, request.recipe.test_from)
    return examples.take(_before(split)), examples.take(split.test), split.told


def _before(split: Split) -> Rows:
    return np.sort(np.concatenate([split.train, split.validation]))


def _course(request: TrainSeverity) -> Course:
    plan = planned(architecture(request.settings.architecture), request.settings)
    meanings = read_meanings(Path(request.meanings)) if request.meanings else None
    return Course(request.recipe, plan, request.settings, meanings, request.flags)


def _judged(case: Case, file: Path, tell: Progress) -> Report:
    from core.severity.loading import load_bundle
    from core.severity.runtime import run_model

    return judged(case, run_model(load_bundle(file)), tell)


def _write(request: TrainSeverity, before: Examples, trained: Trained, core: bytes, report: Report | None) -> None:
    manifest = _manifest(request, before, trained, report)
    card = ""
    if report is not None:
        used, beside = report.rules or report.ours, list(report.baselines)
        card = model_card(manifest, request.recipe, used, beside, told=report.data, sentences=summary(report))
    write_bundle(Path(request.out), manifest, BundleParts(trained.spec, core, trained.network, card))


def _manifest(request: TrainSeverity, before: Examples, trained: Trained, report: Report | None) -> Manifest:
    calibration: Calibration = trained.calibration
    days = before.days[~np.isnat(before.days)]
    years = f", {days.min()} to {days.max()}" if len(days) else ""
    return Manifest(
        name=request.name,
        version=request.version,
        made_at=request.made_at,
        architecture=request.settings.architecture,
        code_version=code_version(),
        data=f"{before.name}, {len(before):,} calls{years}; {before.is_severe.mean():.1%} severe.",
        data_sha256=before.sha256,
        newest_day=str(days.max()) if len(days) else "",
        licence=request.recipe.licence,
        seeds=request.settings.seeds,
        classes=before.classes,
        levels=before.levels,
        severe=before.severe,
        temperature=calibration.temperature,
        bias=calibration.bias,
        cuts=trained.cuts,
        gates=trained.gates,
        sets=trained.sets,
        spreads=spreads_of(trained.spec, before.calls, trained.seen[:, : before.severe].sum(axis=1)),
        figures=_figures(report) if report is not None else {},
    )


def _figures(report: Report) -> dict[str, float]:
    found = {}
    for name, figure in report.ours.whole.figures.items():
        for end, value in (("", figure.value), (" low", figure.low), (" high", figure.high)):
            if np.isfinite(value):
                found[name + end] = round(value, 5)
    return found


def _outcome(test: Examples, before: Examples, report: Report) -> Outcome:
    """The figures under the names that the registry's gates ask for."""
    used = report.rules or report.ours
    found = {
        "auroc": used.whole.figures["auroc"],
        "ece": used.whole.figures["ece"],
        "under_triage": used.whole.figures.get("under-triage by gates"),
        "over_triage": used.whole.figures.get("over-triage by gates"),
    }
    if len(test.classes) > 2:
        found["qwk"] = used.whole.figures["quadratic kappa"]
    children = next((part for part in used.ages if part.name.startswith("0-17") and part.severe), None)
    if children is not None:
        found["under_triage_children"] = children.figures.get("under-triage by gates")
    days = before.days[~np.isnat(before.days)]
    return Outcome(
        data=report.data,
        data_hash=f"{test.sha256[:32]}/{len(test)}",
        rows=len(test),
        trained_rows=len(before),
        newest_day=str(days.max()) if len(days) else "",
        code_version=code_version(),
        measures={name: (f.value, f.low, f.high) for name, f in found.items() if f is not None},
        baselines={
            each.name: {name: each.whole.figures[name].value for name in ("auroc", "ece")} for each in report.baselines
        },
        lines=tuple(summary(report)),
        findings=tuple(report.findings),
    )


def _part(tell: Progress, start: float, end: float) -> Progress:
    return lambda done, words: tell(start + (end - start) * done, words)
