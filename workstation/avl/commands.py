"""The commands `foredesk avl ports`, `foredesk avl listen` and `foredesk avl play`: trying radios without the desk."""

import argparse
import sys
from datetime import datetime
from pathlib import Path


def add_avl_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `avl` with its commands; each sets `run`, which takes the arguments and returns an exit code."""
    parser = subparsers.add_parser("avl", help="try radios and GPS receivers: list ports, listen, play a recording")
    commands = parser.add_subparsers(title="avl commands", metavar="COMMAND", required=True)
    ports = commands.add_parser("ports", help="list serial ports with vendor and serial number")
    ports.set_defaults(run=run_ports)
    _add_listen(commands)
    _add_play(commands)


def _add_listen(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listen = commands.add_parser(
        "listen",
        help="print what a port, a gateway or a recording says",
        description="SOURCE is a serial port (COM3, /dev/ttyUSB0), tcp://host:port, tcp-listen://:port, udp://:port, "
        "or the path of a recording. Ctrl+C ends it.",
    )
    listen.add_argument("source", metavar="SOURCE")
    listen.add_argument("--baud", type=int, default=0, help="speed of a serial port (worked out)")
    listen.add_argument("--protocol", default="", metavar="NAME", help="what the device speaks (worked out)")
    listen.add_argument("--capture", type=Path, metavar="FOLDER", help="keep the raw bytes there, to be replayed")
    listen.add_argument("--seconds", type=float, default=0.0, help="end after so long (never)")
    listen.set_defaults(run=run_listen)


def _add_play(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    play = commands.add_parser(
        "play",
        help="play a recording into a pseudo-terminal or a port, as a device would",
        description="With --port pty the other end of a pseudo-terminal pair is named, which a desk or `foredesk avl "
        "listen` can open like a serial port. Text is dated as if it came now, unless --as-recorded is given.",
    )
    play.add_argument("log", type=Path, metavar="LOG", help="a capture, or a plain log of any protocol")
    play.add_argument("--port", default="pty", help="pty, or a serial port wired to another one (pty)")
    play.add_argument("--baud", type=int, default=9600, help="speed of the line (9600)")
    play.add_argument("--speed", type=float, default=1.0, help="how many times faster than recorded (1)")
    play.add_argument("--repeat", action="store_true", help="begin again at the end, until Ctrl+C")
    play.add_argument("--as-recorded", action="store_true", help="leave dates and times as they are in the log")
    play.set_defaults(run=run_play)


def run_ports(_args: argparse.Namespace) -> int:
    from sync.ports import found_ports

    ports = found_ports()
    for port in ports:
        about = ", ".join(part for part in (port.vendor, port.serial_number and f"no. {port.serial_number}") if part)
        print(f"{port.device:<24} {port.title}{f' ({about})' if about else ''}")
    if not ports:
        print("No serial port was found. USB adapters appear here when they are plugged in.")
    return 0


def run_listen(args: argparse.Namespace) -> int:
    """Raises Refused for a source or a protocol that cannot be."""
    from workstation.avl.listen import listen

    return listen(
        args.source, baud=args.baud, protocol=args.protocol, capture=args.capture, seconds=args.seconds, say=_say
    )


def run_play(args: argparse.Namespace) -> int:
    """Raises Refused and Unavailable."""
    from workstation.avl.play import play

    sent = play(
        args.log,
        port=args.port,
        baud=args.baud,
        speed=args.speed,
        repeat=args.repeat,
        as_recorded=args.as_recorded,
        say=lambda sentence: print(sentence, file=sys.stderr, flush=True),
    )
    print(f"{sent:,} bytes were sent.")
    return 0


def _say(sentence: str, *, aside: bool = False) -> None:
    clock = f"{datetime.now().astimezone():%H:%M:%S}"
    print(f"{clock} {sentence}", file=sys.stderr if aside else sys.stdout, flush=True)
