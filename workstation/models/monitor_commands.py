"""The commands `foredesk model monitor`, `retrain` and `watch`: how the models do, and new candidates in time."""

import argparse
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import ForedeskError
from workstation.models.child import bar_on_terminal

if TYPE_CHECKING:
    from core.models.overview import Watched
    from core.models.record import Kind, Model
    from core.models.retraining import Decision
    from workstation.models.retraining import Retrainer

KINDS = ("severity", "response")


def add_monitor_parsers(inner: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the three; each sets `run`."""
    watching = inner.add_parser("monitor", help="how the models do on this desk: drift, overrides, outcomes, alerts")
    watching.add_argument("--kind", choices=KINDS, default="", help="only models of this kind")
    watching.set_defaults(run=_monitor)
    for name, help_, run in (
        ("retrain", "train a candidate if there is a reason and the desk is quiet", _retrain),
        ("watch", "look every hour, and retrain when there is a reason; until Ctrl+C", _watch),
    ):
        parser = inner.add_parser(name, help=f"{help_}; nothing is ever approved by itself")
        parser.add_argument("--kind", choices=KINDS, default="", help="only models of this kind")
        parser.add_argument(
            "--data", default="history", metavar="DATA", help="a CSV file to train on (this desk's own history)"
        )
        parser.add_argument(
            "--every", type=int, metavar="DAYS", help="train at least so often (as the agency's file says; 0: no)"
        )
        parser.add_argument(
            "--outcomes", type=int, metavar="N", help="new outcomes that are enough (as the agency's file says)"
        )
        parser.set_defaults(run=run)
        if name == "retrain":
            parser.add_argument("--now", action="store_true", help="train whatever there is to say against it")
            parser.add_argument(
                "--by", default="", metavar="WHO", help="who trains it now (the user that is logged on)"
            )
        else:
            parser.add_argument("--minutes", type=float, default=60.0, metavar="M", help="between two looks (60)")


def _monitor(args: argparse.Namespace) -> int:
    from core.models.record import Kind
    from workstation.clock import SteadyClock
    from workstation.models.reading import look
    from workstation.paths import data_folder

    found = look(data_folder(), SteadyClock())
    for kind in Kind:
        if args.kind in ("", kind):
            _print_watched(found.watched[kind])
    return 0


def _print_watched(watched: "Watched") -> None:
    from core.models.limits import WATCHES
    from core.models.overview import WINDOW_DAYS

    print(f"{watched.kind.capitalize()} models, the last {WINDOW_DAYS} days:")
    if watched.trouble:
        print(f"  {watched.trouble}")
    for watch in WATCHES[watched.kind]:
        seen = watched.measured.get(watch.name)
        if seen is not None:
            limit = f"warns at {watch.said(watch.warn)}, alarms at {watch.said(watch.alarm)}"
            print(f"  {watch.title:<52}{watch.said(seen.value):>10}  over {seen.cases:,} ({limit})")
    for alert in watched.alerts:
        print(f"  {'ALARM' if alert.level > 1 else 'Warning'}: {alert.reason} {alert.do}")
    if watched.measured and not watched.alerts:
        print("  Nothing to look at.")
    if watched.beside is not None:
        side = watched.beside
        print(f"  The shadow answered {side.calls:,} of the same calls; {side.agree:.0%} with the same level.")
        for what, ours, theirs in (
            ("missed of severe outcomes", side.champion_missed, side.shadow_missed),
            ("error of the probabilities", side.champion_ece, side.shadow_ece),
        ):
            if ours is not None and theirs is not None:
                print(f"    {what}: champion {ours:.3f}, shadow {theirs:.3f}")
    for sentence in watched.waiting:
        print(f"  Not judged yet. {sentence}")
    print(f"  {watched.new_outcomes:,} outcomes have come since the champion was made.\n")


def _retrainer(args: argparse.Namespace) -> "Retrainer":
    from msgspec.structs import replace

    from workstation.clock import SteadyClock
    from workstation.compose import find_agency
    from workstation.models.retraining import Retrainer
    from workstation.paths import data_folder

    folder = data_folder()
    agency = find_agency(None, folder)
    rules = agency.models
    if args.every is not None:
        rules = replace(rules, every_days=args.every)
    if args.outcomes is not None:
        rules = replace(rules, new_outcomes=args.outcomes)
    return Retrainer(folder, SteadyClock(), agency, rules, data=args.data)


def _kinds(args: argparse.Namespace) -> "list[Kind]":
    from core.models.record import Kind

    return [Kind(args.kind)] if args.kind else list(Kind)


def _retrain(args: argparse.Namespace) -> int:
    from core.models.registry import AUTOMATIC
    from workstation.models.commands import who

    retrainer = _retrainer(args)
    by = who(args) if args.now else AUTOMATIC
    for kind in _kinds(args):
        decision = retrainer.decide(kind)
        print(f"{kind.capitalize()}: {decision.reason}")
        if args.now or decision.now:
            _say_candidate(retrainer.train(kind, bar_on_terminal, by=by))
    return 0


def _say_candidate(model: "Model") -> None:
    print(f"The {model.title} is a new candidate. Look at it: foredesk model show {model.number}")


def _watch(args: argparse.Namespace) -> int:
    """A look now and then at regular times; what cannot be done is said, and tried again at the next."""
    retrainer, stop = _retrainer(args), threading.Event()
    said: dict[Kind, str] = {}
    print("Watching; Ctrl+C ends it.", flush=True)
    while True:
        for kind in _kinds(args):
            try:
                decision = retrainer.decide(kind)
                _say_once(said, kind, decision)
                if decision.now:
                    _say_candidate(retrainer.train(kind, lambda _done, _words: None))
            except ForedeskError as trouble:
                sys.stderr.write(f"{trouble}\n")
        if stop.wait(args.minutes * 60):
            return 0


def _say_once(said: "dict[Kind, str]", kind: "Kind", decision: "Decision") -> None:
    if said.get(kind) != decision.reason:
        said[kind] = decision.reason
        print(f"{datetime.now().astimezone():%Y-%m-%d %H:%M} {kind}: {decision.reason}", flush=True)
