"""The commands `foredesk model train` and `foredesk model evaluate`, for severity; a child process does the work."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.errors import Refused, Unavailable
from workstation.models.child import Progress, bar_on_terminal, run_in_child

if TYPE_CHECKING:
    from core.learning.jobs import Outcome, TrainSeverity
    from core.learning.recipe import Recipe
    from core.learning.training import Settings
    from core.models.record import Evaluation, Model
    from core.models.registry import Registry

JOBS = "core.learning.jobs"
HISTORY = "history"
ROLES = ("text", "label", "date", "age", "sex", "place", "type", "hour")
SHIPPED = ("neiss", "ktas")
DATA_HELP = (
    "DATA is a CSV file (also .csv.gz) with a text and a label, or the word history for this desk's own closed "
    "incidents. The columns are guessed by their names; name them with --text, --label and so on, or write a recipe."
)


def add_training_parsers(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both; each sets `run`."""
    training = inner.add_parser("train", help="learn from calls how severe they are", description=DATA_HELP)
    training.add_argument("data", metavar="DATA", help="a CSV file, or: history")
    _columns(training)
    training.add_argument("--architecture", default="", metavar="NAME", help="wide-meanings (the best), wide, ...")
    training.add_argument("--seeds", default="", metavar="N,N", help="the same seeds and data give the same figures")
    training.add_argument("--over", type=float, default=0.0, metavar="SHARE", help="over-triage the gates may spend")
    training.add_argument("--name", default="", help="what to call it (the data's name)")
    training.add_argument("--check", action="store_true", help="only check the data")
    training.add_argument("--no-baselines", action="store_true", help="do not fit the baselines beside it")
    training.add_argument("--whole", action="store_true", help="learn from the test days too, once judged on them")
    training.add_argument("--by", default="", metavar="WHO", help="who trains it (the user that is logged on)")
    training.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the file here and register nothing")
    training.set_defaults(run=_train)
    judging = inner.add_parser(
        "evaluate",
        help="judge a severity model beside baselines, or a frozen recipe on new data",
        description="Judges MODEL on the last part of DATA. With --frozen RECIPE and --train DATA it trains by that "
        "recipe on the one file and judges on the other.",
    )
    judging.add_argument("data", metavar="DATA", help="a CSV file, or: history")
    judging.add_argument("--model", default="champion", help="its number, state, hash, or a file (the champion)")
    judging.add_argument("--frozen", default="", metavar="RECIPE", help="train by this recipe, then judge on DATA")
    judging.add_argument(
        "--train", default="", metavar="FILE", help="what the frozen recipe and the baselines learn from"
    )
    _columns(judging)
    judging.set_defaults(run=_evaluate)


def _columns(parser: argparse.ArgumentParser) -> None:
    for role in ROLES:
        parser.add_argument(f"--{role}", metavar="COLUMN", help=f"the column with the {role}")
    parser.add_argument("--recipe", default="", help=f"a recipe file, or one that ships: {', '.join(SHIPPED)}")
    parser.add_argument("--test-from", default="", metavar="DAY", help="the first day of the test, such as 2020-01-01")
    parser.add_argument("--report", type=Path, metavar="HTML", help="write the evaluation here")


def _train(args: argparse.Namespace) -> int:
    from workstation.models.commands import open_registry, who

    with TemporaryDirectory(prefix="foredesk-severity-") as folder:
        data = _data(args.data, Path(folder))
        request = make_request(data, args, out=args.output or Path(folder) / "severity.fdmodel")
        if args.check:
            for sentence in run_in_child(f"{JOBS}:check_only", request, _quiet):
                print(sentence)
            return 0
        outcome: Outcome = run_in_child(f"{JOBS}:train_severity", request, bar_on_terminal)
        _print(outcome, args.report)
        if args.output is not None:
            print(f"\n{args.output} was written.")
        elif not leads_cluster():
            print("\nThe first machine of the cluster registers the model.")
        else:
            model = register(open_registry(), request, outcome, made_by=who(args))
            print(f"\nIt is the {model.title}, a candidate. `foredesk model show {model.number}` tells its gates.")
    return 0


