"""Runs the demo's story with every network interface down, and prints what tried to leave the machine.

As root on Linux the process moves itself into a network namespace with no interface up, so that Chromium and all
libraries are covered by the kernel's own counters. Elsewhere Python's sockets are refused and counted.
"""

import ctypes
import json
import os
import socket
import sys
from pathlib import Path

CLONE_NEWNET = 0x40000000
OUTWARD = {
    "Tcp": ("ActiveOpens", "OutSegs"),
    "Udp": ("OutDatagrams", "NoPorts"),
    "Ip": ("OutRequests", "OutNoRoutes"),
    "Icmp": ("OutMsgs",),
}


def pull_the_plug() -> bool:
    """Whether the kernel now gives this process no network at all."""
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0


def kernel_counts() -> dict[str, int]:
    """What this namespace has sent or tried to send, by protocol, since it was made."""
    counts: dict[str, int] = {}
    rows = [line.split() for line in Path("/proc/net/snmp").read_text(encoding="ascii").splitlines()]
    for names, values in zip(rows[::2], rows[1::2], strict=True):
        protocol = names[0].rstrip(":")
        for name, value in zip(names[1:], values[1:], strict=True):
            if name in OUTWARD.get(protocol, ()):
                counts[f"{protocol} {name}"] = int(value)
    return counts


def refuse_sockets(attempts: list[str]) -> None:
    def refuse(_sock: socket.socket, address: object) -> None:
        attempts.append(repr(address))
        raise OSError(101, "Network is unreachable")

    inside = socket.socket.connect

    def connect(sock: socket.socket, address: object) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            refuse(sock, address)
        inside(sock, address)  # type: ignore[arg-type]

    socket.socket.connect = connect  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = lambda host, *_args, **_kw: refuse(socket.socket(), host)  # type: ignore[assignment]


def main(out: str) -> int:
    unplugged = pull_the_plug()
    attempts: list[str] = []
    refuse_sockets(attempts)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from workstation.cli import main as foredesk

    code = foredesk(["demo", "--story", "--out", out])
    from widgets.map.room import web_room

    facts = {
        "code": code,
        "unplugged": unplugged,
        "python_attempts": attempts,
        "kernel": kernel_counts() if unplugged else {},
        "page_refused": list(web_room().only_local.refused),
    }
    Path(out, "network.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
