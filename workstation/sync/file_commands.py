"""`foredesk sync export`, `import` and `status`: events carried by hand where no wire is, and how far this desk is."""

import argparse
import sys
from pathlib import Path

from core.errors import Refused
from core.store import Store
from sync.link.membership import Membership, membership
from workstation.compose import find_agency, open_desk, read_desk
from workstation.paths import data_folder


def add_sync_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`sync` with its own subcommands."""
    parser = commands.add_parser("sync", help="carry events to other desks and back in a signed file; see what waits")
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True)
    export = verbs.add_parser("export", help="write this desk's events, and those it has of others, to a file")
    export.add_argument("file", type=Path, metavar="FILE", help="for example /media/stick/north.fdsync")
    export.add_argument(
        "--to", default="", metavar="NAME", help="for whom: the next file for them holds what came since"
    )
    export.add_argument("--all", action="store_true", help="everything, whatever was in earlier files")
    export.set_defaults(run=_export)
    bring = verbs.add_parser("import", help="check a file of another desk of this agency, and take what is new in it")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.set_defaults(run=_import)
    guest = verbs.add_parser("guest", help="come into a field post on this network, with the code on its screen")
    guest.add_argument("code", nargs="+", metavar="CODE", help="twenty characters")
    guest.add_argument("--name", default="", help="what people shall call this desk (the machine's name)")
    guest.set_defaults(run=_guest)
    status = verbs.add_parser("status", help="which server this desk belongs to, and what waits to be sent")
    status.set_defaults(run=_status)


def member_of(store: Store) -> Membership:
    """Raises Refused for a desk that belongs to no agency: nobody could tell whose its file is."""
    known = membership(store)
    if known is None:
        raise Refused(
            "This desk has joined no server, so that no other desk can know it.",
            do="Join the agency's server once, with foredesk desk join; or a field post.",
        )
    return known


def _export(args: argparse.Namespace) -> int:
    from sync.file import write_exchange

    folder = data_folder()
    opened = open_desk(folder, find_agency(None, folder))
    try:
        now_ms = opened.desk.clock.now_ms()
        member = member_of(opened.store)
        written = write_exchange(opened.store, args.file, member, now_ms, to=args.to, everything=args.all)
    finally:
        opened.close()
    sys.stdout.write(f"{written.sentence()}\n")
    return 0


def _import(args: argparse.Namespace) -> int:
    from sync.file import bring_in, open_exchange
    from sync.link.store_side import known_cards

    folder = data_folder()
    opened = open_desk(folder, find_agency(None, folder))
    try:
        exchange = open_exchange(args.file, member_of(opened.store), known_cards(opened.store))
        brought = bring_in(opened.desk, opened.store, exchange)
    finally:
        opened.close()
    sys.stdout.write(f"{brought.sentence()}\n")
    return 0


def _guest(args: argparse.Namespace) -> int:
    from sync.post.guests import posts_nearby
    from sync.protocol import pairing_code
    from workstation.sync.joining import refuse_when_joined
    from workstation.sync.posting import ask_posts, take_up_guest

    code = " ".join(args.code)
    pairing_code.read(code)
    posts = posts_nearby()
    folder = data_folder()
    opened = open_desk(folder, find_agency(None, folder))
    try:
        refuse_when_joined(opened.desk)
        guest = ask_posts(posts, code, opened.desk, opened.store, args.name)
        take_up_guest(opened.desk, opened.store, guest)
    finally:
        opened.close()
    whose = guest.member.agency or "that agency"
    sys.stdout.write(f"This desk is a guest of {whose}; its letters are {guest.prefix}.\n")
    return 0


def _status(_args: argparse.Namespace) -> int:
    """Reads beside an open window."""
    from workstation.sync.joining import standing

    folder = data_folder()
    with read_desk(folder, find_agency(None, folder)) as (_desk, store):
        lines = standing(store)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
