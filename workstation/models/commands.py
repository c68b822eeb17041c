"""The commands `foredesk model ...`: which models there are, which one answers, how they do, and who decided so."""

import argparse
import getpass
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import Refused

if TYPE_CHECKING:
    from core.models.record import Kind, Model, Step
    from core.models.registry import Registry

Subparsers = "argparse._SubParsersAction[argparse.ArgumentParser]"
KINDS = ("severity", "response")


def add_model_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `model` with its own commands; each sets `run`."""
    from workstation.models.monitor_commands import add_monitor_parsers
    from workstation.models.response_commands import add_response_parsers
    from workstation.models.training import add_training_parsers

    parser = commands.add_parser("model", help="train, judge, approve, watch and roll back the desk's models")
    parser.set_defaults(run=_list, kind="")
    inner = parser.add_subparsers(title="what to do", metavar="WHAT")
    listing = inner.add_parser("list", help="every model with its state and figures (what `model` alone does)")
    _kind(listing)
    listing.set_defaults(run=_list)
    _named(
        inner,
        "show",
        "a model's figures beside the gates and its history; `shipped`: its card",
        _show,
    )
    _deciding(inner, "shadow", "let a model answer unseen beside the one that answers", _shadow)
    approving = _deciding(inner, "approve", "make a model the one that answers, if it passes its gates", _approve)
    approving.add_argument("--override", default="", metavar="WHY", help="approve it against the gates, and say why")
    _deciding(inner, "retire", "put a model away that is not needed", _retire)
    _add_rollback(inner)
    add_training_parsers(inner)
    add_response_parsers(inner)
    add_monitor_parsers(inner)


def _kind(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=KINDS, default="", help="only models of this kind")


def _named(
    inner: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    help_: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = inner.add_parser(name, help=help_)
    parser.add_argument("model", metavar="MODEL", help="its number, the beginning of its hash, or its state")
    _kind(parser)
    parser.set_defaults(run=run)
    return parser


def _deciding(
    inner: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    help_: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = _named(inner, name, help_, run)
    _who_and_why(parser)
    return parser


def _who_and_why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, metavar="WHY", help="why, in a few words; it is kept for good")
    parser.add_argument("--by", default="", metavar="WHO", help="who decides (the user that is logged on)")


def _add_rollback(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = inner.add_parser("rollback", help="put the model before the present one back")
    parser.add_argument("--kind", choices=KINDS, default="severity", help="of which kind (severity)")
    _who_and_why(parser)
    parser.set_defaults(run=_roll_back)


def open_registry() -> "Registry":
    """This desk's registry, in its data folder."""
    from core.models.registry import FOLDER, Registry
    from workstation.clock import SteadyClock
    from workstation.paths import data_folder

    return Registry(data_folder() / FOLDER, SteadyClock())


def who(args: argparse.Namespace) -> str:
    """Who decides: as given, else the user that is logged on."""
    if args.by:
        return str(args.by)
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise Refused("Nobody was named who decides.", do="Give a name with --by.") from None


def _asked_kind(args: argparse.Namespace) -> "Kind | None":
    from core.models.record import Kind

    return Kind(args.kind) if args.kind else None


def _list(args: argparse.Namespace) -> int:
    registry = open_registry()
    models = registry.models(_asked_kind(args))
    if not models:
        print("No model is registered. `foredesk model train` and `foredesk model train-response` make one.")
        _list_shipped(args, registry)
        return 0
    print(f"{'no.':>4}  {'kind':<9} {'state':<10} {'made':<17} {'hash':<10} {'figures':<44} name")
    for model in models:
        figures = short_figures(model)
        made = moment(model.made_at)
        hashed = model.sha256[:8]
        name = f"{model.name}, {model.origin.came}" if model.origin.came else model.name
        print(f"{model.number:>4}  {model.kind:<9} {model.state:<10} {made:<17} {hashed:<10} {figures:<44} {name}")
    _list_shipped(args, registry)
    return 0


def _list_shipped(args: argparse.Namespace, registry: "Registry") -> None:
    from workstation.models.loading import shipped_in

    shipped = shipped_in(registry) if args.kind != "response" else None
    if shipped is not None:
        hashed, name = shipped.sha256[:8], shipped.name
        print(f"   –  severity {name}, {hashed}: {shipped.state}. `foredesk model show shipped` shows its card.")


