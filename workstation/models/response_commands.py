"""The commands `foredesk model train-response` and `evaluate-response`."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.errors import Unavailable
from workstation.models.child import Progress, bar_on_terminal, run_in_child

if TYPE_CHECKING:
    from core.models.record import Evaluation, Model
    from core.models.registry import Registry

_JOB = "core.learning.response.jobs"


def add_response_parsers(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both; each sets `run`."""
    training = inner.add_parser(
        "train-response",
        help="learn from history how long responses take",
        description="DATA is a CSV with NYC's columns or with at, response_s (or turnout_s and travel_s) and what else "
        "is known (kind, type, priority, station, region, area, subarea, place, weather, eta_s, distance_m); or the "
        "word history for this desk's own closed incidents. The model becomes a candidate.",
    )
    training.add_argument("data", metavar="DATA", help="a CSV file, or: history")
    training.add_argument("--name", default="", help="what to call it (the data's name)")
    training.add_argument("--seed", type=int, default=1, help="the same seed and data give the same model (1)")
    training.add_argument("--members", type=int, default=2, metavar="N", help="networks to average (2)")
    training.add_argument("--epochs", type=int, default=6, metavar="N", help="most rounds over the data (6)")
    training.add_argument("--by", default="", metavar="WHO", help="who trains it (the user that is logged on)")
    training.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the file here and register nothing")
    training.set_defaults(run=_train)
    judging = inner.add_parser("evaluate-response", help="measure a response-time model on the last part of DATA")
    judging.add_argument("model", metavar="MODEL", help="its number, its state, the beginning of its hash, or a file")
    judging.add_argument("data", metavar="DATA", help="a CSV file, or: history")
    judging.set_defaults(run=_evaluate)


def _train(args: argparse.Namespace) -> int:
    from workstation.models.commands import open_registry, who

    with TemporaryDirectory(prefix="foredesk-response-") as folder:
        out = args.output or Path(folder) / "response.fdmodel"

        evaluation = train_file(
            args.data, out, bar_on_terminal, name=args.name, seed=args.seed, members=args.members, epochs=args.epochs
        )
        print_evaluation(evaluation)
        if args.output is None:
            model = register(open_registry(), out, made_by=who(args))
            print(
                f"\nIt is the {model.title}, a candidate until somebody approves it: foredesk model show {model.number}"
            )
        else:
            print(f"\n{out} was written.")
    return 0


def train_file(
    data: str,
    out: Path,
    progress: Progress,
    *,
    name: str = "",
    wanted: Callable[[], bool] = lambda: True,
    seed: int = 1,
    members: int = 2,
    epochs: int = 6,
) -> "Evaluation":
    """Train on a CSV file or on "history", in a child process; writes `out`. Raises Refused and Unavailable."""
    from core.learning.response.jobs import TrainResponse

    now = datetime.now(UTC)
    request = TrainResponse(
        data=data_file(data, out.parent),
        out=str(out),
        name=name or f"Response times from {Path(data).stem}",
        now_ms=round(now.timestamp() * 1000),
        made_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        code_version=code_version(),
        seed=seed,
        members=members,
        epochs=epochs,
    )
    result: Evaluation = run_in_child(f"{_JOB}:train_response", request, progress, wanted=wanted)
    return result


def register(registry: "Registry", file: Path, *, made_by: str) -> "Model":
    """Take a response model's file into the registry, with what the file says of itself."""
    from core.models.opening import open_model
    from core.models.record import Kind

    opened = open_model(file)
    return registry.add(
        Kind.RESPONSE, file, name=opened.name, made_by=made_by, origin=opened.origin, evaluations=opened.evaluations
    )


def _evaluate(args: argparse.Namespace) -> int:
    from core.models.record import Kind
    from workstation.models.commands import open_registry

    if Path(args.model).is_file():
        print_evaluation(evaluate_file(Path(args.model), args.data, bar_on_terminal))
        return 0
    registry = open_registry()
    model = registry.named(args.model, Kind.RESPONSE)
    print_evaluation(measure(registry, model, args.data, bar_on_terminal))
    print(f"\nKept with the {model.title}.")
    return 0


def measure(
    registry: "Registry", model: "Model", data: str, progress: Progress, wanted: Callable[[], bool] = lambda: True
) -> "Evaluation":
    """Measure a registered model on the last part of `data` and keep that with it."""
    evaluation = evaluate_file(registry.files.verified(model.sha256, model.title), data, progress, wanted)
    registry.evaluated(model.number, evaluation)
    return evaluation


def evaluate_file(file: Path, data: str, progress: Progress, wanted: Callable[[], bool] = lambda: True) -> "Evaluation":
    """Measure a model file in a child process. Raises Unavailable, also where it has seen those months."""
    from core.learning.response.jobs import EvaluateResponse

    with TemporaryDirectory(prefix="foredesk-response-") as folder:
        now_ms = round(datetime.now(UTC).timestamp() * 1000)
        request = EvaluateResponse(data=data_file(data, Path(folder)), model=str(file), now_ms=now_ms)
        evaluation: Evaluation = run_in_child(f"{_JOB}:evaluate_response", request, progress, wanted=wanted)
    return evaluation


def data_file(data: str, folder: Path) -> str:
    """The path of the data; the desk's own history is first written to a table in `folder`."""
    if data != "history":
        if not Path(data).is_file():
            raise Unavailable(f"There is no file {data}.", "Nothing was trained.", "Check the path.")
        return data
    from workstation.models.own_history import write_history

    return str(write_history(folder / "history.csv"))


def print_evaluation(evaluation: "Evaluation") -> None:
    """The figures beside the baselines'."""
    print(f"{evaluation.data}, {evaluation.rows:,} responses. {evaluation.note}\n")
    print(f"{'':<52}{'mean error':>12}{'loss at 90 %':>14}{'within “9 in 10”':>18}")
    ours = {name: measure.value for name, measure in evaluation.measures.items()}
    for name, values in {"this model": ours, **evaluation.baselines}.items():
        figures = f"{values['mae_s']:>10.1f} s{values['pinball_90_s']:>12.1f} s{values['within_90']:>17.1%}"
        print(f"{name:<52}{figures}")
    for name in ("mae_s", "pinball_90_s"):
        measure = evaluation.measures[name]
        if measure.low is not None and measure.high is not None:
            print(f"{name}: 95 % interval {measure.low:.1f} to {measure.high:.1f} s (whole days drawn anew)")
    gains = {
        n: (1 - ours["mae_s"] / v["mae_s"], 1 - ours["pinball_90_s"] / v["pinball_90_s"])
        for n, v in evaluation.baselines.items()
    }
    for name, (error, loss) in gains.items():
        print(f"better than {name}: {error:+.1%} in error, {loss:+.1%} in loss at 90 %")


def code_version() -> str:
    """This Foredesk's version."""
    try:
        return version("foredesk")
    except PackageNotFoundError:
        return "from source"