def leads_cluster() -> bool:
    """Whether this machine is the one of the cluster in TF_CONFIG that keeps the result; without a cluster it is."""
    try:
        task = json.loads(os.environ.get("TF_CONFIG", "{}")).get("task", {})
    except (ValueError, AttributeError):
        raise Refused("TF_CONFIG does not hold a cluster as JSON.", "Nothing was trained.") from None
    return bool(task.get("type", "chief") == "chief" or task.get("index", 0) == 0)


def _evaluate(args: argparse.Namespace) -> int:
    from core.learning.jobs import EvaluateSeverity

    with TemporaryDirectory(prefix="foredesk-severity-") as folder:
        data = _data(args.data, Path(folder))
        if args.frozen:
            _print(_frozen(args, data, Path(folder)), args.report)
            return 0
        recipe, _ = find_recipe(args, data)
        file, number = _model_file(args.model)
        request = EvaluateSeverity(
            data=str(data),
            recipe=recipe,
            model=str(file),
            report=str(args.report or ""),
            flags=red_flags(),
            train_data=args.train,
        )
        outcome: Outcome = run_in_child(f"{JOBS}:evaluate_severity", request, bar_on_terminal)
        _print(outcome, args.report)
        if number:
            from workstation.models.commands import open_registry

            open_registry().evaluated(number, evaluation_of(outcome))
    return 0


def _frozen(args: argparse.Namespace, data: Path, folder: Path) -> "Outcome":
    if not args.train:
        raise Refused("A frozen recipe needs calls to learn from.", "Nothing was done.", "Give them with --train FILE.")
    args.recipe, args.architecture, args.seeds, args.over = args.frozen, "", "", 0.0
    args.name, args.no_baselines, args.whole = "", False, False
    request = make_request(Path(args.train), args, out=folder / "frozen.fdmodel", test_data=str(data))
    outcome: Outcome = run_in_child(f"{JOBS}:train_severity", request, bar_on_terminal)
    return outcome


def train_candidate(
    data: str, registry: "Registry", *, progress: Progress, wanted: Callable[[], bool], made_by: str
) -> "Model":
    """Train on a CSV file or on "history" and register a candidate. Raises Refused, Unavailable, Stopped."""
    with TemporaryDirectory(prefix="foredesk-retrain-") as folder:
        args = argparse.Namespace(**dict.fromkeys(ROLES), recipe="", test_from="", report=None, architecture="")
        args.seeds, args.over, args.name, args.no_baselines, args.whole = "", 0.0, "", False, False
        request = make_request(_data(data, Path(folder)), args, out=Path(folder) / "severity.fdmodel")
        outcome: Outcome = run_in_child(f"{JOBS}:train_severity", request, progress, wanted=wanted)
        return register(registry, request, outcome, made_by=made_by)


def make_request(data: Path, args: argparse.Namespace, *, out: Path, test_data: str = "") -> "TrainSeverity":
    """What the child is asked for."""
    from core.learning.architectures import architecture
    from core.learning.jobs import TrainSeverity
    from resources import resource_path

    recipe, settings = find_recipe(args, data)
    settings = _settings(settings, args)
    architecture(settings.architecture)
    meanings = resource_path("severity", "meanings.npz")
    now = datetime.now(UTC)
    return TrainSeverity(
        data=str(data),
        recipe=recipe,
        settings=settings,
        out=str(out),
        name=args.name or f"severity {recipe.name}",
        version=f"{now:%Y-%m-%d %H:%M}",
        made_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        meanings=str(meanings) if meanings.exists() else "",
        report=str(args.report or ""),
        flags=red_flags(),
        compare=not args.no_baselines,
        whole=args.whole,
        test_data=test_data,
    )


