"""`foredesk desk join`, `leave` and `status`: this desk and its server, from the command line."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from workstation.compose import OpenDesk, find_agency, open_desk, read_desk
from workstation.paths import data_folder


def add_desk_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`desk` with its own subcommands."""
    parser = commands.add_parser("desk", help="join a server, part from it, or see how this desk stands with it")
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True)
    join = verbs.add_parser("join", help="pair this desk with a server, in one step")
    join.add_argument("url", metavar="URL", help="the server's address, for example https://dispatch.example:8787")
    join.add_argument(
        "code", nargs="+", metavar="CODE", help="the code that foredesk server code gave, twenty characters"
    )
    join.add_argument("--name", default="", help="what people shall call this desk (the machine's name)")
    join.set_defaults(run=_join)
    leave = verbs.add_parser("leave", help="part from the server; everything that is here stays")
    leave.set_defaults(run=_leave)
    status = verbs.add_parser("status", help="which server this desk belongs to, and what waits to be sent")
    status.set_defaults(run=_status)


@contextmanager
def _opened() -> Iterator[OpenDesk]:
    """The desk of this machine; Unavailable where a window has it open."""
    folder = data_folder()
    opened = open_desk(folder, find_agency(None, folder))
    try:
        yield opened
    finally:
        opened.close()


def _join(args: argparse.Namespace) -> int:
    from workstation.sync.joining import ask_to_join, refuse_when_joined, take_up, told

    with _opened() as opened:
        desk = opened.desk
        refuse_when_joined(desk)
        paired = ask_to_join(
            args.url, " ".join(args.code), opened.store.identity().public_key, desk.agency.desk_prefix, args.name
        )
        kept = take_up(desk, paired, args.url)
    sys.stdout.write(f"{told(kept)}\n")
    return 0


def _leave(_args: argparse.Namespace) -> int:
    from workstation.sync.joining import part

    with _opened() as opened:
        sentence = part(opened.desk)
    sys.stdout.write(f"{sentence}\n")
    return 0


def _status(_args: argparse.Namespace) -> int:
    """Reads beside an open window."""
    from workstation.sync.joining import standing

    folder = data_folder()
    with read_desk(folder, find_agency(None, folder)) as (_desk, store):
        lines = standing(store)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
