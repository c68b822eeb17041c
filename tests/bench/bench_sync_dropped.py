"""Packets are dropped, not refused, and come through again: `bench_sync_dropped.py [--events 10000] [--seconds 60]`.

Three network namespaces of Linux: a desk, a router, and the centre with a second desk. The router drops what it would
forward (a blackhole route) for a minute, while the first desk works on. Printed is how soon after the line is whole
again the second desk has everything. Needs root; ends with what it made taken away.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.desk_process import DeskProcess
from tests.bench.postgres import Cluster
from tests.scenarios.centre import Centre

DESK, ROUTER, CENTRE = "fdk-desk", "fdk-router", "fdk-centre"
DESK_NET, CENTRE_NET = "10.187.1", "10.187.2"


def ip(*words: str, within: str = "") -> None:
    subprocess.run(["ip", *(("-n", within) if within else ()), *words], check=True, capture_output=True)


@contextmanager
def three_places() -> Iterator[None]:
    """The namespaces, with the desk and the centre on two networks of the router's."""
    with ExitStack() as stack:
        for name in (DESK, ROUTER, CENTRE):
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
            ip("link", "set", "lo", "up", within=name)
        for place, net, wire in ((DESK, DESK_NET, "fdk-d"), (CENTRE, CENTRE_NET, "fdk-c")):
            ip("link", "add", wire, "netns", place, "type", "veth", "peer", "name", wire, "netns", ROUTER)
            for where, last in ((place, 2), (ROUTER, 1)):
                ip("addr", "add", f"{net}.{last}/24", "dev", wire, within=where)
                ip("link", "set", wire, "up", within=where)
            ip("route", "add", "default", "via", f"{net}.1", within=place)
        forward = ["ip", "netns", "exec", ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1"]
        subprocess.run(forward, check=True)
        yield


def drop() -> None:
    """From now on the router takes packets for either side and throws them away without a word."""
    for net in (DESK_NET, CENTRE_NET):
        ip("route", "add", "blackhole", f"{net}.2/32", within=ROUTER)


def restore() -> None:
    for net in (DESK_NET, CENTRE_NET):
        ip("route", "del", "blackhole", f"{net}.2/32", within=ROUTER)


def measure(events: int, seconds: float, *, embedded: bool) -> None:
    with ExitStack() as stack:
        stack.enter_context(three_places())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fddrop-")))
        cluster = None if embedded else stack.enter_context(closing(Cluster(careless=False)))
        at_centre = ("ip", "netns", "exec", CENTRE)
        database = cluster.database() if cluster else ""
        centre = Centre(folder / "centre", database=database, host=f"{CENTRE_NET}.2", within=at_centre)
        stack.callback(centre.stop)
        a = stack.enter_context(closing(DeskProcess(folder / "a", "A", within=("ip", "netns", "exec", DESK))))
        b = stack.enter_context(closing(DeskProcess(folder / "b", "B", roster=False, within=at_centre)))
        for desk, code in ((a, centre.first_code), (b, centre.code())):
            desk.ask("join", url=f"https://{CENTRE_NET}.2:{centre.port}", code=code)
        shared = a.ask("level")["events"]
        b.ask("whole", events=shared)
        drop()
        began = time.perf_counter()
        half = events // 2
        a.ask("records", count=half)
        noticed = a.ask("lost")["at"] - began
        wrote = half + a.ask("carry_out", made="lines", events=events - half)["made"]
        Event().wait(max(0.0, seconds - (time.perf_counter() - began)))
        waiting = a.ask("figures")["unsynced"]
        b.tell("whole", events=shared + wrote)
        restored = time.perf_counter()
        restore()
        whole = b.answer()["at"] - restored
        a.ask("level")
        equal = a.ask("picture") == b.ask("picture")
        print(f"Packets were dropped for {restored - began:.0f} s; the desk noticed after {noticed:.1f} s.")
        print(f"{waiting:,} events waited; the second desk had them all {whole:.2f} s after the line was whole again.")
        print(f"The boards are {'equal' if equal else 'NOT EQUAL'}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="for which packets are dropped")
    parser.add_argument("--embedded", action="store_true", help="the server's own database instead of PostgreSQL")
    wanted = parser.parse_args()
    measure(wanted.events, wanted.seconds, embedded=wanted.embedded)


if __name__ == "__main__":
    main()