def _show_shipped() -> int:
    from workstation.models.loading import shipped_in

    shipped = shipped_in(open_registry())
    if shipped is None:
        raise Refused("No model ships with this installation, or its file cannot be read.")
    print(f"{shipped.name}, severity: {shipped.state}.")
    print(f"Made {shipped.made_at}. SHA-256 {shipped.sha256}, {shipped.size:,} bytes.\n")
    print(shipped.card)
    return 0


def short_figures(model: "Model") -> str:
    """The first figures of its newest evaluation, as its gates name them."""
    from core.models.gates import GATES

    if model.evaluation is None:
        return "not evaluated"
    measures = model.evaluation.measures
    shown = [(g.measure, g.said(measures[g.measure].value)) for g in GATES[model.kind] if g.measure in measures]
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in dict(shown[:3]).items())


def _show(args: argparse.Namespace) -> int:
    if args.model == "shipped":
        return _show_shipped()
    registry = open_registry()
    model = registry.named(args.model, _asked_kind(args))
    print(f"Model {model.number}: {model.name}, {model.kind}, {model.state}.")
    origin = model.origin
    came = f"{origin.came[:1].upper()}{origin.came[1:]} on {moment(model.made_at)}"
    made = came if origin.came else f"Made {moment(model.made_at)} by {model.made_by}"
    print(f"{made}. SHA-256 {model.sha256}, {model.size:,} bytes.")
    if origin.data:
        print(f"Trained on {origin.data} ({origin.rows:,} rows, {origin.data_hash[:16]}), seed {origin.seed},")
        print(f"{origin.architecture}, Foredesk {origin.code_version}.")
    if model.evaluation is not None:
        print(f"\nEvaluated {moment(model.evaluation.at)} on {model.evaluation.data}, {model.evaluation.rows:,} rows.")
        print(model.evaluation.note)
        for name, values in model.evaluation.baselines.items():
            print(f"  beside it, {name}: {', '.join(f'{m} {v:.3f}' for m, v in values.items())}")
    verdict = registry.verdict(model.number)
    print(f"\nThe gates {'are passed' if verdict.passed else 'are NOT passed'}:")
    for sentence in verdict.sentences:
        print(f"  {sentence}")
    print("\nHistory:")
    for step in registry.history(model.number):
        print(f"  {step_line(step)}")
    return 0


def step_line(step: "Step") -> str:
    """A step of a model's life in a line."""
    against = " (against the gates)" if step.overridden else ""
    return f"{moment(step.at)} {step.act}{against} by {step.who}: {step.reason}"


def _shadow(args: argparse.Namespace) -> int:
    registry = open_registry()
    model = registry.named(args.model, _asked_kind(args))
    model = registry.put_in_shadow(model.number, who=who(args), reason=args.reason)
    print(f"The {model.title} answers unseen from now on; `foredesk model monitor` compares it with what people did.")
    return 0


def _approve(args: argparse.Namespace) -> int:
    registry = open_registry()
    model = registry.named(args.model, _asked_kind(args))
    verdict = registry.verdict(model.number)
    for sentence in verdict.sentences:
        print(f"  {sentence}")
    model = registry.approve(model.number, who=who(args), reason=args.reason, override=args.override)
    against = "" if verdict.passed else " It was approved against the gates; that is kept with the reason."
    print(f"The {model.title} is the champion.{against} Desks load it when they next start or look.")
    return 0


def _retire(args: argparse.Namespace) -> int:
    registry = open_registry()
    model = registry.named(args.model, _asked_kind(args))
    registry.retire(model.number, who=who(args), reason=args.reason)
    print(f"The {model.title} is retired. Its file and its history are kept.")
    return 0


def _roll_back(args: argparse.Namespace) -> int:
    from core.models.record import Kind

    kind = Kind(args.kind)
    back = open_registry().roll_back(kind, who=who(args), reason=args.reason)
    if back is None:
        print(
            f"The champion of the kind {kind} is retired. There was none before it: what ships with Foredesk applies."
        )
    else:
        print(f"The {back.title} is the champion again: {back.name}.")
    return 0


def moment(at_ms: int) -> str:
    """A time on this machine's clock."""
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%Y-%m-%d %H:%M}"
