"""The command line `foredesk`: one word for each job, every failure a sentence and an exit code."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import freeze_support
from pathlib import Path

from core.errors import ForedeskError
from workstation.maps import prepare_kernels


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did its job, 1 when it could not, 2 for a command line that makes no sense."""
    freeze_support()
    prepare_kernels()
    args = build_parser().parse_args(argv)
    try:
        code: int = args.run(args)
    except ForedeskError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    except BrokenPipeError:  # whoever read the output has seen enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar; tests hold the manual against it."""
    from workstation.avl.commands import add_avl_parser
    from workstation.coverage_commands import add_coverage_parser
    from workstation.doctor import add_doctor_parser
    from workstation.map_commands import add_map_parser
    from workstation.models.commands import add_model_parser
    from workstation.posts_command import add_posts_parser
    from workstation.server_commands import add_server_parsers
    from workstation.sync.commands import add_desk_parser
    from workstation.sync.file_commands import add_sync_parser

    parser = argparse.ArgumentParser(
        prog="foredesk", description="The emergency dispatch desk that keeps working when the network does not."
    )
    parser.add_argument("--version", action="version", version=f"foredesk {_version()}")
    parser.set_defaults(run=_run, agency=None, pack=None, first_paint=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_run(commands)
    _add_demo(commands)
    _add_report(commands)
    _add_backup(commands)
    add_map_parser(commands)
    add_model_parser(commands)
    add_avl_parser(commands)
    add_coverage_parser(commands)
    add_posts_parser(commands)
    add_desk_parser(commands)
    add_sync_parser(commands)
    add_server_parsers(commands)
    add_doctor_parser(commands)
    return parser


def _version() -> str:
    try:
        return version("foredesk")
    except PackageNotFoundError:
        return "from source"


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("run", help="open the desk (also what foredesk alone does)")
    parser.add_argument(
        "--agency", type=Path, metavar="FILE", help="the agency's types, units and standards, a TOML file"
    )
    parser.add_argument("--pack", type=Path, metavar="PACK", help="the map pack, made by foredesk map build")
    parser.add_argument("--first-paint", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=_run)


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("demo", help="a busy hour on the demo city; with no display, a narrated story")
    parser.add_argument("--seed", type=int, default=1, help="another number, another hour (1)")
    parser.add_argument("--watch", action="store_true", help="let the exercise answer its own calls")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than life (1)")
    parser.add_argument("--story", action="store_true", help="play the story offscreen even where there is a display")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the story leaves its pictures and report")
    parser.set_defaults(run=_demo)


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("report", help="print an incident's report to a PDF, without the window")
    parser.add_argument("number", help="the incident's number, for example 26-A-01041, or its last digits")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.pdf")
    parser.add_argument("--paper", choices=("A4", "Letter"), default="A4")
    parser.add_argument("--agency", type=Path, metavar="FILE")
    parser.add_argument("--pack", type=Path, metavar="PACK")
    parser.set_defaults(run=_report)


def _add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("backup", help="copy the store, encrypted as it is, while the desk works")
    parser.add_argument("output", type=Path, metavar="FILE")
    parser.set_defaults(run=_backup)


def _end_at_once_on_ctrl_c() -> None:
    """Until the window takes over: Qt aborts on an exception in its start; stores and PDFs are safe at any moment."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run(args: argparse.Namespace) -> int:
    _end_at_once_on_ctrl_c()
    from workstation.app import run_desk

    return run_desk(agency_file=args.agency, pack_file=args.pack, stop_at_first_paint=args.first_paint)


def _demo(args: argparse.Namespace) -> int:
    _end_at_once_on_ctrl_c()
    from workstation.demo import play_demo

    return play_demo(seed=args.seed, watch=args.watch, speed=args.speed, story=args.story, out=args.out)


def _report(args: argparse.Namespace) -> int:
    _end_at_once_on_ctrl_c()
    from workstation.reports import write_report

    return write_report(args.number, args.output, paper=args.paper, agency_file=args.agency, pack_file=args.pack)


def _backup(args: argparse.Namespace) -> int:
    from workstation.compose import back_up

    return back_up(args.output)


if __name__ == "__main__":
    raise SystemExit(main())
