"""The commands `foredesk serve` and `foredesk server ...`: one grammar, each command in a few lines of its own."""

import argparse
import sys
from pathlib import Path

_KINDS = ("pack", "model", "agency", "cards")
_ROLES = ("administrator", "operator", "viewer")


def add_server_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve` and `server`; each command sets `run`, which takes the arguments and returns an exit code."""
    _add_serve(subparsers)
    parser = subparsers.add_parser("server", help="look after the central server: accounts, desks, backups")
    commands = parser.add_subparsers(title="server commands", metavar="COMMAND", required=True)
    _add_user(commands)
    _add_desks(commands)
    _add_quarantine(commands)
    _add_keeping(commands)
    _add_offers(commands)


def _add_serve(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = subparsers.add_parser(
        "serve",
        help="run the central server that desks share",
        description="The first run makes keys, an administrator and a pairing code, and tells them once. "
        "Several servers on one PostgreSQL database are replicas of each other.",
    )
    _add_where(serve)
    serve.add_argument("--host", help="address to listen on (the last one, at first all of this machine's)")
    serve.add_argument("--port", type=int, help="port to listen on (the last one, at first 8787)")
    serve.add_argument(
        "--name",
        action="append",
        default=[],
        dest="names",
        metavar="NAME",
        help="a name or address by which desks reach the server; may be repeated (the last ones)",
    )
    serve.add_argument("--agency", type=Path, metavar="FILE", help="the agency's file (agency.toml in the folder)")
    serve.add_argument("--certificate", type=Path, metavar="FILE", help="somebody else's certificate, with --key")
    serve.add_argument("--key", type=Path, metavar="FILE", help="the private key of --certificate")
    serve.add_argument("--no-tls", action="store_true", help="plain HTTP, behind a balancer that does TLS")
    serve.add_argument(
        "--trust-proxy",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="whose X-Forwarded-For is believed: a balancer's address (127.0.0.1)",
    )
    serve.add_argument("--open-metrics", action="store_true", help="/metrics for whoever asks")
    serve.set_defaults(run=run_serve)


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the server's folder (server, in the data folder)")
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="postgresql://user:password@host/name, or embedded (the one last served; FOREDESK_DATABASE)",
    )


def _add_user(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    user = commands.add_parser("user", help="people's accounts")
    deeds = user.add_subparsers(title="account commands", metavar="COMMAND", required=True)
    add = deeds.add_parser("add", help="add an account; its password is made and told once, unless --ask")
    add.add_argument("name")
    add.add_argument("--role", choices=_ROLES, default="operator", help="what it may do (operator)")
    password = deeds.add_parser("password", help="give an account a new password and end its sessions")
    password.add_argument("name")
    for parser in (add, password):
        parser.add_argument("--ask", action="store_true", help="type the password instead of having one made")
    listing = deeds.add_parser("list", help="list accounts")
    disable = deeds.add_parser("disable", help="let nobody in with an account any more")
    enable = deeds.add_parser("enable", help="let a disabled account in again")
    for parser in (disable, enable):
        parser.add_argument("name")
    for deed, parser in (("add", add), ("password", password), ("listed", listing)):
        _set(parser, "people", deed)
    _set(disable, "people", "disable")
    _set(enable, "people", "enable")


def _add_desks(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    code = commands.add_parser("code", help="a new pairing code, for one desk")
    code.add_argument("--hours", type=float, default=1.0, help="how long it is good (1)")
    _set(code, "desks", "code")
    desks = commands.add_parser("desks", help="list desks: last seen, clock, unsent events, version")
    _set(desks, "desks", "listed")
    revoke = commands.add_parser("revoke", help="keep a desk out from now on")
    revoke.add_argument("desk", help="its id, prefix or name")
    revoke.add_argument("--why", default="", help="the reason, which the desk is told")
    _set(revoke, "desks", "revoke")


def _add_quarantine(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    quarantine = commands.add_parser("quarantine", help="what the server refused, kept until somebody decides")
    deeds = quarantine.add_subparsers(title="quarantine commands", metavar="COMMAND", required=True)
    listing = deeds.add_parser("list", help="list what waits")
    listing.add_argument("--all", action="store_true", help="also what was decided")
    show = deeds.add_parser("show", help="show one entry with all that is in it")
    release = deeds.add_parser("release", help="have the running server try it again, or enter it in its own name")
    discard = deeds.add_parser("discard", help="decide that it shall not become part of the truth; it stays on record")
    for parser in (show, release, discard):
        parser.add_argument("number", type=int, help="its number in the list")
    discard.add_argument("--why", required=True, help="the reason, which is kept")
    for deed, parser in (("listed", listing), ("show", show), ("release", release), ("discard", discard)):
        _set(parser, "held", deed)


def _add_keeping(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser("backup", help="copy everything to one file, verified, while the server works")
    backup.add_argument("output", type=Path, metavar="FILE")
    backup.add_argument("--replace", action="store_true", help="also where an earlier backup has that name")
    _set(backup, "keeping", "backup")
    restore = commands.add_parser("restore", help="put a backup in the server's place, while the server is stopped")
    restore.add_argument("source", type=Path, metavar="FILE")
    restore.add_argument("--replace", action="store_true", help="also where PostgreSQL holds events already")
    _set(restore, "keeping", "restore")
    archive = commands.add_parser(
        "archive", help="write incidents closed long ago to a file that people and programs read"
    )
    archive.add_argument("output", type=Path, metavar="FILE")
    archive.add_argument("--older-than", type=int, default=365, metavar="DAYS", help="how old (365)")
    _set(archive, "keeping", "archive")
    forget = commands.add_parser("forget", help="forget who called and what was said in incidents closed long ago")
    forget.add_argument("--older-than", type=int, required=True, metavar="DAYS", help="closed so long ago")
    forget.add_argument("--yes", action="store_true", help="without asking: for a timer")
    _set(forget, "keeping", "forget")
    status = commands.add_parser(
        "status", help="whether the server runs (exit code 3: no), and its events, desks, disk"
    )
    _set(status, "keeping", "status")


def _add_offers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    publish = commands.add_parser("publish", help="offer a map pack, a model, an agency file or run cards to all desks")
    publish.add_argument("file", type=Path, metavar="FILE")
    publish.add_argument("--kind", choices=_KINDS, required=True)
    publish.add_argument("--name", default="", help="what desks know it by (the file's name)")
    _set(publish, "offers", "publish")
    offers = commands.add_parser("offers", help="list what is offered")
    _set(offers, "offers", "listed")
    withdraw = commands.add_parser("withdraw", help="offer something no longer")
    withdraw.add_argument("sha256", help="its SHA-256, or how that begins")
    _set(withdraw, "offers", "withdraw")


def _set(parser: argparse.ArgumentParser, room: str, deed: str) -> None:
    _add_where(parser)
    parser.set_defaults(run=run_server, room=room, deed=deed)


def run_serve(args: argparse.Namespace) -> int:
    """Raises Refused and Unavailable."""
    from core.errors import Refused
    from sync.server.settings import ServerSettings
    from workstation.server_folder import database_address, listening, server_folder
    from workstation.serving import serve

    if (args.certificate is None) != (args.key is None):
        raise Refused("--certificate and --key belong together.", "The server was not started.")
    if args.port is not None and not 0 <= args.port < 1 << 16:
        raise Refused(f"There is no port {args.port}.", "The server was not started.", "Ports are 1 to 65535.")
    folder = server_folder(args.data)
    at, recalled = listening(folder, args.host, args.port, args.names)
    settings = ServerSettings(
        folder=folder,
        database=database_address(args.database, folder),
        host=at.host,
        port=at.port,
        names=at.names,
        agency=args.agency,
        tls=not args.no_tls,
        certificate=args.certificate,
        key=args.key,
        trusted_proxies=args.trust_proxy,
        metrics_open=args.open_metrics,
    )
    return serve(settings, _say, recalled)


def run_server(args: argparse.Namespace) -> int:
    """Raises Refused and Unavailable."""
    from workstation.server_deeds import do

    return do(args, _say)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
