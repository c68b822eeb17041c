"""Kills what syncs, over and over: `kill_sync.py [--rounds 12] [--seed 1] [--embedded]`.

Two desks with real stores work and sync with `foredesk serve` over PostgreSQL, while in every round one of them is
killed (SIGKILL), the server is, or PostgreSQL is stopped at once and started again. At the end both logs must be equal
and whole, each event in them once, with every event that a desk had carried out before it was killed.
"""

import argparse
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.bench_sync_path import Site, site
from tests.scenarios.centre import Centre

LINES, EVERY_S = 60, 0.01


class Trouble:
    """What is done to the site; every method leaves it running again."""

    def __init__(self, place: Site, seed: int) -> None:
        self.place = place
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.desks = [place.desk(name, roster=name == "A") for name in ("A", "B")]
        for desk in self.desks:
            place.join(desk)
        shared = self.desks[0].ask("level")["events"]
        self.desks[1].ask("whole", events=shared)

    def round(self) -> None:
        for desk in self.desks:
            desk.tell("note", count=LINES, every_s=EVERY_S)
        Event().wait(self.chance.uniform(0.05, 0.6))
        kinds = ["desk", "server", *(("PostgreSQL",) if self.place.cluster else ())]
        kind = self.chance.choice(kinds)
        self.done[kind] += 1
        killed = self.chance.randrange(2) if kind == "desk" else None
        if killed is not None:
            self._kill_desk(killed)
        elif kind == "server":
            self._kill_server()
        elif self.place.cluster:
            self.place.cluster.restart()
        for number, desk in enumerate(self.desks):
            if number != killed:
                desk.answer()

    def _kill_desk(self, number: int) -> None:
        was = self.desks[number]
        was.kill()
        self.place.desks.remove(was)
        self.desks[number] = self.place.desk(was.name)
        self.desks[number].ask("resume")

    def _kill_server(self) -> None:
        place, was = self.place, self.place.centre
        was.kill()
        database = place.cluster.address("d1") if place.cluster else ""
        place.centre = Centre(place.folder / "centre", database=database, port=was.port)

    def verdict(self) -> int:
        """What there is to find fault with."""
        logs = self._level()
        faults = sum(log["lost"] + len(log["wrong"]) for log in logs)
        alike = logs[0]["hash"] == logs[1]["hash"] and self._pictures_agree()
        print(f"{logs[0]['count']:,} events; the logs and boards are {'equal' if alike else 'NOT EQUAL'};")
        print(f"{sum(log['lost'] for log in logs)} lost; what the stores' own check found: ", end="")
        print(*(wrong for log in logs for wrong in log["wrong"]), sep="; ")
        return faults + (not alike)

    def _level(self) -> list[dict[str, object]]:
        logs: list[dict[str, object]] = []
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for desk in self.desks:
                desk.ask("level")
            logs = [desk.ask("log") for desk in self.desks]
            if logs[0]["hash"] == logs[1]["hash"]:
                break
            Event().wait(0.5)
        return logs

    def _pictures_agree(self) -> bool:
        return self.desks[0].ask("picture") == self.desks[1].ask("picture")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--embedded", action="store_true", help="the server's own database instead of PostgreSQL")
    wanted = parser.parse_args()
    with site(embedded=wanted.embedded) as place:
        trouble = Trouble(place, wanted.seed)
        for _ in range(wanted.rounds):
            trouble.round()
        print(", ".join(f"{kind} killed {count} times" for kind, count in sorted(trouble.done.items())))
        return trouble.verdict()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
