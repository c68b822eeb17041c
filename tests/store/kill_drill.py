"""Kills a working desk with SIGKILL at random moments and looks at what it left: `python tests/store/kill_drill.py`.

After every kill the same store is opened again and must hold every acknowledged command whole, no command in part, the
newest acknowledged draft, an unbroken hash chain, a complete outbox, and a board that folds.
"""

import argparse
import random
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import IO

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from kill_child import AGENCY, KEY

from core.clock import ManualClock
from core.desk import Desk
from core.domain.board import Board
from core.domain.fold import apply_event
from core.store import Store, open_store

CHILD = Path(__file__).with_name("kill_child.py")


class Drill:
    """One store through many kills, and all that was ever said about it."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.path, self.rng = path, rng
        self.announced: dict[str, int] = {}
        self.acknowledged: dict[str, int] = {}
        self.serial = self.typed = 0
        self.found: Counter[str] = Counter()

    def kill_once(self, seed: int) -> None:
        command = [sys.executable, str(CHILD), str(self.path), str(seed), str(self.typed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout
            said = self._listen_until_a_random_moment(child.stdout)
            child.kill()
            said += child.stdout.read()
        if child.returncode != -9 and sys.platform != "win32":
            raise AssertionError(f"the desk ended by itself with {child.returncode}")
        self._note(said)

    def _listen_until_a_random_moment(self, out: IO[bytes]) -> bytes:
        """Usually somewhere in the stream of commands; one time in eight while it is still opening."""
        said = b""
        deadline = time.monotonic() + (self.rng.uniform(0.2, 0.8) if self.rng.random() < 0.125 else 60.0)
        ready = False
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if selector.select(left):
                    piece = out.read1(1 << 16)
                    if not piece:
                        break
                    said += piece
                if not ready and b"ready\n" in said:
                    ready = True
                    deadline = min(deadline, time.monotonic() + self.rng.uniform(0.0, 0.25))
        return said

    def _note(self, said: bytes) -> None:
        whole, _, _ = said.rpartition(b"\n")
        for line in whole.decode().splitlines():
            match line.split():
                case ["b", command, count]:
                    self.announced[command] = int(count)
                case ["a", command, count]:
                    self.acknowledged[command] = int(count)
                case ["t", serial]:
                    self.typed = int(serial)
                case ["k", serial]:
                    self.serial = int(serial)

    def look(self) -> None:
        """Open what was left and compare. Raises AssertionError with what is wrong."""
        store = open_store(self.path, KEY, ManualClock())
        try:
            self._check(store)
        finally:
            store.close()

    def _check(self, store: Store) -> None:
        findings = store.verify()
        assert not findings, findings
        events = store.unsent(limit=10_000_000)
        assert len(events) == store.status().events, "the outbox is not complete"
        found = Counter(event.command for event in events)
        lost = {command for command, count in self.acknowledged.items() if found[command] != count}
        assert not lost, f"acknowledged commands that are lost or in part: {lost}"
        partly = {command for command, count in found.items() if self.announced.get(command) != count}
        assert not partly, f"commands that are there in part: {partly}"
        folded = Board()
        for event in events:
            apply_event(folded, event)
        desk = Desk(store, AGENCY, ManualClock(events[-1].at if events else 0), desk_id="D")
        assert desk.board.incidents == {i: folded.incidents[i] for i in desk.board.incidents}, "the board does not fold"
        assert {u.callsign: u.status for u in desk.board.units.values()} == {
            u.callsign: u.status for u in folded.units.values()
        }
        self._check_draft(store)
        self.found = found

    def _check_draft(self, store: Store) -> None:
        if not self.serial:
            return
        draft = store.drafts()[0]
        assert self.serial <= int(draft.fields["serial"]) <= self.typed, "the newest acknowledged draft is gone"
        assert draft.fields["text"] == f"{draft.fields['serial']} " * 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills-per-store", type=int, default=40)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    drills: list[Drill] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.kills):
            if number % given.kills_per_store == 0:
                drills.append(Drill(Path(folder, str(number), "foredesk.store"), rng))
            drills[-1].kill_once(number + 1)
            drills[-1].look()
    acknowledged = sum(len(drill.acknowledged) for drill in drills)
    events = sum(drill.found.total() for drill in drills)
    cut_off = sum(len(drill.announced.keys() - drill.acknowledged.keys()) for drill in drills)
    kept = sum(len(drill.found.keys() - drill.acknowledged.keys()) for drill in drills)
    print(
        f"{given.kills} kills. {acknowledged} acknowledged commands ({events} events) are all there and whole. "
        f"{cut_off} commands were cut off before their acknowledgement: {kept} are there whole, {cut_off - kept} "
        "not at all, none in part. Chains unbroken, outboxes complete, boards fold, drafts kept."
    )


if __name__ == "__main__":
    main()