def find_recipe(args: argparse.Namespace, data: Path) -> "tuple[Recipe, Settings]":
    """The recipe that was named, or one guessed from the columns, and the settings that its file holds."""
    import msgspec

    from core.learning.recipe import guess_recipe, read_recipe
    from core.learning.table import read_table
    from core.learning.training import Settings, read_settings
    from resources import resource_path

    if not args.recipe:
        given = {role: value for role in ROLES if (value := getattr(args, role)) is not None}
        recipe = guess_recipe(read_table(data), given)
        return msgspec.structs.replace(recipe, test_from=args.test_from), Settings()
    path = resource_path("severity", f"{args.recipe}.toml") if args.recipe in SHIPPED else Path(args.recipe)
    recipe = read_recipe(path)
    if args.test_from:
        recipe = msgspec.structs.replace(recipe, test_from=args.test_from)
    return recipe, read_settings(path)


def _settings(settings: "Settings", args: argparse.Namespace) -> "Settings":
    import msgspec

    changed: dict[str, Any] = {}
    if args.architecture:
        changed["architecture"] = args.architecture
    if args.seeds:
        try:
            changed["seeds"] = tuple(int(seed) for seed in args.seeds.split(","))
        except ValueError:
            raise Refused(f"“{args.seeds}” are not seeds.", "Nothing was done.", "Write them as 1,2,3.") from None
    if args.over:
        if not 0 < args.over < 1:
            raise Refused("The over-triage to spend is a share between 0 and 1.", "Nothing was done.")
        changed["over"] = args.over
    return msgspec.structs.replace(settings, **changed)


def red_flags() -> Any:
    """The rules that ship."""
    from core.severity.red_flag_file import read_red_flags
    from resources import resource_path

    return read_red_flags(resource_path("severity", "red_flags.toml"))


def register(registry: "Registry", request: "TrainSeverity", outcome: "Outcome", *, made_by: str) -> "Model":
    """Put a trained file into the registry, with how it was judged."""
    from core.models.record import Kind, Origin

    newest = datetime.fromisoformat(outcome.newest_day).replace(tzinfo=UTC) if outcome.newest_day else None
    origin = Origin(
        data=Path(request.data).name,
        data_hash=outcome.data_hash,
        rows=outcome.trained_rows,
        seed=request.settings.seeds[0],
        code_version=outcome.code_version,
        architecture=request.settings.architecture,
        newest_at=int(newest.timestamp() * 1000) if newest else 0,
    )
    evaluation = evaluation_of(outcome)
    return registry.add(
        Kind.SEVERITY, Path(request.out), name=request.name, made_by=made_by, origin=origin, evaluations=(evaluation,)
    )


def evaluation_of(outcome: "Outcome") -> "Evaluation":
    """As the registry keeps it."""
    import math

    from core.models.record import Evaluation, Measure

    def end(value: float) -> float | None:
        return value if math.isfinite(value) else None

    measures = {
        name: Measure(value, end(low), end(high))
        for name, (value, low, high) in outcome.measures.items()
        if math.isfinite(value)
    }
    return Evaluation(
        data=outcome.data,
        data_hash=outcome.data_hash,
        rows=outcome.rows,
        at=int(datetime.now(UTC).timestamp() * 1000),
        measures=measures,
        baselines=outcome.baselines,
        note=" ".join(outcome.lines),
    )


def _model_file(named: str) -> tuple[Path, int]:
    from workstation.models.commands import open_registry

    path = Path(named)
    if path.suffix and path.is_file():
        return path, 0
    registry = open_registry()
    model = registry.named(named)
    return registry.files.verified(model.sha256, model.title), model.number


def _data(named: str, folder: Path) -> Path:
    if named == HISTORY:
        from workstation.models.own_calls import write_calls

        return write_calls(folder / "history.csv")
    path = Path(named)
    if not path.is_file():
        raise Unavailable(f"There is no file {named}.", "Nothing was trained.", "Check the path.")
    return path


def _print(outcome: "Outcome", report: Path | None) -> None:
    for sentence in (*outcome.findings, "", *outcome.lines):
        print(sentence)
    if report is not None:
        print(f"The evaluation is in {report}.")


def _quiet(done: float, words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:4.0%} {words[:60]:<60}" + ("\n" if done >= 1.0 else ""))
